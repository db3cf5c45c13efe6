"""Where one statement of a block ends and the next begins. Knows nothing of backups or parties."""
# ruff: noqa: RUF001 - the characters that agreements use

import re
from collections.abc import Iterator

from drverify.reading.tables.wording import ABBREVIATIONS

_BULLET = "•·▪●○◦■□➢✓‣∙"
_ENUMERATOR = r"\((?:[a-z]{1,4}|[A-Z]|\d{1,2})\)(?=\s)"
_BOUNDARY = re.compile(
    rf"""
      (?P<stop>[.!?])["”’'»)\]*_]{{0,4}}\s+                              # end of a sentence
          (?=[\["“‘«(*_]{{0,4}}[A-ZÀ-Þ0-9{_BULLET}]|{_ENUMERATOR})
    | ;\s+(?=(?:and\s+|or\s+)?{_ENUMERATOR})                       # "; and (b) ..."
    | ;\s+(?:(?:and|or)\s+)?(?=[A-Z{_BULLET}])                     # "; Provide ..." and "; and Perform ..."
    | (?<=:)\s+(?={_ENUMERATOR})                                    # ": (a) ..."
    | (?<!\s)\s*(?=[{_BULLET}]\s)                                         # bullets in running text
    | (?<=\S)[ \t\xa0\u2000-\u200a\u3000]{{3,}}(?=\S)               # what was a line end in the original
    | \n[ \t\xa0]*\n\s*                                            # a blank line
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"(?:^|[\s(\[“\"'])([^\s(\[“\"']{1,14})$")
_WIDE_GAP = 3
_LONGEST = 2_400
_MANY_GAPS = 40
_BARE_NUMBER = 12
_GAP = re.compile(r"(?<=\S)[ \t\xa0\u2000-\u200a\u3000]{3,}(\S)")
_HANGING = re.compile(
    r"(?:^|\s)(?:a|an|the|of|or|and|to|in|by|for|with|from|on|at|that|which|such|any|all|each|its|their|his|shall|will|may|must|be|is|are|"
    r"not|this|as|than|other|under|between|into|upon|no|per|if|our|your)$|,$",
    re.IGNORECASE,
)
"""What cannot end a statement."""
_WRAPPED = re.compile(r"\S[ \t]*\n[ \t]*\S")
"""Lines of a paragraph that was wrapped: wide gaps in it only fill lines."""
_VALUE = re.compile(r"[<>≤≥~±]?\s?\d[\d.,]*\s?(?:%|[a-z]+)?[.;,]?(?=\s{2}|\s*$)", re.IGNORECASE)
"""What a label with a colon and a wide gap behind it introduces, up to the line's end."""
_NAMED_LETTER = re.compile(
    r"(?i)(?:exhibit|appendix|schedule|section|attachment|annex|part|option|tier|class)\s+[a-z]$"
)
_NUMBER_ONLY = re.compile(
    r"^\W{0,3}(?:\(?[A-Za-z]\)?|\(?[ivxlcIVXLC]{1,5}\)?|§?\s?\d+(?:\.\d+)*)\.?\)?\W{0,2}$"
)
_OPENERS = re.compile(rf"[A-Z0-9À-Þ({_BULLET}\[“\"*-]")
_ENUMERATED = re.compile(
    rf"^\s*(?:and\s+|or\s+)?(?:\((?:[a-z]{{1,4}}|[A-Z]|\d{{1,2}})\)|[{_BULLET}]|[-*+–]\s|\d{{1,2}}[.)]\s|[a-zA-Z][.)]\s|[ivx]{{1,4}}[.)]\s)"
)


def pieces(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each statement in `text`, trimmed of white space, none empty, in order."""
    found: list[tuple[int, int]] = []
    start = 0
    for end, following in _cuts(text):
        _append(found, text, start, end)
        start = following
    _append(found, text, start, len(text))
    return tuple(part for piece in _joined(found, text) for part in _shortened(piece, text))


def _shortened(piece: tuple[int, int], text: str) -> Iterator[tuple[int, int]]:
    """A piece as long as no sentence is, in parts cut at white space: patterns stay quick on any text."""
    start, end = piece
    while end - start > _LONGEST:
        cut = start + _LONGEST
        while cut > start + _LONGEST // 2 and not text[cut].isspace():
            cut -= 1
        last = cut
        while last > start and text[last - 1].isspace():
            last -= 1
        yield start, last
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def is_enumerated(text: str) -> bool:
    """Whether it begins as an item of a list does."""
    return _ENUMERATED.match(text) is not None


def _append(found: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))


def _cuts(text: str) -> Iterator[tuple[int, int]]:
    wrapped = _is_wrapped(text)
    for match in _BOUNDARY.finditer(text):
        if match["stop"] is not None and not _ends_sentence(text, match):
            continue
        if (
            match["stop"] is None
            and not match.group().strip()
            and not _splits_line(text, match, wrapped=wrapped)
        ):
            continue
        yield match.start() + len(match.group().rstrip()), match.end()


def hangs(text: str) -> bool:
    """Whether it cannot end a statement ("... to the")."""
    return bool(_HANGING.search(text[-12:]))


def is_filled(text: str) -> bool:
    """Whether wide gaps of a long text mostly stand inside sentences: its lines were wrapped, then joined."""
    gaps = [match[1] for match in _GAP.finditer(text)]
    return len(gaps) > _MANY_GAPS and sum(letter.islower() for letter in gaps) * 3 > len(gaps)


def _is_wrapped(text: str) -> bool:
    """Whether wide gaps in it come from lines that were wrapped or filled, and end nothing."""
    if _WRAPPED.search(text) is not None:
        return True
    gaps = [str(match[1]) for match in _GAP.finditer(text)]
    return sum(letter.islower() for letter in gaps) * 3 > len(gaps)


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    if match["stop"] != ".":
        return True
    before = text[max(0, match.start() - 16) : match.start()]
    word = _LAST_WORD.search(before)
    if word is None:
        return True
    if before.endswith(")"):
        return True
    token = word[1].lower()
    if token in ABBREVIATIONS:
        return False
    if len(token) == 1 and token.isalpha():
        return _NAMED_LETTER.search(before) is not None
    return True


def _splits_line(text: str, match: re.Match[str], *, wrapped: bool) -> bool:
    """Whether a run of spaces separates statements: what follows must look like a beginning."""
    gap = match.group()
    if not gap:
        return True
    if hangs(text[max(0, match.start() - 12) : match.start()]):
        return False
    if "\n" not in gap and text[match.start() - 1 : match.start()] == ":" and _VALUE.match(text, match.end()):
        return False
    if wrapped and "\n" not in gap and len(gap) >= _WIDE_GAP and text[match.end()] not in f"({_BULLET}":
        return False
    if len(gap) < _WIDE_GAP and match.end() < len(text) and text[match.end()] in f"({_BULLET}":
        return True
    return match.end() < len(text) and _OPENERS.match(text[match.end()]) is not None


def _joined(found: list[tuple[int, int]], text: str) -> Iterator[tuple[int, int]]:
    """A bare clause number belongs to what follows it."""
    pending: int | None = None
    last = 0
    for start, end in found:
        if end - start <= _BARE_NUMBER and _NUMBER_ONLY.match(text[start:end]):
            pending = start if pending is None else pending
            last = end
            continue
        yield (start if pending is None else pending, end)
        pending = None
    if pending is not None:
        yield pending, last
