"""Starts and results of drills, which were checked one by one, are held against the log. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from drverify.auditing.checking import CheckedResult, CheckedStart, Checker, Line, Refused
from drverify.auditing.course import Course
from drverify.auditing.stamped import Stamped
from drverify.auditing.walking import Step
from drverify.model.audit import AuditedDrill
from drverify.model.drill import DrillId
from drverify.model.records import Slot, SlotReference
from drverify.sealing import envelope
from drverify.sealing.codec import to_json
from drverify.sealing.records.history import Begun
from drverify.sealing.records.statements import NONE_JUDGED, Statement
from drverify.sealing.stamps import CLOCKS, PLANNING
from drverify.sealing.verification import Report

Each = Callable[[AuditedDrill, Report], None]
"""Is told of every result of the period that holds, in the log's order; nothing of it is kept here."""


@dataclass(slots=True)
class Drills:
    """The drills of one audit."""

    course: Course
    checker: Checker
    each: Callable[[Begun, AuditedDrill, Report], None]
    stamped: Stamped
    checked: int = 0
    verdicts: int = 0
    _late: int = 0
    _known: dict[str, str] = field(default_factory=dict)
    _remarks: dict[str, tuple[int, str]] = field(default_factory=dict)

    def start(self, step: Step) -> Statement | None:
        """Take a start; None, and a finding, when it does not hold."""
        said = self._checked(step)
        if isinstance(said, Refused | CheckedResult):
            why = said.why if isinstance(said, Refused) else "it is not the start of a drill"
            self.course.findings.add("bad-start", why, step.where)
            return None
        if not self.course.keys.check(said.signers, step.index):
            return None
        self.stamped.start(step.index, said.drill)
        return _statement(step, said.drill, self._shared(said.workload), slot=said.slot)

    def result(self, step: Step) -> Statement | None:
        """Take a result; None, and findings, when it does not hold."""
        result = self._checked(step)
        if isinstance(result, Refused | CheckedStart):
            why = result.why if isinstance(result, Refused) else "it is not the result of a drill"
            self.course.findings.add("bad-result", why, step.where)
            return None
        if not self.course.keys.check(result.signers, step.index):
            return None
        said = _statement(step, result.drill, self._shared(result.workload), result=result)
        begun = self.course.history.start_of(step.index, said)
        if begun is not None and result.fresh is not None:
            self.course.times.learn(begun.index, result.fresh)
        wrong = list(self._contradictions(step, result, begun))
        for code, what in wrong:
            self.course.findings.add(code, what, f"drill {result.drill}, {step.where}")
        if begun is None:
            self.course.findings.add("result-without-start", where=f"drill {said.drill}, {step.where}")
        self.checked += 1
        self.verdicts += result.verdicts
        self._remember(result)
        latest = self.course.times.latest(step.index)
        self._late += latest is not None and latest > result.ended_at + CLOCKS
        self.stamped.result(step.index, begun.index if begun is not None else None, result)
        if begun is not None and begun.planned is not None:
            self._in_window(step, result, begun.planned.slot)
        if not wrong and begun is not None and result.report is not None:
            self.each(begun, self._audited(step, result, begun), result.report)
        return None if wrong else said

    def _checked(self, step: Step) -> CheckedStart | CheckedResult | Refused:
        """What was told of the line, or is told of it now that the log says what it should be."""
        line = step.line or Line()
        if line.said is not None:
            return line.said
        return self.checker.drill(envelope.decode(line.content), step.leaf.kind)

    def _in_window(self, step: Step, result: CheckedResult, slot: Slot) -> None:
        """By the runner's own clock; what others' clocks show is asked with the slots."""
        at = result.started_at
        if not slot.opens <= at < slot.closes:
            said = f"slot {slot.id} is open from {to_json(slot.opens)} to {to_json(slot.closes)}"
            where = f"drill {result.drill}, {step.where}"
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
        self.stamped.end()
        for remark, (count, first) in self._remarks.items():
            self.course.findings.add("remark", f"{remark} ({count} drills)" if count > 1 else remark, first)

    def _contradictions(
        self, step: Step, result: CheckedResult, begun: Begun | None
    ) -> Iterator[tuple[str, str]]:
        if result.agreement != self.course.agreement:
            yield "other-agreement", f"it is of the agreement {result.agreement}"
        if begun is None:
            return
        if result.begun != begun.payload:
            yield "other-plan", "the start that was logged is of another plan"
        registers = reversed(self.course.history.registers)
        agreed = next((one for place, one in registers if place.index < begun.index), None)
        judged = result.contract
        if agreed is not None and agreed.contract != judged:
            both = f"both parties agreed on the contract {agreed.contract[:16]}"
            yield "other-contract", f"{both}, it was judged by {judged[:16]}"
        for what in self._untimely(step, result, begun):
            yield "time-contradiction", what

    def _untimely(self, step: Step, result: CheckedResult, begun: Begun) -> Iterator[str]:
        """Recorded times that cannot be, by clocks that are not the runner's."""
        times = self.course.times
        for what, at, index, before in (
            ("declared", result.started_at, begun.index, PLANNING + CLOCKS),
            ("over", result.ended_at, step.index, CLOCKS),
        ):
            latest, said = times.latest(index), f"by its record the drill was {what} at {to_json(at)}"
            if latest is not None and latest < at - before:
                yield f"entry {index} was in the log by {to_json(latest)}, and {said}"
        earliest, over = times.earliest(begun.index), result.ended_at
        if earliest is not None and earliest > over + CLOCKS:
            late = f"its start was not logged before {to_json(earliest)}"
            yield f"{late}, and by its record it was over at {to_json(over)}"

    def _audited(self, step: Step, result: CheckedResult, begun: Begun) -> AuditedDrill:
        return AuditedDrill(
            drill=DrillId(result.drill),
            workload=result.workload,
            index=step.index,
            start_index=begun.index,
            slot=begun.planned.slot.id if begun.planned else None,
            payload=step.leaf.payload,
            not_before=self.course.times.earliest(begun.index),
            not_after=self.course.times.latest(step.index),
        )

    def _remember(self, result: CheckedResult) -> None:
        for note in result.notes:
            count, first = self._remarks.get(note, (0, f"drill {result.drill}"))
            self._remarks[note] = count + 1, first

    def _shared(self, text: str) -> str:
        """The same text once in memory: a hundred thousand drills are of few workloads."""
        return self._known.setdefault(text, text)


def _statement(
    step: Step,
    drill: str,
    workload: str,
    *,
    slot: SlotReference | None = None,
    result: CheckedResult | None = None,
) -> Statement:
    return Statement(
        payload=step.leaf.payload,
        drill=drill,
        workload=workload,
        start=result.start if result else None,
        slot=slot,
        outcomes=result.outcomes if result else NONE_JUDGED,
    )
