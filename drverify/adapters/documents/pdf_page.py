"""One page of a PDF -> stretches of text with their places, and the straight lines drawn on it.

The only module that knows pdfium. Coordinates are points from the lower left corner of the page, turned
so that most of its text is upright.
"""

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MAX_CHARACTERS = 200_000
"""Of one page; more is an attack or a map."""
MAX_OBJECTS = 30_000
HYPHEN = "\x02"
"""Ends a fragment whose word goes on in the next line."""
_HYPHENS = frozenset("\x02\ufffe\xad")
_LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
_SAME = {"\u037e": ";", "\u2010": "-", "\u2011": "-", "\u2215": "/", "\u02bc": "\u2019", "\u2126": "\u03a9"}
"""Characters that look like another and stand for it in some fonts' tables."""
_SPACES = frozenset(" \xa0\t\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000")
_SHOWN = _LIGATURES | _SAME
_DROPPED = frozenset("\0\ufeff\u200b\u200c\u200d\u2060\ufffd")
_WIDE_GAP = 1.5
"""Of the letter height; wider than justification makes between words."""
_THIN = 3.0
_SHORTEST = 6.0
_RULE_GAP = 0.5
_DOT = (1.5, 7.0)
_BOLD = 600
_FORM_DEPTH = 4
_SAMPLES = 40
_SLANT = 0.1
"""Of a quarter turn."""


class Box(NamedTuple):
    """A rectangle in points. A tuple, for a document has millions."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """Letters in one line without a wide gap."""

    box: Box
    text: str
    size: float
    """Letter height in points."""
    bold: bool
    turned: bool = False
    """Whether it is written in another direction than the page's text: a watermark, a stamp."""


class Letter(NamedTuple):
    """One character and its place. A tuple, for a document has millions."""

    text: str
    box: Box
    at: int


Looks = Callable[[int], tuple[float, bool, bool]]
"""Size of the letter with an index, whether it is bold, and whether it is turned against the page's text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPage:
    """What is on a page."""

    letters: tuple[Letter | None, ...]
    """In the order of the file; None where pdfium sees a line end."""
    rules: tuple[Box, ...]
    """Straight lines and the edges of boxes."""
    dots: tuple[Box, ...]
    """Small marks as wide as high: bullets, perhaps."""
    looks: Looks
    pictures: int
    unmapped: int
    """Characters whose font does not say which letters they are."""


def read_page(page: pdfium.PdfPage) -> RawPage:
    """Everything of one page. The page must stay open while `looks` is used."""
    width, height = page.get_size()
    if page.get_rotation() % 180:
        width, height = height, width
    text = page.get_textpage()
    quarters = _quarters(text)
    turn = _turner(quarters, width, height)
    drawn = _drawn(page, turn, (width, height))
    unmapped: list[int] = []
    return RawPage(
        letters=tuple(_letters(text, turn, unmapped)),
        rules=drawn.rules,
        dots=drawn.dots,
        looks=_looks(text, quarters),
        pictures=drawn.pictures,
        unmapped=len(unmapped),
    )


_Turn = Callable[[float, float, float, float], Box]


def _quarters(text: pdfium.PdfTextPage) -> int:
    """How many quarter turns clockwise most of the text is written at."""
    count = text.count_chars()
    angles = Counter(_quarter(text, index) for index in range(0, count, max(1, count // _SAMPLES)))
    known = {angle: number for angle, number in angles.items() if angle is not None}
    return max(sorted(known), key=lambda angle: known[angle]) if known else 0


def _quarter(text: pdfium.PdfTextPage, index: int) -> int | None:
    """The quarter turns of one letter; None for slanting text."""
    angle = float(pdfium_c.FPDFText_GetCharAngle(text, index)) / (math.pi / 2)
    nearest = round(angle)
    return nearest % 4 if abs(angle - nearest) < _SLANT else None


def _turner(quarters: int, width: float, height: float) -> _Turn:
    """From the page's own coordinates to those in which text at `quarters` is upright."""

    def turned(x0: float, y0: float, x1: float, y1: float) -> Box:
        if quarters == 3:  # noqa: PLR2004
            x0, y0, x1, y1 = y0, width - x1, y1, width - x0
        elif quarters == 2:  # noqa: PLR2004
            x0, y0, x1, y1 = width - x1, height - y1, width - x0, height - y0
        elif quarters == 1:
            x0, y0, x1, y1 = height - y1, x0, height - y0, x1
        if x1 < x0:
            x0, x1 = x1, x0
        return Box(x0, y0, x1, y1) if y0 <= y1 else Box(x0, y1, x1, y0)

    return turned


def _letters(text: pdfium.PdfTextPage, turn: _Turn, unmapped: list[int]) -> Iterator[Letter | None]:
    count = text.count_chars()
    if count > MAX_CHARACTERS:
        raise ValueError(f"more than {MAX_CHARACTERS} characters")
    rectangle = pdfium_c.FS_RECTF()
    raw, unicode_of, box_of = text.raw, pdfium_c.FPDFText_GetUnicode, pdfium_c.FPDFText_GetLooseCharBox
    for index in range(count):
        code = unicode_of(raw, index)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""  # noqa: PLR2004
        if character in {"\r", "\n"}:
            yield None
            continue
        if not character or character in _DROPPED:
            if character in {"", "\ufffd"} or pdfium_c.FPDFText_HasUnicodeMapError(text, index) > 0:
                unmapped.append(index)
            continue
        if character not in _HYPHENS and character not in _SPACES and character < " ":
            continue
        if not box_of(raw, index, rectangle):
            continue
        box = turn(rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
        if character in _HYPHENS:
            yield Letter(HYPHEN, box, index)
            yield None
        elif character in _SPACES:
            yield Letter(" ", box, index)
        else:
            yield Letter(_SHOWN.get(character, character), box, index)


def _looks(text: pdfium.PdfTextPage, quarters: int) -> Looks:
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()

    def looks_of(index: int) -> tuple[float, bool, bool]:
        size = float(pdfium_c.FPDFText_GetFontSize(text, index))
        length = pdfium_c.FPDFText_GetFontInfo(text, index, buffer, len(buffer), flags)
        name = buffer.raw[: max(0, min(length, len(buffer)) - 1)].decode("utf-8", "replace").lower()
        bold = pdfium_c.FPDFText_GetFontWeight(text, index) > _BOLD or "bold" in name or "black" in name
        return size, bold, _quarter(text, index) != quarters

    return looks_of


class _Drawn(NamedTuple):
    rules: tuple[Box, ...]
    dots: tuple[Box, ...]
    pictures: int


_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _drawn(page: pdfium.PdfPage, turn: _Turn, size: tuple[float, float]) -> _Drawn:
    """Straight rules of the page, small marks and the number of its pictures; forms are looked into."""
    edge = max(size)
    rules: dict[Box, None] = {}
    dots: dict[Box, None] = {}
    pictures = 0
    bounds = tuple(ctypes.c_float() for _ in range(4))
    open_forms = [(page.raw, False, _IDENTITY, 0)]
    seen = 0
    while open_forms:
        container, nested, matrix, depth = open_forms.pop()
        count = (
            pdfium_c.FPDFFormObj_CountObjects(container)
            if nested
            else pdfium_c.FPDFPage_CountObjects(container)
        )
        get = pdfium_c.FPDFFormObj_GetObject if nested else pdfium_c.FPDFPage_GetObject
        for at in range(min(count, MAX_OBJECTS - seen)):
            item = get(container, at)
            kind = pdfium_c.FPDFPageObj_GetType(item)
            if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
                pictures += 1
            elif kind == pdfium_c.FPDF_PAGEOBJ_FORM and depth < _FORM_DEPTH:
                open_forms.append((item, True, _times(_matrix(item), matrix), depth + 1))
            elif kind == pdfium_c.FPDF_PAGEOBJ_PATH and pdfium_c.FPDFPageObj_GetBounds(item, *bounds):
                box = turn(*_moved(matrix, *(bound.value for bound in bounds)))
                if _is_dot(box):
                    dots[box] = None
                rules.update((rule, None) for rule in _edges(box) if _is_on(rule, edge))
        seen += count
    return _Drawn(tuple(rules), tuple(dots), pictures)


def _matrix(item: Any) -> _Matrix:
    found = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(item, found):
        return _IDENTITY
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _times(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    k, m, n, o, p, q = then
    return (a * k + b * n, a * m + b * o, c * k + d * n, c * m + d * o, e * k + f * n + p, e * m + f * o + q)


def _moved(matrix: _Matrix, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    a, b, c, d, e, f = matrix
    return a * x0 + c * y0 + e, b * x0 + d * y0 + f, a * x1 + c * y1 + e, b * x1 + d * y1 + f


def _is_dot(box: Box) -> bool:
    wide, high = box.x1 - box.x0, box.y1 - box.y0
    return _DOT[0] <= wide <= _DOT[1] and abs(wide - high) <= 0.25 * wide


def _is_on(box: Box, edge: float) -> bool:
    return box.x1 > 0 and box.y1 > 0 and box.x0 < edge and box.y0 < edge


def _edges(box: Box) -> Iterator[Box]:
    """A thin box is a rule; a larger one (a cell's frame or ground) has four."""
    wide, high = box.x1 - box.x0, box.y1 - box.y0
    if wide <= _THIN and high <= _THIN:
        return
    if wide <= _THIN or high <= _THIN:
        if max(wide, high) >= _SHORTEST:
            yield box
        return
    if wide >= _SHORTEST and high >= _SHORTEST:
        yield Box(x0=box.x0, y0=box.y0, x1=box.x1, y1=box.y0)
        yield Box(x0=box.x0, y0=box.y1, x1=box.x1, y1=box.y1)
        yield Box(x0=box.x0, y0=box.y0, x1=box.x0, y1=box.y1)
        yield Box(x0=box.x1, y0=box.y0, x1=box.x1, y1=box.y1)


def fragments(letters: "Iterable[Letter | None]", looks: Looks, cuts: Sequence[Box] = ()) -> list[Fragment]:
    """Letters joined to stretches: cut at line ends, wide gaps, jumps and the upright rules `cuts`."""
    made: list[Fragment] = []
    run: list[Letter] = []

    def end() -> None:
        while run and run[-1].text == " ":
            run.pop()
        if run:
            made.append(_fragment(run, looks))
            run.clear()

    last: Letter | None = None
    for letter in letters:
        if letter is None:
            end()
            last = None
            continue
        if letter.text == " ":
            if run and run[-1].text != " ":
                run.append(letter)
            continue
        if last is not None and (_is_apart(last.box, letter.box) or _is_cut(last.box, letter.box, cuts)):
            end()
        run.append(letter)
        last = letter
    end()
    return made


def _is_apart(before: Box, after: Box) -> bool:
    height = max(before.y1 - before.y0, after.y1 - after.y0, 1.0)
    lifted = abs((before.y0 + before.y1) - (after.y0 + after.y1)) / 2 > 0.6 * height
    gap = after.x0 - before.x1
    return lifted or gap > _WIDE_GAP * height or gap < -_WIDE_GAP * height


def _is_cut(before: Box, after: Box, cuts: Sequence[Box]) -> bool:
    """Whether an upright rule stands between two letters."""
    if after.x0 - before.x1 < _RULE_GAP:
        return False
    height = (after.y0 + after.y1) / 2
    return any(before.x1 - 1 < cut.x0 < after.x0 + 1 and cut.y0 <= height <= cut.y1 for cut in cuts)


def _fragment(run: list[Letter], looks: Looks) -> Fragment:
    size, bold, turned = looks(run[0].at)
    box = Box(
        x0=min(letter.box.x0 for letter in run),
        y0=min(letter.box.y0 for letter in run),
        x1=max(letter.box.x1 for letter in run),
        y1=max(letter.box.y1 for letter in run),
    )
    height = sorted(letter.box.y1 - letter.box.y0 for letter in run)[len(run) // 2]
    text = "".join(letter.text for letter in run)
    return Fragment(box=box, text=text, size=height if height > 1 else size, bold=bold, turned=turned)
