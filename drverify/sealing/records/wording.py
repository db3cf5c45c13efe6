"""What a record says, in words, for whoever is about to sign it. Pure.

Names come from others, so characters that a terminal would obey are shown as their escapes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime

from drverify.model.duration import human
from drverify.model.evidence import SIGNED_BY
from drverify.model.obligation import Register
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
from drverify.planning.schedule import gaps, promised_every
from drverify.sealing.records.building import kind_of


def title_of(record: PartyRecord) -> str:
    """What it is, in one line."""
    match record:
        case AgreedRegister():
            return plain(f"register of {record.agreement}, revision {record.revision}")
        case Schedule():
            return plain(f"schedule of {record.period.id}: {len(record.slots)} slots")
        case VoidedDrill():
            return plain(f"drill {record.drill} is not counted: {record.reason}")
        case PeriodClose():
            return plain(f"{record.period.id} closed after {record.size} entries")
        case ArchiveRefresh():
            return f"{len(record.files)} files kept"


def words_of(record: PartyRecord) -> Iterator[str]:
    """What whoever signs it agrees to, line by line."""
    yield f"{' and '.join(SIGNED_BY[kind_of(record)])} state of the agreement {plain(record.agreement)}:"
    match record:
        case AgreedRegister():
            yield from map(plain, _register(record))
        case Schedule():
            yield from map(plain, _schedule(record))
        case VoidedDrill():
            yield from map(plain, _void(record))
        case PeriodClose():
            yield from map(plain, _close(record))
        case ArchiveRefresh():
            yield "  These files are what they are, and were there when this was logged:"
            yield from (plain(f"    {one.sha256}  {one.name}  ({one.media_type})") for one in record.files)


def left_open(registers: Sequence[Register], period: Period, slots: Sequence[Slot]) -> Iterator[str]:
    """What the promises ask for and a period's slots do not, a line for each workload (`schedule.gaps`)."""
    for name, gap in gaps(registers, period, slots).items():
        every = promised_every(registers, name)
        if every is not None:
            said = f"{name} may go {human(gap)} without a drill by this, and {human(every)} are promised"
            yield plain(said)


def plain(text: str) -> str:
    """The text without characters that a terminal obeys."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _register(record: AgreedRegister) -> Iterator[str]:
    yield "  The agreement is read as this contract says; limits in evidence follow from it."
    yield f"    contract     {record.contract}"
    for one in record.documents:
        yield f"    document     {one.sha256}  {one.name}"
        yield f"    its text     {one.text_sha256}"
    yield f"    revision     {record.revision}"
    if record.supersedes is not None:
        yield f"    supersedes   entry {record.supersedes.index} of the log, {record.supersedes.payload}"


def _schedule(record: Schedule) -> Iterator[str]:
    yield f"  In the period {_period(record.period)} these drills are expected."
    yield "  A slot that no drill is begun for counts as missed."
    yield f"    contract     {record.contract}"
    for slot in record.slots:
        window = f"{_time(slot.opens)} - {_time(slot.closes)}"
        yield f"    {slot.id:<24} {slot.workload:<20} {window}  for {', '.join(slot.obligations)}"


def _void(record: VoidedDrill) -> Iterator[str]:
    yield "  This start of a drill has no result, and is not counted as failed."
    yield f"    drill        {record.drill}"
    yield f"    start        entry {record.start.index} of the log, {record.start.payload}"
    yield f"    because      {record.reason}"


def _close(record: PeriodClose) -> Iterator[str]:
    yield f"  The period {_period(record.period)} is counted in the log's first {record.size} entries,"
    yield f"  what stands for itself from entry {record.begin} on."
    yield f"    root         {record.root}"
    for one in fields(record.counts):
        yield f"    {one.name.replace('_', ' '):<12} {getattr(record.counts, one.name)}"


def _period(period: Period) -> str:
    return f"{period.id} ({_time(period.begins)} - {_time(period.ends)})"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if not at.second and not at.microsecond else at.isoformat()
