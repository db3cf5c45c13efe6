"""How often: "every 6 hours", "daily", "twice a week", "6-hourly", "once every calendar year", "each night"."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from drverify.model.quantity import Quantity, Unit
from drverify.reading.draft import Draft, Role
from drverify.reading.numbers import DASHES, HYPHENS, number
from drverify.reading.tokens import WORD, Tokens, words
from drverify.reading.units import SPELLED, unit

ADVERBS: MappingProxyType[str, tuple[int, Unit]] = MappingProxyType(
    {
        "hourly": (1, "hour"),
        "daily": (1, "day"),
        "nightly": (1, "day"),
        "weekly": (1, "week"),
        "fortnightly": (2, "week"),
        "monthly": (1, "month"),
        "quarterly": (1, "quarter"),
        "yearly": (1, "year"),
        "annually": (1, "year"),
        "annual": (1, "year"),
        "dailies": (1, "day"),
        "weeklies": (1, "week"),
        "monthlies": (1, "month"),
        "yearlies": (1, "year"),
        "semiannual": (6, "month"),
        "semiannually": (6, "month"),
        "biennial": (2, "year"),
        "biennially": (2, "year"),
        "triennially": (3, "year"),
        "triennial": (3, "year"),
    }
)
_PREFIXED: MappingProxyType[tuple[str, str], tuple[tuple[str, Unit], ...]] = MappingProxyType(
    {
        ("bi", "weekly"): (("2", "week"), ("0.5", "week")),
        ("bi", "monthly"): (("2", "month"), ("0.5", "month")),
        ("bi", "annual"): (("6", "month"), ("2", "year")),
        ("bi", "hourly"): (("2", "hour"), ("0.5", "hour")),
        ("bi", "daily"): (("12", "hour"), ("2", "day")),
        ("semi", "annual"): (("6", "month"),),
        ("semi", "monthly"): (("0.5", "month"),),
        ("semi", "weekly"): (("0.5", "week"),),
        ("semi", "daily"): (("12", "hour"),),
        ("half", "hourly"): (("30", "minute"),),
        ("half", "daily"): (("12", "hour"),),
        ("half", "annual"): (("6", "month"),),
        ("quarter", "hourly"): (("15", "minute"),),
        ("twice", "daily"): (("12", "hour"),),
        ("twice", "weekly"): (("0.5", "week"),),
        ("twice", "monthly"): (("0.5", "month"),),
        ("twice", "annual"): (("6", "month"),),
    }
)
"""Words whose first part changes the meaning; with two readings where dictionaries give two."""
_YEARLY = {"annually": "annual", "yearly": "annual"}
_WHOLE = {
    "biweekly": ("bi", "weekly"), "bimonthly": ("bi", "monthly"), "biannual": ("bi", "annual"),
    "biannually": ("bi", "annual"), "biyearly": ("bi", "annual"), "semimonthly": ("semi", "monthly"),
    "semiweekly": ("semi", "weekly"), "bihourly": ("bi", "hourly"),
}  # fmt: skip
_PERIOD_WORDS: MappingProxyType[str, Unit] = MappingProxyType(
    {
        **dict.fromkeys(words("night evening morning midnight"), "day"),
        **dict.fromkeys(
            words("monday tuesday wednesday thursday friday saturday sunday weekend fortnight"), "week"
        ),
    }
)
_ORDINALS = {"other": 2, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_MONEY = words(
    "fee fees charge charges payment payments invoice invoices rate rates price prices rent rental subscription "
    "subscriptions billing credit credits cost costs salary recurring revenue revenues installment installments "
    "spend amount amounts bill bills license licence prepayment value compensation premium minimum increase increases "
    "turnover income interest contract commitment"
)
_MEASURED = words("uptime availability service sla measurement system target guaranteed percentage period")
_WINDOW_BEFORE = words("in during of for within per over throughout")
TRIGGERS = frozenset((*ADVERBS, *_WHOLE, "bi", "semi", "quarter", "every", "each", "once", "twice", "thrice"))
_TIMES = {"once": 1, "twice": 2, "thrice": 3}


def interval(row: Tokens, at: int) -> Draft | None:
    """The interval that begins with a trigger word, or None."""
    word = row.low[at]
    if word in ("every", "each"):
        return _every(row, at)
    if word in _TIMES:
        return _prefixed(row, at) or times_per(row, at, _TIMES[word], at + 1)
    return _prefixed(row, at) or _adverb(row, at)


def _prefixed(row: Tokens, at: int) -> Draft | None:
    word = row.low[at]
    if word in _WHOLE:
        key, stop = _WHOLE[word], at + 1
    else:
        here = at + 2 if row.word(at + 1) in HYPHENS else at + 1
        follower = row.word(here)
        key, stop = (word, _YEARLY.get(follower, follower)), here + 1
    found = _PREFIXED.get(key)
    if found is None or _money(row, stop):
        return None
    readings = tuple(Quantity(value=Decimal(value), unit=named) for value, named in found)
    if len(readings) > 1:
        return Draft(
            first=at, stop=stop, role="interval", problem="two_readings", readings=readings, flips=True
        )
    return _draft(at, stop, readings[0].value, readings[0].unit, at, stop)


def _adverb(row: Tokens, at: int) -> Draft | None:
    found = ADVERBS.get(row.low[at])
    if found is None or _money(row, at + 1) or (row.word(at - 1) in ("-",) and row.glued(at)):
        return None
    role: Role = "window" if row.word(at + 1) in _MEASURED or _is_measured(row, at) else "interval"
    stop = at + 1
    return _draft(at, stop, Decimal(found[0]), found[1], at, stop, role=role)


_MEASURING = words("measured calculated computed averaged assessed determined")


def _is_measured(row: Tokens, at: int) -> bool:
    """ "measured monthly", "calculated on a monthly basis": over what a figure is taken, not how often."""
    first = at - 2 if row.word(at - 1) in ("a", "an", "the") else at
    return row.word(first - 1) in _MEASURING or (
        row.word(first) == "on" and row.word(first - 1) in _MEASURING
    )


def _money(row: Tokens, at: int) -> bool:
    """Whether a price follows: "monthly fee", "annual registration fees", "Monthly Recurring Charges"."""
    if row.word(at) in _MONEY:
        return True
    following = row.word(at + 1)
    return row.sort(at) == row.sort(at + 1) == WORD and following in _MONEY and following not in _ALSO_VERBS


_ALSO_VERBS = words("rates value amount amounts bills costs credits increases charges contract minimum")


def _every(row: Tokens, at: int) -> Draft | None:
    found = _period(row, at + 1)
    if found is None:
        return None
    value, named, first, stop = found
    return _draft(at, stop, value, named, first, stop, role=role_of_each(row, at, stop))


def role_of_each(row: Tokens, at: int, stop: int) -> Role:
    """Whether "each month" is how often something is done or, as in "in each month", a stretch of time."""
    if row.word(at - 1) in _WINDOW_BEFORE:
        return "window"
    return "window" if row.low[at] == "each" and row.word(stop) in _WINDOW_BEHIND else "interval"


_WINDOW_BEHIND = words("of that in when thereafter")


def _period(row: Tokens, at: int) -> tuple[Decimal, Unit, int, int] | None:
    """A stretch of time as it stands behind "every" or "per": value, unit, tokens of the unit."""
    word = row.word(at)
    if word in ("single", "and") and row.word(at + 1) not in ("", "every"):
        return _period(row, at + 1) if word == "single" else None
    if word in _ORDINALS:
        named = unit(row, at + 1)
        if named and named.unit != "percent":
            return Decimal(_ORDINALS[word]), named.unit, named.first, named.stop
    found = number(row, at)
    if found is not None and not found.disputed:
        named = unit(row, found.stop)
        if named is None or named.unit in ("percent", "km", "mile"):
            return None
        stop = (
            named.stop + 1
            if row.word(named.stop) in ("period", "interval", "cycle", "window")
            else named.stop
        )
        return found.value, named.unit, named.first, stop
    if word in _PERIOD_WORDS:
        return Decimal(2 if word == "fortnight" else 1), _PERIOD_WORDS[word], at, at + 1
    if word in ("additional", "further", "extra", "other"):
        return None
    named = unit(row, at, glued=False)
    if named is None or row.word(named.stop - 1) not in SPELLED or row.word(named.stop - 1).endswith("s"):
        return None
    if named.unit == "second":
        return None
    return Decimal(1), named.unit, named.first, named.stop


_JOINTS = ("a", "an", "per", "every", "each", "any", "/", "in", "within", "during", "on", "x")


def times_per(row: Tokens, first: int, times: int, at: int) -> Draft | None:
    """The interval of "twice a day", "three times per week", "once in every 12 months"; `at` is behind the times."""
    here = at + 1 if row.word(at) in HYPHENS or row.word(at) in ("only", "or", ",") else at
    adverb = ADVERBS.get(row.word(here))
    if adverb is not None:
        return _times(first, times, Decimal(adverb[0]), adverb[1], here, here + 1)
    joints = 0
    while row.word(here) in _JOINTS and joints < 3:
        here, joints = here + 1, joints + 1
    if not joints:
        return None
    found = _period(row, here)
    if found is None or (
        row.word(here - 1) in ("in", "within", "during", "on")
        and row.kind[here] == "w"
        and row.word(here) in SPELLED
    ):
        return None
    value, named, unit_first, stop = found
    return _times(first, times, value, named, unit_first, stop)


_SMALLER: MappingProxyType[Unit, tuple[tuple[Unit, int], ...]] = MappingProxyType(
    {
        "hour": (("minute", 60),),
        "day": (("hour", 24), ("minute", 1440)),
        "week": (("day", 7), ("hour", 168)),
        "quarter": (("month", 3),),
        "year": (("month", 12),),
    }
)


def _times(first: int, times: int, value: Decimal, named: Unit, unit_first: int, stop: int) -> Draft:
    for smaller, size in ((named, 1), *_SMALLER.get(named, ())):
        exact = value * size / times
        if exact == exact.to_integral_value():
            return _draft(first, stop, exact, smaller, unit_first, stop)
    exact = value / times
    if exact * times == value:
        return _draft(first, stop, exact, named, unit_first, stop)
    return Draft(
        first=first, stop=stop, role="interval", unit=named, unit_first=unit_first, unit_stop=stop, flips=True,
        problem="two_readings", readings=(Quantity(value=Decimal(times), unit="count"),),
    )  # fmt: skip


def _draft(
    first: int,
    stop: int,
    value: Decimal,
    named: Unit,
    unit_first: int,
    unit_stop: int,
    *,
    role: Role = "interval",
) -> Draft:
    return Draft(
        first=first, stop=stop, role=role, unit=named, unit_first=unit_first, unit_stop=unit_stop, value=value,
        flips=True,
    )  # fmt: skip


def numbered(row: Tokens, first: int, value: Decimal, at: int) -> Iterator[Draft]:
    """Intervals that begin with a number ending before `at`: "6-hourly", "three times a day"."""
    whole = int(value) if value == value.to_integral_value() and 0 < value < 1000 else 0
    if not whole:
        return
    if row.word(at) in DASHES and row.word(at + 1) in ADVERBS:
        size, named = ADVERBS[row.word(at + 1)]
        yield _draft(first, at + 2, value * size, named, at + 1, at + 2)
        return
    more = row.word(at) == "or" and row.word(at + 1) == "more"
    last = at + 2 if more else at
    if row.word(last) in ("times", "time", "x", "\u00d7"):
        found = times_per(row, first, whole, last + 1)
        if found is not None:
            yield replace(found, comparator="<=") if more else found
