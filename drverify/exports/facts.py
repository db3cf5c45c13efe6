"""What can be said of a period for a control: each fact held against the annex, with what shows it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from drverify.annex.lines import DrillLine, ObligationLine
from drverify.annex.model import Annex
from drverify.exports.rows import excused, rows
from drverify.model.audit import SlotState, Weight
from drverify.model.control import Condition, Fact
from drverify.model.duration import exact, human
from drverify.model.verdict import Outcome

_SOME = 5
"""How many of a kind are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A fact, looked at."""

    holds: bool
    why: str
    drills: tuple[DrillLine, ...] = ()
    """What shows it, or shows that it is not so."""


def look(condition: Condition, annex: Annex) -> Held:
    """Whether the fact holds in the period."""
    return _LOOKS[condition.fact](condition, annex)


def _of(condition: Condition, annex: Annex) -> list[ObligationLine]:
    return [one for one in annex.obligations if one.metric in condition.metrics]


def _judged_by(lines: Iterable[ObligationLine], annex: Annex, *outcomes: Outcome) -> tuple[DrillLine, ...]:
    names = {one.obligation for one in lines}
    return tuple(
        drill
        for drill in annex.drills
        if any(one.obligation in names and one.outcome in outcomes for one in drill.verdicts)
    )


def _promised(condition: Condition, annex: Annex) -> Held:
    lines = _of(condition, annex)
    return Held(holds=bool(lines), why=f"promised: {_named(lines)}" if lines else _no_promise(condition))


def _tested(condition: Condition, annex: Annex) -> Held:
    lines = _of(condition, annex)
    if not lines:
        return Held(holds=False, why=_no_promise(condition))
    lacking = [one for one in lines if one.shown < len(one.scope)]
    if lacking:
        short = "; ".join(f"{one.obligation}: {one.shown} of {len(one.scope)} workloads" for one in lacking)
        drills = _judged_by(lacking, annex, Outcome.UNPROVEN)
        return Held(holds=False, why=f"not shown for every workload: {short}", drills=drills)
    drills = _judged_by(lines, annex, Outcome.MET, Outcome.MISSED)
    return Held(holds=True, why="a drill answered it for every workload that it covers", drills=drills)


def _kept(condition: Condition, annex: Annex) -> Held:
    lines = _of(condition, annex)
    if not lines:
        return Held(holds=False, why=_no_promise(condition))
    broken = [one for one in lines if one.outcome is not Outcome.MET]
    if broken:
        words = "; ".join(f"{one.obligation} is {one.outcome}: {one.why}" for one in broken)
        drills = _judged_by(broken, annex, Outcome.MISSED, Outcome.UNPROVEN)
        return Held(holds=False, why=words, drills=drills)
    return Held(holds=True, why=f"kept: {_named(lines)}", drills=_judged_by(lines, annex, Outcome.MET))


def _named(lines: Iterable[ObligationLine]) -> str:
    """Which promises it is that are meant: others may have been missed."""
    return ", ".join(f"{one.obligation} (clause {one.clause})" for one in lines)


def _drilled(condition: Condition, annex: Annex) -> Held:
    del condition
    return _every(annex, annex.drills, "has a drill with a result")


def _drilled_within(condition: Condition, annex: Annex) -> Held:
    within = condition.within or timedelta(0)
    until = min(annex.basis.at, annex.period.ends)
    recent = [one for one in annex.drills if until - one.ended_at <= within]
    over = until == annex.period.ends
    when = "at the end of the period" if over else f"as of {until:%Y-%m-%d}, the period not being over"
    return _every(annex, recent, f"has a result that is at most {exact(within)} old {when}")


def _sampled(condition: Condition, annex: Annex) -> Held:
    drilled = sum(1 for one in annex.workloads if one.drills)
    why = f"{drilled} of {len(annex.workloads)} workloads were drilled"
    if not drilled or condition.within is None:
        return Held(holds=drilled > 0, why=why, drills=annex.drills)
    until = min(annex.basis.at, annex.period.ends)
    marks = [annex.period.begins, *sorted(one.ended_at for one in annex.drills), until]
    longest = max(later - earlier for earlier, later in pairwise(marks))
    why = f"{why}; the longest time of the period without a result was {human(longest)}"
    return Held(holds=longest <= condition.within, why=why, drills=annex.drills)


def _recovered(condition: Condition, annex: Annex) -> Held:
    del condition
    return _every(annex, [one for one in annex.drills if one.recovered], "came back in a drill")


def _full(condition: Condition, annex: Annex) -> Held:
    del condition
    full = [one for one in annex.drills if one.recovered and one.mode == "full"]
    return _every(annex, full, "came back in a drill that restored every byte")


def _every(annex: Annex, drills: Iterable[DrillLine], what: str) -> Held:
    """Whether every covered workload is among the drills'."""
    shown = tuple(drills)
    names = {one.workload for one in shown}
    lacking = [one.name for one in annex.workloads if one.name not in names]
    if lacking or not annex.workloads:
        more = f" and {len(lacking) - _SOME} more" if len(lacking) > _SOME else ""
        some = ", ".join(lacking[:_SOME]) + more
        others = tuple(one for one in annex.drills if one.workload not in names)
        return Held(holds=False, why=f"not every workload {what}: {some or 'none is covered'}", drills=others)
    return Held(holds=True, why=f"every workload {what}", drills=shown)


def _scheduled(condition: Condition, annex: Annex) -> Held:
    del condition
    counts = annex.counts
    if not counts.planned:
        return Held(holds=False, why="both parties have stated no schedule")
    lost = [one for one in annex.slots if one.state in (SlotState.FAILED, SlotState.NOT_STARTED)]
    if lost or counts.open:
        without = max(counts.open, sum(one.state is SlotState.FAILED for one in lost))
        return Held(
            holds=False,
            why=f"of {counts.planned} scheduled drills never begun: {counts.not_started}; "
            f"begun and without a result: {without}",
        )
    due = sum(one.state is SlotState.DUE for one in annex.slots)
    later = f"; {due} are not due yet" if due else ""
    why = f"none of {counts.planned} scheduled drills is missing{later}"
    return Held(holds=due < counts.planned, why=why, drills=annex.drills)


def _isolated(condition: Condition, annex: Annex) -> Held:
    del condition
    found = annex.isolation
    if not found.booted:
        return Held(holds=False, why="no drill of the period started a machine: there was nothing to contain")
    why = f"{found.booted_closed} of {found.booted} drills with a machine had every check closed"
    return Held(holds=found.booted_closed == found.booted, why=why, drills=annex.drills)


def _logged(condition: Condition, annex: Annex) -> Held:
    del condition
    outside = [one for one in annex.drills if one.index is None]
    if outside or not annex.drills:
        return Held(holds=False, why=f"{len(outside)} of {len(annex.drills)} results are in no log")
    return Held(holds=True, why=f"every result is in the log {annex.basis.origin}", drills=annex.drills)


def _audited(condition: Condition, annex: Annex) -> Held:
    del condition
    heavy = [one for one in annex.basis.findings if one.weight is not Weight.NOTED]
    if not annex.basis.audited:
        return Held(holds=False, why="the log was not audited whole")
    if heavy:
        return Held(holds=False, why="the audit found: " + "; ".join(one.what for one in heavy))
    return Held(holds=True, why="the log was audited whole, and nothing is missing", drills=annex.drills)


def _stamped(condition: Condition, annex: Annex) -> Held:
    del condition
    without = sum(1 for one in annex.drills if one.not_after is None)
    why = f"{len(annex.drills) - without} of {len(annex.drills)} results have a confirmed time"
    return Held(holds=bool(annex.drills) and not without, why=why, drills=annex.drills)


def _corrected(condition: Condition, annex: Annex) -> Held:
    """Everything that was not MET in a drill, and every lost one, has a finding, and each is in hand."""
    del condition
    findings = annex.findings
    if not annex.drills:
        return Held(holds=False, why="no drill of the period has a result: nothing could be found")
    broken = [row for row in rows(annex) if row.outcome is not Outcome.MET and (row.drill or row.slot)]
    loose = [row for row in broken if not row.findings and not excused(row)]
    if loose:
        about = loose[0].obligation.obligation if loose[0].obligation else "a lost drill"
        why = (
            f"{len(loose)} results are not MET and have no finding, {about} of {loose[0].workload} among them"
        )
        return Held(holds=False, why=why, drills=tuple(row.drill for row in loose if row.drill))
    idle = [one for one in findings if one.closed is None and not (one.owner and one.action and one.due)]
    if idle:
        names = ", ".join(one.id for one in idle[:_SOME])
        return Held(holds=False, why=f"{len(idle)} findings have no owner, action or date: {names}")
    late = [one for one in findings if one.closed is None and one.due and one.due < annex.basis.at.date()]
    if late:
        return Held(holds=False, why=f"{len(late)} corrective actions are overdue: {late[0].id}")
    if not findings:
        return Held(holds=True, why="nothing was found that had to be mended", drills=annex.drills)
    closed = sum(one.closed is not None for one in findings)
    why = f"findings: {len(findings)}, closed by a retest: {closed}; the others have owner, action and date"
    return Held(holds=True, why=why, drills=annex.drills)


def _trended(condition: Condition, annex: Annex) -> Held:
    del condition
    earlier = len(annex.trend) - 1
    return Held(holds=earlier > 0, why=f"{max(earlier, 0)} earlier periods stand beside this one")


def _no_promise(condition: Condition) -> str:
    return f"the agreement has no testable promise of {' or '.join(condition.metrics)}"


_LOOKS: dict[Fact, Callable[[Condition, Annex], Held]] = {
    Fact.PROMISED: _promised,
    Fact.TESTED: _tested,
    Fact.KEPT: _kept,
    Fact.DRILLED: _drilled,
    Fact.DRILLED_WITHIN: _drilled_within,
    Fact.SAMPLED: _sampled,
    Fact.RECOVERED: _recovered,
    Fact.FULL: _full,
    Fact.SCHEDULED: _scheduled,
    Fact.ISOLATED: _isolated,
    Fact.LOGGED: _logged,
    Fact.AUDITED: _audited,
    Fact.STAMPED: _stamped,
    Fact.CORRECTED: _corrected,
    Fact.TRENDED: _trended,
}
