"""What a line begins with: clause numbers, item marks, bullets; and what looks like a heading.

Shared by every format whose numbers are printed in the text. Knows nothing of files or pages.
"""
# ruff: noqa: RUF001 - dashes and quotes as documents have them

import re
from dataclasses import dataclass
from typing import Literal

from drverify.adapters.documents.counting import roman

_KEYWORD = re.compile(
    r"(?P<word>ARTICLE|SECTION|CLAUSE|SCHEDULE|EXHIBIT|ANNEX|APPENDIX|ATTACHMENT|PART|ADDENDUM"
    r"|Article|Section|Clause|Schedule|Exhibit|Annex|Appendix|Attachment|Part|Addendum)"
    r"\s+(?P<id>[A-Z]{0,2}-?\d{1,3}(?:[.-]\d{1,3})*[A-Z]?|[IVXLC]{1,6}|[A-Z])(?P<end>(?=\s*$)|[.:]\s*|\s*[–—-]\s+|\s+(?=[A-Z(“\"]))"
)
_DECIMAL = re.compile(r"(?P<id>[A-Z]?\d{1,3}(?:\.\d{1,3})+)(?P<end>\.?\)?\s+|\.?$|(?=[A-Za-z]))")
_SIMPLE = re.compile(r"(?P<id>[A-Z]?\d{1,3})(?P<end>[.)]\s+|[.)]$|\s?\.(?=[A-Z]{2}))")
_BARE = re.compile(r"(?P<id>\d{1,2})(?P<end>\s+(?=[A-Z]))")
_PAREN = re.compile(r"(?P<id>\((?:[a-z]{1,2}|[ivxl]{1,6}|[A-Z]|\d{1,2})\))(?P<end>\s*)")
_HALF = re.compile(r"(?P<id>(?:[a-z]|[ivx]{1,5})\))(?P<end>\s+)")
_LETTER = re.compile(r"(?P<id>[A-Z])(?P<end>\.\s+(?=[A-Z“\"(])|\.$)|(?P<id2>[a-z])(?P<end2>\.\s+)")
_ROMAN = re.compile(r"(?P<id>[ivxl]{1,6}|[IVXL]{2,6})(?P<end>\.\s+)")
_BULLET = re.compile(r"(?P<id>[•●▪■◦○‣∙·►□☐☒✓])(?P<end>\s*)|(?P<id2>[-–—*+o])(?P<end2>[ \t\u2000-\u200a]+)")

LONGEST_MARK = 80
"""So many characters are enough to tell a mark."""

MarkKind = Literal["part", "clause", "item", "bullet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The mark at the beginning of a text: its number as printed and where the words begin."""

    kind: MarkKind
    number: str
    end: int
    depth: int


def mark_of(text: str) -> Mark | None:
    """The mark `text` begins with, or None. `text` begins with no white space."""
    if found := _KEYWORD.match(text):
        return Mark(
            kind="part",
            number=f"{found['word'].capitalize()} {found['id']}",
            end=found.end(),
            depth=_depth(found["id"]),
        )
    if found := _DECIMAL.match(text):
        return Mark(kind="clause", number=found["id"], end=found.end(), depth=_depth(found["id"]))
    if found := _SIMPLE.match(text):
        number = found["id"] + (")" if ")" in found["end"] else "")
        return Mark(kind="clause", number=number, end=found.end(), depth=1)
    for pattern in (_PAREN, _HALF, _LETTER, _ROMAN):
        if found := pattern.match(text):
            number = found.groupdict().get("id2") or found["id"]
            return Mark(kind="item", number=number, end=found.end(), depth=1)
    if found := _BULLET.match(text):
        return Mark(kind="bullet", number="", end=found.end(), depth=1)
    return None


def bare_number(text: str) -> Mark | None:
    """A number without a full stop before a capital ("2 Quality"): a mark only if the rest is a heading."""
    if found := _BARE.match(text):
        return Mark(kind="clause", number=found["id"], end=found.end(), depth=1)
    return None


def _depth(number: str) -> int:
    parts = number.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return len(parts)


def follows(last: tuple[int, ...], number: str) -> bool:
    """Whether a decimal number is the next after `last`: a sibling, a first child, or an elder's sibling."""
    parts = decimal_parts(number)
    if not parts or not last:
        return bool(parts) and (parts[-1] == 1 or number.endswith(".0"))
    if len(parts) == len(last) + 1:
        return parts[:-1] == last and parts[-1] in {0, 1}
    if len(parts) <= len(last):
        return parts[:-1] == last[: len(parts) - 1] and 0 < parts[-1] - last[len(parts) - 1] <= 2  # noqa: PLR2004
    return False


def decimal_parts(number: str) -> tuple[int, ...]:
    """Parts of a decimal number: "4.1" -> (4, 1); "2.0" -> (2,); () for what is no decimal number."""
    digits = number.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").rstrip(")")
    if not re.fullmatch(r"\d+(?:\.\d+)*", digits):
        return ()
    parts = [int(part) for part in digits.split(".")]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


_SMALL = frozenset(
    (
        *(
            "a",
            "an",
            "and",
            "as",
            "at",
            "by",
            "for",
            "from",
            "in",
            "into",
            "of",
            "on",
            "or",
            "per",
            "the",
            "to",
        ),
        *("under", "upon", "via", "with", "without", "vs", "vs.", "&", "/", "-", "–", "—"),
    )
)
_WORD = re.compile(r"[^\s/]+")
_HEADING_MAX = 110
_HEADING_WORDS = 14
_CAPS_LETTERS = 3


def is_title(text: str) -> bool:
    """Whether every word that counts begins with a capital, and it is short and no sentence."""
    words = _WORD.findall(text)
    if not words or len(text) > _HEADING_MAX or len(words) > _HEADING_WORDS:
        return False
    if not words[0][:1].isupper() and not is_dashed(text):
        return False
    counted = [word.strip("“”\"'()[]-,–—*_") for word in words]
    counted = [word for word in counted if word and word.lower() not in _SMALL]
    large = sum(not word[0].islower() for word in counted)
    letters = any(character.isalpha() for character in text)
    return letters and bool(counted) and large == len(counted)


def is_caps(text: str) -> bool:
    """Whether it is short and written in capitals."""
    letters = [character for character in text if character.isalpha()]
    if len(letters) < _CAPS_LETTERS or len(text) > 2 * _HEADING_MAX:
        return False
    return sum(character.isupper() for character in letters) >= 0.9 * len(letters)


def is_dashed(text: str) -> bool:
    """Whether it is a heading between dashes: "- Ongoing Management -"."""
    return bool(re.fullmatch(r"[-–—]\s*\S.{2,80}\S\s*[-–—]", text))


_RUN_IN = re.compile(r"(?P<title>[^.:;]{3,90}?)(?:\.|:)\s+(?=[A-Z“\"(\[])")


def run_in(text: str) -> int:
    """Length of a run-in heading ("Term. This Agreement ...": 5) at the beginning, 0 if there is none."""
    found = _RUN_IN.match(text)
    if found and (is_title(found["title"]) or is_caps(found["title"])):
        return found.end("title") + 1
    return 0


def succeeds(earlier: str, later: str) -> bool:
    """Whether one item mark follows another: "(a)" and "(b)", "ii" and "iii"."""
    first, second = earlier.strip("()"), later.strip("()")
    if not first or earlier.replace(first, "x") != later.replace(second, "x"):
        return False
    if first.isdigit() and second.isdigit():
        return int(second) == int(first) + 1
    numerals = [roman(number) for number in range(1, 40)]
    if first.lower() in numerals and second.lower() == roman(numerals.index(first.lower()) + 2):
        return True
    return len(first) == len(second) == 1 and ord(second) == ord(first) + 1
