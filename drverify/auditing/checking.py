"""Checks each envelope of a bundle as far as that needs no other one: nearly all of an audit's work. Pure.

Nothing here knows what came before, so that lines can be checked in any order and by several processes.
What is told of a line is little, and is held against the log in the log's order elsewhere.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from drverify.auditing import layout
from drverify.auditing.bundle import Bundle
from drverify.auditing.question import Question
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import LoggedStart
from drverify.model.evidence import (
    PAYLOAD_TYPE,
    PREDICATE_TYPE,
    STARTED_TYPE,
    Envelope,
    RecordKind,
    TimeStamp,
    TrustedKey,
)
from drverify.model.records import SlotReference
from drverify.model.verdict import Outcome
from drverify.sealing import envelope, started
from drverify.sealing.agreed import sha256_of
from drverify.sealing.papers import Papers
from drverify.sealing.records.statements import Outcomes, statement_in
from drverify.sealing.stamps import StampFiles, restored_at
from drverify.sealing.strict_json import compact
from drverify.sealing.verification import Report, verify_in_log

_NAMED = b'"predicateType":"'
_DRILLS: dict[bytes, RecordKind] = {
    f'{STARTED_TYPE}"'.encode(): "drill-started",
    f'{PREDICATE_TYPE}"'.encode(): "restore-drill",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStart:
    """A start that a runner signed."""

    signers: tuple[TrustedKey, ...]
    drill: str
    workload: str
    slot: SlotReference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedResult:
    """A result that holds by itself: signed by a runner, everything in it computed again."""

    signers: tuple[TrustedKey, ...]
    drill: str
    workload: str
    agreement: str
    """Id of the agreement of the register that it was judged by."""
    contract: Sha256
    """Digest of that register's contract."""
    start: LoggedStart | None
    """The start that it belongs to, as it says."""
    begun: Sha256
    """Digest of the statement of a start of this very plan."""
    started_at: datetime
    restored_at: datetime | None
    """When the first thing was done that the start must come before; none: nothing was."""
    ended_at: datetime
    outcomes: Outcomes
    verdicts: int
    notes: tuple[str, ...]
    fresh: datetime | None
    """Of the newest token that its challenge was made of; none when there are none, or none were read."""
    report: Report | None
    """All of it, if that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An envelope of a drill that does not hold, and why."""

    kind: RecordKind
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the envelopes."""

    flaw: str = ""
    """Why it is no envelope; empty when it is one."""
    key: tuple[str, str, str] = ("", "", "")
    """Digests of payload and first signature, and the id of its key: what the line's entry says."""
    said: CheckedStart | CheckedResult | Refused | None = None
    """Of a drill's envelope."""
    content: bytes = b""
    """Of every other one: all of it."""


Checked = Callable[[Callable[[bytes], Line]], Generator[Line, None, None]]
"""Gives every line of the envelopes, as the function that it is given tells of it, in the order of the file.

EvidenceError for what is no file of lines.
"""


def one_by_one(bundle: Bundle) -> Checked:
    """Check the lines as they are asked for."""

    def checked(check: Callable[[bytes], Line]) -> Generator[Line, None, None]:
        yield from map(check, bundle.lines(layout.ENVELOPES, layout.LARGEST_LINE))

    return checked


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks lines, by nothing but what the auditor brought and the bundle's artefacts."""

    bundle: Bundle
    question: Question
    reports: bool
    """Whether to tell everything of a result."""
    _papers: Papers = field(default_factory=Papers)

    def line(self, content: bytes) -> Line:
        """Check one line."""
        try:
            sealed = envelope.decode(content)
        except EvidenceError as error:
            return Line(flaw=str(error))
        if not sealed.signatures:
            return Line(flaw="nobody signed it")
        first = sealed.signatures[0]
        key = (sha256_of(sealed.payload), sha256_of(first.sig), first.keyid)
        kind = _drill_in(sealed)
        if kind is None:
            return Line(key=key, content=content)
        return Line(key=key, said=self.drill(sealed, kind))

    def drill(self, sealed: Envelope, kind: RecordKind) -> CheckedStart | CheckedResult | Refused:
        """Check an envelope that is that of a drill's start or result."""
        try:
            return self._start(sealed) if kind == "drill-started" else self._result(sealed)
        except EvidenceError as error:
            return Refused(kind=kind, why=str(error))

    def _start(self, sealed: Envelope) -> CheckedStart:
        signers = envelope.signers(sealed, self.question.trust.keys, role="runner", signed=None)
        if _drill_in(sealed) != "drill-started":
            raise EvidenceError("it is not the start of a drill")
        said = statement_in(sealed.payload)
        return CheckedStart(signers=signers, drill=said.drill, workload=said.workload, slot=said.slot)

    def _result(self, sealed: Envelope) -> CheckedResult:
        fresh: list[datetime] = []
        report = self._verified(sealed, fresh)
        plan = report.plan
        return CheckedResult(
            signers=report.signers,
            drill=plan.drill_id,
            workload=plan.workload.name,
            agreement=report.register.agreement.id,
            contract=report.register.contract,
            start=report.record.start,
            begun=sha256_of(compact(started.build(plan, report.plan_sha256))),
            started_at=report.record.started_at,
            restored_at=restored_at(report.record),
            ended_at=report.record.ended_at,
            outcomes=_outcomes(report),
            verdicts=len(report.verdicts),
            notes=report.notes,
            fresh=max(fresh, default=None),
            report=report if self.reports else None,
        )

    def _verified(self, sealed: Envelope, fresh: list[datetime]) -> Report:
        """Recompute everything; EvidenceError when it does not hold.

        `fresh` gets the times of the tokens that the drill's challenge was made of: no others are checked.
        """
        bundle, check = self.bundle, self.question.check

        def load(digest: Sha256) -> bytes:
            return bundle.read(layout.artefact(digest), layout.LARGEST_LOADED)

        def weigh(digest: Sha256) -> tuple[Sha256, int]:
            return bundle.measure(layout.artefact(digest), layout.LARGEST_FILE)

        def watched(token: bytes, over: bytes, roots: Sequence[bytes]) -> TimeStamp:
            found = (check or _unread)(token, over, roots)
            fresh.append(found.at - found.within)
            return found

        trust = self.question.trust
        stamps = StampFiles(authorities=trust.authorities, check=watched if check else None)
        return verify_in_log(sealed, load, trust.keys, stamps=stamps, papers=self._papers, weigh=weigh)


def _drill_in(sealed: Envelope) -> RecordKind | None:
    """Whose statement it says that it is; None when it says neither a start nor a result."""
    if sealed.payload_type != PAYLOAD_TYPE:
        return None
    place = sealed.payload.rfind(_NAMED)
    if place < 0:
        return None
    place += len(_NAMED)
    return next((kind for name, kind in _DRILLS.items() if sealed.payload.startswith(name, place)), None)


def _unread(*_: object) -> TimeStamp:
    raise EvidenceError("time stamps cannot be read")


def _outcomes(report: Report) -> Outcomes:
    found = [one.outcome for one in report.verdicts]
    return _counted(*(found.count(one) for one in (Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN)))


@lru_cache(maxsize=256)
def _counted(met: int, missed: int, unproven: int) -> Outcomes:
    """One value for the many drills that came out alike."""
    return Outcomes(met=met, missed=missed, unproven=unproven)
