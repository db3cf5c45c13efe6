"""The promises on an annex's pages: the table of the first page, and every clause with what was shown."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from drverify.adapters.annex import words
from drverify.annex.lines import Assurance, Bound, ObligationLine
from drverify.annex.model import Annex, Quarter, Quote
from drverify.model.duration import exact
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from drverify.sealing.strict_json import Json

FULL = 1000
"""Lengths of bars are per mille of the widest."""
_HEADROOM = 1050
_NUMBERED = re.compile(r"^[0-9]+(\.[0-9]+)*\.?\s+")


def rows(annex: Annex) -> list[Json]:
    """One short row for each promise, the missed ones first."""
    order = {Outcome.MISSED: 0, Outcome.UNPROVEN: 1, Outcome.MET: 2}
    return [
        {
            "clause": words.name(one.clause),
            "what": what(one),
            "limit": words.limit(one.limit, at_least=one.at_least),
            "worst": words.span(one.figures.worst if one.figures else None),
            "covered": f"{one.shown:,} of {len(one.scope):,}",
            "verdict": one.outcome.value,
        }
        for one in sorted(annex.obligations, key=lambda one: order[one.outcome])
    ]


def clauses(annex: Annex) -> list[Json]:
    """Every clause that promises something, with its promises."""
    quotes = {one.number: one for one in annex.quotes}
    documents = {one.id: one.name for one in annex.agreement.documents}
    found: dict[str, list[ObligationLine]] = {}
    for one in annex.obligations:
        found.setdefault(one.clause, []).append(one)
    trends = {one.obligation: _trend(one, annex.trend) for one in annex.obligations}
    made: list[Json] = []
    for number, lines in found.items():
        quote = quotes.get(number)
        made.append(
            {
                "number": words.name(number),
                "title": _title(quote) if quote else "",
                "document": words.name(documents.get(quote.document, quote.document)) if quote else "",
                "quote": words.quoted(quote.text) if quote else "",
                "promises": [_promise(one, trends) for one in lines],
            }
        )
    return made


def _title(quote: Quote) -> str:
    """The clause's heading without its own number, unless that is all there is."""
    title = _NUMBERED.sub("", words.name(quote.title))
    return "" if words.name(quote.number) in title and len(title) <= len(quote.number) + 7 else title


def what(one: ObligationLine) -> str:
    """What is promised, in a few words."""
    text = words.METRICS[one.metric]
    mode = ", booted from the backup" if one.mode == "instant" else ""
    return f"{text}{mode}" + (" (the customer's part)" if one.party == "customer" else "")


def open_promises(annex: Annex) -> Iterator[Json]:
    """What of the promises is open, for the first page."""
    for outcome in (Outcome.MISSED, Outcome.UNPROVEN):
        for one in annex.obligations:
            if one.outcome is outcome:
                lead = f"{what(one)}, clause {words.name(one.clause)}"
                yield {"mark": outcome.value, "lead": lead, "text": _short(one.why)}


def _short(why: str) -> str:
    """The first part of a reason, for the first page."""
    return words.joined(words.clean(why.partition(";")[0], 240))


def _promise(one: ObligationLine, trends: Mapping[ObligationId, Json]) -> Json:
    figures = one.figures
    return {
        "id": words.name(one.obligation),
        "what": what(one),
        "verdict": one.outcome.value,
        "why": words.joined(words.clean(one.why, 600)),
        "limit": words.limit(one.limit, at_least=one.at_least) + _varies(one),
        "worst": words.span(figures.worst if figures else None),
        "median": words.span(figures.median if figures else None),
        "last": words.span(figures.last if figures else None),
        "measured": words.count(figures.measured if figures else 0, "drill"),
        "bar": _bar(one),
        "allowances": [
            f"{words.name(granted.name)}: {exact(granted.time)} (clause {words.name(granted.clause)})"
            for granted in one.allowances
        ],
        "allowance": words.span(one.allowance) if one.allowance else "",
        "conditions": [words.clean(condition) for condition in one.conditions],
        "drills": f"{one.met:,} kept, {one.missed:,} missed, {one.unproven:,} unproven",
        "coverage": _coverage(one),
        "chance": [_chance(bound) for bound in one.assurance],
        "trend": trends[one.obligation],
    }


def _varies(one: ObligationLine) -> str:
    if one.widest is None or one.widest == one.limit:
        return ""
    return f" to {exact(one.widest)}, by the calendar or the register in force"


def _coverage(one: ObligationLine) -> str:
    of = len(one.scope)
    return (
        f"{one.drilled:,} of {words.count(of, 'covered workload')} drilled, {one.shown:,} with a result that "
        "decides"
    )


def _chance(bound: Assurance) -> str:
    """A bound in one sentence, with what it presupposes."""
    confidence = words.per_cent(bound.confidence_per_mille)
    if bound.counted is Bound.DRILLS:
        return (
            f"{bound.missed:,} of {words.count(bound.shown, 'drill')} missed: with {confidence} confidence a "
            f"drill misses in at most {words.per_cent(bound.at_most)} of cases"
        )
    if bound.shown == bound.of:
        return f"every covered workload was drilled: {bound.missed:,} of {bound.of:,} missed, no estimate"
    return (
        f"{bound.missed:,} of {words.count(bound.shown, 'workload')} missed: with {confidence} confidence at "
        f"most {bound.at_most:,} of all {bound.of:,} would have, had they been picked by chance"
    )


def _bar(one: ObligationLine) -> Json:
    """Lengths of limit, median and worst; None without a figure or a limit."""
    if one.figures is None or one.limit is None:
        return None
    worst, median = one.figures.worst + one.allowance, one.figures.median + one.allowance
    top = max(one.limit, worst, median) * _HEADROOM // FULL
    if not top:
        return None
    return {
        "limit": one.limit * FULL // top,
        "median": median * FULL // top,
        "worst": worst * FULL // top,
        "least": one.at_least,
    }


def _trend(one: ObligationLine, quarters: Sequence[Quarter]) -> Json:
    """The promise in every period that has a figure or a verdict on it."""
    found = [
        (quarter, line) for quarter in quarters for line in quarter.lines if line.obligation == one.obligation
    ]
    spans = [span for _, line in found for span in (line.worst, line.limit) if span is not None]
    top = max(spans, default=timedelta(0)) * _HEADROOM // FULL

    def part(span: timedelta | None) -> Json:
        return span * FULL // top if span is not None and top else None

    return [
        {
            "period": words.name(quarter.period),
            "verdict": line.outcome.value,
            "limit": part(line.limit),
            "worst": part(line.worst),
            "median": part(line.median),
            "words": words.span(line.worst),
        }
        for quarter, line in found
    ]
