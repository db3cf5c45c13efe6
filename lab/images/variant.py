"""Variants of the tiny guest: copies whose boot partition says something else. No mounts, no root."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from lab.images.cache import Image
from lab.images.command import run
from lab.images.disk import FIRST_PARTITION
from lab.images.errors import LabError

_SAFE = re.compile(r"[A-Za-z0-9_./:-]*\Z")


async def sparse_copy(source: Path, target: Path) -> Path:
    """Copy an image file, keeping its holes and sharing blocks where the file system can."""
    await run("cp", "--reflink=auto", "--sparse=always", "--", source, target)
    target.chmod(0o644)
    return target


async def tiny_variant(
    image: Image,
    into: Path,
    *,
    hostile: bool = False,
    dhcp: bool = False,
    address: str = "",
    gateway: str = "",
    name: str = "",
) -> Path:
    """Copy the tiny image to ``into`` (a file to be, or a directory) and return the copy's path.

    ``hostile``: sends DHCP, ARP, IPv6 and connections to everything. ``dhcp``: asks for its
    address. Otherwise ``address`` ("10.30.0.11/24") and ``gateway`` replace the built-in ones.
    The caller owns the copy. Raises LabError.
    """
    if image.name != "tiny":
        raise LabError(f"{image.name} has no variants, only tiny has")
    words = ["hostile"] * hostile + ["tiny.dhcp"] * dhcp
    for key, value in (("address", address), ("gateway", gateway), ("name", name)):
        if not _SAFE.match(value):
            raise LabError(f"{value!r} cannot be a kernel parameter")
        words += [f"tiny.{key}={value}"] if value else []
    if into.is_dir():
        into /= f"tiny-{'hostile' if hostile else 'copy'}.raw"
    copy = await sparse_copy(image.path, into)
    await set_parameters(copy, words)
    return copy


async def set_parameters(disk: Path, words: list[str]) -> None:
    """Replace the extra kernel parameters of a copy of tiny."""
    text = f'set variant="{" ".join(words)}"\n'
    await write_file(disk, FIRST_PARTITION, "/boot/grub/variant.cfg", text.encode())
    written = await read_file(disk, FIRST_PARTITION, "/boot/grub/variant.cfg")
    if text not in written:
        raise LabError(f"{disk}: the boot partition did not take the change")


async def write_file(disk: Path, offset: int, name: str, content: bytes) -> None:
    """Write a file into an unmounted, clean ext4 partition at a byte offset, replacing the old one."""
    with tempfile.NamedTemporaryFile() as source:
        source.write(content)
        source.flush()
        await run("debugfs", "-w", "-R", f"rm {name}", f"{disk}?offset={offset}")
        await run("debugfs", "-w", "-R", f"write {source.name} {name}", f"{disk}?offset={offset}")


async def read_file(disk: Path, offset: int, name: str) -> str:
    """Return a text file of an unmounted ext4 partition at a byte offset."""
    return await run("debugfs", "-R", f"cat {name}", f"{disk}?offset={offset}")
