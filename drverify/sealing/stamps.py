"""What time stamps on the log's checkpoints show of a drill. Pure: who reads a token is given.

A token shows one thing: its checkpoint, and every entry in it, was there at that time at the latest. So a
stamp that came late contradicts nothing and shows little, which is noted; a stamp that came before what it
is over can have existed contradicts the recorded times, and is refused.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.errors import EvidenceError
from drverify.model.drill import DrillRecord, PhaseName
from drverify.model.duration import human
from drverify.model.evidence import TimeStamp, TrustedAuthority
from drverify.sealing.codec import to_json

CLOCKS = timedelta(minutes=1)
"""How far the runner's clock and an authority's may lie apart."""
PLANNING = timedelta(minutes=3)
"""How long before the declaration the plan may have been made, and with it the incident set to now.

The start is logged and stamped between them: a minute each for the log's lock and the time authorities, at
most, and one more. Whoever would gain by an earlier incident can begin the drill earlier just as well.
"""
MISSING = "pip install rfc3161-client"
CheckToken = Callable[[bytes, bytes, Sequence[bytes]], TimeStamp]
"""(token file, what it must be over, root certificates in DER) -> its time. EvidenceError unless it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An authority's answer as it was sent, not checked."""

    authority: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFiles:
    """The tokens beside a drill's evidence, and what they are checked with."""

    start: tuple[Token, ...] = ()
    """Over the checkpoint in the proof that the start was logged."""
    result: tuple[Token, ...] = ()
    authorities: tuple[TrustedAuthority, ...] = ()
    check: CheckToken | None = None
    """None: the library that reads tokens is not installed."""
    required: bool = False
    """Whether evidence is refused unless stamps confirm when start and result were in the log."""


def check_stamps(
    record: DrillRecord, begun: bytes, ended: bytes, files: StampFiles
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check the tokens over the two checkpoints: what held, and what is to be noted.

    EvidenceError for a token of a trusted authority that does not hold, or contradicts the recorded times,
    and when stamps are required and do not confirm both of these times.
    """
    held, notes = _judged(record, begun, ended, files)
    if files.required and len(held) < len((begun, ended)):
        raise EvidenceError(f"time: not confirmed by time stamps: {'; '.join(notes)}")
    return held, notes


def _judged(
    record: DrillRecord, begun: bytes, ended: bytes, files: StampFiles
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """At most one sentence that holds for each of start and result, and the notes."""
    notes = [*_absent("start", files.start, files), *_absent("result", files.result, files)]
    if files.check is None:
        count = len(files.start) + len(files.result)
        found = [f"{count} time stamps lie beside the evidence and were not checked: {MISSING}"]
        return (), (*notes, *(found if count else ()))
    starts = _checked("start", files.start, begun, files, files.check)
    results = _checked("result", files.result, ended, files, files.check)
    _not_before(record.started_at - PLANNING, starts, "start", "the drill cannot have been planned before")
    _not_before(record.ended_at, results, "result", "the drill ended at")
    held: list[str] = []
    _told(_Claim("start", "the restore began", restored_at(record)), starts, held, notes)
    _told(_Claim("result", "the drill ended", record.ended_at), results, held, notes)
    return tuple(held), tuple(notes)


@dataclass(frozen=True, slots=True)
class _Claim:
    what: str
    event: str
    at: datetime | None
    """When the event was, by the record; None: it never was."""


def _told(claim: _Claim, stamps: Sequence[tuple[str, TimeStamp]], held: list[str], notes: list[str]) -> None:
    """Say what the stamps show, in the held list, or what they do not, in the notes."""
    if not stamps:
        return
    latest = min(stamp.latest for _, stamp in stamps)
    names = " and ".join(name for name, _ in stamps)
    shown = f"the {claim.what} was in the log at {to_json(latest)} at the latest, by the clock of {names}"
    if claim.at is None:
        held.append(shown)
    elif latest <= claim.at + CLOCKS:
        held.append(f"{shown}; {claim.event} at {to_json(claim.at)} by the runner's")
    else:
        late = human(latest - claim.at)
        notes.append(f"{shown}: {late} after {claim.event} by the record, so they do not confirm that time")


def restored_at(record: DrillRecord) -> datetime | None:
    """When the first thing was done that a start must come before; None when nothing was."""
    outside = (PhaseName.SELECT, PhaseName.TEARDOWN)
    begun = [phase.started for phase in record.phases if phase.name not in outside]
    return record.started_at + min(begun) if begun else None


def _not_before(instant: datetime, stamps: Sequence[tuple[str, TimeStamp]], what: str, event: str) -> None:
    for name, stamp in stamps:
        if stamp.latest < instant - CLOCKS:
            raise EvidenceError(
                f"time stamp of {name}: the {what} was stamped at {to_json(stamp.latest)}, "
                f"but {event} {to_json(instant)} by the record"
            )


def _checked(
    what: str, tokens: Sequence[Token], message: bytes, files: StampFiles, check: CheckToken
) -> tuple[tuple[str, TimeStamp], ...]:
    """Every token of a trusted authority; EvidenceError when one does not hold."""
    found = []
    for token in tokens:
        roots = [one.certificate_der for one in files.authorities if one.name == token.authority]
        if roots:
            try:
                found.append((token.authority, check(token.content, message, roots)))
            except EvidenceError as error:
                raise EvidenceError(f"time stamp of {token.authority} over the {what}: {error}") from error
    return tuple(found)


def _absent(what: str, tokens: Sequence[Token], files: StampFiles) -> Iterator[str]:
    """Trusted authorities without a token, and tokens of others."""
    known, there = {one.name for one in files.authorities}, {one.authority for one in tokens}
    for name in sorted(known - there):
        yield f"no time stamp of {name} over the {what}"
    for name in sorted(there - known):
        yield f"the trust file has no time authority {name!r}: its stamp over the {what} was not checked"
