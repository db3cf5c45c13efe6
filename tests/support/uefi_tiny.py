"""The tiny guest as a machine with UEFI: what BIOS starts by GRUB, the firmware's own shell starts here.

GRUB for UEFI is not among what the lab needs. The kernel is a program of UEFI's by itself, and the firmware's
shell, which it falls back on, runs `startup.nsh` of whatever FAT file system it finds.
"""

import struct
import tempfile
from pathlib import Path

from lab.images.cache import Image
from lab.images.command import run
from lab.images.disk import FIRST_PARTITION, MIB, SECTOR
from lab.images.variant import sparse_copy

_SYSTEM = 48 * MIB
_THIRD_ENTRY = 446 + 2 * 16
_EFI_SYSTEM = 0xEF
_ANYWHERE = b"\xfe\xff\xff"
"""Cylinder, head and sector of what lies beyond them."""
_START = """\
@echo -off
for %d in fs0 fs1 fs2 fs3
  if exist %d:\\vmlinuz.efi then
    %d:
    vmlinuz.efi initrd=\\base.img initrd=\\modules.img console=ttyS0,115200 quiet loglevel=4 mitigations=off \
no_timer_check random.trust_cpu=on audit=0
  endif
endfor
"""
_FILES = {
    "vmlinuz.efi": "any/vmlinuz",
    "base.img": "base.img",
    "modules.img": "any/modules.img",
}


async def uefi_tiny(image: Image, into: Path) -> Path:
    """Copy the tiny image to `into`, with an EFI system partition behind its others; also starts by BIOS still."""
    disk = await sparse_copy(image.path, into)
    end = disk.stat().st_size
    entry = struct.pack("<B3sB3sII", 0, _ANYWHERE, _EFI_SYSTEM, _ANYWHERE, end // SECTOR, _SYSTEM // SECTOR)
    with disk.open("r+b") as file:
        file.truncate(end + _SYSTEM)
        file.seek(_THIRD_ENTRY)
        file.write(entry)
    part = f"{disk}@@{end}"
    await run("mformat", "-i", part, "-T", str(_SYSTEM // SECTOR), "-h", "64", "-s", "32", "::")
    with tempfile.TemporaryDirectory() as folder:
        for name, source in _FILES.items():
            copy = Path(folder) / name
            await run(
                "debugfs", "-R", f"dump /boot/{source} {copy}", f"{image.path}?offset={FIRST_PARTITION}"
            )
            await run("mcopy", "-i", part, copy, f"::{name}")
        start = Path(folder) / "startup.nsh"
        start.write_bytes(_START.replace("\n", "\r\n").encode())
        await run("mcopy", "-i", part, start, "::startup.nsh")
    return disk
