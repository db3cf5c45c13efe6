"""Consistency rules about time: C-01 to C-03, C-05 to C-07. Pure; each takes a rule and the ground."""

import re
from collections.abc import Iterator
from datetime import timedelta

from drverify.linting import scopes
from drverify.linting.comparing import (
    added,
    is_business,
    is_time,
    length,
    plain,
    shown,
    shown_length,
    time_of,
    undecided,
)
from drverify.linting.passages import Ground, Passage, says
from drverify.linting.raising import about, clause
from drverify.model.contract import Kind, Provision
from drverify.model.quantity import Quantity, shorter
from drverify.model.rule import Finding, Rule

_SUPPORT = re.compile(
    r"\b(?:support|service\s+desk|help\s*desk|operations\s+(?:staff|team|centre|center)|spare\s+parts?|parts|"
    r"replacement|on-?site|engineers?|staff)\b[^.;]{0,120}\b(?:business\s+(?:hours?|days?)|working\s+(?:hours?|days?)|"
    r"office\s+hours|weekdays|monday\s*(?:to|through|until|-|\u2013)\s*friday)\b",
    re.IGNORECASE,
)
_ALWAYS = re.compile(
    r"24\s*[x\xd7/]\s*7|around\s+the\s+clock|round\s+the\s+clock|at\s+all\s+times|day\s+and\s+night",
    re.IGNORECASE,
)
_BELOW = {
    "data_restored": "when the data is restored",
    "vm_booted": "when the machine has started",
    "os_up": "when the operating system is up",
    "storage_attached": "when the storage is attached",
}
"""Stops of a clock below the application."""
_ENDS_BELOW = (
    r"\b(?:rto|recovery time(?: objective)?)\b[^.;]{0,40}\b(?:ends?|stops?|is met|complete[ds]?) "
    r"(?:when|once|as soon as)\b[^.;]{0,40}"
    r"\b(?:virtual (?:servers?|machines?)|vms?|servers?|data|operating systems?)\b"
)
_REPLICATED = re.compile(r"\b(?:synchronous\w*|replicat\w+|mirror\w*|high\s+availability)\b", re.IGNORECASE)
_SITE_LOST = re.compile(
    r"\b(?:sites?|data\s?cent(?:er|re)s?|locations?|regions?)\b[^.;]{0,30}\blost\b|\bloss\s+of\s+(?:the\s+|a\s+)?(?:\w+\s+){0,2}(?:site|data\s?cent|location|region)",
    re.IGNORECASE,
)
_AFTER_END = re.compile(r"\bafter\s+(?:the\s+)?(?:end|terminat|expir)", re.IGNORECASE)
_LATE = re.compile(
    r"\b(?:lags?|behind|within|no\s+later|not\s+later|delay\w*|after\s+(?:the|each|every|it))\b",
    re.IGNORECASE,
)
_LOW = re.compile(
    r"\b(?:(?:severity|priority|sev|p)[-\s]*[3-9]|low|minor|medium)\b|^\W*[3-9]\W*$", re.IGNORECASE
)
_AT_ONCE = re.compile(
    r"\b(?:immediately|forthwith|upon|on|at)\b(?:\s+(?:the|any|such))*\s+(?:effective\s+)?(?:date\s+of\s+)?"
    r"(?:terminat|expir|end\b)|\bimmediately\b", re.IGNORECASE,
)  # fmt: skip


def timed(ground: Ground, *kinds: Kind) -> tuple[tuple[Provision, Quantity], ...]:
    """Provisions of these kinds with their times."""
    return tuple((one, time) for one in ground.provisions(*kinds) if (time := time_of(one)) is not None)


def recovery_point(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-01: a recovery point objective that the backup interval, or it and the copy's lag, cannot keep."""
    intervals = timed(ground, "backup_frequency")
    for promise, limit in timed(ground, "rpo"):
        if _is_replicated(promise, ground):
            continue
        near = tuple(
            (one, every)
            for one, every in intervals
            if not scopes.apart(ground.reach(promise), ground.reach(one))
        )
        answers = {one.id: shorter(limit, every) for one, every in near}
        if not near or any(answers[one.id] is False for one, _ in near):
            kept = tuple((one, every) for one, every in near if answers[one.id] is False)
            yield from _with_lag(rule, ground, promise, limit, kept)
            continue
        one, every = min(near, key=lambda pair: _at_least(pair[1]))
        words = f"RPO {shown(limit)}{clause(promise)}, backup every {shown(every)}{clause(one)}"
        if answers[one.id] and _shares_its_clause(promise, ground):
            told = (
                f"{words}: cannot be decided: the clause has several figures, for different systems perhaps."
            )
            yield about(rule, ground, (promise, one), told, status="undetermined")
        elif answers[one.id]:
            yield about(rule, ground, (promise, one), f"{words}: the RPO cannot be kept.")
        else:
            why = undecided(limit, every)
            yield about(rule, ground, (promise, one), f"{words}: {why}.", status="undetermined")


def _with_lag(
    rule: Rule,
    ground: Ground,
    promise: Provision,
    limit: Quantity,
    near: tuple[tuple[Provision, Quantity], ...],
) -> Iterator[Finding]:
    """On loss of the site only what has arrived at the other one is left."""
    allowed = length(limit)
    copies = [(one, lag) for one in ground.provisions("offsite_copy") if (lag := _lag(one)) is not None]
    copies = [(one, lag) for one, lag in copies if not scopes.apart(ground.reach(promise), ground.reach(one))]
    if not near or not copies or allowed is None or _for_lost_sites(ground):
        return
    pairs = [(one, every, copy, lag) for one, every in near for copy, lag in copies if added(every, lag)]
    best = min(pairs, key=lambda pair: added(pair[1], pair[3]).low, default=None)  # type: ignore[union-attr]
    if best is None:
        return
    one, every, copy, lag = best
    total = added(every, lag)
    if total is not None and allowed.shorter(total):
        yield about(
            rule, ground, (promise, one, copy),
            f"RPO {shown(limit)}{clause(promise)}; on loss of the site up to {shown_length(total)} are lost: "
            f"backup every {shown(every)}{clause(one)}, copy off-site after {shown(lag)}{clause(copy)}.",
        )  # fmt: skip


def _is_replicated(promise: Provision, ground: Ground) -> bool:
    """Whether the objective is one of replication, which no backup interval bounds."""
    span = promise.citation.span
    return any(
        _REPLICATED.search(one.text)
        for one in ground.passages
        if one.document == promise.citation.document
        and one.block.span.start <= span.start < one.block.span.end
    )


def _shares_its_clause(promise: Provision, ground: Ground) -> bool:
    """Whether the same words hold another figure, and nothing tells the scopes apart."""
    span = promise.citation.span
    return not (promise.scope.systems or promise.scope.text) and any(
        one.id != promise.id
        and one.citation.span == span
        and one.citation.document == promise.citation.document
        for one in ground.provisions("rpo")
    )


def _for_lost_sites(ground: Ground) -> bool:
    """Whether the loss of a site has a recovery point objective of its own."""
    return any(_SITE_LOST.search(one.citation.quote) for one in ground.provisions("rpo"))


def _at_least(time: Quantity) -> timedelta:
    """For an order: business time, which has no length, is longer than all."""
    found = length(time)
    return found.low if found is not None else timedelta.max


def _lag(provision: Provision) -> Quantity | None:
    for words in provision.values("lag"):
        if (found := plain(words)) is not None:
            return found
    figure = provision.figure
    late = figure is not None and figure.comparator in {"<=", "<"} and is_time(figure.quantity)
    return time_of(provision) if late and _LATE.search(provision.citation.quote) else None


def support_hours(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-02: a recovery time around the clock, with support or parts in business hours."""
    clocks = [one for one, _ in timed(ground, "rto") if not is_business(one)]
    if not clocks:
        return
    slow = [one for one in ground.provisions("response_time", "layer_responsibility") if _is_slow(one)]
    quick = any(not is_business(one) for one, _ in timed(ground, "response_time"))
    quick = quick or any(
        _ALWAYS.search(one.citation.quote) for one in ground.provisions("response_time", "severity")
    )
    spans = {(one.citation.document, one.citation.span.start) for one in slow}
    passages = [one for one in ground.passages if not quick and _is_support(one)]
    passages = [one for one in passages if not any(_within(at, one) for at in spans)]
    if quick:
        slow = [one for one in slow if one.kind == "layer_responsibility"]
    if not slow and not passages:
        return
    promise = clocks[0]
    time = time_of(promise)
    words = " ".join((slow[0].citation.quote if slow else passages[0].text).split())[:160]
    limit = shown(time) if time else ""
    yield about(
        rule, ground, (promise, *slow),
        f"RTO {limit}{clause(promise)} counts elapsed time, but: “{words}”.",
        considered=len(clocks) + len(slow), also=tuple(one.citation() for one in passages),
    )  # fmt: skip


def _is_slow(provision: Provision) -> bool:
    if any(_LOW.search(level) for level in provision.values("level")):
        return False
    if provision.kind == "response_time":
        return is_business(provision)
    return is_business(provision) or _SUPPORT.search(provision.citation.quote) is not None


def _is_support(passage: Passage) -> bool:
    if passage.block.kind in {"heading", "header-row"} or _ALWAYS.search(passage.text):
        return False
    return _SUPPORT.search(passage.text) is not None and not _LOW.search(passage.text)


def _within(at: tuple[str, int], passage: Passage) -> bool:
    span = passage.block.span
    return at[0] == passage.document and span.start <= at[1] < span.end


def retention_and_tests(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-03: every backup is gone before the next restore test could find it bad."""
    known: set[str] = set()
    for test, period in timed(ground, "restore_test"):
        kept = [
            (one, time)
            for one, time in timed(ground, "retention")
            if not scopes.apart(ground.reach(test), ground.reach(one))
            and not _AFTER_END.search(one.citation.quote)
        ]
        if not kept:
            continue
        answers = [(shorter(time, period), one, time) for one, time in kept]
        if any(found is False for found, _, _ in answers):
            continue
        open_ones = [row for row in answers if row[0] is None]
        _, one, time = (open_ones or answers)[0]
        if one.id in known:
            continue
        known.add(one.id)
        tested = f"restores are tested every {shown(period)}{clause(test)}"
        words = f"Backups are kept {shown(time)}{clause(one)}, {tested}"
        if open_ones:
            yield about(
                rule, ground, (one, test), f"{words}: {undecided(time, period)}.", status="undetermined"
            )
        else:
            told = f"{words}: a backup is gone before a test can find it bad."
            yield about(rule, ground, (one, test), told)


def recovery_end(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-05: the recovery time ends when data is back, and nobody validates the application."""
    validated = any(one.party != "unknown" for one in ground.provisions("application_validation"))
    if validated:
        return
    for one in ground.provisions("rto", "restore_time"):
        stops = set(one.values("stop"))
        if stops & set(_BELOW) and not stops - set(_BELOW):
            ends = f"The recovery time{clause(one)} ends {_BELOW[min(stops)]}"
            yield about(rule, ground, (one,), f"{ends}; no clause says who validates the application.")
            return
    for passage in says(ground, _ENDS_BELOW):
        told = "The recovery time ends below the application; no clause says who validates the application."
        yield about(rule, ground, (), told, also=(passage.citation(),))


def availability(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-06: an availability figure that is the trigger of a credit, a target or an effort."""
    figures = [one for one in ground.provisions("uptime") if one.figure is not None]
    firm = [one for one in figures if not _soft(one)]
    if firm or not figures:
        return
    first = figures[0]
    yield about(
        rule, ground, figures, f"The availability figure{clause(first)} is {_soft(first)}.", status="vague"
    )


def _soft(provision: Provision) -> str:
    if "yes" in provision.values("credit_trigger"):
        return "only what a credit depends on"
    if provision.modality in {"target", "should", "may"}:
        return "a target, not a promise"
    if "V-01" in provision.rules:
        return "an effort, not a promise"
    return "hedged" if provision.status == "vague" else ""


def deletion_and_export(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """C-07: what is to be exported is deleted before the time for the export has ended."""
    windows = [
        (one, time) for one, time in timed(ground, "exit_data_return", "exit_support")
        if one.kind == "exit_data_return" or "yes" in one.values("transition")
    ]  # fmt: skip
    for deletion in ground.provisions("data_deletion"):
        if "logs" in deletion.values("item"):
            continue
        by = time_of(deletion)
        for export, until in windows:
            if deletion.citation.span == export.citation.span:
                continue
            said = f"the customer has {shown(until)} to export{clause(export)}"
            early = _AT_ONCE.search(deletion.citation.quote)
            if by is None and early:
                told = f"Data is deleted “{early.group()}…”{clause(deletion)}, but {said}."
                yield about(rule, ground, (deletion, export), told)
            elif by is not None and (sooner := shorter(by, until)) is not False:
                told = f"Data is deleted after {shown(by)}{clause(deletion)}, and {said}"
                end = "." if sooner else f": {undecided(by, until)}."
                status = "inconsistent" if sooner else "undetermined"
                yield about(rule, ground, (deletion, export), f"{told}{end}", status=status)  # type: ignore[arg-type]
