"""Whether a record can be true: in itself, and after everything that was logged before it. Pure.

What is said of a record here is said of a signed one as well: that both parties signed a schedule of
windows that are over, or a void of a drill that has a result, does not make it one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import pairwise

from drverify.model.agreement import Sha256
from drverify.model.obligation import Register, in_scope
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    PartyRecord,
    Period,
    PeriodClose,
    Schedule,
    Slot,
    VoidedDrill,
)
from drverify.sealing import codec
from drverify.sealing.contradictions.consistency import is_digest
from drverify.sealing.records.counting import Span, belonging, count
from drverify.sealing.records.history import History

ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
"""For what a register says at every instant alike."""


def _none(*_: object) -> None:
    """Nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a record is held against besides the log; what is not known is not held against it."""

    register: Callable[[Sha256, datetime], Register | None] = _none
    """The obligations of the contract with this digest, for one instant."""
    root: Callable[[int], Sha256 | None] = _none
    """Root of the log's tree of so many entries, hexadecimal."""
    not_before: datetime | None = None
    """It was not logged earlier than that; UTC."""
    not_after: datetime | None = None
    """It was logged by then; UTC. Whoever logs it knows both, an auditor what stamps and witnesses say."""


def flaws(record: PartyRecord) -> Iterator[str]:
    """Everything that cannot be in a record by itself, one sentence each."""
    if not record.agreement.strip():
        yield "it names no agreement"
    match record:
        case AgreedRegister():
            digests = [record.contract, *(one.sha256 for one in record.documents)]
            yield from _digests([*digests, *(one.text_sha256 for one in record.documents)])
            yield from _repeated("document", [one.name for one in record.documents])
        case Schedule():
            yield from _period(record.period)
            yield from _digests([record.contract])
            yield from _slots(record)
        case VoidedDrill():
            if not record.reason.strip():
                yield "it says no reason"
        case PeriodClose():
            yield from _period(record.period)
            yield from _digests([record.root])
            if not 0 <= record.begin <= record.size:
                yield f"no tree of {record.size} entries has a part that begins at {record.begin}"
        case ArchiveRefresh():
            if not record.files:
                yield "it names no file"
            yield from _digests([one.sha256 for one in record.files])
            yield from _repeated("file", [one.name for one in record.files])


def contradictions(record: PartyRecord, history: History, index: int, grounds: Grounds) -> Iterator[str]:
    """Everything that cannot be, one sentence each; `history` is of the entries below `index`, its own."""
    yield from flaws(record)
    if history.agreement and record.agreement != history.agreement:
        yield f"it is of the agreement {record.agreement}, and the log of {history.agreement}"
    match record:
        case AgreedRegister():
            yield from _revision(record, history)
            yield from _read_from(record, grounds)
        case Schedule():
            yield from _known_period(record.period, history)
            yield from _planned(record, history, grounds)
        case VoidedDrill():
            yield from _void(record, history)
        case PeriodClose():
            yield from _known_period(record.period, history)
            yield from _close(record, history, index, grounds)
        case ArchiveRefresh():
            pass


def _revision(record: AgreedRegister, history: History) -> Iterator[str]:
    before = history.registers[-1] if history.registers else None
    revision = before[1].revision + 1 if before else 1
    if record.revision != revision:
        yield f"it is revision {record.revision}, and the next is {revision}"
    if record.supersedes != (before[0] if before else None):
        yield "it does not supersede the register that was agreed last"


def _read_from(record: AgreedRegister, grounds: Grounds) -> Iterator[str]:
    register = grounds.register(record.contract, ANY_TIME)
    if register is None:
        return
    if register.agreement.id != record.agreement:
        yield f"its contract is of the agreement {register.agreement.id}"
    if register.agreement.documents != record.documents:
        yield "it does not name the documents that its contract was read from"


def _planned(record: Schedule, history: History, grounds: Grounds) -> Iterator[str]:
    if not history.registers:
        yield "no register was agreed before it"
    elif record.contract != history.registers[-1][1].contract:
        yield "its contract is not that of the register that was agreed last"
    if any(one.period.id == record.period.id for _, one in history.closes):
        yield f"the period {record.period.id} was closed before it"
    for slot in record.slots:
        if slot.id in history.planned:
            yield f"the slot {slot.id} was planned before"
    first = min((slot.opens for slot in record.slots), default=None)
    if first is not None and grounds.not_before is not None and grounds.not_before >= first:
        yield f"its first slot opens at {_time(first)}, it was not logged before {_time(grounds.not_before)}"
    register = grounds.register(record.contract, record.period.begins)
    if register is not None:
        yield from not_owed(record.slots, register)


def not_owed(slots: Iterable[Slot], register: Register) -> Iterator[str]:
    """Everything that slots are for and the agreement does not have for their workload."""
    for slot in slots:
        known = {one.id for one in in_scope(register, slot.workload)}
        for name in slot.obligations:
            if name not in known:
                yield f"slot {slot.id}: the agreement has no obligation {name} for {slot.workload}"


def _void(record: VoidedDrill, history: History) -> Iterator[str]:
    begun = history.begun.get(record.start.index)
    if begun is None or begun.payload != record.start.payload:
        yield f"entry {record.start.index} is not the start that it names"
        return
    if begun.drill and begun.drill != record.drill:
        yield f"entry {begun.index} is the start of drill {begun.drill}, not of {record.drill}"
    if begun.results:
        yield f"drill {record.drill} has a result, entry {begun.results[0].index}: it cannot be voided"
    elif begun.voided is not None:
        yield f"drill {record.drill} is voided already, by entry {begun.voided}"


def _close(record: PeriodClose, history: History, index: int, grounds: Grounds) -> Iterator[str]:
    before = history.closes[-1][1] if history.closes else None
    begin = before.size if before else 0
    if record.begin != begin:
        yield f"it counts from entry {record.begin}, and what was not counted yet begins at {begin}"
    if any(one.period.id == record.period.id for _, one in history.closes):
        yield f"the period {record.period.id} was closed before"
    elif before and before.period.ends > record.period.begins:
        yield f"the period {before.period.id} was closed before it, and is not over when it begins"
    if grounds.not_after is not None and grounds.not_after < record.period.ends:
        yield f"its period ends at {_time(record.period.ends)}, it was logged by {_time(grounds.not_after)}"
    if record.size > index:
        yield f"it counts {record.size} entries, and there were {index} before it"
        return
    root = grounds.root(record.size)
    if root is not None and root != record.root:
        yield f"its root is not that of the first {record.size} entries"
    span = Span(period=record.period, begin=record.begin, size=record.size)
    if left := sorted(one for one in belonging(history, span) if one >= record.size):
        yield f"entry {left[0]} is of its period, was logged before it, and is not counted"
    counted = count(history, span)
    for one in fields(counted):
        stated, found = getattr(record.counts, one.name), getattr(counted, one.name)
        if stated != found:
            yield f"it counts {stated} {one.name.replace('_', ' ')}, and the log has {found}"


def _known_period(period: Period, history: History) -> Iterator[str]:
    """A period is the same wherever it is named, and shares no time with another."""
    for known in history.periods.values():
        if known.id == period.id and known != period:
            yield f"the period {period.id} lasts from {_time(known.begins)} to {_time(known.ends)} elsewhere"
        if known.id != period.id and known.begins < period.ends and period.begins < known.ends:
            yield f"the period {period.id} shares time with the period {known.id}"


def _period(period: Period) -> Iterator[str]:
    if not period.id.strip():
        yield "the period has no name"
    if period.begins >= period.ends:
        yield f"the period {period.id} ends before it begins"


def _slots(record: Schedule) -> Iterator[str]:
    if not record.slots:
        yield "it plans nothing"
    yield from _repeated("slot", [one.id for one in record.slots])
    for slot in record.slots:
        if not slot.id.strip() or not slot.workload.strip() or not slot.obligations:
            yield f"slot {slot.id!r} does not say what is drilled, and what for"
        if slot.opens >= slot.closes:
            yield f"slot {slot.id} closes before it opens"
        if slot.opens < record.period.begins or slot.closes > record.period.ends:
            yield f"slot {slot.id} lies outside of the period"
        yield from _repeated(f"slot {slot.id}: obligation", slot.obligations)
    if any(one.opens > other.opens for one, other in pairwise(record.slots)):
        yield "its slots are not in the order in which they open"


def _digests(digests: Sequence[str]) -> Iterator[str]:
    yield from (f"{one[:80]!r} is not a digest" for one in digests if not is_digest(one))


def _repeated(what: str, names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"{what} {name} stands in it more than once"
        seen.add(name)


def _time(at: datetime) -> str:
    return str(codec.to_json(at))
