"""Units behind a number: "hours", "-day", "consecutive working days", "%", "per cent", "km"."""

from dataclasses import dataclass
from types import MappingProxyType

from drverify.model.quantity import Unit
from drverify.reading.numbers import DASHES, HYPHENS
from drverify.reading.tokens import NUMBER, WORD, Tokens, words

_SPELLED: tuple[tuple[Unit, str], ...] = (
    ("second", "second seconds sec secs"),
    ("minute", "minute minutes min mins mn mns"),
    ("hour", "hour hours hr hrs"),
    ("day", "day days"),
    ("week", "week weeks wk wks"),
    ("month", "month months mth mths mo mos"),
    ("quarter", "quarter quarters qtr qtrs"),
    ("year", "year years yr yrs"),
)
SPELLED = MappingProxyType({word: unit for unit, spelt in _SPELLED for word in words(spelt)})
"""Words for units of time."""
_LETTERS: MappingProxyType[str, tuple[Unit, int]] = MappingProxyType(
    {"h": ("hour", 9999), "d": ("day", 3660), "w": ("week", 12), "s": ("second", 600), "y": ("year", 30)}
)
"""Single letters, glued to their digits, and the most they count: "80W" is power, "1990s" a decade.

"h" also counts behind a space; "m" means minutes only in "1h30m".
"""
_DISTANCES: MappingProxyType[str, Unit] = MappingProxyType(
    {
        **dict.fromkeys(words("km kms kilometer kilometers kilometre kilometres"), "km"),
        **dict.fromkeys(words("mile miles mi"), "mile"),
    }
)
_BUSINESS: MappingProxyType[Unit, Unit] = MappingProxyType(
    {"minute": "business_minute", "hour": "business_hour", "day": "business_day"}
)
BUSINESS_WORDS = words("business working work trading banking bank service support office operating coverage")
_PLAIN_WORDS = words(
    "consecutive calendar full clear continuous elapsed successive whole additional further rolling "
    "complete normal regular standard clock natural ordinary uninterrupted contiguous sequential local "
    "running earth solar more straight other extra cumulative chronological actual contract fiscal uk "
    "us english academic"
)
_ADJECTIVES, _MOST_DIGITS = 3, 4
_ABBREVIATED = words("min mins mn hr hrs sec secs mo mos")
_PERIODS = words("month months quarter quarters year years")
"""A service month is a month; only days, hours and minutes are measured in business time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAt:
    """A unit and its tokens."""

    unit: Unit
    first: int
    stop: int
    """The token behind the unit."""


def unit(row: Tokens, at: int, *, glued: bool = True) -> UnitAt | None:
    """The unit that begins at a token, past a hyphen and up to three adjectives."""
    word = row.word(at)
    if word == "%":
        return UnitAt(unit="percent", first=at, stop=at + 1)
    here = at + 1 if word in HYPHENS or (word in DASHES and row.glued(at)) else at
    first, business = here, False
    for _ in range(_ADJECTIVES):
        word = row.word(here)
        if word in BUSINESS_WORDS:
            business = row.word(here + 1) not in _PERIODS
        elif word not in _PLAIN_WORDS and not (word == "-" and here > first):
            break
        here += 1
    found = _named(row, here, glued=glued and here == at)
    if found is None:
        return None
    timed = _BUSINESS.get(found.unit) if business else found.unit
    return UnitAt(unit=timed, first=first, stop=found.stop) if timed else None


_WORDS: MappingProxyType[str, Unit] = MappingProxyType(
    {
        **SPELLED,
        **_DISTANCES,
        **dict.fromkeys(words("percent percents pct"), "percent"),
        **dict.fromkeys(words("bd bds wd wds"), "business_day"),
    }
)


def _named(row: Tokens, at: int, *, glued: bool) -> UnitAt | None:
    word = row.word(at)
    if row.sort(at) != WORD:
        return None
    if word in _WORDS:
        return UnitAt(unit=_WORDS[word], first=at, stop=_past_ending(row, at))
    if word == "per" and row.word(at + 1) in ("cent", "cents", "centum"):
        return UnitAt(unit="percent", first=at, stop=at + 2)
    if word in _LETTERS and glued and (word == "h" or (row.glued(at) and _is_few(row, at - 1, word))):
        return UnitAt(unit=_LETTERS[word][0], first=at, stop=at + 1)
    return None


def _past_ending(row: Tokens, at: int) -> int:
    """The token behind a unit's point ("min.") or its plural in brackets ("day(s)")."""
    if row.word(at + 1) == "." and row.word(at) in _ABBREVIATED and row.glued(at + 1):
        return at + 2
    return at + 4 if row.low[at + 1 : at + 4] == ["(", "s", ")"] else at + 1


def business_behind(row: Tokens, at: int, found: UnitAt) -> UnitAt | None:
    """The same unit as business time, when "during business hours" or "(business hours)" follows."""
    timed = _BUSINESS.get(found.unit)
    if timed is None or found.unit == "day":
        return None
    here = at + 1 if row.word(at) == "(" else at
    if row.word(here) in _WITHIN_HOURS:
        here += 1
    if here == at:
        return None
    while row.word(here) in _WHOSE_HOURS and here < at + 5:
        here += 1
    if row.word(here) in BUSINESS_WORDS and row.word(here + 1) in ("hours", "time"):
        closed = row.word(at) == "(" and row.word(here + 2) == ")"
        return UnitAt(unit=timed, first=found.first, stop=here + 3 if closed else here + 2)
    return None


_WITHIN_HOURS = words("during within in of")
_WHOSE_HOURS = words("the normal regular standard local core agreed provider supplier")


def _is_few(row: Tokens, at: int, letter: str) -> bool:
    low = row.word(at)
    return (
        row.sort(at) == NUMBER
        and low.isdigit()
        and len(low) <= _MOST_DIGITS
        and int(low) <= _LETTERS[letter][1]
    )
