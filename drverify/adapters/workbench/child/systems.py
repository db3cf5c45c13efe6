"""The operating system on restored disks: found by what it is made of, and read out as facts."""

import re
from collections.abc import Sequence
from typing import Literal

from drverify.adapters.workbench.child.bench import Bench
from drverify.adapters.workbench.child.disks import starts
from drverify.adapters.workbench.child.kernels import chosen, kernels_of
from drverify.adapters.workbench.child.mounts import Known, mounts_of
from drverify.adapters.workbench.child.volumes import logical_volumes
from drverify.adapters.workbench.child.windows import why_unread, windows
from drverify.model.inspection import DiskFacts, FileSystemFacts, SystemFacts

_LINUX = {"ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs", "vfat"}
_MAX_LINES, _MAX_SERVICES = 40, 200
_NETWORK_FILES = (
    "/etc/network/interfaces",
    "/etc/network/interfaces.d/*",
    "/etc/netplan/*.yaml",
    "/etc/systemd/network/*.network",
    "/etc/systemd/network/*.link",
    "/etc/NetworkManager/system-connections/*",
    "/etc/sysconfig/network-scripts/ifcfg-*",
    "/etc/udev/rules.d/70-persistent-net.rules",
)
_SECRET = re.compile(r"(?i)psk|pass|secret|key|token")
_TELLING = re.compile(
    r"(?i)^\s*(-\s|auto\s|iface\s|address|gateway|netmask|dns|name|match|mac|ip|hwaddr|device|bootproto|dhcp|"
    r"routes?|to:|via:|addresses|[a-z0-9]+:$|.*attr\{address\})"
)
_CONFIGURATIONS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg")

Firmware = Literal["bios", "uefi"]


def system_of(
    bench: Bench, disks: Sequence[DiskFacts], file_systems: Sequence[FileSystemFacts]
) -> SystemFacts | None:
    """The system on the disks; None when nothing there looks like one. RuntimeError: it cannot be read."""
    root = boot = None
    loaders: list[str] = []
    if (found := windows(bench, disks, file_systems)) is not None:
        return found
    for one in file_systems:
        if one.kind not in _LINUX or not _mounted(bench, one.device, "/"):
            continue
        if root is None and _is_root(bench):
            root = one
        elif boot is None and (bench.matching("/vmlinuz*") or bench.matching("/boot/*/vmlinuz*")):
            boot = one
        if one.kind == "vfat":
            loaders += bench.matching("/[Ee][Ff][Ii]/*/*.[Ee][Ff][Ii]")
        bench.tried(bench.guestfs.umount_all)
    if root is None and boot is None:
        if why := why_unread(bench, file_systems):
            raise RuntimeError(why)
        return None
    try:
        return _linux(
            bench,
            root,
            boot,
            Known(disks, file_systems, _partition_ids(bench), logical_volumes(bench)),
            loaders,
        )
    finally:
        bench.tried(bench.guestfs.umount_all)


def _mounted(bench: Bench, device: str, at: str) -> bool:
    def mounted() -> bool:
        bench.guestfs.mount_ro(f"/dev/{device}", at)
        return True

    return bool(bench.tried(mounted, otherwise=False))


def _is_root(bench: Bench) -> bool:
    return bool(bench.names("/etc")) and bool(
        bench.matching("/etc/fstab")
        or bench.matching("/etc/os-release")
        or bench.matching("/usr/lib/os-release")
    )


def _linux(
    bench: Bench,
    root: FileSystemFacts | None,
    boot: FileSystemFacts | None,
    known: Known,
    loaders: Sequence[str],
) -> SystemFacts:
    first = root or boot
    if first is not None:
        _mounted(bench, first.device, "/")
    mounts = mounts_of(bench.text("/etc/fstab"), known)
    if root is not None and boot is not None and any(one.at == "/boot" for one in mounts):
        _mounted(bench, boot.device, "/boot")
    kernels = kernels_of(bench)
    configuration = next((path for path in _CONFIGURATIONS if bench.matching(path)), "")
    return SystemFacts(
        product=_product(bench) if root is not None else "Linux in an initramfs alone",
        family="linux",
        hostname=bench.text("/etc/hostname").strip().partition("\n")[0],
        architecture=_architecture(bench),
        kernels=tuple(kernels),
        default_kernel=chosen(bench.text(configuration, 1 << 18), kernels) if configuration else "",
        bootloader=_bootloader(configuration, known.disks, loaders),
        firmware=_firmware(known.disks, loaders),
        mounts=tuple(mounts),
        network=tuple(_network(bench)),
        services=tuple(_services(bench)),
    )


def _partition_ids(bench: Bench) -> frozenset[str]:
    told = bench.sh("blkid -c /dev/null -s PARTUUID -s PARTLABEL -o full")
    return frozenset(value.lower() for value in re.findall(r'PART\w+="([^"]*)"', told))


def _product(bench: Bench) -> str:
    told = bench.text("/etc/os-release") or bench.text("/usr/lib/os-release")
    found = re.search(r'^PRETTY_NAME="?([^"\n]*)', told, re.MULTILINE)
    return found[1].strip() if found else "Linux"


def _architecture(bench: Bench) -> str:
    def asked() -> str:
        return str(bench.guestfs.file_architecture(bench.guestfs.realpath("/bin/sh")))

    return str(bench.tried(asked, otherwise=""))


def _bootloader(configuration: str, disks: Sequence[DiskFacts], loaders: Sequence[str]) -> str:
    codes = dict.fromkeys(disk.boot_code for disk in disks if disk.boot_code)
    parts = [*codes, *(f"EFI {path}" for path in loaders[:4])]
    if configuration:
        parts.append(configuration)
    return ", ".join(parts)


def _firmware(disks: Sequence[DiskFacts], loaders: Sequence[str]) -> tuple[Firmware, ...]:
    found: list[Firmware] = []
    if any(map(starts, disks)):
        found.append("bios")
    if loaders:
        found.append("uefi")
    return tuple(found)


def _network(bench: Bench) -> list[str]:
    lines = []
    for pattern in _NETWORK_FILES:
        for path in sorted(bench.matching(pattern)):
            for line in bench.text(path).splitlines():
                text = line.strip()
                if _TELLING.match(line) and not text.startswith("#") and not _SECRET.search(text):
                    lines.append(f"{path.rpartition('/')[2]}: {text}")
    return lines[:_MAX_LINES]


def _services(bench: Bench) -> list[str]:
    wanted = bench.matching("/etc/systemd/system/*.target.wants/*")
    wanted += bench.matching("/etc/rc2.d/S*")
    return sorted({re.sub(r"^S\d\d", "", path.rpartition("/")[2]) for path in wanted})[:_MAX_SERVICES]
