"""Which kernels a system has, and which drivers each can load before its root file system is there.

An initramfs is any number of cpio archives (newc) one after the other, of which the last may be packed
(Documentation/driver-api/early-userspace/buffer-format.rst). The version of a kernel is text that byte
0x20e of its header leads to (Documentation/arch/x86/boot.rst).
"""

import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from shlex import quote

from drverify.adapters.workbench.child.bench import Bench
from drverify.model.inspection import KernelFacts

DISK_DRIVERS = frozenset({
    "virtio_pci", "virtio_blk", "virtio_scsi", "ahci", "ata_piix", "sd_mod", "sym53c8xx", "megaraid_sas",
    "mptspi", "mptsas", "mpt3sas", "vmw_pvscsi", "nvme", "xen_blkfront", "hv_storvsc", "dm_mod", "raid1",
    "ext4", "xfs", "btrfs",
})  # fmt: skip
CARD_DRIVERS = frozenset({
    "virtio_net", "e1000", "e1000e", "8139cp", "8139too", "vmxnet3", "igb", "ixgbe", "tg3", "bnx2", "r8169",
    "xen_netfront", "hv_netvsc",
})  # fmt: skip
_MODULE = re.compile(r"(?:^|/)([\w-]+)\.ko(?:\.(?:gz|xz|zst))?:?(?=\s|$)", re.ASCII | re.MULTILINE)
_PACKINGS = (
    (b"\x1f\x8b", "gzip -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd -dc"),
    (b"\xfd7zXZ", "xz -dc"),
    (b"\x02\x21\x4c\x18", "lz4 -dc"),
    (b"BZh", "bzip2 -dc"),
    (b"\x89LZO", "lzop -dc"),
)
_NEWC = (b"070701", b"070702")
_HEADER, _MAX_FILES, _MAX_ARCHIVES, _MAX_KERNELS = 110, 6000, 8, 12
_VERSION_AT, _VERSION_BASE = 0x20E, 0x200


def kernels_of(bench: Bench) -> list[KernelFacts]:
    """Every kernel below `/boot` of what is mounted, or at its top when it is a boot partition itself."""
    found = []
    for path in sorted(_kernel_files(bench), key=by_version)[-_MAX_KERNELS:]:  # the newest
        bench.note(f"reading {path}")
        found.append(_kernel(bench, PurePosixPath(path)))
    return found


def _kernel_files(bench: Bench) -> list[str]:
    patterns = ("/boot/vmlinuz*", "/boot/*/vmlinuz*", "/vmlinuz-*", "/boot/bzImage*")
    found = {path for pattern in patterns for path in bench.matching(pattern)}
    return sorted(path for path in found if _is_plain(bench, path))


def by_version(path: str) -> list[tuple[int, str]]:
    """Orders the files of kernels by their names, with numbers by value."""
    parts = re.split(r"(\d+)", PurePosixPath(path).name)
    return [(int(one), "") if one.isdigit() else (-1, one) for one in parts if one]


def _is_plain(bench: Bench, path: str) -> bool:
    return bool(bench.tried(lambda: bench.guestfs.is_file(path), otherwise=False))


def _kernel(bench: Bench, path: PurePosixPath) -> KernelFacts:
    version = _version(bench, str(path)) or path.name.partition("vmlinuz")[2].lstrip("-") or str(path)
    images = _initramfs(bench, path, version)
    listed = [_listing(bench, image) for image in images]
    modules = f"/lib/modules/{version}"
    builtin = bench.text(f"{modules}/modules.builtin", 1 << 20)
    there = bench.text(f"{modules}/modules.dep", 2 << 20)
    early = _modules("\n".join([builtin, *(one or "" for one in listed)]))
    known = early & DISK_DRIVERS | (early | _modules(there)) & CARD_DRIVERS
    return KernelFacts(
        version=version,
        initramfs=bool(images),
        drivers=tuple(sorted(known)),
        read=None not in listed and bool(builtin or any(listed)),
    )


def _modules(text: str) -> set[str]:
    return {name.replace("-", "_") for name in _MODULE.findall(text)}


def _version(bench: Bench, path: str) -> str:
    head = bench.tried(lambda: bytes(bench.guestfs.pread(path, 0x400, 0)), otherwise=b"")
    if head[0x202:0x206] != b"HdrS":
        return ""
    place = struct.unpack_from("<H", head, _VERSION_AT)[0] + _VERSION_BASE
    text: bytes = bench.tried(lambda: bytes(bench.guestfs.pread(path, 128, place)), otherwise=b"")
    return text.partition(b"\0")[0].decode("ascii", "replace").partition(" ")[0]


def _initramfs(bench: Bench, kernel: PurePosixPath, version: str) -> list[str]:
    """The images that belong to a kernel: by its version in their names, else all that lie beside it."""
    names = bench.names(str(kernel.parent))
    own = [name for name in names if version in name and name.startswith(("initrd", "initramfs"))]
    if not own and not any(version in name for name in names):
        own = [name for name in names if name.startswith(("initrd", "initramfs")) or name.endswith(".img")]
    return [str(kernel.parent / name) for name in own if "kdump" not in name and "rescue" not in name]


def _listing(bench: Bench, path: str) -> str | None:
    """The names of an initramfs's files; None when it cannot be read to its end."""
    place = bench.tried(lambda: bench.guestfs.realpath(path), otherwise=path)
    file, names, offset = quote(f"/sysroot{place}"), [], 0
    size = bench.tried(lambda: bench.guestfs.filesize(place), otherwise=0)
    for _ in range(_MAX_ARCHIVES):
        offset = _next(bench, place, offset, size)
        first = _read(bench, place, offset, 6)
        if first in _NEWC:
            inside, offset = _walked(bench, place, offset, size)
            names += inside
        elif packing := next((program for magic, program in _PACKINGS if first.startswith(magic)), ""):
            said = bench.sh(
                f"tail -c +{offset + 1} {file} | {packing} 2>/dev/null | cpio -it --quiet 2>/dev/null"
            )
            return "\n".join([*names, said]) if said.strip() else None
        else:
            return None if first else "\n".join(names)
    return None


def _next(bench: Bench, path: str, offset: int, size: int) -> int:
    """The first byte from `offset` on that is not padding."""
    while offset < size:
        data = _read(bench, path, offset, 1 << 16)
        if not data or data.strip(b"\0"):
            return offset + len(data) - len(data.lstrip(b"\0"))
        offset += len(data)
    return size


def _walked(bench: Bench, path: str, offset: int, size: int) -> tuple[list[str], int]:
    """The names of an archive that is not packed, and where it ends."""
    names: list[str] = []
    for header, at in _headers(bench, path, offset, size):
        length, bytes_ = int(header[94:102], 16), int(header[54:62], 16)
        name = _read(bench, path, at + _HEADER, length).rstrip(b"\0").decode("utf-8", "replace")
        end = _up(_up(at + _HEADER + length) + bytes_)
        if name == "TRAILER!!!":
            return names, end
        names.append(name)
    return names, size


def _headers(bench: Bench, path: str, offset: int, size: int) -> Iterator[tuple[bytes, int]]:
    for _ in range(_MAX_FILES):
        header = _read(bench, path, offset, _HEADER)
        if header[:6] not in _NEWC or offset >= size:
            return
        yield header, offset
        offset = _up(_up(offset + _HEADER + int(header[94:102], 16)) + int(header[54:62], 16))


def _up(place: int) -> int:
    return place + -place % 4


def _read(bench: Bench, path: str, offset: int, length: int) -> bytes:
    return bytes(bench.tried(lambda: bench.guestfs.pread(path, length, offset), otherwise=b""))


def chosen(configuration: str, kernels: Sequence[KernelFacts]) -> str:
    """The kernel that GRUB's configuration starts first, where it is written out; else empty."""
    named = re.findall(r"^\s*linux(?:16|efi)?\s+\S*vmlinuz-(\S+)", configuration, re.MULTILINE)
    return named[0] if named and any(one.version == named[0] for one in kernels) else ""
