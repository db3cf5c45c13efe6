"""A guest's configuration -> QEMU's command line. Pure: what is opened already comes as a `Wiring`.

Devices stand where they stand on a real node (controller, unit, lun), so that a guest finds its disks
under the names it knows. What the lab has no part for (TPM, host devices, vhost, VLAN tags, raw
arguments) is left out and named by `left_out`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drverify.errors import HostError
from drverify.pveconf.qemu import Drive, Nic, QemuGuest, qemu
from drverify.pveconf.smbios import family_of
from drverify.pveconf.text import Entry, GuestConfig
from drverify.pveconf.values import Options, is_on

EMULATOR = "qemu-system-x86_64"
Acceleration = Literal["kvm", "tcg"]
CONTROLLERS: Mapping[str, str] = {
    "lsi": "lsi53c895a",
    "lsi53c810": "lsi53c810",
    "megasas": "megasas",
    "pvscsi": "pvscsi",
    "virtio-scsi-pci": "virtio-scsi-pci",
    "virtio-scsi-single": "virtio-scsi-pci",
}
SCREENS: Mapping[str, str] = {"cirrus": "cirrus-vga", "vmware": "vmware-svga", "virtio": "virtio-vga"}
FIRST_BOOT = 100
LSI_DEVICES = 7
_OMITTED = re.compile(r"(hostpci|usb|parallel|tpmstate|virtiofs|audio|ivshmem|args|hookscript)[0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a configuration says, read; the rest of it stays at hand as text."""

    guest: QemuGuest
    config: Mapping[str, str]

    def options(self, key: str) -> Options:
        """Read one value as a property string; empty when the key is not there."""
        return Options.of(Entry(key=key, value=self.config.get(key, "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """What a guest is connected with: names and descriptors as QEMU's command line takes them."""

    files: Mapping[str, str]
    """Drive -> file name for QEMU (`/dev/fdset/N`, or a path); drives not in it are empty or absent."""
    taps: Mapping[str, int]
    """Network card -> open tap. A card without one gets QEMU's own network, which leads nowhere."""
    run: Path
    """Directory for `qmp`, `agent`, `vnc` and `pid`."""
    console: str
    acceleration: Acceleration
    firmware: tuple[str, str] = ("", "")
    """OVMF's code and the file of its variables, when the firmware is OVMF."""
    clock: str = ""
    """The guest's clock at start (`2001-01-01T00:00:00`); empty: as the configuration says."""


def read(config: Mapping[str, str]) -> Shape:
    """Read a configuration. HostError names the key that cannot be read."""
    lines = tuple(Entry(key=key, value=value) for key, value in config.items())
    shape = Shape(guest=qemu(GuestConfig(kind="qemu", lines=lines)), config=dict(config))
    if shape.guest.scsihw not in CONTROLLERS:
        raise HostError(f"scsihw: no such controller: {shape.guest.scsihw}")
    return shape


def left_out(config: Mapping[str, str]) -> tuple[str, ...]:
    """Name the keys that a real node would act upon and the lab does not."""
    return tuple(key for key in config if _OMITTED.fullmatch(key))


def argv(vmid: int, shape: Shape, wiring: Wiring) -> list[str]:
    """Write the command line."""
    order = {key: FIRST_BOOT + place for place, key in enumerate(shape.guest.boot)}
    drives = [one for one in shape.guest.drives if not one.is_firmware]
    return [
        *(EMULATOR, "-name", f"guest={_plain(shape.guest.name) or f'VM{vmid}'},debug-threads=on"),
        *("-no-user-config", "-nodefaults", "-daemonize", "-pidfile", str(wiring.run / "pid")),
        *_machine(shape, wiring),
        *_processors(shape.guest, wiring),
        *_identity(shape),
        *_consoles(shape, wiring),
        *_controllers(shape.guest),
        *(word for one in drives for word in _drive(one, shape.guest, wiring, order)),
        *(word for one in shape.guest.nics for word in _card(one, wiring, order)),
    ]


def _machine(shape: Shape, wiring: Wiring) -> Iterator[str]:
    kind = "q35" if shape.guest.machine.kind == "q35" else "pc"
    flash = ",pflash0=ovmf-code,pflash1=ovmf-variables" if shape.guest.bios == "ovmf" else ""
    yield from ("-machine", f"{kind},accel={wiring.acceleration}{flash}")
    base = "localtime" if is_on(shape.config.get("localtime", "")) else "utc"
    start = shape.config.get("startdate", "now")
    yield from ("-rtc", f"base={wiring.clock or (base if start == 'now' else start)}")
    if shape.guest.bios == "ovmf":
        for name, file, mode in zip(
            ("ovmf-code", "ovmf-variables"), wiring.firmware, (",read-only=on", ""), strict=True
        ):
            yield from ("-blockdev", f"driver=file,node-name=file-{name},filename={file}{mode}")
            yield from ("-blockdev", f"driver=raw,node-name={name},file=file-{name}{mode}")


def _processors(guest: QemuGuest, wiring: Wiring) -> Iterator[str]:
    yield from ("-m", str(guest.memory_mib))
    most = guest.sockets * guest.cores
    yield from ("-smp", f"{guest.vcpus or most},sockets={guest.sockets},cores={guest.cores},maxcpus={most}")
    yield from ("-cpu", "host" if wiring.acceleration == "kvm" else "max")


def _identity(shape: Shape) -> Iterator[str]:
    stated = [f"uuid={_plain(uuid)}"] if (uuid := shape.options("smbios1").get("uuid")) else []
    if family := family_of(shape.config.get("smbios1", "")):
        stated.append("family=" + family.replace(",", ",,"))
    if stated:
        yield from ("-smbios", ",".join(("type=1", *stated)))
    if shape.guest.vmgenid not in {"", "0"}:
        yield from ("-device", f"vmgenid,guid={_plain(shape.guest.vmgenid)}")


def _consoles(shape: Shape, wiring: Wiring) -> Iterator[str]:
    screen = shape.options("vga").first or shape.options("vga").get("type") or "std"
    if screen != "none" and not screen.startswith("serial"):
        yield from ("-device", f"{SCREENS.get(screen, 'VGA')},id=vga")
    yield from ("-display", "none", "-vnc", f"unix:{wiring.run / 'vnc'},password=on")
    yield from ("-chardev", f"socket,id=qmp,path={wiring.run / 'qmp'},server=on,wait=off")
    yield from ("-mon", "chardev=qmp,mode=control")
    yield from ("-chardev", _serial(shape, wiring))
    yield from ("-device", "isa-serial,chardev=serial0")
    if shape.guest.agent:
        yield from ("-chardev", f"socket,id=qga0,path={wiring.run / 'agent'},server=on,wait=off")
        yield from ("-device", "virtio-serial,id=qga")
        yield from ("-device", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0")
    if "rng0" in shape.config:
        yield from ("-object", "rng-random,filename=/dev/urandom,id=rng0")
        yield from ("-device", "virtio-rng-pci,rng=rng0")


def _serial(shape: Shape, wiring: Wiring) -> str:
    """A port that is to be had from outside, where the configuration has one; written down in any case."""
    if shape.config.get("serial0") != "socket":
        return f"file,id=serial0,path={wiring.console},append=on"
    socket = f"socket,id=serial0,path={wiring.run / 'serial0'},server=on,wait=off"
    return f"{socket},logfile={wiring.console},logappend=on"


def _controllers(guest: QemuGuest) -> Iterator[str]:
    names = [_controller(one, guest.scsihw) for one in guest.drives if one.bus == "scsi"]
    for name in dict.fromkeys(names):
        yield from ("-device", f"{CONTROLLERS[guest.scsihw]},id={name}")
    if any(one.bus == "sata" for one in guest.drives):
        yield from ("-device", "ahci,id=ahci0")


def _controller(drive: Drive, kind: str) -> str:
    """Name the SCSI controller of a drive."""
    if kind == "virtio-scsi-single":
        return f"virtioscsi{drive.index}"
    return f"scsihw{drive.index // LSI_DEVICES if kind.startswith('lsi') else 0}"


def _drive(drive: Drive, guest: QemuGuest, wiring: Wiring, order: Mapping[str, int]) -> Iterator[str]:
    file = wiring.files.get(drive.key)
    if file is None and not drive.is_cdrom:
        return
    options = [f"id={drive.key}"]
    if file is not None:
        mode = "read-only=on" if drive.is_cdrom or drive.read_only else "discard=unmap"
        yield from ("-blockdev", f"driver=file,node-name=file-{drive.key},filename={file},{mode}")
        yield from ("-blockdev", f"driver=raw,node-name=drive-{drive.key},file=file-{drive.key},{mode}")
        options.append(f"drive=drive-{drive.key}")
    options += [f"bootindex={order[drive.key]}"] if drive.key in order else []
    options += [f"serial={_plain(drive.serial)}"] if drive.serial else []
    yield from ("-device", ",".join((*_seat(drive, guest), *options)))


def _seat(drive: Drive, guest: QemuGuest) -> tuple[str, ...]:
    """Say which device a drive is and where it sits."""
    kind = "cd" if drive.is_cdrom else "hd"
    if drive.bus == "virtio":
        return ("virtio-blk-pci",)
    if drive.bus == "sata":
        return (f"ide-{kind}", f"bus=ahci0.{drive.index}")
    if drive.bus == "ide" and guest.machine.kind == "q35":
        return (f"ide-{kind}", f"bus=ide.{drive.index}", "unit=0")
    if drive.bus == "ide":
        return (f"ide-{kind}", f"bus=ide.{drive.index // 2}", f"unit={drive.index % 2}")
    controller = f"bus={_controller(drive, guest.scsihw)}.0"
    if guest.scsihw.startswith("lsi"):
        return (f"scsi-{kind}", controller, f"scsi-id={drive.index % LSI_DEVICES}")
    return (f"scsi-{kind}", controller, "channel=0", "scsi-id=0", f"lun={drive.index}")


def _card(card: Nic, wiring: Wiring, order: Mapping[str, int]) -> Iterator[str]:
    if card.key in wiring.taps:
        yield from ("-netdev", f"tap,id=net-{card.key},fd={wiring.taps[card.key]}")
    else:
        yield from ("-netdev", f"user,id=net-{card.key},restrict=on")
    model = "virtio-net-pci" if card.model == "virtio" else card.model
    options = [model, f"netdev=net-{card.key}", f"id={card.key}"]
    options += [f"mac={card.mac}"] if card.mac else []
    options += [f"bootindex={order[card.key]}"] if card.key in order else ["romfile="]
    yield from ("-device", ",".join(options))


def _plain(text: str) -> str:
    """Keep what has no meaning in QEMU's option syntax."""
    return re.sub(r"[^A-Za-z0-9_. -]", "_", text)
