"""Starts and results of drills: each is checked, computed again, and held against the log. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from drverify.auditing import layout
from drverify.auditing.course import Course
from drverify.auditing.walking import Step
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.audit import AuditedDrill
from drverify.model.evidence import PAYLOAD_TYPE, STARTED_TYPE, Envelope, TimeStamp
from drverify.model.records import Slot, SlotId, SlotReference
from drverify.model.verdict import Outcome
from drverify.sealing import envelope, started
from drverify.sealing.agreed import sha256_of
from drverify.sealing.codec import to_json
from drverify.sealing.papers import Papers
from drverify.sealing.records.history import Begun
from drverify.sealing.records.statements import Outcomes, Statement, statement_in
from drverify.sealing.stamps import CLOCKS, PLANNING, StampFiles
from drverify.sealing.strict_json import compact
from drverify.sealing.verification import Report, verify_in_log

Each = Callable[[AuditedDrill, Report], None]
"""Is told of every result of the period that holds, in the log's order; nothing of it is kept here."""
_KIND = b'"predicateType":"' + STARTED_TYPE.encode() + b'"'


@dataclass(slots=True)
class Drills:
    """The drills of one audit."""

    course: Course
    each: Callable[[Begun, AuditedDrill, Report], None]
    checked: int = 0
    verdicts: int = 0
    _late: int = 0
    _papers: Papers = field(default_factory=Papers)
    _known: dict[str, str] = field(default_factory=dict)
    _remarks: dict[str, tuple[int, str]] = field(default_factory=dict)

    def start(self, step: Step, sealed: Envelope) -> Statement | None:
        """Check the envelope of a start; None, and a finding, when it does not hold."""
        try:
            signers = envelope.signers(sealed, self.course.question.trust.keys, role="runner", signed=None)
            said = _read_start(sealed)
        except EvidenceError as error:
            self.course.findings.add("bad-start", str(error), step.where)
            return None
        if not self.course.keys.check(signers, step.index):
            return None
        return _statement(step, said.drill, self._shared(said.workload), slot=self._slot(said.slot))

    def result(self, step: Step, sealed: Envelope) -> Statement | None:
        """Verify a result; None, and findings, when it does not hold."""
        fresh: list[datetime] = []
        try:
            report = self._verified(sealed, fresh)
        except EvidenceError as error:
            self.course.findings.add("bad-result", str(error), step.where)
            return None
        if not self.course.keys.check(report.signers, step.index):
            return None
        said = _statement(
            step,
            report.plan.drill_id,
            self._shared(report.plan.workload.name),
            result=report,
            outcomes=_outcomes(report),
        )
        begun = self.course.history.start_of(step.index, said)
        if begun is not None and fresh:
            self.course.times.learn(begun.index, max(fresh))
        wrong = list(self._contradictions(step, report, begun))
        for code, what in wrong:
            self.course.findings.add(code, what, f"drill {report.plan.drill_id}, {step.where}")
        if begun is None:
            self.course.findings.add("result-without-start", where=f"drill {said.drill}, {step.where}")
        self.checked += 1
        self.verdicts += len(report.verdicts)
        self._remember(report)
        latest = self.course.times.latest(step.index)
        self._late += latest is not None and latest > report.record.ended_at + CLOCKS
        if begun is not None and begun.planned is not None:
            self._in_window(step, report, begun.planned.slot)
        if not wrong and begun is not None:
            self.each(begun, self._audited(step, report, begun), report)
        return None if wrong else said

    def _in_window(self, step: Step, report: Report, slot: Slot) -> None:
        """By the runner's own clock; what others' clocks show is asked with the slots."""
        at = report.record.started_at
        if not slot.opens <= at < slot.closes:
            said = f"slot {slot.id} is open from {to_json(slot.opens)} to {to_json(slot.closes)}"
            where = f"drill {report.plan.drill_id}, {step.where}"
            what = f"by its own record it was declared at {to_json(at)}, and {said}"
            self.course.findings.add("outside-window", what, where)

    def end(self) -> None:
        """Tell how many held, and what was remarked of them, each remark once."""
        if self.checked:
            self.course.findings.hold(
                f"{self.checked} results hold: {self.verdicts} figures and verdicts computed again, the same"
            )
        if self._late:
            self.course.findings.add("late-time-stamps", f"{self._late} of {self.checked} results")
        for remark, (count, first) in self._remarks.items():
            self.course.findings.add("remark", f"{remark} ({count} drills)" if count > 1 else remark, first)

    def _verified(self, sealed: Envelope, fresh: list[datetime]) -> Report:
        """Recompute everything; EvidenceError when it does not hold.

        `fresh` gets the times of the tokens that the drill's challenge was made of: no others are checked.
        """
        bundle, check = self.course.log.bundle, self.course.question.check

        def load(digest: Sha256) -> bytes:
            return bundle.read(layout.artefact(digest), layout.LARGEST_LOADED)

        def weigh(digest: Sha256) -> tuple[Sha256, int]:
            return bundle.measure(layout.artefact(digest), layout.LARGEST_FILE)

        def watched(token: bytes, over: bytes, roots: Sequence[bytes]) -> TimeStamp:
            found = (check or _unread)(token, over, roots)
            fresh.append(found.at - found.within)
            return found

        trust = self.course.question.trust
        stamps = StampFiles(authorities=trust.authorities, check=watched if check else None)
        return verify_in_log(sealed, load, trust.keys, stamps=stamps, papers=self._papers, weigh=weigh)

    def _contradictions(self, step: Step, report: Report, begun: Begun | None) -> Iterator[tuple[str, str]]:
        agreement = report.register.agreement.id
        if agreement != self.course.agreement:
            yield "other-agreement", f"it is of the agreement {agreement}"
        if begun is None:
            return
        if sha256_of(compact(started.build(report.plan, report.plan_sha256))) != begun.payload:
            yield "other-plan", "the start that was logged is of another plan"
        registers = reversed(self.course.history.registers)
        agreed = next((one for place, one in registers if place.index < begun.index), None)
        judged = report.register.contract
        if agreed is not None and agreed.contract != judged:
            both = f"both parties agreed on the contract {agreed.contract[:16]}"
            yield "other-contract", f"{both}, it was judged by {judged[:16]}"
        for what in self._untimely(step, report, begun):
            yield "time-contradiction", what

    def _untimely(self, step: Step, report: Report, begun: Begun) -> Iterator[str]:
        """Recorded times that cannot be, by clocks that are not the runner's."""
        times = self.course.times
        for what, at, index, before in (
            ("declared", report.record.started_at, begun.index, PLANNING + CLOCKS),
            ("over", report.record.ended_at, step.index, CLOCKS),
        ):
            latest, said = times.latest(index), f"by its record the drill was {what} at {to_json(at)}"
            if latest is not None and latest < at - before:
                yield f"entry {index} was in the log by {to_json(latest)}, and {said}"
        earliest, over = times.earliest(begun.index), report.record.ended_at
        if earliest is not None and earliest > over + CLOCKS:
            late = f"its start was not logged before {to_json(earliest)}"
            yield f"{late}, and by its record it was over at {to_json(over)}"

    def _audited(self, step: Step, report: Report, begun: Begun) -> AuditedDrill:
        return AuditedDrill(
            drill=report.plan.drill_id,
            workload=report.plan.workload.name,
            index=step.index,
            start_index=begun.index,
            slot=begun.planned.slot.id if begun.planned else None,
            payload=step.leaf.payload,
            not_before=self.course.times.earliest(begun.index),
            not_after=self.course.times.latest(step.index),
        )

    def _remember(self, report: Report) -> None:
        for note in report.notes:
            count, first = self._remarks.get(note, (0, f"drill {report.plan.drill_id}"))
            self._remarks[note] = count + 1, first

    def _shared(self, text: str) -> str:
        """The same text once in memory: a hundred thousand drills are of few workloads."""
        return self._known.setdefault(text, text)

    def _slot(self, stated: SlotReference | None) -> SlotReference | None:
        if stated is None:
            return None
        planned = self.course.history.planned.get(stated.slot)
        if planned is None or planned.schedule != stated.schedule:
            return stated
        return SlotReference(schedule=planned.schedule, slot=SlotId(planned.slot.id), attempt=stated.attempt)


def _read_start(sealed: Envelope) -> Statement:
    if sealed.payload_type != PAYLOAD_TYPE or _KIND not in sealed.payload:
        raise EvidenceError("it is not the start of a drill")
    return statement_in(sealed.payload)


def _statement(
    step: Step,
    drill: str,
    workload: str,
    *,
    slot: SlotReference | None = None,
    result: Report | None = None,
    outcomes: Outcomes | None = None,
) -> Statement:
    return Statement(
        payload=step.leaf.payload,
        drill=drill,
        workload=workload,
        start=result.record.start if result else None,
        slot=slot,
        outcomes=outcomes or Outcomes(),
    )


def _unread(*_: object) -> TimeStamp:
    raise EvidenceError("time stamps cannot be read")


def _outcomes(report: Report) -> Outcomes:
    found = [one.outcome for one in report.verdicts]
    return _counted(*(found.count(one) for one in (Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN)))


@lru_cache(maxsize=256)
def _counted(met: int, missed: int, unproven: int) -> Outcomes:
    """One value for the many drills that came out alike."""
    return Outcomes(met=met, missed=missed, unproven=unproven)
