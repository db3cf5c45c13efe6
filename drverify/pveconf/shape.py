"""From a QEMU guest's configuration to the machine that a host without Proxmox boots its disks on.

Nothing is dropped in silence: every setting is mapped, changed, left out with its reason, or one of
those that say nothing about a machine (`SILENT`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from drverify.errors import DefectError, HostError, InputError
from drverify.model.recovery import (
    Deviation,
    Disk,
    GuestShape,
    MachineDescription,
    Network,
    NicModel,
    ScsiController,
)
from drverify.pveconf.lxc import container
from drverify.pveconf.policy import Preflight
from drverify.pveconf.qemu import Drive, Nic, QemuGuest, qemu
from drverify.pveconf.text import Entry, GuestConfig

MODELS: dict[str, NicModel] = {
    "virtio": "virtio",
    "e1000": "e1000",
    "e1000-82540em": "e1000",
    "e1000e": "e1000e",
    "rtl8139": "rtl8139",
    "vmxnet3": "vmxnet3",
}
"""Cards that are there on the other side as well; any other becomes an e1000."""
CONTROLLERS: dict[str, ScsiController] = {
    "virtio-scsi-pci": "virtio-scsi",
    "virtio-scsi-single": "virtio-scsi",
    "lsi": "lsi",
    "megasas": "megasas",
}
"""SCSI controllers that are there on the other side as well; any other becomes virtio-scsi."""
SILENT = frozenset({
    "agent", "arch", "autostart", "boot", "bootdisk", "bios", "ciupgrade", "citype", "cores", "description",
    "hotplug", "memory", "meta", "migrate_downtime", "migrate_speed", "name", "onboot", "ostype",
    "protection", "reboot", "scsihw", "shares", "smp", "sockets", "startup", "tags", "template", "vcpus",
    "vmstatestorage",
})  # fmt: skip
"""Settings that are mapped, or that say nothing about the machine as its system sees it."""
_WHY: tuple[tuple[str, str], ...] = (
    ("args", "what is handed to the emulator on the node is never run here"),
    ("hookscript", "programs of the node are never run here"),
    ("hostpci", "a device of the node"),
    ("usb", "a device of the node"),
    ("serial", "the console of this host takes its place"),
    ("parallel", "a port of the node"),
    ("virtiofs", "a directory of the node"),
    ("ivshmem", "memory shared on the node"),
    ("tpmstate", "no TPM here: what is sealed to it stays closed, and a system may ask for its recovery key"),
    ("smbios1", "the machine's own identity is not kept: a system may want to be activated again"),
    ("vmgenid", "a system that heeds it is not told that it was restored"),
    ("balloon", "it gets all of its memory"),
    ("ipconfig", "the generated drive of cloud-init is not made here"),
    ("cpu", "it sees the processor that this host has or emulates"),
    ("unused", "a volume that the machine did not use"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """A machine for another host, and everything in which it differs."""

    name: str
    shape: GuestShape
    devices: tuple[tuple[str, str], ...]
    """Disk and its image in the archive (`scsi0`, `drive-scsi0`), in the order of `shape.disks`."""
    changed: tuple[Deviation, ...] = ()
    unmapped: tuple[Deviation, ...] = ()

    @property
    def machine(self) -> MachineDescription:
        """Everything as the engine takes it."""
        return MachineDescription(
            name=self.name, shape=self.shape, deviations=(*self.changed, *self.unmapped)
        )


def shape(config: GuestConfig, networks: Sequence[Network], *, emulator: tuple[int, ...] = ()) -> Shaped:
    """Shape a QEMU guest for another host.

    `networks` are what its cards are plugged into, in the order of the cards; none at all leaves every
    card out. `emulator` is the version of the host's QEMU, where it is known. Raises InputError when the
    networks do not fit the cards; HostError when this is no machine for such a host, or a value cannot
    be read; DefectError when the backup contains none of the machine's disks.
    """
    if config.kind != "qemu":
        raise HostError(
            "a container has no machine of its own", hint="restore it on a Proxmox host, or check its files"
        )
    guest = qemu(config)
    if guest.arch != "x86_64":
        raise HostError(f"a machine of the architecture {guest.arch[:40]!r} is not run here")
    kept = _kept(guest, config)
    plugged = fitted(networks, guest.nics)
    known = {one.drive: one.device for one in config.mapped}
    return Shaped(
        name=guest.name,
        shape=_shape(guest, kept, plugged),
        devices=tuple((one.key, known.get(one.key, f"drive-{one.key}")) for one in kept),
        changed=tuple(_changed(guest, plugged, emulator)),
        unmapped=tuple(_unmapped(config, guest, kept, plugged)),
    )


def as_restored(config: GuestConfig, networks: Sequence[Network], done: Preflight) -> MachineDescription:
    """Describe the copy that a Proxmox node makes by itself: its shape, and what the preflight changes.

    A container's disks are its volumes: what a restore allocates, saved or not.

    Raises as `shape`, and never because of the kind of guest.
    """
    if config.kind == "lxc":
        found = container(config)
        cards = [Nic(key=one.key, model="virtio", mac=one.hwaddr) for one in found.nics]
        form = GuestShape(
            memory_mib=found.memory_mib,
            vcpus=found.cores or 1,
            disks=tuple(
                Disk(name=one.key, bus="virtio", size_bytes=one.size_bytes)
                for one in found.mounts
                if one.kind == "volume"
            ),
            networks=fitted(networks, cards),
        )
        return MachineDescription(name=found.hostname, shape=form, deviations=deviations(done))
    guest = qemu(config)
    form = _shape(guest, _kept(guest, config), fitted(networks, guest.nics))
    return MachineDescription(name=guest.name, shape=form, deviations=deviations(done))


def deviations(done: Preflight) -> tuple[Deviation, ...]:
    """Write what a preflight changes, and what it says about the backup, as the record takes it."""
    said = (one for one in done.findings if one.action != "refuse" and (one.is_danger or one.after))
    return tuple(Deviation(what=one.key, change=one.change, why=one.why) for one in said)


def fitted(networks: Sequence[Network], nics: Sequence[Nic]) -> tuple[Network, ...]:
    """Plug cards into networks, in their order; a network without an address of its own takes the card's.

    InputError when there are more or fewer networks than cards; no network at all fits any machine.
    """
    if not networks:
        return ()
    if len(networks) != len(nics):
        cards = "; ".join(f"{one.key} {one.mac} on {one.bridge or 'no bridge'}" for one in nics)
        raise InputError(
            f"the workload has {len(networks)} networks and its machine has {len(nics)} network cards",
            hint=f"name one network for each card, in this order: {cards}" if cards else "name no network",
        )
    return tuple(
        replace(network, mac=network.mac or card.mac) for network, card in zip(networks, nics, strict=True)
    )


def _shape(guest: QemuGuest, kept: Sequence[Drive], networks: tuple[Network, ...]) -> GuestShape:
    return GuestShape(
        memory_mib=guest.memory_mib,
        vcpus=guest.vcpus or guest.sockets * guest.cores,
        firmware="uefi" if guest.bios == "ovmf" else "bios",
        chipset="q35" if guest.machine.kind == "q35" else "pc",
        disks=tuple(_disk(one) for one in kept),
        scsi_controller=CONTROLLERS.get(guest.scsihw, "virtio-scsi"),
        nic_models=tuple(MODELS.get(one.model, "e1000") for one in guest.nics) if networks else (),
        networks=networks,
    )


def _disk(drive: Drive) -> Disk:
    """Make one disk of a drive.

    A SCSI disk without a serial number is known by its drive: under Proxmox its name in `/dev/disk/by-id`
    ends in `drive-scsi0`, and it is told the same here, so that a system finds it.
    """
    serial = unquote(drive.serial) or (f"drive-{drive.key}" if drive.bus == "scsi" else "")
    if drive.bus == "efidisk" or drive.bus == "tpmstate":  # noqa: PLR1714 - narrows the type
        return Disk(name=drive.key, bus="pflash", size_bytes=drive.size_bytes)
    return Disk(name=drive.key, bus=drive.bus, size_bytes=drive.size_bytes, serial=serial)


def _kept(guest: QemuGuest, config: GuestConfig) -> list[Drive]:
    """List the disks that the backup contains in boot order, then what the UEFI firmware remembers."""
    mapped = {one.drive for one in config.mapped}
    turns = {key: turn for turn, key in enumerate(guest.boot)}
    saved = [one for one in guest.disks if one.is_saved and (not mapped or one.key in mapped)]
    if not saved:
        raise DefectError(
            "the backup contains none of the machine's disks",
            hint="every disk is marked backup=0, or the archive has none",
        )
    saved.sort(key=lambda one: turns.get(one.key, len(turns)))
    store = guest.efidisk if guest.bios == "ovmf" else None
    return [*saved, store] if store and (not mapped or store.key in mapped) else saved


def _changed(
    guest: QemuGuest, plugged: tuple[Network, ...], emulator: tuple[int, ...]
) -> Iterator[Deviation]:
    if guest.machine.version:
        is_newer = bool(emulator) and guest.machine.version > emulator
        newer = f", and is newer than this host's QEMU {'.'.join(map(str, emulator))}" if is_newer else ""
        yield Deviation(
            what="machine",
            change=f"{guest.machine.written} -> the newest {guest.machine.kind} of this host",
            why=f"versions are those of the node's own QEMU{newer}",
        )
    if guest.sockets > 1:
        total = guest.vcpus or guest.sockets * guest.cores
        yield Deviation(
            what="sockets",
            change=f"{guest.sockets} sockets of {guest.cores} cores -> {total} processors",
            why="this host does not group processors",
        )
    if any(one.bus == "scsi" for one in guest.disks) and guest.scsihw not in CONTROLLERS:
        yield Deviation(
            what="scsihw", change=f"{guest.scsihw[:40]} -> virtio-scsi", why="not to be had on this host"
        )
    for card, network in zip(guest.nics, plugged, strict=False):
        place = card.bridge + (f" tag {card.tag}" if card.tag else "")
        change = f"{place or 'no bridge'} -> {network.name}, alone in the sandbox"
        if card.model not in MODELS:
            change += f"; {card.model} -> e1000"
        if network.mac.upper() != card.mac.upper():
            change += f"; {card.mac or 'no address'} -> {network.mac}"
        yield Deviation(what=card.key, change=change, why="no copy is plugged into production")


def _unmapped(
    config: GuestConfig, guest: QemuGuest, kept: Sequence[Drive], plugged: tuple[Network, ...]
) -> Iterator[Deviation]:
    mapped = {one.key for one in kept} | ({one.key for one in guest.nics} if plugged else set())
    if guest.machine.written == "pc" or guest.machine.version or guest.machine.kind != "virt":
        mapped.add("machine")
    drives = {one.key: one for one in guest.drives}
    for line in config.left_out:
        yield _gone(Entry(key=line.key, value=line.value), "it was left out of the backup")
    for entry in {one.key: one for one in config.entries}.values():
        if entry.key in mapped | SILENT:
            continue
        drive = drives.get(entry.key)
        yield _gone(entry, _why_drive(drive) if drive else _why(entry.key))


def _why_drive(drive: Drive) -> str:
    if drive.bus == "tpmstate":
        return dict(_WHY)["tpmstate"]
    if drive.bus == "efidisk":
        return "the machine does not boot with UEFI"
    if drive.is_cloudinit:
        return "the generated drive of cloud-init is in no backup"
    if drive.is_cdrom:
        return "images of discs are in no backup"
    return "incomplete by policy: it was left out of the backup"


def _why(key: str) -> str:
    if key.startswith("net"):
        return "the workload names no network"
    return next((why for start, why in _WHY if key.startswith(start)), "nothing on this host stands for it")


def _gone(entry: Entry, why: str) -> Deviation:
    return Deviation(what=entry.key, change="left out", why=why)
