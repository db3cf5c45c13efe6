"""Numbers in words with the same, or another, in digits beside them: "four (4)" and "four (2)". Pure.

Deliberately small and apart from the reader: it looks at every passage, also where nothing else is read.
"""

import re
from collections.abc import Iterator

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: value for value, word in enumerate(_ONES)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_WORD = "|".join(sorted(_VALUES, key=len, reverse=True))
_PAIR = re.compile(
    rf"\b(?P<words>(?:(?:{_WORD})[\s-]+(?:hundred[\s-]+(?:and[\s-]+)?)?){{0,2}}(?:{_WORD}|hundred))\s*"
    r"[(\[]\s*(?P<digits>\d{1,4})\s*[)\]]",
    re.IGNORECASE,
)


def disputes(text: str) -> Iterator[str]:
    """The words and digits that name different numbers, as they stand in the text."""
    for match in _PAIR.finditer(text):
        value = number(match["words"])
        if value is not None and value != int(match["digits"]):
            yield " ".join(match.group().split())


def number(words: str) -> int | None:
    """The number below ten thousand that the words name; None when they name none."""
    total, seen = 0, False
    for word in re.split(r"[\s-]+", words.casefold()):
        if word == "hundred":
            total = (total or 1) * 100
        elif word in _VALUES:
            step = _VALUES[word]
            fits = not seen or total % 100 == 0 or (total % 10 == 0 and step < 10)  # noqa: PLR2004 - tens and ones
            if not fits:
                return None
            total += step
        elif word != "and":
            return None
        seen = True
    return total if seen else None
