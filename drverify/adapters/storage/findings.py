"""The journal of findings: one event a line, added at the end, never changed.

    state_dir/findings/journal.jsonl      strict JSON of `model.finding.Event`, one line each

A line counts once its line feed is on disk. Whoever is killed while writing leaves a line without one, which
nobody reads and the next writer cuts off. One writer at a time holds the lock. Nothing in it is evidence.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.durable import inner_directory, state_access, sync_directory
from drverify.errors import EvidenceError, HostError
from drverify.model.finding import Event
from drverify.sealing import codec
from drverify.sealing.strict_json import Json, parse_canonical

JOURNAL = "journal.jsonl"
VERSION = 2
"""Of the lines that are written; those of earlier forms stay as they are, and are read."""
_LOCK = ".lock"
_LARGEST = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The journal's own form: an event in an envelope of its own, so that its form may change."""

    version: int
    event: Event


class FindingJournal:
    """The events of one state directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def path(self) -> Path:
        """The file."""
        return self._directory / JOURNAL

    def events(self) -> tuple[Event, ...]:
        """Everything that was written, in order; empty without a journal. HostError for a damaged one."""
        return tuple(self._read())

    def append(self, events: Sequence[Event]) -> None:
        """Write events durably, all with one flush. HostError when they cannot be written.

        A kill leaves the first of them, whole, and none of the others.
        """
        if not events:
            return
        content = b"".join(codec.encode(_Line(version=VERSION, event=event)) + b"\n" for event in events)
        with self._locked(), state_access(f"write {self.path}"):
            new = not self.path.exists()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "r+b") as file:
                file.seek(_whole(file.read()))
                file.truncate()
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if new:
                sync_directory(self._directory)

    def _read(self) -> Iterator[Event]:
        with state_access(f"read {self.path}"):
            try:
                content = self.path.read_bytes()
            except FileNotFoundError:
                return
        for number, line in enumerate(content[: _whole(content)].splitlines(), start=1):
            what = f"{self.path}:{number}"
            try:
                read = codec.from_json(_upgraded(parse_canonical(line, what=what)), _Line, what=what)
            except EvidenceError as error:
                raise HostError(
                    f"the journal of findings is damaged: {error}",
                    hint="restore it from a backup of the state directory; no line of it is written by hand",
                ) from error
            yield read.event

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with state_access(f"lock {self._directory}"):
            inner_directory(self._directory)
            handle = os.open(self._directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except BaseException:
                os.close(handle)
                raise
        try:
            yield
        finally:
            os.close(handle)


def _upgraded(line: Json) -> Json:
    """A line of the first form, which did not say what an examined drill had taken, as one of today's."""
    if not isinstance(line, dict) or line.get("version") != 1:
        return line
    event = line.get("event")
    if not isinstance(event, dict) or event.get("kind") != "examined" or "taken" in event:
        return line
    return {**line, "event": {**event, "taken": None}}


def _whole(content: bytes) -> int:
    """How many bytes of a journal count: up to its last line feed."""
    return content.rfind(b"\n") + 1
