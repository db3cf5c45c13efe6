"""What pages repeat: running heads and feet, page numbers, filing marks. Told by form and by repetition."""
# ruff: noqa: RUF001 - dashes and quotes as documents have them

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_EXPLICIT = re.compile(
    r"(?:page\s+)?\d{1,4}\s+of\s+\d{1,4}|page\s+\d{1,4}|<page>(?:\s+\d+)?|</?[A-Z]{1,8}>"
    r"|(?:file|https?)://\S+\s+\d+/\d+"
    r"|\d{1,2}/\d{1,2}/\d{2,4},\s+\d{1,2}:\d\d(?:\s+[AP]M)?(?:\s.{1,90})?"
    r"|source:\s+.{2,90},\s*[\w/. -]{1,14},\s*\d{1,2}/\d{1,2}/\d{2,4}",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-–—]?\s?(?:[A-Z]{1,2}\s?[-–]\s?)?(?:\d{1,4}|[ivxl]{1,6})\s?[-–—]?")
_CONTENTS = re.compile(r"(?:\.{5,}|(?:\. ){5,}|_{5,}|…{2,})\s*\d{1,4}\s*$")
_DIGITS = re.compile(r"\d+")
_REACH_BEFORE = 6
"""So many pieces before a page break may be furniture."""
_REACH_AFTER = 4
_LONGEST = 120
_LEAST = 3
_SHARE = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a line between wide gaps."""

    start: int
    end: int
    line: int
    page: int
    indent: int
    order: int
    breaks: bool
    """Whether a page break, or blank lines like one, come before it."""


def is_explicit(text: str) -> bool:
    """Whether the form alone tells it: "Page 3 of 36", "<PAGE>", a filing's source line."""
    return _EXPLICIT.fullmatch(text.strip()) is not None


def is_contents_line(text: str) -> bool:
    """Whether it is a line of a table of contents: "4.1 Backup ........ 12"."""
    return _CONTENTS.search(text) is not None


def is_page_number(text: str) -> bool:
    """Whether it may be a page number where it stands alone: "3", "- 3 -", "E - 14", "iv"."""
    return bool(text.strip()) and _NUMBER.fullmatch(text.strip()) is not None


def furniture(content: str, pieces: Sequence[Piece]) -> frozenset[int]:
    """Starts of the pieces that are page furniture."""
    found: set[int] = set()
    breaks = [at for at, piece in enumerate(pieces) if piece.breaks]
    for at, piece in enumerate(pieces):
        text = content[piece.start : piece.end]
        if (
            is_explicit(text)
            or is_contents_line(text)
            or (is_page_number(text) and _stands_at_break(pieces, at))
        ):
            found.add(piece.start)
    near = sorted(
        {
            at
            for middle in breaks
            for at in range(max(0, middle - _REACH_BEFORE), min(len(pieces), middle + _REACH_AFTER))
        }
    )
    forms = Counter(_form(content, pieces[at]) for at in near)
    often = max(_LEAST, _SHARE * len(breaks))
    for least in (often, _LEAST):
        lines = {piece.line for piece in pieces if piece.start in found}
        for at in near:
            piece = pieces[at]
            short = piece.end - piece.start <= _LONGEST
            if short and forms[_form(content, piece)] >= least and (least == often or piece.line in lines):
                found.add(piece.start)
    return frozenset(found | _numbers_between(content, pieces, found))


def _numbers_between(content: str, pieces: Sequence[Piece], found: set[int]) -> set[int]:
    """Page numbers alone in a line whose neighbours by count are known to be page numbers."""
    known: set[tuple[str, int]] = set()
    candidates: list[tuple[int, tuple[str, int]]] = []
    for piece in pieces:
        text = content[piece.start : piece.end]
        if not is_page_number(text) or not (number := _DIGITS.search(text)):
            continue
        key = (_form(content, piece), int(number.group()))
        if piece.start in found:
            known.add(key)
        elif piece.order == 0:
            candidates.append((piece.start, key))
    return {
        start
        for start, (form, number) in candidates
        if (form, number - 1) in known or (form, number + 1) in known
    }


def _stands_at_break(pieces: Sequence[Piece], at: int) -> bool:
    """Alone in its line, with a break right after it, right before it, or at an end of the file."""
    piece = pieces[at]
    following = pieces[at + 1] if at + 1 < len(pieces) else None
    alone = piece.order == 0 and (following is None or following.line != piece.line)
    before = at == 0 or pieces[at - 1].line < piece.line - 1 or piece.breaks
    after = following is None or following.breaks
    return (
        alone
        and before
        and (after or (piece.breaks and following is not None and following.line > piece.line + 1))
    )


def _form(content: str, piece: Piece) -> str:
    return _DIGITS.sub("#", content[piece.start : piece.end].strip().casefold())
