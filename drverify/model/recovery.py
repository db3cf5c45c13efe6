"""Protected systems, the points they can be restored to, and the shape of the guest they become."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NewType

from drverify.model.files import Sample
from drverify.model.layout import Layout

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
    """Empty: the backup's own where that is known, else made from the drill's id."""


Bus = Literal["virtio", "sata", "scsi", "ide"]
ScsiController = Literal["virtio-scsi", "lsi", "megasas"]
NicModel = Literal["virtio", "e1000e", "e1000", "rtl8139", "vmxnet3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """One disk of a machine, or (`pflash`) what its UEFI firmware remembers."""

    name: str
    """As the backup calls it: `scsi0`. The number at its end is its place on the bus."""
    bus: Bus | Literal["pflash"]
    size_bytes: int | None = None
    """Of the disk as the guest saw it; no multiple of anything."""
    serial: str = ""
    """As the guest reads it; empty: none was set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestShape:
    """The machine that a restored image is booted on."""

    memory_mib: int
    vcpus: int
    cpu_model: str = ""
    """As QEMU calls it; empty: the host's choice."""
    firmware: Literal["bios", "uefi"] = "bios"
    chipset: Literal["q35", "pc"] = "q35"
    disk_bus: Bus = "virtio"
    """Of the one disk, when `disks` names none."""
    disks: tuple[Disk, ...] = ()
    """Every disk in the order of booting; none: one, on `disk_bus`."""
    scsi_controller: ScsiController = "virtio-scsi"
    """Of every disk on the SCSI bus."""
    nic_model: NicModel = "virtio"
    """Of every card that `nic_models` does not name."""
    nic_models: tuple[NicModel, ...] = ()
    """One for each network, or none."""
    nic_slots: tuple[int, ...] = ()
    """PCI slot of each card, by which a system may name it (`ens18`); none: wherever the host puts it."""
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


BESIDE = "file:"
"""A manifest that is named so lies on this machine, not in the point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSet:
    """The workload comes back as files: everything under `path` inside the point."""

    kind: Literal["file-set"] = "file-set"
    path: str
    sample: Sample | None = None
    """None: everything is restored."""
    manifest: str = ""
    """Path in the point, or on this machine with `file:` before it, of the manifest taken at backup time;
    empty: the files are compared with nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFiles:
    """The workload comes back as a machine, rebuilt from a backup of its files on empty disks."""

    kind: Literal["system-files"] = "system-files"
    path: str = "/"
    """Of the system's root inside the point."""
    guest: GuestShape
    layout: Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeMachine:
    """The workload comes back as a machine whose shape and disks its own backup states."""

    kind: Literal["machine"] = "machine"
    networks: tuple[Network, ...] = ()
    """What its network cards are plugged into, in the order of the cards."""


Payload = DiskImage | FileSet | WholeMachine | SystemFiles


def boots(payload: Payload) -> bool:
    """Whether a guest is started for it; files are only read."""
    return not isinstance(payload, FileSet)


def sampled(payload: Payload) -> bool:
    """Whether only some of what the point holds is restored."""
    return isinstance(payload, FileSet) and payload.sample is not None


def manifest_below(payload: FileSet) -> str:
    """Where the manifest lies below the file set, which it cannot list itself in; empty: elsewhere."""
    top = f"/{payload.path.strip('/')}".rstrip("/") + "/"
    path = payload.manifest.removeprefix(BESIDE)
    return path.removeprefix(top) if path.startswith(top) else ""


def stated_shape(payload: Payload) -> GuestShape | None:
    """The machine that the inventory states for it; None when its backup states one, or it is none."""
    return payload.guest if isinstance(payload, DiskImage | SystemFiles) else None


def networks_of(payload: Payload) -> tuple[Network, ...]:
    """The production networks that its guest is plugged into."""
    match payload:
        case DiskImage(guest=guest) | SystemFiles(guest=guest):
            return guest.networks
        case WholeMachine(networks=networks):
            return networks
        case FileSet():
            return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One thing in which the copy differs from the backed-up machine."""

    what: str
    """`net0`, `hostpci0`, `args`."""
    change: str
    why: str


STATEMENT = "machine.conf"
"""Name of the artefact that holds a machine's configuration as it was found in the backup."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDescription:
    """What a backup says of its machine, and what the copy will be instead."""

    name: str
    shape: GuestShape
    deviations: tuple[Deviation, ...] = ()
    """What is changed or left out so that the copy is harmless and can run; in the backup's order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A protected system, where its points are, and the playbook that proves it works."""

    name: str
    description: str = ""
    source: str
    """Name of the source in the settings."""
    host: str = ""
    """Name of the sandbox host in the settings; empty: the first one."""
    points: PointFilter
    payload: Payload
    playbook: str
    protected_since: datetime
    """UTC; when backups were first owed. Retention and test intervals cannot be older."""
    variables: tuple[tuple[str, str], ...] = ()
    """Name and value of what the playbook writes as `${name}`: addresses, where credentials lie."""
    keys: tuple[SecretRef, ...] = ()
    """What opens its encrypted volumes where its disks are inspected: passphrases, or key files' contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FurtherCopy:
    """A further copy of a workload's points, off-site perhaps: drilled in turn, by the same playbook."""

    workload: str
    source: str
    """Name of the source in the settings."""
    points: PointFilter | None = None
    """Which points of that source are its; None: as the workload's own."""


def as_copied(workload: Workload, copy: FurtherCopy) -> Workload:
    """The workload as it comes back from that copy."""
    return replace(workload, source=copy.source, points=copy.points or workload.points)


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
