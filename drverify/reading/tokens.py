"""Text as a row of tokens, with the way back to its characters: what the grammar of figures reads.

One pass, one regular expression whose alternatives are all bounded: linear in the text's length, whatever
the text is.
"""

import re
from dataclasses import dataclass

from drverify.model.agreement import Span

NUMBER, WORD, BLANK, REDACTED, BREAK, SIGN = "n", "w", "b", "r", "|", "s"
"""Digits; letters; an unfilled place; a blacked-out place; end of a paragraph or cell; any other sign."""

_SUPER = "\u00aa\u00b2\u00b3\u00b9\u00ba\u00bc-\u00be\u2070-\u209f"
"""Footnote marks and vulgar fractions are no letters, whatever `\\w` says."""
_TAG = r"\b[^<>\n]{0,300}>"
_INLINE = "span|b|i|u|em|strong|a|sub|sup|code|font|mark|small|ins|abbr|var"
_BLOCKS = "br|p|td|th|tr|li|div|table|ul|ol"
_INSIDE = r"[^\[\]\n]{0,60}"
_OPEN, _CLOSE = r"\\?\[", r"\\?\]"
"""Brackets, with the backslash that Markdown may put before them."""
_HIDDEN = (
    rf"{_OPEN}\s?(?:\\?\*){{1,40}}\s?{_CLOSE}",
    rf"{_OPEN}\s?(?:redacted|omitted|confidential)\b{_INSIDE}\]",
    r"[\u2588\u25a0\u25ac\u2593]{2,40}",
    r"(?<![^\s(])(?:\\?\*){3,40}(?=\s|[%)])",
)
_TO_FILL = (
    rf"{_OPEN}[ \u00a0]{{1,12}}{_CLOSE}",
    rf"{_OPEN}[\s\u25cf\u2022\u00b7.\u2026?\#\-\u2013\u2014\\_xnyz\u2588\u25a0]{{0,40}}{_CLOSE}",
    rf"{_OPEN}\s?(?:insert|number|tbd|tbc|tba|to\ be|enter|specify|amount|value|figure|blank)\b{_INSIDE}\]",
    rf"{_OPEN}\s?(?:time|hours|days|percent|percentage)\b{_INSIDE}\]",
    r"\{\{[^{}\n]{1,60}\}\}",
    r"\$\{[^{}\n]{1,60}\}",
    r"<<[^<>\n]{1,60}>>",
    r"\u00ab[^\u00ab\u00bb\n]{1,60}\u00bb",
    r"<(?:[xny]{1,4}|insert[^<>\n]{0,60}|number[^<>\n]{0,40}|tbd|value|hours|days)>",
    r"(?<=\S[ ])\#{2,10}(?:[ ]\([A-Z_ ]{1,60}\))?",
    r"(?:\\?_){2,80}",
    r"\u2026{2,20}",
    r"\.{4,80}",
)
_LEFT_OUT = (
    r"[\u00b9\u00b2\u00b3\u2070-\u209f]+",
    rf"</?(?:{_INLINE}){_TAG}",
    "`+",
    r"[\u00ad\u200b\u200c\u200d\u2060\ufeff]",
)
_PARTS = (
    (WORD, rf"[^\W\d_{_SUPER}]+"),
    (NUMBER, r"(?:(?<![\w.,)])\.)?[0-9]+(?:[.,][0-9]+)*"),
    (BREAK, rf"\n[^\S\n]*\n|\||\t|</?(?:{_BLOCKS}){_TAG}"),
    (None, "|".join(_LEFT_OUT)),
    (REDACTED, "|".join(_HIDDEN)),
    (BLANK, "|".join(_TO_FILL)),
    (None, r"(?:\\?\*)+|\\"),
    (SIGN, r"\S"),
)
"""Kinds of tokens and their patterns, the first that fits wins; None is left out. Every repetition is bounded
or cannot match what stands behind it, which keeps the whole linear."""
_LEXER = re.compile("|".join(f"({pattern})" for _, pattern in _PARTS), re.IGNORECASE)
_KINDS = (None, *(kind for kind, _ in _PARTS))

_LEAD = 12
"""Characters before a token in which its line must begin for it to be the first."""
PADDING = 48
"""Empty tokens behind the last one, so that looking ahead (or back, by a negative index) needs no check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Tokens in the text's order, by columns; `kind` and `low` are padded with breaks and empty words."""

    text: str
    count: int
    kind: list[str]
    low: list[str]
    """The characters, in lower case."""
    start: list[int]
    end: list[int]

    def word(self, index: int) -> str:
        """The token in lower case, empty outside the text."""
        return self.low[index]

    def sort(self, index: int) -> str:
        """The token's kind; a break outside the text."""
        return self.kind[index]

    def glued(self, index: int) -> bool:
        """Whether no character lies between the token and the one before it."""
        return 0 < index < self.count and self.end[index - 1] == self.start[index]

    def opens(self, index: int) -> bool:
        """Whether a token is the first of its line, but for the signs of a heading."""
        before = self.text[max(0, self.start[index] - _LEAD) : self.start[index]]
        return not before.rpartition("\n")[2].strip(" \t#*>")

    def capital(self, index: int) -> bool:
        """Whether a token begins with a capital letter."""
        return index < self.count and self.text[self.start[index]].isupper()

    def span(self, first: int, last: int) -> Span:
        """The characters from the first token to the last, inclusive."""
        return Span(start=self.start[first], end=self.end[last])


def tokens(text: str) -> Tokens:
    """Cut a text into tokens; emphasis marks, inline tags and invisible characters are left out."""
    kind: list[str] = []
    low: list[str] = []
    start: list[int] = []
    end: list[int] = []
    for match in _LEXER.finditer(text):
        sort = _KINDS[match.lastindex or 0]
        if sort is None:
            continue
        kind.append(sort)
        low.append(match.group().lower())
        first, last = match.span()
        start.append(first)
        end.append(last)
    count = len(kind)
    kind.extend([BREAK] * PADDING)
    low.extend([""] * PADDING)
    return Tokens(text=text, count=count, kind=kind, low=low, start=start, end=end)


def words(text: str) -> frozenset[str]:
    """A set of words, written as a line of them."""
    return frozenset(text.split())
