"""Disk images of strangers: what they are, and their bytes into a volume of a guest's own."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux import command
from drverify.adapters.vma.stopping import Stop
from lab.pve.muscle.pacing import Pace
from lab.pve.muscle.telling import in_thread, telling
from lab.pve.seam import Log, TakeError, TakeOrder

BLOCK = 1 << 16
SECTOR = 512
PROBED_WITHIN = timedelta(seconds=30)
CONVERTED_WITHIN = timedelta(minutes=30)
ZERO = bytes(BLOCK)


async def probe(image: Path, form: str) -> int:
    """Bytes of the disk in an image. TakeError when it is none of the form, or refers to another file."""
    if form == "raw":
        return image.stat().st_size
    done = await command.run(
        ["qemu-img", "info", "--output=json", "-f", form, str(image)], within=PROBED_WITHIN
    )
    if done.exit_code:
        raise TakeError(done.error_lines() or "qemu-img info failed")
    facts = json.loads(done.stdout)
    if facts.get("backing-filename") or facts.get("full-backing-filename"):
        raise TakeError("backing file not allowed for untrusted image")
    return int(facts["virtual-size"])


async def take(order: TakeOrder, log: Log, stop: asyncio.Event) -> None:
    """Write an image's disk into a volume. TakeError; what was written so far stays.

    Returns early when `stop` is set.
    """
    size = await probe(order.source, order.form)
    tell = telling(log)
    raw = order.source
    if order.form != "raw":
        raw = order.target.with_suffix(".converted")
        done = await command.run(
            ["qemu-img", "convert", "-f", order.form, "-O", "raw", str(order.source), str(raw)],
            within=CONVERTED_WITHIN,
        )
        if done.exit_code:
            raw.unlink(missing_ok=True)
            raise TakeError(done.error_lines() or "qemu-img convert failed")
    try:
        await in_thread(lambda flag: _copy(raw, order, size, tell, flag), stop)
    except OSError as error:
        raise TakeError(f"copy failed: {error.strerror}") from error
    finally:
        if raw != order.source:
            raw.unlink(missing_ok=True)


def _copy(raw: Path, order: TakeOrder, size: int, tell: Log, stop: Stop) -> None:
    """Copy what is not zero, in a thread."""

    def say(percent: int, done: int, _: float) -> None:
        tell(f"transferred {_shown(done)} of {_shown(size)} ({percent:.2f}%)")

    pace = Pace(say, stop, order.bwlimit)
    order.target.parent.mkdir(parents=True, exist_ok=True)
    with raw.open("rb") as source, order.target.open("wb") as target:
        for at, block in _blocks(source.fileno(), raw.stat().st_size):
            os.pwrite(target.fileno(), block, at)
            taken = os.fstat(target.fileno()).st_blocks * SECTOR
            if order.space is not None and taken > order.space:
                raise TakeError("copy failed: No space left on device")
            pace(at + len(block), size)
        target.truncate(size)
        pace(size, size)


def _blocks(descriptor: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Blocks of a file that hold something, and where; holes are not read."""
    at = 0
    while at < size:
        try:
            at = os.lseek(descriptor, at, os.SEEK_DATA) // BLOCK * BLOCK
        except OSError:  # nothing but a hole is left
            return
        end = min(os.lseek(descriptor, at + 1, os.SEEK_HOLE) if at + 1 < size else size, size)
        while at < end:
            block = os.pread(descriptor, BLOCK, at)
            if block and block != ZERO[: len(block)]:
                yield at, block
            at += BLOCK


def _shown(size: int) -> str:
    """Bytes as qemu-server says them."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size:.1f} B"
