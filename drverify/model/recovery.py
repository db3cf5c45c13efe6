"""Protected systems, the points they can be restored to, and the shape of the guest they become."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType

PointId = NewType("PointId", str)
SecretRef = NewType("SecretRef", str)
"""Where a secret is found, never the secret: `env:NAME`, `file:/path` or `cred:NAME` (systemd)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One production network that the sandbox rebuilds without an uplink."""

    name: str
    subnet: str
    """CIDR, for example 10.20.0.0/24."""
    gateway: str
    dns: str
    address: str
    """The workload's production address on it."""
    mac: str = ""
    """Empty: made from the drill's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestShape:
    """The machine that a restored image is booted on."""

    memory_mib: int
    vcpus: int
    firmware: Literal["bios", "uefi"] = "bios"
    disk_bus: Literal["virtio", "sata"] = "virtio"
    nic_model: Literal["virtio", "e1000e"] = "virtio"
    networks: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFilter:
    """Which points of a source belong to a workload; empty means any."""

    host: str = ""
    tags: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskImage:
    """The workload comes back as a machine: `path` inside the point is its raw disk."""

    kind: Literal["disk-image"] = "disk-image"
    path: str
    guest: GuestShape


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """The workload comes back as files: everything under `path` inside the point."""

    kind: Literal["file-set"] = "file-set"
    path: str


Payload = DiskImage | FileSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A protected system, where its points are, and the playbook that proves it works."""

    name: str
    description: str = ""
    source: str
    """Name of the source in the settings."""
    points: PointFilter
    payload: Payload
    playbook: str
    protected_since: datetime
    """UTC; when backups were first owed. Retention and test intervals cannot be older."""
    variables: tuple[tuple[str, str], ...] = ()
    """Name and value of what the playbook writes as `${name}`: addresses, where credentials lie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPoint:
    """An immutable restorable state."""

    id: PointId
    source: str
    consistent_as_of: datetime
    """UTC; data written later is not in it."""
    as_of_origin: Literal["tag", "source-time"]
    """Whether the writer stated the instant, or only the source's own time stamp is known."""
    host: str
    paths: tuple[str, ...]
    tags: tuple[str, ...] = ()
    size_bytes: int | None = None
