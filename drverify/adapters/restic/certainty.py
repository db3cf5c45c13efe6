"""Makes sure that damage is damage before it counts against the backup.

What restic proved by a checksum is. What is missing may have moved: we hold no lock, so a `forget` or
`prune` of somebody else's may take a pack away under a restic that still has the older index. prune
writes its new index before it removes packs (restic's design document, "Pruning"), so a restic that is
started anew finds whatever still exists.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import CutOff, DamagedData, NoSuchPoint
from drverify.errors import DrverifyError, SourceError

T = TypeVar("T")
FIND = timedelta(seconds=60)
CONFIRM = timedelta(seconds=30)
_PROVEN = ("ciphertext verification failed", "invalid data returned")


async def surely(cli: ResticCli, point: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Return what `attempt()` returns. It leaves nothing behind when it fails, for it may be made twice.

    Raises DamagedData, with the pack where restic can say it, only for what was proven or is missing
    twice from a repository that answers and still holds the point; NoSuchPoint when the point was
    removed meanwhile, CutOff when the repository was lost on the way.
    """
    retried = False
    while True:
        try:
            return await attempt()
        except DrverifyError as error:
            better = await _confirmed(cli, error, point)
            if retried or not isinstance(better, DamagedData) or _is_proven(better):
                better = await _with_pack(cli, better, point)
                if better is error:
                    raise
                raise better from error
            retried = True


def _is_proven(error: DrverifyError) -> bool:
    return any(text in str(error) for text in _PROVEN)


async def _confirmed(cli: ResticCli, error: DrverifyError, point: str) -> DrverifyError:
    """Say that the point or the repository is gone, if what looks like damage is that."""
    if not isinstance(error, DamagedData) or _is_proven(error):
        return error
    doing = "making sure that the point is still there"
    gone: SourceError
    try:
        listed = await cli.ask(["list", "snapshots"], doing=doing, within=CONFIRM)
    except SourceError as lost:
        gone = CutOff(f"the repository was lost on the way: {lost}", hint=lost.hint)
    except DrverifyError:
        return error
    else:
        if point.encode() in listed.split():
            return error
        gone = NoSuchPoint(f"point {point[:8]} was removed from the repository while it was read")
    gone.add_note(f"first seen as: {error}")
    return gone


async def _with_pack(cli: ResticCli, error: DrverifyError, point: str) -> DrverifyError:
    if not isinstance(error, DamagedData) or error.pack or not error.blob:
        return error
    pack = await _pack_of(cli, error.blob, point)
    if not pack:
        return error
    message = str(error).partition(" (file ")[0]
    return DamagedData(message, file=error.file, pack=pack, blob=error.blob, hint=error.hint)


async def _pack_of(cli: ResticCli, blob: str, point: str) -> str:
    """Ask which pack holds a blob; empty when restic cannot say in time."""
    arguments = ["find", "--show-pack-id", "--snapshot", point, "--blob", blob]
    try:
        output, _ = await cli.attempt(arguments, doing="looking for the damaged pack", within=FIND)
    except DrverifyError:
        return ""
    found = re.search(r"belongs to pack ([0-9a-f]{64})", output.decode("utf-8", "replace"))
    return found[1] if found else ""
