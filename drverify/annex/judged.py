"""The verdict of a whole period on one promise.

A promise is MISSED when any drill missed it, whatever came after. It is MET when drills kept it and leave
nothing open: every workload that was drilled for it was shown to keep it at least once, and no drill that
was begun for it lacks its result. Everything else is UNPROVEN. How many of the covered workloads were
drilled at all stands beside the verdict, not in it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from drverify.annex.lines import ObligationLine, WorkloadLine
from drverify.annex.model import Summary
from drverify.annex.tally import Promise
from drverify.model.audit import AuditFinding, SlotOutcome, SlotState, Weight
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Obligation,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.records import DrillCounts
from drverify.model.verdict import Outcome

_NAMED = 3
"""How many workloads a sentence names."""


def obligation_line(promise: Promise, slots: Sequence[SlotOutcome]) -> ObligationLine:
    """The line of one promise; `slots` are the scheduled drills of the period, all of them."""
    one, whole = promise.obligation, promise.whole
    outcome, why = _verdict(promise, [slot for slot in slots if one.id in slot.slot.obligations])
    limits = sorted(whole.limits, reverse=promise.at_least)
    stated = _limit(one)
    return ObligationLine(
        obligation=one.id,
        clause=one.clause,
        metric=one.objective.kind,
        mode=one.objective.mode if isinstance(one.objective, Rto) else "",
        party=one.party,
        limit=limits[0] if limits else stated,
        widest=limits[-1] if limits else stated,
        at_least=promise.at_least,
        allowances=one.allowances,
        allowance=whole.allowance,
        conditions=one.conditions,
        scope=one.scope,
        drilled=len(promise.workloads),
        shown=sum(bool(tally.shown) for tally in promise.workloads.values()),
        met=whole.met,
        missed=whole.missed,
        unproven=whole.unproven,
        figures=promise.figures(),
        outcome=outcome,
        why=why,
        assurance=promise.assurance(),
    )


def overall(
    lines: Sequence[ObligationLine], findings: Sequence[AuditFinding], counts: DrillCounts
) -> Outcome:
    """The worst of all promises; never MET while drills are missing, or something does not hold."""
    outcomes = {one.outcome for one in lines}
    if Outcome.MISSED in outcomes:
        return Outcome.MISSED
    lacking = counts.open or counts.not_started
    doubtful = lacking or any(one.weight is not Weight.NOTED for one in findings)
    return Outcome.MET if outcomes == {Outcome.MET} and not doubtful else Outcome.UNPROVEN


def summary(
    lines: Sequence[ObligationLine],
    workloads: Sequence[WorkloadLine],
    findings: Sequence[AuditFinding],
    *,
    counts: DrillCounts,
    open_findings: int,
) -> Summary:
    """What stands on the first page."""
    gaps = [one for one in workloads if one.largest_gap is not None]
    widest = max(gaps, key=lambda one: (one.largest_gap, one.name), default=None)
    return Summary(
        outcome=overall(lines, findings, counts),
        met=sum(one.outcome is Outcome.MET for one in lines),
        missed=sum(one.outcome is Outcome.MISSED for one in lines),
        unproven=sum(one.outcome is Outcome.UNPROVEN for one in lines),
        workloads=len(workloads),
        drilled=sum(bool(one.drills) for one in workloads),
        recovered=sum(one.recovered for one in workloads),
        open_findings=open_findings,
        largest_gap=widest.largest_gap if widest else None,
        gap_workload=widest.name if widest else "",
    )


def _limit(one: Obligation) -> timedelta | None:
    match one.objective:
        case Rpo(limit=limit) | Rto(limit=limit):
            return limit
        case BackupFrequency(every=limit) | RestoreTestFrequency(every=limit) | Retention(at_least=limit):
            return limit
        case ApplicationValidation():
            return None
        case unknown:  # pragma: no cover - a new objective does not type-check here
            assert_never(unknown)


def _verdict(promise: Promise, slots: Sequence[SlotOutcome]) -> tuple[Outcome, str]:
    whole = promise.whole
    if whole.missed:
        return Outcome.MISSED, _missed(promise)
    if not whole.met:
        return Outcome.UNPROVEN, _nothing(promise)
    dropped = [one.slot.id for one in slots if one.state is SlotState.FAILED]
    if dropped:
        return Outcome.UNPROVEN, (
            f"{_count(len(dropped), 'drill')} begun for it {_have(len(dropped))} no result, "
            f"which counts as failed: {_names(dropped)}"
        )
    tried = {*promise.workloads, *(one.slot.workload for one in slots if one.state is SlotState.NOT_STARTED)}
    lacking = sorted(name for name in tried if promise.of_workload(name).outcome is not Outcome.MET)
    if lacking:
        return Outcome.UNPROVEN, (
            f"kept in {_count(whole.met, 'drill')}, but not shown for {len(lacking)} of "
            f"{_count(len(tried), 'workload')} that were, or should have been, drilled: {_names(lacking)}"
        )
    return Outcome.MET, _kept(promise)


def _missed(promise: Promise) -> str:
    whole = promise.whole
    drill, reason = whole.first_missed or ("", "")
    hit = sorted(name for name, tally in promise.workloads.items() if tally.missed)
    again = [name for name in hit if promise.workloads[name].last is Outcome.MET]
    text = (
        f"missed in {whole.missed} of the {_count(whole.shown, 'drill')} that decide it, "
        f"for {_names(hit)}; first in drill {drill}: {reason}"
    )
    return f"{text}; kept again by the last drill of {_names(again)}" if again else text


def _nothing(promise: Promise) -> str:
    whole = promise.whole
    if whole.last_unproven is None:
        return "no drill of the period was judged by it"
    drill, reason = whole.last_unproven
    return f"{_count(whole.unproven, 'drill')}, none of which shows it; the last, {drill}: {reason}"


def _kept(promise: Promise) -> str:
    whole, covered = promise.whole, {*promise.obligation.scope, *promise.workloads}
    drills = "the one drill" if whole.met == 1 else f"each of the {whole.met} drills"
    text = f"kept in {drills} that could show it"
    of = f"{len(promise.workloads)} of {_count(len(covered), 'workload')}"
    open_ = f"; {_count(whole.unproven, 'further drill')} could not" if whole.unproven else ""
    return f"{text}, on {of}{open_}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _have(number: int) -> str:
    return "has" if number == 1 else "have"
