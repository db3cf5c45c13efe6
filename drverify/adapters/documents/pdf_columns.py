"""Two columns of running text on a page, or in a band of it, put one after the other.

A table is none: running text fills its columns and is made of words.
"""

from collections.abc import Sequence
from itertools import pairwise

from drverify.adapters.documents.pdf_page import Fragment

_LEAST = 4
"""Lines in each column."""
_FILLED = 0.6
_LETTERS = 15
"""Small letters in a line, at the least on average."""
_NEXT = 1.1
"""A larger space than any between the columns' own lines, by so much, ends them."""


def columns_of(fragments: Sequence[Fragment]) -> list[list[Fragment]]:
    """The fragments in parts to be read one after the other."""
    ordered = sorted(fragments, key=lambda part: -(part.box.y0 + part.box.y1))
    band = _band(ordered)
    if band is None:
        return [list(fragments)]
    start, end, gutter = band
    left = [part for part in ordered[start:end] if part.box.x1 <= gutter]
    right = [part for part in ordered[start:end] if part.box.x0 >= gutter]
    parts = [*columns_of(ordered[:start]), left, right, *columns_of(ordered[end:])]
    return [part for part in parts if part]


def _band(ordered: Sequence[Fragment]) -> tuple[int, int, float] | None:
    """The largest stretch of the page in two columns: its first and last fragment, and the gutter."""
    if len(ordered) < 2 * _LEAST:
        return None
    x0 = min(part.box.x0 for part in ordered)
    x1 = max(part.box.x1 for part in ordered)
    best: tuple[int, int, float] | None = None
    for step in sorted(range(38, 63), key=lambda step: (abs(step - 50), step)):
        gutter = x0 + (x1 - x0) * step / 100
        for start, end in _uncrossed(ordered, gutter):
            longer = best is None or end - start > best[1] - best[0]
            if longer and (kept := _trimmed(ordered, start, end, gutter)) is not None:
                best = (start, kept, gutter) if best is None or kept - start > best[1] - best[0] else best
    return best


def _uncrossed(ordered: Sequence[Fragment], gutter: float) -> list[tuple[int, int]]:
    """The stretches in which nothing crosses the gutter, long enough for two columns."""
    crossing = [at for at, part in enumerate(ordered) if part.box.x0 < gutter < part.box.x1]
    edges = [-1, *crossing, len(ordered)]
    spans = [(before + 1, after) for before, after in pairwise(edges)]
    return [(start, end) for start, end in spans if end - start >= 2 * _LEAST]


def _trimmed(ordered: Sequence[Fragment], start: int, end: int, gutter: float) -> int | None:
    """Where the columns end, what stands apart below them left out; None if they are no running text."""
    left = [part for part in ordered[start:end] if part.box.x1 <= gutter]
    right = [part for part in ordered[start:end] if part.box.x0 >= gutter]
    if not (_is_prose(left) and _is_prose(right)):
        return None
    shorter, longer = sorted((left, right), key=lambda side: -side[-1].box.y0)
    bottom = shorter[-1].box.y0
    gaps = [(upper.box.y0 - lower.box.y1, lower) for upper, lower in pairwise(longer)]
    usual = max((gap for gap, lower in gaps if lower.box.y1 >= bottom), default=0.0)
    apart = (lower for gap, lower in gaps if lower.box.y1 < bottom and gap > max(_NEXT * usual, usual + 1))
    below = next(apart, None)
    return end if below is None else next(at for at in range(start, end) if ordered[at] is below)


def _is_prose(fragments: Sequence[Fragment]) -> bool:
    if len(fragments) < _LEAST:
        return False
    width = max(part.box.x1 for part in fragments) - min(part.box.x0 for part in fragments)
    filled = sum(part.box.x1 - part.box.x0 >= _FILLED * width for part in fragments)
    letters = sum(character.islower() for part in fragments for character in part.text)
    return filled >= 0.5 * len(fragments) and letters >= _LETTERS * len(fragments)
