"""Durations as people write them in our files: `90s`, `15m`, `4h`, `30d`, `250ms`, `2w`, `1h30m`."""

import re
from datetime import timedelta

UNITS: tuple[tuple[str, timedelta], ...] = (
    ("w", timedelta(weeks=1)),
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("m", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
    ("ms", timedelta(milliseconds=1)),
)
PATTERN = "^(?=[0-9])" + "".join(f"([0-9]{{1,9}}{unit})?" for unit, _ in UNITS) + "$"
"""Largest unit first, each at most once. Also the pattern in the published JSON Schemas (ECMA 262)."""
LONGEST = timedelta(days=36525)
"""A hundred years: longer is a slip of the pen."""
_SHAPE = re.compile(PATTERN.removesuffix("$"))


def looks_like(text: str) -> bool:
    """Say whether a plain scalar is a duration."""
    return _SHAPE.fullmatch(text) is not None


def parse(text: str) -> timedelta:
    """Read a duration. ValueError when it is none or is longer than `LONGEST`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration such as 90s, 15m, 4h or 30d")
    total = timedelta(0)
    for (unit, length), part in zip(UNITS, match.groups(), strict=True):
        count = int(part.removesuffix(unit)) if part else 0
        if count > LONGEST / length or (total := total + count * length) > LONGEST:
            raise ValueError(f"{text!r} is longer than a hundred years")
    return total


def show(duration: timedelta) -> str:
    """Write a duration so that `parse` gives it back; microseconds are cut off."""
    left, parts = duration, []
    for unit, length in UNITS[1:]:  # weeks are read, never written: 30d says more than 4w2d
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
