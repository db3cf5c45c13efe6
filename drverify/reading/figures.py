"""Numbers with units: single, as ranges ("5-15 minutes"), lists ("4, 8 and 24 hours") and sums ("1 hour 30 minutes")."""

from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from drverify.model.quantity import Quantity, Unit
from drverify.reading.draft import Draft, Problem, Role
from drverify.reading.numbers import DASHES, Number, agreed, in_digits, number
from drverify.reading.tokens import NUMBER, WORD, Tokens, words
from drverify.reading.units import UnitAt, business_behind, unit

_LABELS = words(
    "section sections clause clauses article articles schedule exhibit annex annexe appendix attachment part paragraph "
    "paragraphs table figure page pages version iso rfc item note stage step phase tier level severity priority sev "
    "prio class category grade option chapter tls ssl raid milestone addendum amendment day week month year hour "
    "rev revision release windows generation gen option number"
)
"""A small number right behind one of these counts nothing: "Tier 1", "Day 30", "Section 4"."""
_FINE_UNITS: MappingProxyType[tuple[Unit, Unit], int] = MappingProxyType(
    {
        ("hour", "minute"): 60,
        ("minute", "second"): 60,
        ("day", "hour"): 24,
        ("week", "day"): 7,
        ("year", "month"): 12,
        ("business_hour", "business_minute"): 60,
    }
)
_MONEY_BEHIND = words(
    "credit credits discount rebate refund reduction fee fees charge charges price invoice surcharge interest annum "
    "markup penalty deduction rent commission increase deposit tax vat withholding ownership equity shares"
)
_SERVICE_HOURS = frozenset(
    (("hour", "day"), ("hour", "week"), ("day", "week"), ("day", "year"), ("week", "year"))
)
_MOST_LISTED = 6
_WIDEST_GAP = 2
"""Characters between the parts of a sum; wider apart they stand in two columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Single:
    """A number, with its unit where one follows."""

    read: Number
    named: UnitAt | None
    stop: int
    """The token behind both."""
    bracketed: bool
    """Whether number or figure stands in brackets, as a template's does."""
    plus: bool = False
    """Whether a plus stands between number and unit ("30+ days")."""


def single(row: Tokens, at: int, read: Number | None = None) -> Single | None:
    """The number at a token, unless it is given, with its unit."""
    read = read or number(row, at)
    if read is None:
        return None
    stop, bracketed, plus = read.stop, False, False
    if row.word(at - 1) in ("[", "<") and row.word(stop) in ("]", ">"):
        stop, bracketed = stop + 1, True
    if row.word(stop) == "+" and row.sort(stop + 1) != NUMBER:
        stop, plus = stop + 1, True
    found = unit(row, stop)
    if found is None:
        return Single(read=read, named=None, stop=stop, bracketed=bracketed)
    behind = business_behind(row, found.stop, found)
    found = behind or found
    stop = found.stop
    if row.word(at - 1) == "[" and row.word(stop) == "]" and not bracketed:
        stop, bracketed = stop + 1, True
    return Single(read=read, named=found, stop=stop, bracketed=bracketed, plus=plus)


def figures(row: Tokens, at: int, read: Number) -> tuple[Draft, ...]:
    """The figures that begin with a number; none when it is no number of an agreement."""
    found = single(row, at, read)
    if found is None:
        return ()
    named, stop, bracketed = found.named, found.stop, found.bracketed
    if is_label(row, at, read, named):
        return ()
    first = at - 1 if bracketed else at
    if named is None:
        return (
            _inside(row, first, read, stop)
            or _shared(row, at, read, stop)
            or _nines(row, at, read, stop)
            or _nothing(row, at, read, stop)
        )
    if _no_figure(row, at, named, stop):
        return (Draft(first=first, stop=stop, role="unknown", after=_past_period(row, stop)),)
    joined = _range(row, at, read, named, stop) or _sum(row, at, read, named, stop)
    if joined:
        return joined
    one = _one(first, stop, read, named, bracketed=bracketed)
    return (_apposed(row, replace(one, comparator=">=") if found.plus else one),)


def _one(first: int, stop: int, read: Number, named: UnitAt, *, bracketed: bool = False) -> Draft:
    value, problem, readings = settle(read, named.unit)
    if bracketed and not problem:
        problem = "placeholder"
    return Draft(
        first=first, stop=stop, role=role_of(named.unit), unit=named.unit, unit_first=named.first,
        unit_stop=named.stop, value=value, problem=problem, readings=readings,
    )  # fmt: skip


def settle(read: Number, named: Unit) -> tuple[Decimal | None, Problem, tuple[Quantity, ...]]:
    """The number's value with a unit; None with the readings when words and digits disagree.

    "99,999 %" is a decimal comma, for no promise is of 99999 per cent; "1,000 hours" is a thousand.
    """
    if read.disputed:
        return (
            None,
            "words_digits",
            tuple(Quantity(value=one, unit=named) for one in (read.value, *read.other)),
        )
    if read.other and named == "percent" and read.value > 100:
        return read.other[0], "", ()
    return read.value, "", ()


def role_of(named: Unit) -> Role:
    """What a figure with a unit is, unless its wording says more."""
    if named == "percent":
        return "percent"
    if named in ("km", "mile"):
        return "distance"
    return "count" if named == "count" else "duration"


def is_label(row: Tokens, at: int, read: Number, named: UnitAt | None = None) -> bool:
    """Whether a number is the name of what stands before it: "Tier 1", "Section 4", "Generation 2"."""
    if row.kind[at] != NUMBER or row.word(at - 1) not in _LABELS or read.stop > at + 1:
        return False
    return named is None or named.unit != "percent"


def _no_figure(row: Tokens, at: int, named: UnitAt, stop: int) -> bool:
    """Service hours ("24 hours a day"), money ("10 % of the fees"), years ("2026"), ordinals ("one second site")."""
    if named.unit == "percent":
        return _is_money(row, at, stop)
    if named.unit == "hour" and (_is_clock(row, at) or _is_coverage(row, at, stop)):
        return True
    last = row.word(named.stop - 1)
    if last == "second" and row.sort(stop) == WORD and row.word(named.first - 1) not in DASHES:
        return row.word(stop) not in _AFTER_SECOND
    if named.unit in _CALENDAR_UNITS and _is_year(row, at):
        return True
    if last in ("quarter", "quarters") and row.word(stop) == "of":
        return True
    end = _past_period(row, stop)
    return end > stop and (named.unit, row.word(end - 1).rstrip("s")) in _SERVICE_HOURS


_AFTER_SECOND = words("or and of after for from per in")
_CALENDAR_UNITS = words("day week month quarter year")
_CLOCK_BEFORE = words("at from until till between to and - \u2013 \u2014 by")
_COVER = words(
    "help helpdesk desk support service services coverage cover monitoring availability clock format operation "
    "operations hotline telephone phone on-call noc soc access surveillance security maintenance"
)


def _is_year(row: Tokens, at: int) -> bool:
    low = row.low[at]
    return row.kind[at] == NUMBER and len(low) == len("2026") and low[:2] in ("19", "20")


def _is_clock(row: Tokens, at: int) -> bool:
    """ "from 0800 to 2200 hours", "to 18.00 hours": times of day."""
    low = row.low[at]
    if row.word(at - 1) not in _CLOCK_BEFORE or row.kind[at] != NUMBER:
        return False
    return (len(low) == len("2200") and low.isdigit() and int(low) <= 2400) or (
        len(low) == len("18.00") and low[2] == "." and int(low[:2]) < 24 and int(low[3:]) < 60
    )


def _is_coverage(row: Tokens, at: int, stop: int) -> bool:
    """ "24 hour help desk", "1.5 Hours of Support" (a clause number and a heading)."""
    if row.word(stop) == "of":
        return "." in row.word(at) and row.word(stop + 1) in _COVER
    here = stop + 3 if row.word(stop) == "(" and row.word(stop + 2) == ")" else stop
    return row.word(at) in ("24", "twenty") and row.word(stop - 1) == "hour" and row.word(here) in _COVER


def _past_period(row: Tokens, stop: int) -> int:
    """The token behind "a day", "per week", "/ 7 days", ", 7 days" after a unit; `stop` when there is none."""
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
    elif row.word(here - 1) not in ("a", "per", "each", "every", "/", "any"):
        return stop
    return here + 1 if row.word(here) in ("day", "days", "week", "weeks", "year", "years") else stop


def _is_money(row: Tokens, at: int, stop: int) -> bool:
    if any(row.word(i) in _MONEY_BEHIND for i in (stop, stop + 1)) or row.word(stop + 2) == "interest":
        return True
    if row.word(stop) == "of":
        words = [row.word(i) for i in range(stop + 1, stop + 9)]
        for word in words:
            if word in _MONEY_BEHIND or word in ("revenue", "revenues"):
                return True
            if word in (".", ";", "time", "availability", "all", "|"):
                break
    before = [row.word(i) for i in range(max(0, at - 4), at)]
    return any(
        word in ("credit", "credits", "discount", "rebate", "interest", "refund", "penalty")
        for word in before
    )


def _inside(row: Tokens, first: int, read: Number, stop: int) -> tuple[Draft, ...]:
    """A figure said whole in brackets behind its words: "ten (10%) percent", "four (4 hours)"."""
    if row.word(stop) != "(" or row.kind[stop - 1] != WORD:
        return ()
    found = single(row, stop + 1)
    if found is None or found.named is None or row.word(found.stop) != ")" or row.kind[stop + 1] != NUMBER:
        return ()
    again = unit(row, found.stop + 1)
    end = again.stop if again is not None and again.unit == found.named.unit else found.stop + 1
    return (_one(first, end, agreed(read, found.read, end), found.named),)


_RANGE_WORDS = frozenset(("to", "through", "until"))


def _link(row: Tokens, at: int) -> tuple[str, int]:
    """The connector at a token ("-", "to", "and", "or", ",", "/") and the token behind it."""
    word = row.word(at)
    if word in DASHES:
        stop = at + 1
        while row.word(stop) in DASHES and stop < at + 3:
            stop += 1
        return "-", stop
    if word in _RANGE_WORDS:
        return "to", at + (3 if row.word(at + 1) == "up" and row.word(at + 2) == "to" else 1)
    if word == ",":
        return (row.word(at + 1), at + 2) if row.word(at + 1) in ("and", "or") else (",", at + 1)
    return (word, at + 1) if word in ("and", "or", "/", "&") else ("", at)


def _between(row: Tokens, at: int) -> bool:
    return "between" in (row.word(at - 1), row.word(at - 2))


def _shared(row: Tokens, at: int, read: Number, stop: int) -> tuple[Draft, ...]:
    """Numbers that share the unit behind the last one: a range or a list."""
    listed = [(at, read)]
    links: list[str] = []
    while len(listed) < _MOST_LISTED:
        link, here = _link(row, stop)
        if not link or _is_year(row, at):
            return ()
        found = single(row, here)
        if found is None:
            return ()
        links.append(link)
        listed.append((here, found.read))
        named, stop = found.named, found.stop
        if named is None and len(listed) == 2:  # noqa: PLR2004 - both ends of a range
            named, stop = _range_again(row, listed, stop)
        if named is not None:
            if _no_figure(row, here, named, stop):
                return (Draft(first=at, stop=stop, role="unknown", after=max(stop, _past_period(row, stop))),)
            return _of_list(row, listed, links, named, stop)
    return (Draft(first=at, stop=stop, role="unknown"),)


def _range_again(row: Tokens, listed: list[tuple[int, Number]], at: int) -> tuple[UnitAt | None, int]:
    """The unit behind a range in words and digits, "four to eight (4-8) hours", and the token behind it."""
    if row.word(at) != "(":
        return None, at
    low = in_digits(row, at + 1)
    link, here = _link(row, low.stop) if low else ("", at)
    high = in_digits(row, here) if link in ("-", "to") else None
    if low is None or high is None or row.word(high.stop) != ")":
        return None, at
    if (low.value, high.value) != (listed[0][1].value, listed[1][1].value):
        return None, at
    named = unit(row, high.stop + 1)
    return (named, named.stop) if named else (None, at)


def _of_list(
    row: Tokens, listed: list[tuple[int, Number]], links: list[str], named: UnitAt, stop: int
) -> tuple[Draft, ...]:
    (at, low), (_, high) = listed[0], listed[1]
    if len(listed) == 2 and not low.disputed and not high.disputed:
        first, last = settle(low, named.unit)[0], settle(high, named.unit)[0]
        ranged = links[0] in ("-", "to") or (links[0] == "and" and _between(row, at))
        if first is not None and last is not None:
            consecutive = links[0] == "or" and last - first == 1
            if (ranged or consecutive) and first < last:
                return (replace(_one(at, stop, low, named), value=first, upper=last, comparator="between"),)
            if ranged and links[0] == "-":
                return ()
    return tuple(_one(start, stop, one, named) for start, one in listed)


def _range(row: Tokens, at: int, read: Number, named: UnitAt, stop: int) -> tuple[Draft, ...]:
    """ "2 hours to 4 hours", "between 7 days and 6 months": one figure, or two bounds when the units differ."""
    link, here = _link(row, stop)
    between, from_ = _between(row, at), "from" in (row.word(at - 1), row.word(at - 2))
    if not (link in ("-", "to") or (link == "and" and between)):
        return ()
    if row.word(here) in ("a", "maximum", "up") and between:
        here += 1
    found = single(row, here) if not (link == "-" and row.sort(here) == WORD and row.glued(here)) else None
    if found is None or found.named is None or found.read.disputed or read.disputed:
        return ()
    other, second, end = found.read, found.named, found.stop
    low, high = settle(read, named.unit)[0], settle(other, second.unit)[0]
    if low is None or high is None or role_of(named.unit) != role_of(second.unit):
        return ()
    if named.unit == second.unit:
        if low >= high:
            return ()
        return (replace(_one(at, end, read, second), value=low, upper=high, comparator="between"),)
    if not (between or from_ or link == "-"):
        return ()
    lower, upper = _one(at, stop, read, named), _one(here, end, other, second)
    return replace(lower, comparator=">="), replace(upper, comparator="<=")


def _sum(row: Tokens, at: int, read: Number, named: UnitAt, stop: int) -> tuple[Draft, ...]:
    """ "1 hour 30 minutes", "one year and six months", "1h30m", "2h 15": one figure in the smaller unit."""
    here = stop + 1 if row.word(stop) == "and" else stop
    found = single(row, here)
    if row.start[min(here, row.count - 1)] - row.end[stop - 1] > _WIDEST_GAP and here == stop:
        return ()
    if found is None or read.disputed or found.read.disputed or read.value != read.value.to_integral_value():
        return ()
    other, second, end = found.read, found.named, found.stop
    if second is None and row.word(other.stop) == "m" and row.glued(other.stop) and named.unit == "hour":
        second, end = UnitAt(unit="minute", first=other.stop, stop=other.stop + 1), other.stop + 1
    size = _FINE_UNITS.get((named.unit, second.unit)) if second else None
    if second is None or size is None or other.value >= size or _respectively(row, end):
        return ()
    total = read.value * size + other.value
    whole = UnitAt(unit=second.unit, first=named.first, stop=second.stop)
    return (replace(_one(at, end, read, whole), value=total),)


def _respectively(row: Tokens, at: int) -> bool:
    return any(row.word(i) == "respectively" for i in range(at, at + 12))


def _apposed(row: Tokens, draft: Draft) -> Draft:
    """Take in the same figure said again: "thirty days (30)", "ninety-nine percent (99%)", "24 hours (24h)"."""
    if row.word(draft.stop) not in ("(", "[") or draft.unit is None or draft.value is None:
        return draft
    found = single(row, draft.stop + 1)
    if found is None:
        return draft
    read, named, stop = found.read, found.named, found.stop
    if row.word(stop) not in (")", "]") or (named is not None and named.unit != draft.unit) or read.disputed:
        return draft
    value = settle(read, draft.unit)[0]
    if value == draft.value:
        return replace(draft, stop=stop + 1)
    if value is None or (row.kind[draft.first] == WORD) == (row.kind[draft.stop + 1] == WORD):
        return draft
    both = (Quantity(value=draft.value, unit=draft.unit), Quantity(value=value, unit=draft.unit))
    return replace(draft, stop=stop + 1, value=None, problem="words_digits", readings=both)


def _nines(row: Tokens, at: int, read: Number, stop: int) -> tuple[Draft, ...]:
    """ "five nines": 99.999 per cent."""
    here = stop + 1 if row.word(stop) in DASHES else stop
    if row.word(here) not in ("nines", "9s") or row.word(here + 1) == "five" or not 2 <= read.value <= 9:
        return ()
    value = Decimal(100) - Decimal(10) ** (2 - int(read.value))
    return (
        Draft(
            first=at,
            stop=here + 1,
            role="percent",
            unit="percent",
            unit_first=here,
            unit_stop=here + 1,
            value=value,
        ),
    )


_ZERO_OF = frozenset(("rpo", "rto", "rpos", "rtos", "recovery", "data"))


def _nothing(row: Tokens, at: int, read: Number, stop: int) -> tuple[Draft, ...]:
    """ "zero RPO", "RPO of zero", "RTO = 0": no time at all, in whatever unit."""
    if read.value != 0 or row.word(at - 1) in ("near", "to", "almost", "nearly", "-", "approaching"):
        return ()
    here = stop + 1 if row.word(stop) in DASHES else stop
    ahead = row.word(here) in ("rpo", "rto", "rpos", "rtos") or (
        (row.word(here), row.word(here + 1))
        in (("recovery", "point"), ("recovery", "time"), ("data", "loss"))
    )
    back = at - 1
    while back > at - 7 and row.word(back) in (
        "of",
        ":",
        "=",
        "is",
        "be",
        "shall",
        "will",
        "equal",
        ")",
        "|",
        "a",
        "(",
    ):
        back -= 1
    behind = row.word(back) in ("rpo", "rto", "rpos", "rtos") or (
        row.word(back) == "objective" and row.word(back - 2) == "recovery"
    )
    if not (ahead or (behind and back < at)) or (
        row.sort(stop) == WORD and not ahead and row.word(stop) not in ("for", "and", "in", "with", "on")
    ):
        return ()
    return (
        Draft(
            first=at,
            stop=stop,
            role="duration",
            unit="second",
            unit_first=at,
            unit_stop=stop,
            value=Decimal(0),
        ),
    )
