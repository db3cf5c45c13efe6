"""What the parties state: form, signatures, and whether it fits what was logged before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from drverify.auditing import layout
from drverify.auditing.course import Course
from drverify.auditing.scope import uncovered, within
from drverify.auditing.walking import Step
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.contract import Contract
from drverify.model.evidence import TrustedKey
from drverify.model.obligation import Register
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    PartyRecord,
    PeriodClose,
    Schedule,
    VoidedDrill,
)
from drverify.planning.obligations import register_of
from drverify.sealing import codec
from drverify.sealing.agreed import edited, sha256_of
from drverify.sealing.codec import to_json
from drverify.sealing.records.checking import Grounds, contradictions, flaws
from drverify.sealing.records.reading import Checked, read_record

T = TypeVar("T")


@dataclass(slots=True)
class Parties:
    """The statements of the parties in one audit."""

    course: Course
    schedules: list[tuple[int, Schedule]] = field(default_factory=list)
    """Without their slots, which the history has."""
    closes: list[tuple[int, PeriodClose]] = field(default_factory=list)
    refreshed: set[Sha256] = field(default_factory=set)
    """Digests of the files that an archive refresh names."""
    held: int = 0
    _known: dict[Any, Any] = field(default_factory=dict)
    _contracts: dict[Sha256, Contract] = field(default_factory=dict)

    def take(self, step: Step) -> PartyRecord | None:
        """Check one statement; None, and a finding, when it does not hold."""
        try:
            checked = _read(step, self.course.question.trust.keys)
        except EvidenceError as error:
            self.course.findings.add("bad-record", str(error), f"{step.leaf.kind}, {step.where}")
            return None
        if not self.course.keys.check(checked.signers, step.index):
            return None
        return self._fitting(step, checked)

    def end(self) -> None:
        """Say what held, and what there is none of."""
        if self.held:
            signed = f"{self.held} statements of the parties are signed by exactly those who must"
            self.course.findings.hold(f"{signed}, and fit the log before them")
        if not self.course.history.registers:
            self.course.findings.add("no-register")
        self._planned_throughout()

    def _planned_throughout(self) -> None:
        """Say for which part of the asked period nothing says which drills had to be run."""
        asked, until = self.course.asked, self.course.question.at
        planned = [one.period for _, one in self.schedules if within(one.period, asked)]
        if not planned:
            self.course.findings.add("no-schedule", where=asked.id)
            return
        for begins, ends in uncovered(asked, planned, until):
            said = f"no schedule covers the time from {to_json(begins)} to {to_json(ends)}"
            self.course.findings.add("no-schedule", said, asked.id)

    def _fitting(self, step: Step, checked: Checked) -> PartyRecord | None:
        record, where = checked.record, f"{checked.kind}, {step.where}"
        if record.agreement != self.course.agreement:
            self.course.findings.add("other-agreement", f"it is of the agreement {record.agreement}", where)
            return None
        wrong = self._wrong(record, step.index)
        if isinstance(record, PeriodClose) and not within(record.period, self.course.asked):
            self.course.findings.add(
                "unaudited-close", f"the count of the period {record.period.id} was not checked"
            )
        for one in wrong:
            self.course.findings.add("contradiction", one, where)
        with self.course.findings.refusing("unreadable", where):
            self._files(record)
        if wrong:
            return None
        if isinstance(record, Schedule):
            record = self._slim(record)
        self.held += 1
        self._remember(step.index, record)
        return record

    def _wrong(self, record: PartyRecord, index: int) -> list[str]:
        """What cannot be; the count of another period needs drills that need not be here."""
        if isinstance(record, PeriodClose) and not within(record.period, self.course.asked):
            return list(flaws(record))
        grounds = Grounds(
            register=self._register,
            root=self.course.log.root,
            not_before=self.course.times.earliest(index),
            not_after=self.course.times.latest(index),
        )
        return list(contradictions(record, self.course.history, index, grounds))

    def _files(self, record: PartyRecord) -> None:
        """Read what the record names; EvidenceError when it is not there, or is something else."""
        if isinstance(record, AgreedRegister):
            self._contract(record.contract)
            for one in record.documents:
                self._measured(one.sha256, f"the document {one.name}")
                self._measured(one.text_sha256, f"the text of {one.name}")
        elif isinstance(record, Schedule):
            self._contract(record.contract)
        elif isinstance(record, ArchiveRefresh):
            self.refreshed.update(one.sha256 for one in record.files)

    def _remember(self, index: int, record: PartyRecord) -> None:
        match record:
            case Schedule():
                self.schedules.append((index, replace(record, slots=())))
                self._punctual(index, record)
            case PeriodClose():
                self.closes.append((index, record))
            case VoidedDrill():
                self.course.findings.add("voided", f"drill {record.drill}: {record.reason}", f"entry {index}")
            case _:
                pass

    def _slim(self, record: Schedule) -> Schedule:
        """The same with every name once in memory: a year's slots are of few workloads."""

        def shared(value: T) -> T:
            known: T = self._known.setdefault(value, value)
            return known

        slots = tuple(
            replace(
                slot,
                workload=shared(slot.workload),
                closes=shared(slot.closes),
                obligations=shared(slot.obligations),
            )
            for slot in record.slots
        )
        return replace(record, slots=slots)

    def _punctual(self, index: int, record: Schedule) -> None:
        """That it was logged late is a contradiction; here it is asked whether it is shown to be in time."""
        first = min((slot.opens for slot in record.slots), default=None)
        latest, ours = self.course.times.vouched(index), within(record.period, self.course.asked)
        if ours and first is not None and (latest is None or latest > first):
            where = f"schedule of {record.period.id}, entry {index}"
            self.course.findings.add("late-schedule", where=where)

    def _register(self, contract: Sha256, at: datetime) -> Register | None:
        try:
            found = self._contract(contract)
            return register_of(found, digest=contract, at=at)
        except (EvidenceError, ValueError, OverflowError):
            return None

    def _contract(self, digest: Sha256) -> Contract:
        if digest not in self._contracts:
            content = self._loaded(digest, "the contract")
            found = codec.decode(content, Contract, what="contract")
            if found.accepted is None or edited(found):
                raise EvidenceError("contract: it is not as somebody accepted it")
            self._contracts[digest] = found
        return self._contracts[digest]

    def _loaded(self, digest: Sha256, what: str) -> bytes:
        content = self.course.log.bundle.read(layout.artefact(digest), layout.LARGEST_LOADED)
        if sha256_of(content) != digest:
            raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")
        return content

    def _measured(self, digest: Sha256, what: str) -> None:
        found, _ = self.course.log.bundle.measure(layout.artefact(digest), layout.LARGEST_FILE)
        if found != digest:
            raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")


def _read(step: Step, keys: Sequence[TrustedKey]) -> Checked:
    line = step.line
    if line is None or not line.content:
        raise EvidenceError(f"it was logged as a {step.leaf.kind}, and is the envelope of a drill")
    checked = read_record(line.content, keys, signed=None)
    if checked.kind != step.leaf.kind:
        raise EvidenceError(f"it was logged as a {step.leaf.kind}, and is a {checked.kind}")
    return checked
