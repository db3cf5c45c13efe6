"""Reads out of the drills of a state directory what is to be mended: verified results, starts without one.

A result is verified once and then stands in the journal; starts without a result and slots without a start
are looked for each time, as they may still get one, or be voided.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from drverify.adapters.storage.drills import PLAN
from drverify.adapters.storage.durable import state_access
from drverify.adapters.storage.findings import FindingJournal
from drverify.adapters.storage.verified import VerifiedDrill, envelope_digest, verified
from drverify.errors import EvidenceError
from drverify.judging.aims import taken_in
from drverify.judging.findings import met_in, of_slot, retest_of, seen_in
from drverify.model.audit import SlotOutcome, SlotState
from drverify.model.finding import Cause, Event, Examined, Retest, Sighting, Subject
from drverify.sealing.keys import Trust
from drverify.sealing.records.history import Begun, History
from drverify.sealing.stamps import CheckToken

_AT_ONCE = 64
"""Examinations that are written with one flush."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """The whole journal, and what could not be examined."""

    events: tuple[Event, ...]
    unread: tuple[str, ...]
    """Drills whose evidence does not hold, and why; nothing is concluded from them."""


def examine(
    journal: FindingJournal, drills: Path, trust: Trust, *, now: datetime, check: CheckToken | None = None
) -> Examination:
    """Verify every result that the journal does not know yet, and write down what it shows.

    HostError when the journal or the drills cannot be read or written.
    """
    events = list(journal.events())
    known = {one.drill: one.envelope for one in events if isinstance(one, Examined)}
    fresh: list[Event] = []
    unread = []
    for directory in _directories(drills):
        try:
            digest = envelope_digest(directory)
            if digest is None or known.get(directory.name) == digest:
                continue
            fresh.append(examination(verified(directory, trust, check), now=now))
        except EvidenceError as error:
            unread.append(f"{directory.name}: {error}")
        if len(fresh) >= _AT_ONCE:
            journal.append(fresh)
            events += fresh
            fresh = []
    journal.append(fresh)
    return Examination(events=(*events, *fresh), unread=tuple(unread))


def examination(found: VerifiedDrill, *, now: datetime) -> Examined:
    """What a verified drill shows, as the journal holds it."""
    retest = retest_from(found)
    report = found.report
    return Examined(
        at=now,
        drill=retest.drill,
        envelope=found.envelope,
        retest=retest,
        sightings=seen_in(report.register, report.plan, report.record, report.verdicts, retest),
        met=met_in(report.verdicts),
        taken=taken_in(report.plan, report.record),
    )


def retest_from(found: VerifiedDrill) -> Retest:
    """A verified drill as a retest."""
    index = found.drill.index
    return retest_of(
        found.report.plan,
        found.report.record,
        evidence=found.drill.payload,
        index=index if index >= 0 else None,
    )


def lacking(
    history: History, *, agreement: str, running: Collection[str], now: datetime
) -> Iterator[Sighting]:
    """Starts without a result or a void, but for drills that run now; slots in which nothing was begun."""
    for begun in history.begun.values():
        if not begun.results and begun.voided is None and begun.drill not in running:
            yield _without_result(begun, agreement, now)
    for planned in history.planned.values():
        if planned.slot.closes <= now and not history.attempts.get(planned.slot.id):
            yield of_slot(agreement, SlotOutcome(slot=planned.slot, state=SlotState.NOT_STARTED))


def voided(history: History) -> frozenset[str]:
    """Drills that both parties agree not to count."""
    return frozenset(
        one.drill for one in history.begun.values() if one.voided is not None and not one.results
    )


def _without_result(begun: Begun, agreement: str, now: datetime) -> Sighting:
    slot = begun.planned.slot if begun.planned is not None else None
    unknown = "" if begun.drill else f"entry {begun.index}"
    return Sighting(
        subject=Subject(agreement=agreement, cause=Cause.FAILED, workload=begun.workload, code=unknown),
        at=_declared(begun.drill) or now,
        reason="the drill was begun and logged, and has no result",
        drill=begun.drill,
        slot=slot.id if slot is not None else "",
        evidence=begun.payload,
        index=begun.index,
        start_index=begun.index,
        needs=slot.obligations if slot is not None else (),
    )


def _declared(drill: str) -> datetime | None:
    """When a drill was declared, out of its id."""
    try:
        return datetime.strptime(drill.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _directories(drills: Path) -> list[Path]:
    with state_access(f"list the drills in {drills}"):
        found = sorted(drills.iterdir()) if drills.is_dir() else []
        return [one for one in found if (one / PLAN).is_file()]
