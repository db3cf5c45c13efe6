"""What is said about a Proxmox cluster in the settings: how to get in, and what a source reads there.

[sources.cluster]                    # the same keys open a host of kind "proxmox"
kind = "proxmox"
address = "pve1.example:8006"
token = "drverify@pve!drill"
token_secret = "file:pve.token"      # or: user = "drverify@pve" and password = "file:..."
fingerprint = "AB:CD:..."            # or ca = "/full/path.pem"; neither: the system's CAs
storages = ["backup-readonly"]       # none: every storage that holds backups

[sources.cluster.nodes.pve2]         # optional: ask pve2 itself, without pve1 between
address = "10.0.0.2:8006"
fingerprint = "..."
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from drverify.errors import InputError
from drverify.model.recovery import SecretRef

PORT = 8006
WITHIN = timedelta(seconds=60)
_TOKEN = re.compile(r"[^\s!@:=]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+")
_USER = re.compile(r"[^\s!:=]+@[A-Za-z][A-Za-z0-9._-]+")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One node's door."""

    host: str
    port: int = PORT
    fingerprint: str = ""
    """SHA-256 of its certificate, 64 lower-case hexadecimal digits; empty: the CA decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to get into one cluster; either `token` and `token_secret`, or `user` and `password`."""

    endpoint: Endpoint
    token: str = ""
    """`user@realm!id`."""
    token_secret: SecretRef | None = None
    user: str = ""
    """`user@realm`."""
    password: SecretRef | None = None
    ca: Path | None = None
    """PEM file; none: the system's CAs."""
    nodes: Mapping[str, Endpoint] = field(default_factory=dict)
    """Nodes that are asked directly; the others through `endpoint`, whose limit is 30 s a call."""
    within: timedelta = WITHIN
    """Longest time for one call, where the call itself does not know better."""
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)
    """Seconds before a question that got no answer is asked again."""

    @property
    def account(self) -> str:
        """Who we are: `user@realm!id` or `user@realm`."""
        return self.token or self.user


class Door(BaseModel):
    """Address of a node, as it stands in the settings."""

    model_config = ConfigDict(extra="forbid")

    address: str
    fingerprint: str = ""


class AccessOptions(BaseModel):
    """What every table of kind "proxmox" says; source and host add their own keys by inheritance."""

    model_config = ConfigDict(extra="forbid")

    address: str
    fingerprint: str = ""
    ca: Path | None = None
    token: str = ""
    token_secret: str = ""
    user: str = ""
    password: str = ""
    nodes: dict[str, Door] = {}
    within_s: int = int(WITHIN.total_seconds())

    def access(self) -> Access:
        """Check what belongs together. ValueError says what does not."""
        if bool(self.token) == bool(self.user):
            raise ValueError("expected either `token` (with `token_secret`) or `user` (with `password`)")
        if self.token and not self.token_secret:
            raise ValueError("expected `token_secret`, a reference to the token's secret")
        if self.user and not self.password:
            raise ValueError("expected `password`, a reference to the user's password")
        if self.token and not _TOKEN.fullmatch(self.token):
            raise ValueError("token: expected user@realm!id (its secret goes into `token_secret`)")
        if self.user and not _USER.fullmatch(self.user):
            raise ValueError("user: expected user@realm")
        if self.ca is not None and not self.ca.is_absolute():
            raise ValueError(f"ca: expected a full path, found {str(self.ca)!r}")
        if self.within_s < 1:
            raise ValueError("within_s: expected at least 1 second")
        return Access(
            endpoint=endpoint(self.address, self.fingerprint),
            token=self.token,
            token_secret=SecretRef(self.token_secret) if self.token_secret else None,
            user=self.user,
            password=SecretRef(self.password) if self.password else None,
            ca=self.ca,
            nodes={name: endpoint(door.address, door.fingerprint) for name, door in self.nodes.items()},
            within=timedelta(seconds=self.within_s),
        )


class SourceOptions(AccessOptions):
    """The table of a source."""

    node: str = ""
    """Through which node backups are looked at; empty: the first one online that sees a storage."""
    storages: list[str] = []
    timezone: str = ""
    """Of the node that wrote the backups, where the account may not ask the node for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """A cluster's backups."""

    name: str
    """Name of the source; points carry it."""
    access: Access
    node: str = ""
    storages: tuple[str, ...] = ()
    """Empty: every storage that holds backups."""
    timezone: str = ""


O = TypeVar("O", bound=AccessOptions)  # noqa: E741 - one letter, as type variables are


def read_options(model: type[O], options: Mapping[str, Any], *, table: str) -> tuple[O, Access]:
    """Check a table of the settings; InputError names the table and every wrong key."""
    try:
        read = model.model_validate(dict(options))
    except ValidationError as error:
        lines = [f"{table}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise InputError("\n".join(lines), hint="see docs/settings.md") from None  # it would show the input
    try:
        return read, read.access()
    except ValueError as error:
        raise InputError(f"{table}: {error}", hint="see docs/settings.md") from error


def endpoint(address: str, fingerprint: str = "") -> Endpoint:
    """Read `host`, `host:port`, `[v6]:port` or `https://host:port`. ValueError when it is none."""
    text = address.strip().removeprefix("https://").removesuffix("/")
    found = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?", text)
    if found is None:
        raise ValueError(f"address: expected host or host:port, found {address!r}")
    pinned = fingerprint.replace(":", "").lower()
    if pinned and not _FINGERPRINT.fullmatch(pinned):
        raise ValueError("fingerprint: expected the SHA-256 of the certificate, 64 hexadecimal digits")
    return Endpoint(host=found[1].strip("[]"), port=int(found[2] or PORT), fingerprint=pinned)
