"""The findings of an agreement as the pages show them, workload by workload."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from drverify.adapters.storage.findings import FindingJournal
from drverify.judging.findings import fold
from drverify.model.board import Mend
from drverify.model.finding import (
    Assigned,
    Closed,
    Event,
    Examined,
    Finding,
    FindingState,
    Opened,
    Sighting,
)
from drverify.model.obligation import Register


@dataclass(slots=True)
class Said:
    """What people said and what the log lacks, by workload; empty for what is about none."""

    events: dict[str, list[Event]] = field(default_factory=dict)
    seen: dict[str, list[Sighting]] = field(default_factory=dict)
    voided: frozenset[str] = frozenset()

    @property
    def workloads(self) -> frozenset[str]:
        """Whom it is about."""
        return frozenset((*self.events, *self.seen))


def said(journal: FindingJournal, lacking: Iterable[Sighting], voided: frozenset[str]) -> Said:
    """Read the journal but for examinations, which are made anew. HostError for a damaged one."""
    found = Said(voided=voided)
    for event in journal.events():
        match event:
            case Opened():
                found.events.setdefault(event.sighting.subject.workload, []).append(event)
            case Assigned() | Closed():
                found.events.setdefault(event.subject.workload, []).append(event)
            case Examined():
                pass
    for sighting in lacking:
        found.seen.setdefault(sighting.subject.workload, []).append(sighting)
    return found


def mends(register: Register, workload: str, examined: Sequence[Examined], known: Said) -> tuple[Mend, ...]:
    """The findings about a workload."""
    agreement = register.agreement.id
    events = (*examined, *known.events.get(workload, ()))
    objectives = {one.id: one.objective for one in register.obligations}
    found = fold(events, known.seen.get(workload, ()), voided=known.voided, objectives=objectives)
    return tuple(_mend(agreement, one) for one in found)


def _mend(agreement: str, one: Finding) -> Mend:
    assigned = one.assigned
    closed = one.closed if one.state is FindingState.CLOSED else None
    return Mend(
        agreement=agreement,
        id=one.id,
        cause=one.subject.cause,
        workload=one.subject.workload,
        obligation=one.subject.obligation,
        state=one.state,
        reason=one.last.reason,
        first_at=one.first.at,
        last_at=one.last.at,
        seen=len(one.sightings),
        drill=next((seen.drill for seen in reversed(one.sightings) if seen.drill), ""),
        owner=assigned.owner if assigned else "",
        action=assigned.action if assigned else "",
        due=assigned.due if assigned else None,
        reopened=one.reopened,
        closed_at=closed.at if closed else None,
        closed_by=closed.retest.name if closed else "",
        retests=len(one.retests),
    )
