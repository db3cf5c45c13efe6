"""A broken copy of one stored file, for negative controls: in scratch space, damaged after it was copied."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from drverify.adapters.stored import Bytes, FileStore, StoredFile
from drverify.errors import HostError, InputError
from drverify.model.controls import ControlKind, Damage

CHUNK = 4 << 20
STALL = timedelta(minutes=5)
KEPT = 3
"""A cut-off file keeps two parts of so many."""


async def broken_file(
    store: FileStore, file: StoredFile, beside: Sequence[StoredFile], kind: ControlKind, into: Path
) -> Damage:
    """Copy a file and what lies beside it into the directory `into`, and damage the copy of the file.

    HostError when there is no room; InputError for a kind that no file can be broken by; errors of the store.
    """
    room = shutil.disk_usage(into).free
    if sum(one.size for one in (file, *beside)) > room:
        raise HostError(f"no room for a copy of {file.size} bytes: {room} are free")
    for one in (file, *beside):
        await _copied(store, one, into / one.name)
    return await asyncio.to_thread(_damaged, into / file.name, file, kind)


async def _copied(store: FileStore, file: StoredFile, target: Path) -> None:
    async def copy(lent: Bytes) -> None:
        await asyncio.to_thread(_write, lent, target)

    await store.read(file, copy, stall=STALL)
    if file.modified is not None:
        then = file.modified.timestamp()
        os.utime(target, (then, then))


def _write(lent: Bytes, target: Path) -> None:
    try:
        reading = os.open(lent, os.O_RDONLY | os.O_CLOEXEC) if isinstance(lent, Path) else os.dup(lent)
        with os.fdopen(reading, "rb") as source, target.open("wb") as into:
            shutil.copyfileobj(source, into, CHUNK)
    except OSError as error:
        raise HostError(f"{target} cannot be written: {error.strerror}") from error


def _damaged(path: Path, file: StoredFile, kind: ControlKind) -> Damage:
    status, size = path.stat(), path.stat().st_size
    if size < KEPT:
        raise HostError(f"{file.path} is too short to be broken")
    match kind:
        case "flipped-bit":
            at = size // 2
            with path.open("r+b") as content:
                content.seek(at)
                byte = content.read(1)[0]
                content.seek(at)
                content.write(bytes([byte ^ 0x10]))
            damage = Damage(
                what="one bit of the stored file is flipped", facts=(("file", file.name), ("byte", str(at)))
            )
        case "truncated":
            kept = size // KEPT * (KEPT - 1)
            os.truncate(path, kept)
            facts = (("file", file.name), ("size", str(size)), ("kept", str(kept)))
            damage = Damage(what="the stored file is cut off", facts=facts)
        case _:
            raise InputError(f"a stored file is not broken in the way {kind}")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return damage
