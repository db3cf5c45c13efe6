"""Bullets that are drawn, not written: browsers print lists that way."""

from collections.abc import Iterable, Sequence

from drverify.adapters.documents.pdf_page import Box, Fragment

_MOST = 300
_NEAREST, _FARTHEST = 2.0, 30.0
"""Points between a bullet and its text."""


def bullets_of(dots: Sequence[Box], fragments: Sequence[Fragment]) -> list[Fragment]:
    """A fragment for each small round or square mark that stands alone before a text."""
    if len(dots) > _MOST:
        return []
    made = []
    for dot in dots:
        lonely = not any(other is not dot and _beside(dot, other, _FARTHEST) for other in dots)
        text = [
            one for one in fragments if _beside(dot, one.box, _FARTHEST) and one.box.x0 - dot.x1 >= _NEAREST
        ]
        if lonely and text and not _has_before(dot, (one.box for one in fragments)):
            made.append(Fragment(box=dot, text="\u2022", size=text[0].size, bold=False))
    return made


def _beside(dot: Box, box: Box, farthest: float) -> bool:
    """Whether `box` begins right of the dot, at its height."""
    middle = (dot.y0 + dot.y1) / 2
    return box.y0 <= middle <= box.y1 and 0 <= box.x0 - dot.x1 <= farthest


def _has_before(dot: Box, boxes: Iterable[Box]) -> bool:
    middle = (dot.y0 + dot.y1) / 2
    return any(box.y0 <= middle <= box.y1 and -_FARTHEST < box.x1 - dot.x0 < dot.x1 - dot.x0 for box in boxes)
