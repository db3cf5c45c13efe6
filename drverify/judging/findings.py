"""From verdicts, slots and events to findings: what is to be mended, and whether it is. Pure.

A retest closes a finding when it was begun after the cause had last shown, is of the same workload, and shows
as MET whatever the finding is about; and when wherever else the cause had shown, be it in a copy or in the
oldest point, a drill of the same kind has shown it as mended (`judging.aims.mends`). A cause that shows in a
drill that is later than the retest opens the finding again, in whatever order the drills are examined.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from drverify.judging.aims import aimed, mends
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, AuditFinding, SlotOutcome, SlotState, Weight
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.finding import (
    Assigned,
    Cause,
    Closed,
    Event,
    Examined,
    Finding,
    FindingState,
    Opened,
    Retest,
    Sighting,
    Subject,
    finding_id,
    is_later,
)
from drverify.model.obligation import Objective, ObligationId, Register
from drverify.model.verdict import Outcome, Verdict

_CAUSES = {Outcome.MISSED: Cause.MISSED, Outcome.UNPROVEN: Cause.UNPROVEN}
_NAMED = re.compile(r"\b(?:slot|drill) ([^\s,]+)")
"""What an audit's finding is about, in `where`."""
_OF_SLOTS = {"not-started", "open-start"}
"""Codes of an audit that the state of a slot says, too."""


def retest_of(plan: DrillPlan, record: DrillRecord, *, evidence: Sha256, index: int | None) -> Retest:
    """A verified drill as a retest; `evidence` is its statement's digest, `index` its entry in the log."""
    return Retest(
        drill=plan.drill_id,
        workload=plan.workload.name,
        started_at=record.started_at,
        evidence=evidence,
        index=index,
        start_index=record.start.index if record.start is not None else None,
    )


def seen_in(
    register: Register, plan: DrillPlan, record: DrillRecord, verdicts: Sequence[Verdict], drill: Retest
) -> tuple[Sighting, ...]:
    """What a verified drill leaves to be mended, in the register's order.

    That it left open what it was not meant to show is nothing to be mended.
    """
    meant = {one.id for one in register.obligations if aimed(one.objective, plan, record, register)}
    return tuple(
        Sighting(
            subject=Subject(
                agreement=register.agreement.id,
                cause=_CAUSES[verdict.outcome],
                workload=drill.workload,
                obligation=verdict.obligation,
            ),
            at=drill.started_at,
            reason=verdict.reason,
            drill=drill.drill,
            slot=plan.slot.slot if plan.slot is not None else "",
            evidence=drill.evidence,
            index=drill.index,
            start_index=drill.start_index,
            needs=(verdict.obligation,),
        )
        for verdict in verdicts
        if verdict.outcome is Outcome.MISSED
        or (verdict.outcome is Outcome.UNPROVEN and verdict.obligation in meant)
    )


def met_in(verdicts: Sequence[Verdict]) -> tuple[ObligationId, ...]:
    """What a verified drill shows as kept."""
    return tuple(one.obligation for one in verdicts if one.outcome is Outcome.MET)


def seen_by(audit: Audit, *, known: Collection[str] = (), noted: bool = False) -> Iterator[Sighting]:
    """What an audit leaves to be mended: drills that failed or were not run, and its own findings.

    A lost drill is given once, and not if it or its slot is `known`; what was only noted is given if `noted`.
    """
    told = set(known)
    workloads: dict[str, str] = {}
    for one in audit.slots:
        workloads.update(dict.fromkeys((one.slot.id, *one.drills), one.slot.workload))
        if one.state in (SlotState.FAILED, SlotState.NOT_STARTED):
            if not told.intersection((one.slot.id, *one.drills)):
                yield of_slot(audit.agreement, one)
            told.update((one.slot.id, *one.drills))
    for found in audit.findings:
        names = _NAMED.findall(found.where)
        repeated = found.code in _OF_SLOTS and told.intersection(names)
        if not repeated and (noted or found.weight is not Weight.NOTED):
            yield _of_audit(audit, found, next((workloads[name] for name in names if name in workloads), ""))


def of_slot(agreement: str, one: SlotOutcome) -> Sighting:
    """A slot whose drill was never begun, or has no result."""
    cause = Cause.FAILED if one.state is SlotState.FAILED else Cause.NOT_RUN
    return Sighting(
        subject=Subject(agreement=agreement, cause=cause, workload=one.slot.workload),
        at=one.slot.closes if cause is Cause.NOT_RUN else one.slot.opens,
        reason=f"slot {one.slot.id}: "
        + ("no drill was begun" if cause is Cause.NOT_RUN else "a drill was begun and has no result"),
        drill=one.drills[-1] if one.drills else "",
        slot=one.slot.id,
        needs=one.slot.obligations,
    )


def _of_audit(audit: Audit, found: AuditFinding, workload: str) -> Sighting:
    where = f" {found.where}" if found.where else ""
    return Sighting(
        subject=Subject(
            agreement=audit.agreement, cause=Cause.AUDIT, workload=workload, code=f"{found.code}{where}"
        ),
        at=audit.at,
        reason=found.what,
    )


def fold(
    events: Iterable[Event],
    seen: Iterable[Sighting] = (),
    *,
    voided: Collection[str] = (),
    objectives: Mapping[ObligationId, Objective] = MappingProxyType({}),
) -> tuple[Finding, ...]:
    """Put the findings together, in the order in which they were first seen.

    `seen` are sightings that are worked out anew each time and stand in no journal; `voided` are drills that
    both parties agree not to count. A finding that nothing shows any more is left out. What is not among
    the `objectives` is mended by nothing but a drill that took the very same.
    """
    examined: dict[str, Examined] = {}
    said: dict[Subject, list[Assigned | Closed]] = {}
    shown: dict[Subject, list[Sighting]] = {}
    for event in events:
        match event:
            case Examined():
                examined[event.drill] = event  # a later examination of the same drill replaces the earlier
            case Opened():
                shown.setdefault(event.sighting.subject, []).append(event.sighting)
            case Assigned() | Closed():
                said.setdefault(event.subject, []).append(event)
    for sighting in (*(one for drill in examined.values() for one in drill.sightings), *seen):
        if not (sighting.drill and sighting.drill in voided):
            shown.setdefault(sighting.subject, []).append(sighting)
    drills: dict[str, list[Examined]] = {}
    for drill in examined.values():
        drills.setdefault(drill.retest.workload, []).append(drill)
    found = [
        _finding(
            subject,
            sightings,
            said.get(subject, ()),
            drills.get(subject.workload, ()),
            objectives.get(ObligationId(subject.obligation)),
        )
        for subject, sightings in shown.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.first.at, one.id)))


def _finding(
    subject: Subject,
    sightings: Iterable[Sighting],
    said: Sequence[Assigned | Closed],
    examined: Sequence[Examined],
    objective: Objective | None,
) -> Finding:
    ordered = tuple(sorted(set(sightings), key=lambda one: (one.at, one.drill, one.slot)))
    assigned = next((one for one in reversed(said) if isinstance(one, Assigned)), None)
    closings = [one for one in said if isinstance(one, Closed)]
    closed = max(closings, key=lambda one: one.retest.started_at, default=None)
    made = Finding(
        id=finding_id(subject),
        subject=subject,
        state=_state(ordered, assigned, closed),
        sightings=ordered,
        assigned=assigned,
        closed=closed,
        reopened=sum(1 for one in closings if any(not is_later(one.retest, seen) for seen in ordered)),
        retests=(),
        unmended=tuple(_unmended(ordered, examined, objective)),
    )
    if made.state is FindingState.CLOSED:
        return made
    taken = {one.drill: one.taken for one in examined}
    kind, missed = taken.get(made.last.drill), subject.cause is Cause.MISSED
    same = [one for one in examined if mends(objective, kind, one.taken, missed=missed)]
    fit = [one for one in same if not why_not(made, one.retest, one.met, judged=_judged(one))]
    fit.sort(key=lambda one: one.retest.started_at, reverse=True)
    return replace(made, retests=tuple(one.drill for one in fit))


def _state(ordered: Sequence[Sighting], assigned: Assigned | None, closed: Closed | None) -> FindingState:
    """Closed while nothing later than the retest shows it; an action from before that did not help."""
    again = [one for one in ordered if closed is not None and not is_later(closed.retest, one)]
    if closed is not None and not again:
        return FindingState.CLOSED
    if assigned is None or (closed is not None and assigned.at <= max(closed.at, again[0].at)):
        return FindingState.OPEN
    return FindingState.ASSIGNED


def _unmended(
    ordered: Sequence[Sighting], examined: Sequence[Examined], objective: Objective | None
) -> Iterator[str]:
    """The last sighting of each kind that is known, unless a later drill of that kind shows it as kept."""
    taken = {one.drill: one.taken for one in examined}
    last = {kind: one for one in ordered if (kind := taken.get(one.drill)) is not None}
    for kind, seen in last.items():
        later = (one for one in examined if is_later(one.retest, seen) and set(seen.needs) <= set(one.met))
        missed = seen.subject.cause is Cause.MISSED
        if not any(mends(objective, kind, one.taken, missed=missed) for one in later):
            yield f"drill {seen.drill} ({kind.words})"


def _judged(one: Examined) -> tuple[ObligationId, ...]:
    return (*one.met, *(ObligationId(seen.subject.obligation) for seen in one.sightings))


def why_not(
    finding: Finding, retest: Retest, met: Collection[ObligationId], *, judged: Collection[ObligationId]
) -> str:
    """Why a verified drill does not close the finding; empty when it does.

    `met` and `judged` are the obligations that the drill shows as kept, and all that it judges.
    """
    subject, last = finding.subject, finding.last
    if not subject.workload:
        return "it is about no workload: no drill can show that it is mended"
    if retest.workload != subject.workload:
        return f"the drill is of workload {retest.workload}, the finding is about {subject.workload}"
    if not is_later(retest, last):
        where = f"drill {last.drill}" if last.drill else last.slot or "the audit"
        return f"the drill was not begun after the finding was last seen ({where}, {_instant(last.at)})"
    needed = last.needs or tuple(judged)
    silent = [one for one in needed if one not in judged]
    if silent or not needed:
        return f"the drill judged nothing about {silent[0]}" if silent else "the drill judged no obligation"
    if unmet := [one for one in needed if one not in met]:
        return f"the drill's verdict on {unmet[0]} is not MET"
    seen = finding.unmended[-1] if finding.unmended else ""
    return f"it was seen in {seen}, and no later drill of the same kind shows it as mended" if seen else ""


def why_not_by_audit(finding: Finding, audit: Audit) -> str:
    """Why an audit that was made anew does not close the finding; empty when it does.

    It closes what an earlier one found about no workload, when it holds and does not find the same.
    """
    subject = finding.subject
    code = subject.code.partition(" ")[0]
    if subject.workload or subject.cause is not Cause.AUDIT:
        return "it is about a workload: a drill has to show that it is mended"
    if audit.agreement != subject.agreement:
        return f"the audit is of agreement {audit.agreement}, the finding of {subject.agreement}"
    if audit.at <= finding.last.at:
        return f"the audit is not later than the one that found it ({_instant(finding.last.at)})"
    if not audit.holds:
        return "what was audited does not hold"
    again = [one.what for one in audit.findings if one.code == code]
    return f"the audit finds the same: {again[0]}" if again else ""


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
