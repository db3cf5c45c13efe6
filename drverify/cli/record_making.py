"""Makes the records that the provider proposes, out of the accepted agreement and the log."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.plain import plain_content
from drverify.compose import Workshop
from drverify.errors import HostError, InputError
from drverify.model.evidence import Blob
from drverify.model.records import (
    AgreedRegister,
    ArchiveRefresh,
    Kept,
    LogReference,
    PartyRecord,
    Period,
    PeriodClose,
    PeriodId,
    Schedule,
    VoidedDrill,
)
from drverify.planning.period import period_of
from drverify.planning.schedule import Wishes, instants_of, schedule_slots
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.records.checking import ANY_TIME
from drverify.sealing.records.counting import Span, count
from drverify.sealing.records.history import History
from drverify.sealing.records.wording import left_open

LARGEST = 256 * 1024 * 1024
"""Of a file that is to stay credible."""
_MEDIA = {
    ".tsr": "application/timestamp-reply",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".crl": "application/pkix-crl",
    ".pem": "application/x-pem-file",
    ".html": "text/html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which schedule is asked for."""

    period: str
    wishes: Wishes


def register(workshop: Workshop, history: History) -> AgreedRegister:
    """The accepted agreement as both parties are to read it, after the one that was agreed last."""
    contract = workshop.agreed.contract
    before = history.registers[-1] if history.registers else None
    return AgreedRegister(
        agreement=contract.id,
        contract=codec.digest(contract),
        documents=workshop.agreed.register(ANY_TIME).agreement.documents,
        revision=before[1].revision + 1 if before else 1,
        supersedes=before[0] if before else None,
    )


def schedule(workshop: Workshop, history: History, wanted: Wanted) -> Schedule:
    """The drills that the accepted agreement needs in a period. InputError when there are none.

    What was planned in the period before stays, and this comes on top.
    """
    period, agreed = _period(history, wanted.period), workshop.agreed
    registers = [agreed.register(at) for at in instants_of(period)]
    before = [one.slot for one in history.planned.values() if one.period.id == period.id]
    wishes = replace(wanted.wishes, planned=Counter(slot.workload for slot in before))
    try:
        slots = schedule_slots(registers, period, wishes)
    except ValueError as error:
        raise InputError(str(error)) from error
    if not slots:
        raise InputError("the agreement promises nothing that a drill can show")
    return Schedule(
        agreement=agreed.contract.id, contract=codec.digest(agreed.contract), period=period, slots=slots
    )


def what_is_left(workshop: Workshop, history: History, made: Schedule) -> Iterator[str]:
    """What the promises ask for and the period's slots do not, with those that were planned before."""
    registers = [workshop.agreed.register(at) for at in instants_of(made.period)]
    before = [one.slot for one in history.planned.values() if one.period.id == made.period.id]
    return left_open(registers, made.period, [*before, *made.slots])


def void(workshop: Workshop, history: History, drill: str, reason: str) -> VoidedDrill:
    """That a start is not counted. InputError unless there is exactly one start of the drill to void."""
    found = [one for one in history.begun.values() if one.drill == drill and not one.results]
    if len(found) != 1:
        raise InputError(
            f"{len(found)} starts of drill {drill!r} stand in the log without a result",
            hint="`drverify log show`",
        )
    start = LogReference(index=found[0].index, payload=found[0].payload)
    return VoidedDrill(agreement=_agreement(workshop, history), drill=drill, start=start, reason=reason)


def close(
    workshop: Workshop, log: DirectoryLog, history: History, name: str, size: int | None
) -> PeriodClose:
    """The count of a period in the log as it is now, or in its first `size` entries."""
    period = _period(history, name)
    counted = log.tiles.size if size is None else size
    root = log.root(counted)
    if root is None:
        raise InputError(f"there is no tree of {counted} entries")
    begin = history.closes[-1][1].size if history.closes else 0
    return PeriodClose(
        agreement=_agreement(workshop, history),
        period=period,
        begin=begin,
        size=counted,
        root=root,
        counts=count(history, Span(period=period, begin=begin, size=counted)),
    )


def refresh(workshop: Workshop, log: DirectoryLog, files: Sequence[Path]) -> ArchiveRefresh:
    """Keeps files, which are copied to where records lie; without any, every time stamp of the log."""
    chosen = list(files) or sorted((log.path / "timestamps").glob("*.tsr"))
    if not chosen:
        raise InputError("there is nothing to keep", hint="name files, or ask for time stamps first")
    blobs = [
        Blob(
            name=path.name,
            media_type=_MEDIA.get(path.suffix, "application/octet-stream"),
            content=_content(path),
        )
        for path in chosen
    ]
    workshop.parties.records.keep_files(blobs)
    return ArchiveRefresh(
        agreement=workshop.agreed.contract.id,
        files=tuple(
            Kept(name=one.name, sha256=sha256_of(one.content), media_type=one.media_type) for one in blobs
        ),
    )


def named_by(workshop: Workshop, record: PartyRecord) -> tuple[Blob, ...]:
    """The files that have to be kept with a record. InputError when a register is not of our contract."""
    if not isinstance(record, AgreedRegister):
        return ()
    if record.contract != codec.digest(workshop.agreed.contract):
        raise InputError("the register is of another contract than the settings' own")
    return tuple(workshop.agreed.blobs())


def _period(history: History, name: str) -> Period:
    """The period as the log has it, else the calendar's of that name."""
    return history.periods.get(PeriodId(name)) or period_of(name)


def _agreement(workshop: Workshop, history: History) -> str:
    """Id of the log's agreement, without a look at documents when records have named it."""
    return history.agreement or workshop.agreed.contract.id


def _content(path: Path) -> bytes:
    try:
        return plain_content(path, LARGEST)
    except (OSError, HostError) as error:
        raise InputError(f"{path}: cannot be read") from error
