"""Numbers in words and digits: "four (4)", "ninety-seven point five", "1,000", "99,9", "one and a half", "½".

A number that can be read in two ways keeps both readings; which one is meant is not for a program to say.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from drverify.reading.tokens import NUMBER, SIGN, WORD, Tokens

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
    "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "thousand": 1000}
NUMBER_WORDS = frozenset((*_ONES, *_TENS, *_SCALES, "half", "nil"))
"""Words a number in words may begin with; "a hundred" begins one word earlier."""
_LAST_DIGIT, _TEN = 9, 10
_DIGITS = {word: digit for word, digit in _ONES.items() if digit <= _LAST_DIGIT} | {"oh": 0}
_HALF = Decimal("0.5")
VULGAR = {"½": _HALF, "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_FRACTIONS = {("1", "2"): Decimal("0.5"), ("1", "4"): Decimal("0.25"), ("3", "4"): Decimal("0.75")}
_MOST_DECIMALS = 6
_MOST_WITH_FRACTION = 100
HYPHENS = frozenset("-\u2010\u2011")
DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2212")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_UNSURE = re.compile(r"[1-9][0-9]?,[0-9]{3}")
"""May be a decimal comma as well: "99,999"."""
_LONGEST = 15
"""Characters of a number in digits; a longer one is an identifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number and the token behind its last one."""

    value: Decimal
    stop: int
    other: tuple[Decimal, ...] = ()
    """Further readings; "four (2)" has 4 and 2."""
    disputed: bool = False
    """Whether words and digits disagree."""


@lru_cache(maxsize=4096)
def digits(low: str) -> tuple[Decimal, ...]:
    """The readings of digits with commas and points: ordinarily one, none for "4.1.2"."""
    if len(low) > _LONGEST or (len(low) > 1 and low[0] == "0" and low[1] not in ".,"):
        return ()
    if _GROUPED.fullmatch(low):
        thousands = Decimal(low.replace(",", ""))
        return (thousands, Decimal(low.replace(",", "."))) if _UNSURE.fullmatch(low) else (thousands,)
    decimal = low.replace(",", ".")
    return (Decimal(decimal),) if decimal.count(".") <= 1 else ()


def in_words(row: Tokens, at: int) -> Number | None:
    """A number in words at a token, with what follows: "point five", "and a half", "thousand"."""
    word, last = row.word(at), _over(row, at + 1)
    if word in ("a", "an", "one") and row.word(last) == "half":
        return Number(value=_HALF, stop=last + 1)
    if word == "half":
        return Number(value=_HALF, stop=at + 2 if row.word(at + 1) in ("a", "an") else at + 1)
    if word == "nil":
        return Number(value=Decimal(0), stop=at + 1)
    whole = _whole(row, at)
    return None if whole is None else _and_part(row, whole)


def _and_part(row: Tokens, whole: Number) -> Number:
    at = whole.stop
    if row.word(at) == "point" and row.word(at + 1) in _DIGITS:
        written, at = "", at + 1
        while row.word(at) in _DIGITS and len(written) < _MOST_DECIMALS:
            written, at = written + str(_DIGITS[row.word(at)]), at + 1
            if row.word(at) in HYPHENS and row.word(at + 1) in _DIGITS:
                at += 1
        return Number(value=whole.value + Decimal("0." + written), stop=at)
    if row.word(at) == "and":
        article = at + 1 if row.word(at + 1) in ("a", "one") else at
        for fraction, worth in (("half", "0.5"), ("quarter", "0.25")):
            last = _over(row, article + 1)
            if row.word(last) == fraction and article > at:
                return Number(value=whole.value + Decimal(worth), stop=last + 1)
        part = _part(row, at + 1)
        if part is not None:
            return Number(value=whole.value + part.value, stop=part.stop)
    return whole


def _part(row: Tokens, at: int) -> Number | None:
    """A fraction behind "and": "nine-tenths", "ninety-five hundredths", "9/10", "1/2"."""
    if row.sort(at) == NUMBER:
        worth = _fraction(row, at)
        if worth is None and row.word(at + 1) == "/" and row.word(at + 2) == "10" and row.word(at).isdigit():
            worth = Decimal(row.word(at)) / 10
        return None if worth is None or worth >= 1 else Number(value=worth, stop=at + 3)
    count = _whole(row, at)
    if count is None:
        return None
    last = _over(row, count.stop)
    size = {"tenths": 10, "tenth": 10, "hundredths": 100, "hundredth": 100}.get(row.word(last))
    return None if size is None or count.value >= size else Number(value=count.value / size, stop=last + 1)


def _whole(row: Tokens, at: int) -> Number | None:
    total, group, stop, last = 0, 0, at, ""
    if row.word(at) == "a" and row.word(at + 1) in _SCALES:
        group, stop, last = 1, at + 1, "one"
    while True:
        here = stop
        if last:
            here = _over(row, stop)
            if row.word(here) == "and" and last in ("hundred", "thousand") and row.word(here + 1) in _ALL:
                here += 1
        word = row.word(here)
        step = _take(word, last)
        if step is None or (step == "hundred" and group >= _TEN) or (step == "thousand" and total):
            break
        if step == "thousand":
            total, group = total + group * 1000, 0
        elif step == "hundred":
            group *= 100
        else:
            group += _ONES.get(word, _TENS.get(word, 0))
        stop, last = here + 1, step
    return Number(value=Decimal(total + group), stop=stop) if last else None


_ALL = {**_ONES, **_TENS}


def _take(word: str, last: str) -> str | None:
    """Which kind of part a word is after another kind; None when the number ends before it."""
    if word in _ONES:
        small = 0 < _ONES[word] <= _LAST_DIGIT
        fits = last in ("", "hundred", "thousand") or (last == "tens" and small)
        return ("one" if small or _ONES[word] else "zero") if fits else None
    if word in _TENS:
        return "tens" if last in ("", "hundred", "thousand") else None
    if word == "hundred":
        return "hundred" if last in ("one", "tens") else None
    if word == "thousand":
        return "thousand" if last in ("one", "tens", "hundred") else None
    return None


def _over(row: Tokens, at: int) -> int:
    """The token after a hyphen that joins two words."""
    return at + 1 if row.word(at) in HYPHENS else at


def in_digits(row: Tokens, at: int) -> Number | None:
    """A number in digits at a token: "4", "1,000", "99,9", "1 1/2", "1½", "½"."""
    if row.word(at) in VULGAR:
        return Number(value=VULGAR[row.word(at)], stop=at + 1)
    read = digits(row.word(at)) if row.sort(at) == NUMBER else ()
    if not read:
        return None
    fraction = _fraction(row, at)
    if fraction is not None:
        return Number(value=fraction, stop=at + 3)
    part = _behind_whole(row, at + 1) if read[0] < _MOST_WITH_FRACTION else None
    if part is not None:
        return Number(value=read[0] + part.value, stop=part.stop)
    return Number(value=read[0], stop=at + 1, other=read[1:])


def _behind_whole(row: Tokens, at: int) -> Number | None:
    """The fraction behind a whole number in digits: "½", " 1/2", " and 9/10"."""
    if row.word(at) in VULGAR:
        return Number(value=VULGAR[row.word(at)], stop=at + 1)
    if row.word(at) == "and" and row.sort(at + 1) == NUMBER:
        return _part(row, at + 1)
    fraction = None if row.glued(at) else _fraction(row, at)
    return None if fraction is None else Number(value=fraction, stop=at + 3)


def _fraction(row: Tokens, at: int) -> Decimal | None:
    if row.word(at + 1) in ("/", "\u2044") and row.glued(at + 1) and row.glued(at + 2):
        return _FRACTIONS.get((row.word(at), row.word(at + 2)))
    return None


def number(row: Tokens, at: int) -> Number | None:
    """A number at a token, in words, digits or both; "four (2)" is disputed."""
    first = in_words(row, at) if row.sort(at) == WORD else in_digits(row, at)
    if first is None:
        return None
    opening = _over(row, first.stop) if row.word(_over(row, first.stop)) in ("(", "[") else first.stop
    if row.word(opening) not in ("(", "["):
        return first
    inner = opening + 1
    second = in_words(row, inner) if row.sort(inner) == WORD else in_digits(row, inner)
    if second is None or row.word(second.stop) not in (")", "]"):
        return first
    if row.sort(at) == row.sort(inner) and first.value != second.value:
        return first
    return agreed(first, second, second.stop + 1)


def agreed(first: Number, second: Number, stop: int) -> Number:
    """One number out of the same in words and digits."""
    common = [one for one in (first.value, *first.other) if one in (second.value, *second.other)]
    if common:
        return Number(value=common[0], stop=stop)
    return Number(value=first.value, stop=stop, other=(second.value, *second.other), disputed=True)


def joins_before(row: Tokens, at: int) -> bool:
    """Whether a number's first token hangs on what stands before it: "AES-256", "v2", "4:30", "$10", "#3"."""
    before = row.word(at - 1)
    if before in _CURRENCY:
        return True
    if not row.glued(at):
        return False
    if row.sort(at - 1) in (WORD, NUMBER) or before in ("#", ":", "%", "@", "&", "\u00a7"):
        return True
    if before not in HYPHENS and before not in ("/", "."):
        return False
    if before == "/" and row.sort(at - 2) == WORD:
        return False  # "15 minutes/4 hours"
    return row.glued(at - 1) and row.sort(at - 2) in (WORD, NUMBER, SIGN)


_CURRENCY = frozenset("$\u20ac\u00a3\u00a5\u20b9\u00a7") | {
    "usd", "eur", "gbp", "chf", "cad", "aud", "sgd", "inr", "jpy", "rs",
}  # fmt: skip
