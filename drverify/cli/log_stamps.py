"""`drverify log stamp`, and what `drverify log check` says of time stamps."""

from collections.abc import Sequence
from pathlib import Path

from drverify.adapters.storage.stamps import Kept, StampDirectory
from drverify.errors import Exit, InputError
from drverify.sealing.codec import to_json
from drverify.sealing.strict_json import Json

PAUSE = 1.0
"""Seconds before an authority is asked a second time; each later pause is twice as long."""
MOST = 10


def stamp(stamps: StampDirectory | None, drills: Path, attempts: int) -> int:
    """Ask for every stamp that is missing; UNPROVEN while there are some."""
    if stamps is None:
        raise InputError(
            "the settings name no time authority", hint="add [[log.authorities]] to the settings"
        )
    if not 1 <= attempts <= MOST:
        raise InputError(f"--attempts must be from 1 to {MOST}")
    pauses = [PAUSE * 2**number for number in range(attempts - 1)]
    for size, answer in stamps.stamp_all(drills, pauses):
        print(f"{size:>6}  {answer.said}")
    if missing := stamps.missing():
        print(f"{missing} time stamps are missing still")
        return Exit.UNPROVEN
    print(f"every checkpoint that is kept has its time stamps: {len(stamps.sizes())}")
    return Exit.OK


def said(found: Sequence[Kept], missing: int) -> list[str]:
    """What a check of the kept stamps has shown."""
    held = [one for one in found if one.stamp is not None]
    lines = [f"{len(held)} time stamps hold" + (f", the newest over {held[-1].size} entries" if held else "")]
    if others := sorted({one.authority for one in found if one.stamp is None}):
        lines.append(f"not checked, as the settings have no such time authority: {', '.join(others)}")
    if missing:
        lines.append(f"{missing} are missing: `drverify log stamp` asks again")
    return lines


def as_json(found: Sequence[Kept]) -> list[Json]:
    """The kept stamps for machines; no time means not checked."""
    return [
        {"size": one.size, "authority": one.authority, "at": to_json(one.stamp.at) if one.stamp else None}
        for one in found
    ]
