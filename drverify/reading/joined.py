"""Figures of several numbers: ranges ("5-15 minutes"), lists ("4, 8 and 24 hours"), sums ("1 h 30 min")."""

from dataclasses import replace
from types import MappingProxyType

from drverify.model.quantity import Quantity, Unit, shorter
from drverify.reading.draft import Draft
from drverify.reading.exclusions import is_no_figure, is_year, past_period
from drverify.reading.measure import Single, draft_of, settle, single
from drverify.reading.numbers import DASHES, in_digits
from drverify.reading.tokens import WORD, Tokens, words
from drverify.reading.units import UnitAt, unit

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
_PAIR = 2
_MOST_LISTED = 6
_MOST_SUMMED = 3
_WIDEST_GAP = 2
"""Characters between the parts of a sum; wider apart they stand in two columns."""
_RESPECTIVELY_WITHIN = 12
_LIST_WORDS = words("and but or , / &")
_BOUND_WORDS = words("no not later earlier more less fewer longer than at most least up to")
_LOWER = words("least earlier less fewer minimum sooner")
_UPPER = words("later more longer most greater maximum")
_LONGEST_BOUND = 5
"""Words between the numbers of "no earlier than thirty (30) and no later than sixty (60) days"."""
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
        word, at = (row.word(at + 1), at + 1) if row.word(at + 1) in ("and", "or", "but") else (",", at)
    if word not in _LIST_WORDS:
        return "", at
    here = at + 1
    while word in ("and", "but") and here < at + _LONGEST_BOUND and row.word(here) in _BOUND_WORDS:
        here += 1
    return ("and" if here == at + 1 else "but") if word in ("and", "but") else word, here


def _said_before(row: Tokens, at: int, word: str) -> bool:
    return word in (row.word(at - 1), row.word(at - 2))


def shared(row: Tokens, one: Single) -> tuple[Draft, ...]:
    """The range or list that begins with a number whose unit stands behind the last one."""
    listed, links, stop = [one], [], one.stop
    while len(listed) < _MOST_LISTED:
        link, here = _link(row, stop)
        if not link or is_year(row, one.first):
            return ()
        found = single(row, here)
        if found is None:
            return ()
        links.append(link)
        listed.append(found)
        named, stop = found.named, found.stop
        if named is None and len(listed) == _PAIR:
            named, stop = _range_again(row, listed, stop)
        if named is not None:
            if is_no_figure(row, here, named, stop):
                end = max(stop, past_period(row, stop))
                return (Draft(first=one.first, stop=stop, role="unknown", after=end),)
            return _of_list(row, listed, links, named, stop)
    return (Draft(first=one.first, stop=stop, role="unknown"),)


def _range_again(row: Tokens, listed: list[Single], at: int) -> tuple[UnitAt | None, int]:
    """The unit behind a range in words and digits, "four to eight (4-8) hours", and the token behind it."""
    low = in_digits(row, at + 1) if row.word(at) == "(" else None
    link, here = _link(row, low.stop) if low else ("", at)
    high = in_digits(row, here) if link in ("-", "to") else None
    if low is None or high is None or row.word(high.stop) != ")":
        return None, at
    if (low.value, high.value) != (listed[0].read.value, listed[1].read.value):
        return None, at
    named = unit(row, high.stop + 1)
    return (named, named.stop) if named else (None, at)


def _of_list(
    row: Tokens, listed: list[Single], links: list[str], named: UnitAt, stop: int
) -> tuple[Draft, ...]:
    if len(listed) == _PAIR:
        low, high = (settle(one.read, named.unit)[0] for one in listed)
        spanning = links[0] == "and" and _said_before(row, listed[0].first, "between")
        if low is not None and high is not None:
            consecutive = links[0] == "or" and high - low == 1
            spanning = spanning or (links[0] == "but" and _is_bounded(row, listed))
            if (links[0] in ("-", "to") or spanning or consecutive) and low < high:
                return (replace(draft_of(listed[0], named, stop=stop), upper=high, comparator="between"),)
            if links[0] == "-":
                return ()
    return tuple(draft_of(one, named, stop=stop) for one in listed)


def _is_bounded(row: Tokens, listed: list[Single]) -> bool:
    """Whether it is a range: "no earlier than thirty (30) and no later than sixty (60) days"."""
    low, high = listed
    lower, upper = row.low[max(0, low.first - 4) : low.first], row.low[low.stop : high.first]
    return not _LOWER.isdisjoint(lower) and not _UPPER.isdisjoint(upper)


def ranged(row: Tokens, one: Single, named: UnitAt) -> tuple[Draft, ...]:
    """The range between two figures, or two bounds when the units differ: "between 7 days and 6 months"."""
    link, here = _link(row, one.stop)
    between, from_ = _said_before(row, one.first, "between"), _said_before(row, one.first, "from")
    if not (link in ("-", "to") or (link == "and" and between)):
        return ()
    here = here + 1 if between and row.word(here) in ("a", "maximum", "up") else here
    other = None if link == "-" and row.sort(here) == WORD and row.glued(here) else single(row, here)
    if other is None or other.named is None:
        return ()
    low, high = _quantity(one), _quantity(other)
    if low is None or high is None or shorter(high, low) is not False or low == high:
        return ()
    if low.unit == high.unit:
        whole = draft_of(one, other.named, stop=other.stop)
        return (replace(whole, upper=high.value, comparator="between"),)
    if not (between or from_ or link == "-"):
        return ()
    lower, upper = draft_of(one, named), draft_of(other, other.named)
    return replace(lower, comparator=">="), replace(upper, comparator="<=")


def _quantity(one: Single) -> Quantity | None:
    return Quantity(value=one.value, unit=one.named.unit) if one.named and one.value is not None else None


def summed(row: Tokens, one: Single, named: UnitAt) -> tuple[Draft, ...]:
    """One figure in the smallest unit: "1 hour 30 minutes", "one year and six months", "1h30m"."""
    total, stop, said, parts = one.value, one.stop, named, 1
    while total is not None and parts < _MOST_SUMMED:
        part = _part(row, stop, said)
        if part is None or total != total.to_integral_value() or part.value is None or part.named is None:
            break
        total = total * _FINE_UNITS[said.unit, part.named.unit] + part.value
        stop, parts = part.stop, parts + 1
        said = UnitAt(unit=part.named.unit, first=named.first, stop=part.named.stop)
    if parts == 1 or _RESPECTIVELY & set(row.low[stop : stop + _RESPECTIVELY_WITHIN]):
        return ()
    return (replace(draft_of(one, said, stop=stop), value=total),)


_RESPECTIVELY = {"respectively"}


def _part(row: Tokens, at: int, whole: UnitAt) -> Single | None:
    """The next smaller part of a sum behind a token."""
    link = row.word(at)
    here = at + 1 if link in ("and", ",") else at
    here = here + 1 if link == "," and row.word(here) == "and" else here
    if here >= row.count or (here == at and row.start[here] - row.end[at - 1] > _WIDEST_GAP):
        return None
    found = single(row, here)
    if found is None:
        return None
    if found.named is None:
        found = _minutes(row, found, whole)
    size = _FINE_UNITS.get((whole.unit, found.named.unit)) if found.named else None
    if size is None or found.value is None or found.value >= size:
        return None
    if link == "," and row.word(at + 1) != "and" and not _goes_on(row, found):
        return None
    return found


def _goes_on(row: Tokens, found: Single) -> bool:
    """Whether a part behind a comma is followed by a last one: "1 day, 4 hours and 30 minutes"."""
    return (
        row.word(found.stop) == "and"
        and found.named is not None
        and _part(row, found.stop, found.named) is not None
    )


def _minutes(row: Tokens, found: Single, whole: UnitAt) -> Single:
    """Read the "m" of "1h30m", which is minutes right behind hours and nowhere else."""
    at = found.read.stop
    if row.word(at) != "m" or not row.glued(at) or whole.unit != "hour":
        return found
    return replace(found, named=UnitAt(unit="minute", first=at, stop=at + 1), stop=at + 1)
