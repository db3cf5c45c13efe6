"""How often: "every 6 hours", "daily", "twice a week", "6-hourly", "once every year", "each night"."""

from dataclasses import dataclass, replace
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
_WEEKDAYS = words("monday tuesday wednesday thursday friday saturday sunday") | words(
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays"
)
_ENDS_OF = words("end close start beginning")
_THROUGH = words("through thru to until till - \u2013 \u2014")
_NIGHTS = words("night nights evening evenings morning mornings inclusive")
_ON = words("on at over all other")
_HOURS = words(
    "hours hour support available availability help helpdesk desk open office closed business telephone"
)
_UNTIL = _THROUGH | words("from between am pm")
_HOURS_REACH = 8
"""Tokens around days of the week in which service hours would be said."""
_DAYS = _WEEKDAYS | words("night weekend evening")
_WHICH = words("first second third fourth last 1st 2nd 3rd 4th")
"""Before a day: "the first Friday of each month" is once a month."""
_AND = words(", and & / or")
_ORDINALS = {"other": 2, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_MONEY = words(
    "fee fees charge charges payment payments invoice invoices rate rates price prices rent rental "
    "subscription subscriptions billing credit credits cost costs salary recurring revenue revenues "
    "installment installments spend amount amounts bill bills license licence prepayment value "
    "compensation premium minimum increase increases turnover income interest contract commitment"
)
_MEASURED = words("uptime availability service sla measurement system target guaranteed percentage period")
_WINDOW_BEFORE = words("in during of for within per over throughout")
TRIGGERS = (
    frozenset((*ADVERBS, *_WHOLE))
    | words("bi semi half quarter every each once twice thrice weekends")
    | _WEEKDAYS
)
_TIMES = {"once": 1, "twice": 2, "thrice": 3}


_ALSO_VERBS = words("rates value amount amounts bills costs credits increases charges contract minimum")
_MEASURING = words("measured calculated computed averaged assessed determined")
_WINDOW_BEHIND = words("of that in when thereafter")
_SHORT = words("minute hour day week night")
"""At the end of every fourth hour something is done; of every month something may be counted."""
_OTHERS = words("additional further extra other")
_PERIOD_NOUNS = words("period interval cycle window")
_SINGULAR = frozenset(word for word in SPELLED if not word.endswith("s"))
_JOINTS = words("a an per every each any / in within during on x")
_NO_ARTICLE = words("in within during on")
"""Behind these alone no bare unit follows: "once in a year", not "once in year"."""
_TIMES_WORDS = words("times time x \u00d7")
_MOST_JOINTS = 3
_MOST_TIMES = 1000
_MOST_PLACES = 8
"""Digits of an interval that comes out even; the seventh of a day does not."""
_SMALLER: MappingProxyType[Unit, tuple[tuple[Unit, int], ...]] = MappingProxyType(
    {
        "hour": (("minute", 60),),
        "day": (("hour", 24), ("minute", 1440)),
        "week": (("day", 7), ("hour", 168)),
        "quarter": (("month", 3),),
        "year": (("month", 12),),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    """A stretch of time and the tokens that say so."""

    value: Decimal
    unit: Unit
    first: int
    stop: int

    def draft(self, first: int, *, role: Role = "interval") -> Draft:
        """As an interval whose wording begins at token `first`."""
        return Draft(
            first=first, stop=self.stop, role=role, unit=self.unit, unit_first=self.first,
            unit_stop=self.stop, value=self.value, flips=True,
        )  # fmt: skip


def interval(row: Tokens, at: int) -> Draft | None:
    """The interval that begins with a trigger word, or None."""
    word = row.low[at]
    if word in ("every", "each"):
        return _every(row, at)
    if word in _WEEKDAYS or word == "weekends":
        return _on_days(row, at)
    if word in _TIMES:
        if row.word(at - 1) == "[" and row.word(at + 1) == "]":
            found = times_per(row, at - 1, _TIMES[word], at + 2)
            return replace(found, problem="placeholder") if found and not found.problem else found
        return _prefixed(row, at) or times_per(row, at, _TIMES[word], at + 1)
    return _prefixed(row, at) or _adverb(row, at)


def _on_days(row: Tokens, at: int) -> Draft | None:
    """Days of the week: "on Sundays" is once a week, "Monday through Thursday" once a day; hours are none.

    Whether the days that are left out break the interval people decide: its figure has a problem.
    """
    stop = at + 1
    if row.word(stop) in _THROUGH and row.word(stop + 1) in _WEEKDAYS:
        ahead = row.low[max(0, at - _HOURS_REACH) : at]
        behind = row.low[stop + 2 : stop + 2 + _HOURS_REACH]
        if _HOURS & {*ahead, *behind} or _UNTIL & set(behind):
            return None
        last = stop + 3 if row.word(stop + 2) in _NIGHTS else stop + 2
        found = _Period(value=Decimal(1), unit="day", first=at, stop=last).draft(at)
        return replace(found, problem="two_readings")
    alone = row.word(at - 1) in _ON and row.low[at].endswith("s")
    if not alone or (row.word(stop) in _AND and row.word(stop + 1) in (*_WEEKDAYS, "public", "holidays")):
        return None
    return _Period(value=Decimal(1), unit="week", first=at, stop=stop).draft(at)


def _prefixed(row: Tokens, at: int) -> Draft | None:
    word = row.low[at]
    key, stop = _WHOLE.get(word), at + 1
    if key is None:
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
    return _Period(value=readings[0].value, unit=readings[0].unit, first=at, stop=stop).draft(at)


def _adverb(row: Tokens, at: int) -> Draft | None:
    found = ADVERBS.get(row.low[at])
    if found is None or _money(row, at + 1) or (row.word(at - 1) == "-" and row.glued(at)):
        return None
    role: Role = "window" if row.word(at + 1) in _MEASURED or _is_measured(row, at) else "interval"
    return _Period(value=Decimal(found[0]), unit=found[1], first=at, stop=at + 1).draft(at, role=role)


def _is_measured(row: Tokens, at: int) -> bool:
    """Whether it is over what a figure is taken: "measured monthly", "calculated on a monthly basis"."""
    first = at - 2 if row.word(at - 1) in ("a", "an", "the") else at
    return row.word(first - 1) in _MEASURING or (
        row.word(first - 1) == "on" and row.word(first - 2) in _MEASURING
    )


def _money(row: Tokens, at: int) -> bool:
    """Whether a price follows: "monthly fee", "annual registration fees", "Monthly Recurring Charges"."""
    if row.word(at) in _MONEY:
        return True
    following = row.word(at + 1)
    return row.sort(at) == row.sort(at + 1) == WORD and following in _MONEY and following not in _ALSO_VERBS


def _every(row: Tokens, at: int) -> Draft | None:
    found = _period(row, at + 1)
    return found.draft(at, role=role_of_each(row, at, found.stop)) if found else None


def role_of_each(row: Tokens, at: int, stop: int) -> Role:
    """Whether "each month" is how often something is done or, as in "in each month", a stretch of time."""
    if row.word(at - 1) == "of" and row.word(at - 2) in _ENDS_OF and row.word(stop - 1).rstrip("s") in _SHORT:
        return "interval"
    if row.word(at - 1) == "of" and row.low[at] == "every" and row.word(stop - 1).rstrip("s") in _SHORT:
        return "interval"
    if row.word(at - 1) == "of" and row.word(at - 2) in _DAYS and row.word(at - 3) in _WHICH:
        return "interval"
    if row.word(at - 1) in _WINDOW_BEFORE:
        return "window"
    return "window" if row.low[at] == "each" and row.word(stop) in _WINDOW_BEHIND else "interval"


def _period(row: Tokens, at: int) -> _Period | None:
    """A stretch of time as it stands behind "every" or "per"."""
    at = at + 1 if row.word(at) == "single" else at
    word = row.word(at)
    found = number(row, at)
    if word in _ORDINALS:
        return _several(row, Decimal(_ORDINALS[word]), at + 1) or _nth(row, _ORDINALS[word], at + 1)
    if found is not None:
        return None if found.disputed else _several(row, found.value, found.stop)
    if word in _WEEKDAYS and row.word(at + 1) in _AND and row.word(at + 2) in _WEEKDAYS:
        return None  # several days a week are no even interval
    if word in _PERIOD_WORDS:
        value = Decimal(2 if word == "fortnight" else 1)
        return _Period(value=value, unit=_PERIOD_WORDS[word], first=at, stop=at + 1)
    named = None if word in _OTHERS else unit(row, at, glued=False)
    if named is None or named.unit == "second" or row.word(named.stop - 1) not in _SINGULAR:
        return None
    return _Period(value=Decimal(1), unit=named.unit, first=named.first, stop=named.stop)


def _nth(row: Tokens, value: int, at: int) -> _Period | None:
    """Read the "night" of "every second night"."""
    named = _PERIOD_WORDS.get(row.word(at))
    return _Period(value=Decimal(value), unit=named, first=at, stop=at + 1) if named else None


def _several(row: Tokens, value: Decimal, at: int) -> _Period | None:
    named = unit(row, at)
    if named is None or named.unit in ("percent", "km", "mile"):
        return None
    stop = named.stop + 1 if row.word(named.stop) in _PERIOD_NOUNS else named.stop
    return _Period(value=value, unit=named.unit, first=named.first, stop=stop)


def times_per(row: Tokens, first: int, times: int, at: int) -> Draft | None:
    """The interval of "twice a day" or "once in every 12 months"; `at` is the token behind the times."""
    here = at + 1 if row.word(at) in HYPHENS or row.word(at) in ("only", "or", ",") else at
    adverb = ADVERBS.get(row.word(here))
    if adverb is not None:
        found = _Period(value=Decimal(adverb[0]), unit=adverb[1], first=here, stop=here + 1)
        return _times(first, times, found)
    begin = here
    while row.word(here) in _JOINTS and here < begin + _MOST_JOINTS:
        here += 1
    bare = row.word(here - 1) in _NO_ARTICLE and row.word(here) in SPELLED
    period = None if here == begin or bare else _period(row, here)
    return _times(first, times, period) if period else None


def _times(first: int, times: int, period: _Period) -> Draft:
    for smaller, size in ((period.unit, 1), *_SMALLER.get(period.unit, ())):
        exact = period.value * size / times
        if exact == exact.to_integral_value():
            return replace(period, value=exact, unit=smaller).draft(first)
    exact = period.value / times
    if len(exact.as_tuple().digits) <= _MOST_PLACES:
        return replace(period, value=exact).draft(first)
    uneven = (Quantity(value=Decimal(times), unit="count"),)
    return replace(period.draft(first), value=None, problem="two_readings", readings=uneven)


def numbered(row: Tokens, first: int, value: Decimal, at: int) -> Draft | None:
    """The interval that begins with a number ending before `at`: "6-hourly", "three times a day"."""
    if value != value.to_integral_value() or not 0 < value < _MOST_TIMES:
        return None
    if row.word(at) in DASHES and row.word(at + 1) in ADVERBS:
        size, named = ADVERBS[row.word(at + 1)]
        return _Period(value=value * size, unit=named, first=at + 1, stop=at + 2).draft(first)
    more = row.word(at) == "or" and row.word(at + 1) == "more"
    last = at + 2 if more else at
    found = times_per(row, first, int(value), last + 1) if row.word(last) in _TIMES_WORDS else None
    return replace(found, comparator="<=") if found and more else found
