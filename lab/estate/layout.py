"""One estate: a directory with backups, settings and inventory that `drverify --config` can be pointed at.

<root>/drverify.toml  inventory.yaml    what drverify reads
<root>/credentials/                     restic-password, runner.key (0600)
<root>/repos/main/                      the restic repository
<root>/production/                      what is backed up; its path is the stored path
<root>/state/                           drverify's own state directory
"""

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from drverify.adapters.doors import durations
from drverify.model.group import Group
from drverify.model.layout import Layout
from drverify.model.recovery import (
    Disk,
    DiskImage,
    FileSet,
    GuestShape,
    Network,
    SystemFiles,
    WholeMachine,
    Workload,
)

SOURCE = "lab-restic"
HOST = "local"
PROVIDER_KEY, CUSTOMER_KEY, WITNESS_KEY = "provider.key", "customer.key", "witness.key"
PARTIES = "parties.trust.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAuthority:
    """A time authority of the lab that is being run, and its root certificate."""

    name: str
    url: str
    ca: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Where everything of one estate lies. `register` and `playbooks` may lie outside of it."""

    root: Path
    register: Path
    playbooks: Path

    @property
    def config(self) -> Path:
        """The settings file for `drverify --config`."""
        return self.root / "drverify.toml"

    @property
    def inventory(self) -> Path:
        """The inventory of workloads."""
        return self.root / "inventory.yaml"

    @property
    def repository(self) -> Path:
        """The restic repository."""
        return self.root / "repos" / "main"

    @property
    def password(self) -> Path:
        """File with the repository's password."""
        return self.root / "credentials" / "restic-password"

    @property
    def key(self) -> Path:
        """File with the Ed25519 key that signs evidence (PKCS #8, PEM)."""
        return self.root / "credentials" / "runner.key"

    @property
    def log_key(self) -> Path:
        """File with the Ed25519 key that signs the log's checkpoints (PKCS #8, PEM)."""
        return self.root / "credentials" / "log.key"

    @property
    def parties(self) -> Path:
        """Directory of what provider and customer have signed with, and whom to trust."""
        return self.root / "parties"

    @property
    def production(self) -> Path:
        """Directory of what is backed up."""
        return self.root / "production"

    @property
    def state(self) -> Path:
        """The state directory of drverify."""
        return self.root / "state"


def make_directories(estate: Estate) -> None:
    """Make the estate's directories and secrets that are not there yet. Idempotent."""
    for directory in (estate.root, estate.production, estate.state, estate.repository.parent):
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    estate.password.parent.mkdir(mode=0o700, exist_ok=True)
    if not estate.password.exists():
        write_secret(estate.password, secrets.token_urlsafe(24).encode() + b"\n")
    for path in (estate.key, estate.log_key):
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in one step."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def write_settings(
    estate: Estate,
    *,
    password: Path | None = None,
    state: Path | None = None,
    authorities: Sequence[TimeAuthority] = (),
) -> None:
    """Write `drverify.toml`; `password` and `state` take the place of the estate's own.

    Whoever has keys of the parties signs with them; `authorities` answer only while somebody runs them.
    """
    quoted = json.dumps  # a JSON string of printable text is a TOML basic string
    agreed = (estate.parties / PARTIES).exists()
    provider = f"provider = {quoted(f'file:{estate.parties / PROVIDER_KEY}')}\n" if agreed else ""
    parties = f"parties = {quoted(str(estate.parties / PARTIES))}\n" if agreed else ""
    stamping = "".join(
        f"\n[[log.authorities]]\nname = {quoted(one.name)}\nurl = {quoted(one.url)}\n"
        f"ca = {quoted(str(one.ca))}\n"
        for one in authorities
    )
    write_text(
        estate.config,
        f"""\
# Written by the lab; written anew whenever it comes up.
state_dir = {quoted(str(state or estate.state))}
register = {quoted(str(estate.register))}
inventory = {quoted(str(estate.inventory))}
playbooks = {quoted(str(estate.playbooks))}

[sources.{SOURCE}]
kind = "restic"
repository = {quoted(str(estate.repository))}
password = {quoted(f"file:{password or estate.password}")}

[hosts.{HOST}]
kind = "libvirt"
uri = "qemu:///system"

[signing]
key = {quoted(f"file:{estate.key}")}
{provider}
[log]
origin = "lab.example/drverify"
key = {quoted(f"file:{estate.log_key}")}
{parties}{stamping}""",
    )


def write_inventory(estate: Estate, workloads: Sequence[Workload], groups: Sequence[Group] = ()) -> None:
    """Write `inventory.yaml`."""
    body: dict[str, Any] = {"version": 1, "workloads": [_workload(one) for one in workloads]}
    if groups:
        body["groups"] = [_group(one) for one in groups]
    text = yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    write_text(estate.inventory, f"# Written by the lab.\n{text}")


def write_text(path: Path, text: str) -> None:
    """Replace a file in one step."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_text(text)
    draft.rename(path)


def rfc3339(instant: datetime) -> str:
    """Write an instant in UTC with milliseconds and `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Dumper(yaml.SafeDumper):
    """Writes lists of scalars on one line."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _workload(one: Workload) -> dict[str, Any]:
    payload: dict[str, Any] = {"kind": one.payload.kind}
    match one.payload:
        case DiskImage(path=path, guest=guest):
            payload |= {"path": path, "guest": _guest(guest)}
        case FileSet(path=path):
            payload["path"] = path
        case WholeMachine(networks=networks):
            payload["networks"] = _networks(networks)
        case SystemFiles(path=path, guest=guest, layout=layout):
            payload |= {"path": path, "guest": _guest(guest), "layout": _layout(layout)}
    return {
        "name": one.name,
        "description": one.description,
        "source": one.source,
        **({"host": one.host} if one.host else {}),
        "points": {"host": one.points.host, "tags": list(one.points.tags), "path": one.points.path},
        "payload": payload,
        "playbook": one.playbook,
        "protected_since": one.protected_since.astimezone(UTC),
        **({"variables": dict(one.variables)} if one.variables else {}),
    }


def _group(one: Group) -> dict[str, Any]:
    members = [
        {"workload": member.workload, **({"after": list(member.after)} if member.after else {})}
        for member in one.members
    ]
    return {"name": one.name, "description": one.description, "members": members}


def _networks(networks: Sequence[Network]) -> list[dict[str, Any]]:
    return [
        {
            "name": net.name,
            "subnet": net.subnet,
            "gateway": net.gateway,
            "dns": net.dns,
            "address": net.address,
            **({"mac": net.mac} if net.mac else {}),
        }
        for net in networks
    ]


def _guest(shape: GuestShape) -> dict[str, Any]:
    return {
        "memory_mib": shape.memory_mib,
        "vcpus": shape.vcpus,
        "firmware": shape.firmware,
        "disk_bus": shape.disk_bus,
        "nic_model": shape.nic_model,
        **({"disks": [_disk(one) for one in shape.disks]} if shape.disks else {}),
        "networks": _networks(shape.networks),
    }


def _disk(one: Disk) -> dict[str, Any]:
    return {"name": one.name, "bus": one.bus, **({"size_bytes": one.size_bytes} if one.size_bytes else {})}


def _layout(layout: Layout) -> dict[str, Any]:
    return {
        "table": layout.table,
        "mirrored": layout.mirrored,
        "encrypted": layout.encrypted,
        "file_systems": [
            {
                "at": one.at,
                "kind": one.kind,
                **({"size_bytes": one.size_bytes} if one.size_bytes else {}),
                **({"label": one.label} if one.label else {}),
                **({"volume": one.volume} if one.volume else {}),
            }
            for one in layout.file_systems
        ],
    }


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """Quote whatever drverify would read as a duration."""
    style = '"' if durations.looks_like(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _instant(dumper: yaml.SafeDumper, value: datetime) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:timestamp", rfc3339(value))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(datetime, _instant)
