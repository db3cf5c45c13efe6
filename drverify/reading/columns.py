"""Figures of a table whose unit stands in the header: "RTO (hours)" above "4"."""

import re
from dataclasses import dataclass, replace

from drverify.model.agreement import Span
from drverify.model.quantity import Unit
from drverify.reading.draft import Draft
from drverify.reading.measure import role_of, settle
from drverify.reading.numbers import DASHES, joins_before, number
from drverify.reading.quantities import Found, finish, quantities
from drverify.reading.tokens import BREAK, NUMBER, WORD, Tokens, tokens, words
from drverify.reading.units import SPELLED, UnitAt, unit


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderUnit:
    """The unit a column's header gives, and its characters."""

    unit: Unit
    span: Span


_TEMPLATE = re.compile(r"\{\{[^{}\n]{1,40}\}\}|<[a-z][\w -]{1,30}>|\[[a-z][\w -]{1,30}\]", re.IGNORECASE)
_OBJECTIVE = re.compile(r"\bR[PT]Os?\b|\brecovery\s+(?:point|time)\b", re.IGNORECASE)
_ZERO = re.compile(r"0(?![\d.,:])")
_LEADS = words("( [ in , / : - \u2013 \u2014")
_ENDS = words(") ] / , ; . -")
_BESIDE = words(
    "or to max min maximum minimum approx approximately about up at most least less more than and within"
)


def header_unit(text: str, *, offset: int = 0) -> HeaderUnit | None:
    """The one unit of a header cell: "RTO (hours)", "Retention in days", "Uptime %", "Time [h]".

    None when there is none, when there are two ("RTO / RPO (hours / minutes)") or when it has a number of
    its own ("Availability over 12 months").
    """
    row = tokens(text)
    found: list[UnitAt] = []
    at = 0
    while at < row.count:
        one = unit(row, at, glued=row.word(at) == "h")
        if one is None or not _says_unit(row, at, one):
            at += 1
            continue
        if row.sort(at - 1) == NUMBER and at:
            return None
        found.append(one)
        at = one.stop
    if len({one.unit for one in found}) != 1:
        return None
    span = row.span(found[0].first, found[0].stop - 1)
    return HeaderUnit(unit=found[0].unit, span=Span(start=span.start + offset, end=span.end + offset))


def unfilled_or_zero(text: str, header: str, *, offset: int = 0) -> tuple[Found, ...]:
    """A cell without a figure: one still to be filled in ("{{rto}}"), or a bare "0" under an objective."""
    begin = len(text) - len(text.lstrip(" |\t"))
    blank = _TEMPLATE.match(text, begin)
    if blank is not None:
        span = Span(start=offset + blank.start(), end=offset + blank.end())
        return (
            Found(
                quantity=None,
                unit=None,
                comparator="=",
                span=span,
                unit_span=None,
                role="unknown",
                problem="placeholder",
            ),
        )
    if _OBJECTIVE.search(header) is None or _ZERO.match(text, begin) is None:
        return ()
    lead = "RPO: "
    found = quantities(lead + text[begin:], offset=offset + begin - len(lead))
    return tuple(one for one in found if one.span.start >= offset)


def _says_unit(row: Tokens, at: int, one: UnitAt) -> bool:
    """Whether a unit's word is there as a unit, not as in "Business day" or "(h:mm)"."""
    ends = one.stop >= row.count
    if one.unit == "percent" or (at and row.word(at - 1) in _LEADS):
        return ends or row.sort(one.stop) == BREAK or row.word(one.stop) in _ENDS
    last = row.word(one.stop - 1)
    return ends and last in SPELLED and last.endswith("s")


def bare_numbers(text: str, *, header: HeaderUnit, offset: int = 0) -> tuple[Found, ...]:
    """The figures of a cell whose unit stands in its column's header.

    A cell that says a unit itself, is blank or holds two numbers that are no range is not given the header's:
    the first two are read as they stand, the last gives nothing.
    """
    own = quantities(text, offset=offset)
    if any(one.quantity is not None for one in own):
        return own
    row = tokens(text)
    drafts = _bare(row, header.unit)
    if not drafts:
        return tuple(
            replace(one, unit=one.unit or header.unit, unit_span=one.unit_span or header.span) for one in own
        )
    return tuple(replace(finish(row, one, offset, 0), unit_span=header.span) for one in drafts)


def _bare(row: Tokens, named: Unit) -> tuple[Draft, ...]:
    found: list[Draft] = []
    at = 0
    while at < row.count:
        ends_range = bool(found) and found[-1].stop == at - 1 and row.word(at - 1) in DASHES
        read = number(row, at) if ends_range or not joins_before(row, at) else None
        if read is None:
            if row.sort(at) == NUMBER or (row.sort(at) == WORD and row.word(at) not in _BESIDE):
                return ()
            at += 1
            continue
        value, problem, readings = settle(read, named)
        found.append(
            Draft(
                first=at, stop=read.stop, role=role_of(named), unit=named, unit_first=at, unit_stop=read.stop,
                value=value, problem=problem, readings=readings,
            )
        )  # fmt: skip
        at = read.stop
    return _ranged(row, found)


def _ranged(row: Tokens, found: list[Draft]) -> tuple[Draft, ...]:
    if len(found) != 2:  # noqa: PLR2004 - the two ends of a range
        return tuple(found) if len(found) == 1 else ()
    low, high = found
    link = set(row.low[low.stop : high.first])
    if (
        low.value is None
        or high.value is None
        or not link
        or not link <= (DASHES | {"to"})
        or low.value >= high.value
    ):
        return ()
    return (replace(low, stop=high.stop, upper=high.value, comparator="between"),)
