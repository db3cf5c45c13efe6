"""Heartbeats: times that a customer signs and writes into a protected workload. Pure.

A token is a signed note (https://c2sp.org/signed-note, type 0x01) with one signature, of five lines:

    drverify-heartbeat/v1
    workload shop-files
    time 2026-11-23T10:15:00Z

    <dash> acme.example/heartbeat <base64 of key id and signature>

Several stand one after the other in one file. A token in a restored copy shows, by the customer's clock and
key, that something in the copy is not older than its time. It does not show by which way it came there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from drverify.errors import EvidenceError
from drverify.transparency import note
from drverify.transparency.note import KeyType, Note, NoteKey, Sign

HEAD = "drverify-heartbeat/v1"
MAX_BYTES = 16 * 1024
"""Of a file of tokens: some fifty of them."""
LINES = 5
"""Of one token."""
_WORKLOAD = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_TEXT = re.compile(
    rf"{HEAD}\nworkload (?P<workload>{_WORKLOAD})\n"
    r"time (?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z\n",
    re.ASCII,
)
_EARLIEST, _LATEST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """What a token says."""

    workload: str
    """What it was written into, by the name that the inventory has for it."""
    at: datetime
    """UTC, whole seconds, by the clock of whoever signed."""

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{HEAD}\nworkload {self.workload}\ntime {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token that holds."""

    heartbeat: Heartbeat
    key: NoteKey
    """Who signed it."""
    note: Note


def is_workload(name: str) -> bool:
    """Whether a token can name this workload."""
    return re.fullmatch(_WORKLOAD, name, re.ASCII) is not None


def sign(heartbeat: Heartbeat, key: NoteKey, by: Sign) -> bytes:
    """A token as it is written. ValueError for a key that signs no texts."""
    if key.type is not KeyType.LOG or _TEXT.fullmatch(heartbeat.text) is None:
        raise ValueError("a heartbeat names a workload, and is signed by a key of type 1")
    line = note.sign(heartbeat.text, key, by)
    return note.render(Note(text=heartbeat.text, signatures=(line,)))


def split(content: bytes, *, what: str) -> tuple[bytes, ...]:
    """The tokens of a file one by one, not checked; EvidenceError, naming it as `what`, for anything else."""
    if len(content) > MAX_BYTES:
        raise EvidenceError(f"{what}: larger than {MAX_BYTES} bytes")
    lines = content.split(b"\n")
    if lines[-1] or (len(lines) - 1) % LINES:
        raise EvidenceError(f"{what}: not a file of heartbeats, or cut off")
    rows = [lines[at : at + LINES] for at in range(0, len(lines) - 1, LINES)]
    if any(row[0] != HEAD.encode() for row in rows):
        raise EvidenceError(f"{what}: not a file of {HEAD}")
    return tuple(b"\n".join(row) + b"\n" for row in rows)


def newest(content: bytes, keys: Sequence[NoteKey], workload: str, *, what: str) -> Token:
    """The newest token of a file; EvidenceError unless there is one, and every one in it holds.

    Every token must be of this workload and signed by one of the keys: one that is not was damaged, or was
    written by somebody else.
    """
    found = [check(one, keys, workload, what=what) for one in split(content, what=what)]
    if not found:
        raise EvidenceError(f"{what}: no heartbeat in it")
    return max(found, key=lambda token: token.heartbeat.at)


def check(content: bytes, keys: Sequence[NoteKey], workload: str, *, what: str) -> Token:
    """Check one token; EvidenceError, naming it as `what`, unless it holds."""
    signed = note.parse(content, what=what)
    stated = _stated(signed.text, what)
    by = note.signers(signed, keys, what=what)
    if len(signed.signatures) != 1 or not by:
        names = " or ".join(sorted({key.name for key in keys}))
        raise EvidenceError(f"{what}: the heartbeat of {_said(stated)} is not signed by {names}")
    if stated.workload != workload:
        raise EvidenceError(f"{what}: a heartbeat of {stated.workload}, not of {workload}")
    return Token(heartbeat=stated, key=by[0].key, note=signed)


def _stated(text: str, what: str) -> Heartbeat:
    found = _TEXT.fullmatch(text)
    try:
        at = datetime.fromisoformat(f"{found['time']}+00:00") if found is not None else None
    except ValueError:
        at = None
    if found is None or at is None or not _EARLIEST <= at < _LATEST:
        raise EvidenceError(f"{what}: not a heartbeat of {HEAD}")
    return Heartbeat(workload=found["workload"], at=at)


def _said(stated: Heartbeat) -> str:
    return f"{stated.at:%Y-%m-%dT%H:%M:%SZ}"
