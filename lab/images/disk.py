"""Making a bootable raw disk out of directories, without mounting anything.

MBR partition table; GRUB for BIOS as GRUB's own manual describes it (boot.img in sector 0, the
core image in the gap before the first partition: "BIOS installation, MBR"). GRUB's boot.img asks
for the core image at sector 1 and diskboot.img for the rest at sector 2, with the length filled
in by grub-mkimage, so a core image written at sector 1 needs no patching.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.images.command import run
from lab.images.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Sequence

SECTOR = 512
MIB = 1024 * 1024
FIRST_PARTITION = MIB
GRUB_DIR = Path("/usr/lib/grub/i386-pc")
GRUB_MODULES = (
    "biosdisk", "part_msdos", "part_gpt", "ext2", "search", "search_fs_uuid", "linux", "echo", "normal",
    "configfile", "test", "serial", "terminal", "reboot", "halt", "pci", "setpci",
)  # fmt: skip
_LINUX = 0x83


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One ext4 file system to be: its content, size (bytes, a multiple of 1 MiB), UUID and label."""

    tree: Path
    size_bytes: int
    uuid: str
    label: str


async def make_disk(
    path: Path, partitions: Sequence[Partition], *, boot_uuid: str, disk_signature: int
) -> None:
    """Write a raw sparse disk to ``path`` whose GRUB reads /boot/grub/grub.cfg of ``boot_uuid``.

    The file is left unsynced; whoever publishes it syncs it.
    """
    total = FIRST_PARTITION + sum(partition.size_bytes for partition in partitions)
    core = await _grub_core(path.parent, boot_uuid)
    boot = (GRUB_DIR / "boot.img").read_bytes()
    if SECTOR + len(core) > FIRST_PARTITION:
        raise LabError(f"GRUB's core image ({len(core)} bytes) does not fit before the first partition")
    with path.open("wb") as disk:
        disk.truncate(total)
        disk.write(master_boot_record(boot, [p.size_bytes for p in partitions], disk_signature))
        disk.write(core)
    offset = FIRST_PARTITION
    for partition in partitions:
        await _make_file_system(path, offset, partition)
        offset += partition.size_bytes


def master_boot_record(boot_code: bytes, sizes: Sequence[int], signature: int) -> bytes:
    """Return sector 0: boot code (440 bytes), disk signature, up to four entries, 55 AA.

    Layout: the classical MBR with a disk signature at 0x1B8 and entries of 16 bytes from 0x1BE.
    """
    entries = b""
    start = FIRST_PARTITION
    for number, size in enumerate(sizes):
        flag = 0x80 if number == 0 else 0
        entries += struct.pack(
            "<B3sB3sII", flag, b"\xfe\xff\xff", _LINUX, b"\xfe\xff\xff", start // SECTOR, size // SECTOR
        )
        start += size
    return boot_code[:440] + struct.pack("<IH", signature, 0) + entries.ljust(64, b"\0") + b"\x55\xaa"


async def _grub_core(workspace: Path, boot_uuid: str) -> bytes:
    if not (GRUB_DIR / "boot.img").is_file():
        raise LabError("GRUB's BIOS parts are missing", hint="apt install grub-pc-bin grub-common")
    early = workspace / "grub-early.cfg"
    early.write_text(
        f"search --no-floppy --fs-uuid --set=root {boot_uuid}\n"
        "set prefix=($root)/boot/grub\n"
        "configfile $prefix/grub.cfg\n"
    )
    core = workspace / "core.img"
    await run(
        "grub-mkimage", "-O", "i386-pc", "-d", GRUB_DIR, "-o", core, "-p", "(hd0,msdos1)/boot/grub",
        "-c", early, *GRUB_MODULES,
    )  # fmt: skip
    return core.read_bytes()


async def _make_file_system(disk: Path, offset: int, partition: Partition) -> None:
    await run(
        "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-U", partition.uuid, "-L", partition.label,
        "-m", "0", "-O", "^metadata_csum_seed,^orphan_file",
        "-E", f"offset={offset},lazy_itable_init=0,nodiscard",
        "-d", partition.tree, disk, f"{partition.size_bytes // 1024}k",
    )  # fmt: skip


def sync_file(path: Path) -> None:
    """Make a file's content durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
