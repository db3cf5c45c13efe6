"""The settings file `drverify.toml`: where things are, never what was promised.

    state_dir = "/var/lib/drverify"
    register  = "contracts/acme.lock.yaml"
    inventory = "inventory.yaml"
    playbooks = "playbooks"

    [sources.main]
    kind = "restic"
    repository = "sftp:backup@vault:/srv/restic"
    password = "file:restic.password"

    [hosts.local]
    kind = "libvirt"
    uri = "qemu:///system"

    [signing]
    key = "file:runner.key"

    [log]                                # optional: every start and every result is logged
    origin = "provider.example/drverify/acme"
    key = "file:log.key"                 # another key than the runner's

    [[log.authorities]]                  # optional: who stamps the log's checkpoints with the time
    name = "first"
    url = "https://tsa.example/tsr"
    ca = "first.pem"                     # its root certificates

Relative paths and `file:` references count from the directory of the settings file. Tables of
sources and hosts stay raw here; the adapter that knows the kind validates its own.
"""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from drverify.errors import InputError
from drverify.model.evidence import AUTHORITY_NAME

DEFAULT_PATH = Path("/etc/drverify/drverify.toml")
DEFAULT_STATE = Path("/var/lib/drverify")


class Adapter(BaseModel):
    """One source or host: its kind, and what the kind's adapter wants to know."""

    model_config = ConfigDict(extra="allow", frozen=True)

    kind: str

    def options(self) -> dict[str, Any]:
        """Everything but the kind."""
        return dict(self.model_extra or {})


class Signing(BaseModel):
    """Who signs the evidence."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str


class TimeAuthority(BaseModel):
    """Somebody who signs, over HTTP and as in RFC 3161, when the log's checkpoints were there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=AUTHORITY_NAME.pattern)
    url: str = Field(pattern=r"^https?://[^\s@]{1,1000}$")
    """Without a user or a password."""
    ca: Path
    """PEM file of its root certificates."""
    within_s: int = Field(default=5, ge=1, le=60)
    """For one answer; a drill waits that long at its end, at most, and never while it recovers."""


class Log(BaseModel):
    """The append-only log of this agreement's drills."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str = Field(pattern=r"^[^\s+]{1,200}$")
    """Its name for all time, such as `provider.example/drverify/acme`."""
    key: str
    authorities: tuple[TimeAuthority, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> "Log":
        if len({one.name for one in self.authorities}) != len(self.authorities):
            raise ValueError("two time authorities have the same name")
        return self


class Settings(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: Path = Field(exclude=True)
    """Directory of the settings file."""
    state_dir: Path = DEFAULT_STATE
    register_file: Path = Field(alias="register")
    inventory: Path
    playbooks: Path
    sources: dict[str, Adapter]
    hosts: dict[str, Adapter]
    signing: Signing
    log: Log | None = None

    def path(self, path: Path) -> Path:
        """Resolve a path of the file against the file's own directory."""
        return self.base / path


def load_settings(path: Path) -> Settings:
    """Read and check the settings. Raises InputError that names every wrong key."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            f"there is no settings file {path}",
            hint="name one with --config FILE or $DRVERIFY_CONFIG; `drverify lab up` writes one for the lab",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the settings {path}: {error}") from error
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}", hint="the file must be TOML 1.0") from error
    try:
        return Settings.model_validate({**table, "base": path.resolve().parent})
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()
        ]
        raise InputError("\n".join(lines)) from error
