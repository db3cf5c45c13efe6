"""A Windows system: its product, its drivers and when they start, its network and its boot manager.

Everything but the files of drivers and of the boot manager stands in two hives, SOFTWARE and SYSTEM. A driver
that lies ready does not reach a disk: the boot loader loads those alone that are to start at boot (`Start`
0), and the registry may say otherwise for a driver that was not needed (`StartOverride`).
Source: "HKLM SYSTEM CurrentControlSet Services" and "StartOverride" of the Windows driver documentation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Literal

from drverify.adapters.workbench.child.bench import Bench
from drverify.adapters.workbench.child.disks import starts
from drverify.adapters.workbench.child.hives import Hive, hive
from drverify.model.inspection import DiskFacts, FileSystemFacts, KernelFacts, SystemFacts

DISK_DRIVERS = {
    "viostor": ("virtio_blk", "virtio_pci"),
    "vioscsi": ("virtio_scsi", "virtio_pci"),
    "storahci": ("ahci",),
    "msahci": ("ahci",),
    "atapi": ("ata_piix",),
    "stornvme": ("nvme",),
    "lsi_sas": ("mptsas",),
    "lsi_scsi": ("mptspi",),
    "megasas": ("megaraid_sas",),
    "pvscsi": ("vmw_pvscsi",),
    "storvsc": ("hv_storvsc",),
    "disk": ("sd_mod",),
}
"""Services of Windows to the names that such drivers have under Linux: what reaches a disk, at boot."""
CARD_DRIVERS = {
    "netkvm": ("virtio_net",),
    "e1iexpress": ("e1000e",),
    "e1i65x64": ("e1000e",),
    "e1g60": ("e1000",),
    "vmxnet3ndis6": ("vmxnet3",),
}
"""The same of network cards, whose drivers start when a card is found."""
_SYSTEM32 = "/windows/system32"
_WHEN = {0: "boot", 1: "system", 2: "automatic", 3: "on demand", 4: "disabled"}
_AT_BOOT, _BY_ITSELF, _ON_DEMAND = 0, 2, 3
_PROGRAM = 0x30
"""Bits of a service's type that say that it is a program, not a driver."""
_CARDS = "Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}"
_NTFS, _FAT = "ntfs", "vfat"
_ELEVEN = 22000
_MAX_SERVICES, _MAX_LINES = 2000, 40

Firmware = Literal["bios", "uefi"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """A driver or a program that the system knows."""

    name: str
    start: int
    is_program: bool
    is_there: bool
    """Whether its file is there; of programs it is not looked at."""

    def told(self) -> str:
        missing = "" if self.is_there else ", its file is missing"
        return f"{self.name} ({_WHEN.get(self.start, self.start)}{missing})"


def windows(
    bench: Bench, disks: Sequence[DiskFacts], file_systems: Sequence[FileSystemFacts]
) -> SystemFacts | None:
    """The Windows on the disks; None when there is none.

    RuntimeError when one of its hives cannot be read, or nothing here can read NTFS.
    """
    for one in file_systems:
        if one.kind == _NTFS and _mounted(bench, one.device):
            try:
                if _is_there(bench, f"{_SYSTEM32}/config/system"):
                    bench.note(f"reading the registry on {one.device}")
                    return _system(bench, disks, file_systems)
            finally:
                bench.tried(bench.guestfs.umount_all)
    return None


def why_unread(bench: Bench, file_systems: Sequence[FileSystemFacts]) -> str:
    """What the appliance lacks to look for a Windows on these; empty: nothing, or there is no NTFS."""
    lacks = [name for name in ("ntfs3g", "hivex") if not bench.guestfs.feature_available([name])]
    if not lacks or not any(one.kind == _NTFS for one in file_systems):
        return ""
    return f"a Windows on NTFS would not be seen: the appliance has no {' and no '.join(lacks)}"


def _mounted(bench: Bench, device: str) -> bool:
    def mounted() -> bool:
        bench.guestfs.mount_ro(f"/dev/{device}", "/")
        return True

    return bool(bench.tried(mounted, otherwise=False))


def _is_there(bench: Bench, path: str) -> bool:
    return bool(
        bench.tried(lambda: bench.guestfs.is_file(bench.guestfs.case_sensitive_path(path)), otherwise=False)
    )


def _system(bench: Bench, disks: Sequence[DiskFacts], file_systems: Sequence[FileSystemFacts]) -> SystemFacts:
    """Everything of the Windows that is mounted."""
    with hive(bench, f"{_SYSTEM32}/config/software") as software:
        product, version = _product(software)
    with hive(bench, f"{_SYSTEM32}/config/system") as system:
        control = _control_set(system)
        services = list(_services(bench, system, control))
        hostname = _hostname(system, control)
        network = list(_network(system, control))
    architecture = "x86_64" if _is_there(bench, "/windows/syswow64/ntdll.dll") else ""
    bench.tried(bench.guestfs.umount_all)
    managers = list(_managers(bench, file_systems))
    return SystemFacts(
        product=product,
        family="windows",
        hostname=hostname,
        architecture=architecture,
        kernels=(KernelFacts(version=version, initramfs=True, drivers=_drivers(services)),),
        bootloader=", ".join(
            [*(disk.boot_code for disk in disks if disk.boot_code), *(one[1] for one in managers)]
        ),
        firmware=_firmware(disks, {one[0] for one in managers}),
        network=tuple(network[:_MAX_LINES]),
        services=tuple(_told(services)),
    )


def _product(software: Hive) -> tuple[str, str]:
    """What it calls itself, and its version; Windows 11 calls itself 10 there."""
    key = software.key(software.root, "Microsoft\\Windows NT\\CurrentVersion")
    build = software.text(key, "CurrentBuildNumber") or software.text(key, "CurrentBuild")
    major, minor = (software.number(key, f"Current{one}VersionNumber") for one in ("Major", "Minor"))
    older = software.text(key, "CurrentVersion")
    version = ".".join([f"{major}.{minor or 0}" if major is not None else older, build]).strip(".")
    name = software.text(key, "ProductName") or "Windows"
    if software.text(key, "InstallationType") == "Client" and build.isdigit() and int(build) >= _ELEVEN:
        name = name.replace("Windows 10", "Windows 11")
    edition = software.text(key, "DisplayVersion") or software.text(key, "CSDVersion")
    return " ".join(one for one in (name, edition) if one), version or "Windows"


def _control_set(system: Hive) -> int:
    """The set of settings that it starts with next."""
    current = system.number(system.key(system.root, "Select"), "Current")
    return system.key(system.root, f"ControlSet{current or 1:03d}")


def _hostname(system: Hive, control: int) -> str:
    stated = system.text(system.key(control, "Services\\Tcpip\\Parameters"), "Hostname")
    return stated or system.text(system.key(control, "Control\\ComputerName\\ComputerName"), "ComputerName")


def _services(bench: Bench, system: Hive, control: int) -> Iterator[_Service]:
    known = {*DISK_DRIVERS, *CARD_DRIVERS}
    files = {name.lower() for name in bench.names(_cased(bench, f"{_SYSTEM32}/drivers"))}
    for _, (name, key) in zip(
        range(_MAX_SERVICES), system.keys(system.key(control, "Services")), strict=False
    ):
        start = system.number(key, "Start")
        if start is None:
            continue
        if name.lower() in known:
            overridden = system.number(system.key(key, "StartOverride"), "0")
            start = start if overridden is None else overridden
        elif start not in {_AT_BOOT, _BY_ITSELF}:
            continue
        is_program = bool((system.number(key, "Type") or 0) & _PROGRAM)
        file = PureWindowsPath(system.text(key, "ImagePath")).name or f"{name}.sys"
        is_there = is_program or file.lower() in files
        yield _Service(name=name, start=start, is_program=is_program, is_there=is_there)


def _cased(bench: Bench, path: str) -> str:
    return str(bench.tried(lambda: bench.guestfs.case_sensitive_path(path), otherwise=path))


def _drivers(services: Sequence[_Service]) -> tuple[str, ...]:
    """By their names under Linux: of disks those that start at boot, of cards all that are not disabled."""
    found: set[str] = set()
    for one in services:
        name = one.name.lower()
        if one.is_there and one.start == _AT_BOOT:
            found.update(DISK_DRIVERS.get(name, ()))
        if one.is_there and one.start <= _ON_DEMAND:
            found.update(CARD_DRIVERS.get(name, ()))
    return tuple(sorted(found))


def _told(services: Sequence[_Service]) -> Iterator[str]:
    """Drivers of disks and cards whenever they start, then what starts with it: drivers at boot, programs."""
    known = {*DISK_DRIVERS, *CARD_DRIVERS}
    yield from (one.told() for one in services if one.name.lower() in known)
    others = [one for one in services if one.name.lower() not in known]
    yield from (one.told() for one in others if one.start == _AT_BOOT)
    yield from (one.told() for one in others if one.start == _BY_ITSELF and one.is_program)


def _network(system: Hive, control: int) -> Iterator[str]:
    """Every card that it has settings for, by the name that its user sees."""
    for guid, key in system.keys(system.key(control, "Services\\Tcpip\\Parameters\\Interfaces")):
        card = system.text(system.key(control, f"{_CARDS}\\{guid}\\Connection"), "Name") or guid
        if system.number(key, "EnableDHCP"):
            yield f"{card}: dhcp"
        for address, mask in zip(
            system.texts(key, "IPAddress"), system.texts(key, "SubnetMask"), strict=False
        ):
            yield f"{card}: address {address} netmask {mask}"
        for what, name in (("gateway", "DefaultGateway"), ("dns", "NameServer")):
            yield from (f"{card}: {what} {one}" for one in system.texts(key, name))


def _managers(bench: Bench, file_systems: Sequence[FileSystemFacts]) -> Iterator[tuple[Firmware, str]]:
    """Every boot manager that has its store (BCD) beside it; it may lie on what cannot be read, too."""
    for one in file_systems:
        if one.kind not in {_NTFS, _FAT}:
            continue
        if not _mounted(bench, one.device):
            yield "bios" if one.kind == _NTFS else "uefi", f"{one.device} could not be read"
            continue
        if _is_there(bench, "/bootmgr") and _is_there(bench, "/boot/bcd"):
            yield "bios", f"bootmgr and BCD on {one.device}"
        store = _is_there(bench, "/efi/microsoft/boot/bcd")
        loaders = ("/efi/microsoft/boot/bootmgfw.efi", "/efi/boot/bootx64.efi")
        if one.kind == _FAT and store and any(_is_there(bench, path) for path in loaders):
            yield "uefi", f"EFI boot manager and BCD on {one.device}"
        bench.tried(bench.guestfs.umount_all)


def _firmware(disks: Sequence[DiskFacts], managers: set[Firmware]) -> tuple[Firmware, ...]:
    """By BIOS it starts when the first sector leads to the boot manager."""
    found: list[Firmware] = ["bios"] if "bios" in managers and any(map(starts, disks)) else []
    return (*found, "uefi") if "uefi" in managers else tuple(found)
