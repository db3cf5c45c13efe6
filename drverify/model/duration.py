"""Time spans as people read them, and their rounding to the unit of evidence."""

from datetime import timedelta
from functools import lru_cache

MILLISECOND = timedelta(milliseconds=1)
_UNITS = (
    ("d", timedelta(days=1)),
    ("h", timedelta(hours=1)),
    ("min", timedelta(minutes=1)),
    ("s", timedelta(seconds=1)),
    ("ms", MILLISECOND),
)


def whole_ms_up(span: timedelta) -> timedelta:
    """Round up to whole milliseconds: a loss or a delay is never made smaller by rounding."""
    return -(-span // MILLISECOND) * MILLISECOND


def whole_ms_down(span: timedelta) -> timedelta:
    """Round down to whole milliseconds: a limit is never made larger by rounding."""
    return span // MILLISECOND * MILLISECOND


@lru_cache(maxsize=1024)  # an audit says the same limits of every drill
def exact(span: timedelta) -> str:
    """Every unit that is not zero, down to milliseconds: "4 h", "1 h 30 min", "2 min 14 s 250 ms"."""
    left = abs(span)
    parts: list[str] = []
    for name, unit in _UNITS:
        count, left = divmod(left, unit)
        if count:
            parts.append(f"{count} {name}")
    text = " ".join(parts) or "0 s"
    return f"-{text}" if span < timedelta(0) and parts else text


@lru_cache(maxsize=1024)
def human(span: timedelta) -> str:
    """The two largest units, rounded down: "2 min 14 s", "11 h 3 min", "740 ms", "14 s"."""
    size = abs(span)
    largest = next((index for index, (_, unit) in enumerate(_UNITS) if size >= unit), len(_UNITS) - 1)
    smaller = _UNITS[min(largest + 1, len(_UNITS) - 1)][1]
    if smaller == MILLISECOND and size >= timedelta(seconds=10):
        smaller = timedelta(seconds=1)
    rounded = size // smaller * smaller
    return exact(-rounded if span < timedelta(0) else rounded)
