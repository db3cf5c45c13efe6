"""Numbers with units that are no figures of a promise: labels, times of day, service hours, prices, years."""

from drverify.reading.numbers import DASHES, NUMBER_WORDS, Number
from drverify.reading.tokens import NUMBER, WORD, Tokens, words
from drverify.reading.units import SPELLED, UnitAt

_LABELS = words(
    "section sections clause clauses article articles schedule exhibit annex annexe appendix attachment "
    "part paragraph paragraphs table figure page pages version iso rfc item note stage step phase tier "
    "level severity priority sev prio class category grade option chapter tls ssl raid milestone "
    "addendum amendment day week month year hour rev revision release windows generation gen number"
)
"""A number right behind one of these counts nothing: "Tier 1", "Day 30", "Section 4"."""
_NUMBER_ENDS = NUMBER_WORDS | {")", "]", "-", "business", "calendar", "working"}
_MONEY_BEHIND = words(
    "credit credits discount rebate refund reduction fee fees charge charges price invoice surcharge "
    "interest annum markup penalty deduction rent commission increase deposit tax vat withholding "
    "ownership equity shares"
)
_MONEY_BEFORE = words("credit credits discount rebate interest refund penalty")
_SHARE_OF = _MONEY_BEHIND | {"revenue", "revenues"}
_SHARE_ENDS = words(". ; time availability all |")
_SERVICE_HOURS = frozenset(
    (("hour", "day"), ("hour", "week"), ("day", "week"), ("day", "year"), ("week", "year"))
)
_AFTER_SECOND = words("or and of after for from per in")
_CALENDAR_UNITS = words("day week month quarter year")
_CLOCK_BEFORE = words("at from until till between to and - \u2013 \u2014 by")
_COVER = words(
    "help helpdesk desk support service services coverage cover monitoring availability clock format "
    "operation operations hotline telephone phone on-call noc soc access surveillance security "
    "maintenance"
)
_PER = words("a per each every / any")
_LAST_CLOCK, _HOURS, _MINUTES = 2400, 24, 60


def is_label(row: Tokens, at: int, read: Number, named: UnitAt | None = None) -> bool:
    """Whether a number is the name of what stands before it: "Tier 1", "Section 4", "Generation 2"."""
    before = row.word(at - 1)
    if row.kind[at] != NUMBER or before not in _LABELS or read.stop > at + 1:
        return False
    if before in SPELLED and (row.sort(at - 2) == NUMBER or row.word(at - 2) in _NUMBER_ENDS):
        return False  # "1 hour", and in the next column "4 hours"
    return named is None or named.unit != "percent"


def is_no_figure(row: Tokens, at: int, named: UnitAt, stop: int) -> bool:
    """Whether the number at a token with its unit, up to token `stop`, is none of a promise."""
    if named.unit == "percent":
        return _is_money(row, at, stop)
    if named.unit == "hour" and (_is_clock(row, at) or _is_coverage(row, at, stop)):
        return True
    last = row.word(named.stop - 1)
    if last == "second" and row.sort(stop) == WORD and row.word(named.first - 1) not in DASHES:
        return row.word(stop) not in _AFTER_SECOND
    if named.unit in _CALENDAR_UNITS and (is_year(row, at) or row.low[at : at + 3] == ["zero", "-", "day"]):
        return True
    if last in ("quarter", "quarters") and row.word(stop) == "of":
        return True
    end = past_period(row, stop)
    return end > stop and (named.unit, row.word(end - 1).rstrip("s")) in _SERVICE_HOURS


def is_year(row: Tokens, at: int) -> bool:
    """Whether a number is a year such as 2026."""
    low = row.low[at]
    return row.kind[at] == NUMBER and len(low) == len("2026") and low[:2] in ("19", "20")


def _is_clock(row: Tokens, at: int) -> bool:
    """Whether it is a time of day: "from 0800 to 2200 hours", "to 18.00 hours"."""
    low = row.low[at]
    if row.word(at - 1) not in _CLOCK_BEFORE or row.kind[at] != NUMBER or row.word(at - 2) == "up":
        return False
    if len(low) == len("2200") and low.isdigit():
        return int(low) <= _LAST_CLOCK and int(low[2:]) < _MINUTES
    if len(low) != len("18.00") or low[2] != ".":
        return False
    return int(low[:2]) < _HOURS and int(low[3:]) < _MINUTES


def _is_coverage(row: Tokens, at: int, stop: int) -> bool:
    """Whether it is when somebody is there, "24 hour help desk", or a heading, "1.5 Hours of Support"."""
    if row.word(stop) == "of":
        return "." in row.word(at) and row.word(stop + 1) in _COVER
    here = stop + 3 if row.word(stop) == "(" and row.word(stop + 2) == ")" else stop
    hour = any(row.word(i) in ("hour", "h") for i in (stop - 1, stop - 2))
    return row.word(at) in ("24", "twenty") and hour and row.word(here) in _COVER


def past_period(row: Tokens, stop: int) -> int:
    """The token behind "a day", "per week" or ", 7 days" after a unit; `stop` when there is none."""
    here = stop
    while (
        row.word(here) in ("a", "per", "each", "every", "/", ",", "and", "x", "by", "any") and here < stop + 2
    ):
        here += 1
    if here == stop:
        return stop
    if row.sort(here) == NUMBER and row.word(here) in ("7", "365", "366", "52", "5"):
        here += 1
    elif row.word(here) in ("seven", "five"):
        here = here + 4 if row.word(here + 1) == "(" else here + 1
    elif row.word(here - 1) not in _PER:
        return stop
    return here + 1 if row.word(here) in ("day", "days", "week", "weeks", "year", "years") else stop


def _is_money(row: Tokens, at: int, stop: int) -> bool:
    if any(row.word(i) in _MONEY_BEHIND for i in (stop, stop + 1)) or row.word(stop + 2) == "interest":
        return True
    if row.word(stop) == "of":
        for i in range(stop + 1, stop + 9):
            if row.word(i) in _SHARE_OF:
                return True
            if row.word(i) in _SHARE_ENDS:
                break
    return not _MONEY_BEFORE.isdisjoint(row.low[max(0, at - 4) : at])
