"""Words cut at a line's end made whole: with or without their hyphen, as the document has them elsewhere."""

import re
from collections.abc import Iterable

from drverify.adapters.documents.pdf_page import HYPHEN

ENDS = re.compile("[.;:!?][\"”’')\\]]*$")  # noqa: RUF001 - quotation marks as printed
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_CUT = re.compile(rf"([^\W_]*(?:-[^\W_]+)*){HYPHEN}\s*([^\W_]*(?:-[^\W_]+)*)")
_CUT_OFF = re.compile(rf"\S*{HYPHEN}")
_LINE_END = re.compile(r"(?<=[^\W\d_])[-\u2010]$")
_WHOLE = 4
"""Letters of a part that may be a word of its own."""
_PREFIXES = frozenset(
    (
        *(
            "all",
            "anti",
            "back",
            "co",
            "cross",
            "day",
            "e",
            "end",
            "ex",
            "first",
            "full",
            "half",
            "high",
            "long",
        ),
        *(
            "low",
            "mid",
            "month",
            "multi",
            "non",
            "off",
            "on",
            "one",
            "out",
            "part",
            "pass",
            "post",
            "pre",
            "re",
        ),
        *(
            "real",
            "second",
            "self",
            "semi",
            "short",
            "single",
            "site",
            "so",
            "sub",
            "third",
            "time",
            "top",
            "two",
        ),
        *(
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "twenty",
            "thirty",
            "forty",
            "fifty",
        ),
        *("sixty", "seventy", "eighty", "ninety", "up", "well", "year"),
    )
)


def marked(text: str) -> str:
    """A line with the hyphen at its end marked as one that may go."""
    return _LINE_END.sub(HYPHEN, text)


class Words:
    """The words of a document, to tell "third-party" from "informa-tion"."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._known: set[str] = set()
        for text in texts:
            self._known.update(word.casefold() for word in _WORD.findall(_CUT_OFF.sub("", text)))

    def plain(self, text: str) -> str:
        """The text with its marks gone."""
        if HYPHEN not in text:
            return text
        return _CUT.sub(self._whole, text).replace(HYPHEN, "-")

    def _whole(self, found: re.Match[str]) -> str:
        left, right = found.groups()
        kept, dropped = f"{left}-{right}", f"{left}{right}"
        if not left or not right:
            return kept
        if kept.casefold() in self._known:
            return kept
        if dropped.casefold() in self._known:
            return dropped
        compound = (
            left.casefold() in _PREFIXES or left[-1].isdigit() or right[0].isupper() or right[0].isdigit()
        )
        return kept if compound else dropped
