"""What a QEMU guest's configuration says: its machine, its drives, its cards.

Names of keys and parts are those of the published API (PVE 8.4 and 9.x). Reading is strict where a
drill rests on the value (cards, drives, memory, machine): HostError names the line. Defaults are
those that Proxmox documents.
"""

import re
from dataclasses import dataclass
from typing import Literal

from drverify.pveconf.keys import NUMBER
from drverify.pveconf.text import Entry, GuestConfig
from drverify.pveconf.values import Options, count, is_on, size_bytes, unread

Bus = Literal["ide", "sata", "scsi", "virtio", "efidisk", "tpmstate"]
NIC_MODELS = frozenset({
    "virtio", "e1000", "e1000e", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "i82551", "i82557b",
    "i82559er", "ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "vmxnet3",
})  # fmt: skip
MAC = re.compile(r"[0-9A-Fa-f][02468ACEace](?::[0-9A-Fa-f]{2}){5}", re.ASCII)
"""A unicast hardware address."""
NET_KEY = re.compile(f"net{NUMBER}", re.ASCII)
DRIVE_KEY = re.compile(f"((?:ide|sata|scsi|virtio)|efidisk(?=0$)|tpmstate(?=0$))({NUMBER})", re.ASCII)
_MACHINE = re.compile(
    r"(?:(?P<plain>pc|q35|virt)|pc-(?:(?P<kind>i440fx|q35)-)?(?P<version>\d{1,3}(?:\.\d{1,3}){1,2})"
    r"|virt-(?P<virt>\d{1,3}(?:\.\d{1,3}){1,2}))(?:\+pve(?P<pve>\d{1,3}))?(?:\.pxe)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """One network card."""

    key: str
    model: str
    mac: str
    """As it is written; empty when none is."""
    bridge: str = ""
    """Empty: user-mode NAT of QEMU, a way out as well."""
    firewall: bool = False
    tag: int | None = None
    trunks: str = ""
    link_down: bool = False
    queues: int | None = None
    mtu: int | None = None
    rate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """One drive; a CD-ROM, a firmware store and a TPM's state are drives too."""

    key: str
    bus: Bus
    index: int
    volume: str
    """`store:name`, an absolute path, `none` or `cdrom`."""
    is_cdrom: bool = False
    is_saved: bool = True
    """Whether backups contain it (no `backup=0`)."""
    size_bytes: int | None = None
    format: str = ""
    serial: str = ""
    model: str = ""
    wwn: str = ""
    iothread: bool = False
    ssd: bool = False
    read_only: bool = False

    @property
    def storage(self) -> str:
        """The store of a volume; empty for a path, `none` and `cdrom`."""
        return "" if self.volume.startswith("/") else self.volume.partition(":")[0] * (":" in self.volume)

    @property
    def is_cloudinit(self) -> bool:
        """Whether it is the generated drive of cloud-init: never in a backup, made anew at each start."""
        return bool(re.fullmatch(r"vm-[0-9]+-cloudinit(\.[a-z0-9]+)?", re.split(r"[:/]", self.volume)[-1]))

    @property
    def is_passed_through(self) -> bool:
        """Whether it is a device or file of the node rather than a volume of a store."""
        return self.volume.startswith("/")

    @property
    def is_firmware(self) -> bool:
        """Whether it is the store of UEFI variables or of a TPM."""
        return self.bus in {"efidisk", "tpmstate"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine type. `version` is empty when the newest of the host is meant."""

    kind: Literal["i440fx", "q35", "virt"] = "i440fx"
    version: tuple[int, ...] = ()
    written: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QemuGuest:
    """A QEMU guest as its configuration says."""

    name: str
    memory_mib: int
    balloon_mib: int | None
    cores: int
    sockets: int
    vcpus: int | None
    cpu: str
    """The model alone, without flags."""
    machine: Machine
    bios: Literal["seabios", "ovmf"]
    arch: str
    scsihw: str
    ostype: str
    agent: bool
    boot: tuple[str, ...]
    """Devices in boot order; without one in the text, the drives in the order of their keys."""
    nics: tuple[Nic, ...]
    drives: tuple[Drive, ...]
    efidisk: Drive | None
    tpmstate: Drive | None
    smbios1: str
    vmgenid: str
    onboot: bool
    template: bool
    protection: bool

    @property
    def disks(self) -> tuple[Drive, ...]:
        """Drives that hold the guest's data: no CD-ROM, no firmware store, no TPM."""
        return tuple(one for one in self.drives if not one.is_cdrom and not one.is_firmware)


def qemu(config: GuestConfig) -> QemuGuest:
    """Read a QEMU guest's configuration; HostError names the line that cannot be read."""
    drives = drives_of(config)
    bios = _entry(config, "bios", "seabios")
    if bios.value not in {"seabios", "ovmf"}:
        raise unread(bios, f"{bios.value[:40]!r} is no firmware")
    memory = _entry(config, "memory", "512")
    return QemuGuest(
        name=config.value("name"),
        memory_mib=count(memory, Options.of(memory).get("current") or Options.of(memory).first),
        balloon_mib=_optional(config, "balloon"),
        cores=_count(config, "cores", "1"),
        sockets=_count(config, "sockets", config.value("smp", "1")),
        vcpus=_optional(config, "vcpus"),
        cpu=_cpu(config),
        machine=machine_of(config),
        bios="ovmf" if bios.value == "ovmf" else "seabios",
        arch=config.value("arch", "x86_64"),
        scsihw=config.value("scsihw", "lsi"),
        ostype=config.value("ostype", "other"),
        agent=agent_of(config),
        boot=boot_of(config, drives),
        nics=nics_of(config),
        drives=drives,
        efidisk=next((one for one in drives if one.bus == "efidisk"), None),
        tpmstate=next((one for one in drives if one.bus == "tpmstate"), None),
        smbios1=config.value("smbios1"),
        vmgenid=config.value("vmgenid"),
        onboot=is_on(config.value("onboot")),
        template=is_on(config.value("template")),
        protection=is_on(config.value("protection")),
    )


def nics_of(config: GuestConfig) -> tuple[Nic, ...]:
    """Read every card, in the order of its number."""
    entries = {one.key: one for one in config.entries if NET_KEY.fullmatch(one.key)}
    return tuple(nic(entries[key]) for key in sorted(entries, key=lambda key: int(key[3:])))


def nic(entry: Entry) -> Nic:
    """Read one card; HostError when its model or its address is none."""
    options = Options.of(entry)
    named = [(key, value) for key, value in options.pairs if key in NIC_MODELS]
    if len(named) + bool(options.first) + bool(options.get("model")) != 1:
        raise unread(entry, "it names no model of a network card, or more than one")
    model, mac = named[0] if named else (options.first or options.get("model"), options.get("macaddr"))
    if model not in NIC_MODELS:
        raise unread(entry, f"{model[:40]!r} is no model of a network card")
    if mac and not MAC.fullmatch(mac):
        raise unread(entry, f"{mac[:40]!r} is no hardware address of one card")
    return Nic(
        key=entry.key,
        model=model,
        mac=mac,
        bridge=options.get("bridge"),
        firewall=options.flag("firewall"),
        tag=_number(entry, options, "tag"),
        trunks=options.get("trunks"),
        link_down=options.flag("link_down"),
        queues=_number(entry, options, "queues"),
        mtu=_number(entry, options, "mtu"),
        rate=options.get("rate"),
    )


def drives_of(config: GuestConfig) -> tuple[Drive, ...]:
    """Read every drive, in the order of bus and number."""
    order = ("ide", "sata", "scsi", "virtio", "efidisk", "tpmstate")
    entries = {one.key: one for one in config.entries if DRIVE_KEY.fullmatch(one.key)}
    drives = [drive(one) for one in entries.values()]
    return tuple(sorted(drives, key=lambda one: (order.index(one.bus), one.index)))


def drive(entry: Entry) -> Drive:
    """Read one drive; HostError when it names no volume, or its size is none."""
    found = DRIVE_KEY.fullmatch(entry.key)
    options = Options.of(entry)
    volume = options.first or options.get("file") or options.get("volume")
    if not found or not volume:
        raise unread(entry, "it names no volume")
    size = options.get("size")
    bus: Bus = found[1]  # type: ignore[assignment] # one of the pattern's words
    return Drive(
        key=entry.key,
        bus=bus,
        index=int(found[2]),
        volume=volume,
        is_cdrom=options.get("media") == "cdrom" or volume in {"none", "cdrom"},
        is_saved=is_on(options.get("backup", "1")),
        size_bytes=size_bytes(entry, size) if size else None,
        format=options.get("format"),
        serial=options.get("serial"),
        model=options.get("model"),
        wwn=options.get("wwn"),
        iothread=options.flag("iothread"),
        ssd=options.flag("ssd"),
        read_only=options.flag("ro"),
    )


def machine_of(config: GuestConfig) -> Machine:
    """Read the machine type; `pc` when none is written."""
    entry = _entry(config, "machine", "pc")
    options = Options.of(entry)
    written = options.first or options.get("type") or "pc"
    found = _MACHINE.fullmatch(written)
    if not found:
        raise unread(entry, f"{written[:40]!r} is no machine type")
    version = found["version"] or found["virt"] or ""
    is_q35 = "q35" in {found["plain"], found["kind"]}
    is_virt = found["plain"] == "virt" or found["virt"]
    return Machine(
        kind="q35" if is_q35 else "virt" if is_virt else "i440fx",
        version=tuple(int(part) for part in version.split(".") if part),
        written=written,
    )


def agent_of(config: GuestConfig) -> bool:
    """Say whether the guest has the agent's channel."""
    entry = config.entry("agent")
    if entry is None:
        return False
    options = Options.of(entry)
    return is_on(options.first or options.get("enabled"))


def boot_of(config: GuestConfig, drives: tuple[Drive, ...]) -> tuple[str, ...]:
    """Read the boot order: `order=a;b`, or the old letters with `bootdisk`, or the drives as they come."""
    entry = _entry(config, "boot", "")
    options = Options.of(entry)
    if options.get("order"):
        return tuple(part for part in options.get("order").split(";") if part)
    disks = [one.key for one in drives if not one.is_cdrom and not one.is_firmware]
    discs = [one.key for one in drives if one.is_cdrom]
    chosen = config.value("bootdisk")
    disks.sort(key=lambda key: key != chosen)
    nets = [one.key for one in nics_of(config)]
    letters = options.get("legacy") or options.first or "cdn"
    groups = {"c": disks, "d": discs, "n": nets}
    return tuple(key for letter in dict.fromkeys(letters) for key in groups.get(letter, []))


def _cpu(config: GuestConfig) -> str:
    options = Options.of(_entry(config, "cpu", "kvm64"))
    return options.first or options.get("cputype") or "kvm64"


def _entry(config: GuestConfig, key: str, default: str) -> Entry:
    return config.entry(key) or Entry(key=key, value=default)


def _count(config: GuestConfig, key: str, default: str) -> int:
    entry = _entry(config, key, default)
    return count(entry, entry.value)


def _optional(config: GuestConfig, key: str) -> int | None:
    entry = config.entry(key)
    return None if entry is None else count(entry, entry.value)


def _number(entry: Entry, options: Options, key: str) -> int | None:
    value = options.get(key)
    return count(entry, value) if value else None
