"""The directory of one attempt: what is meant to run, which process runs it, how it ended. Without secrets.

    jobs/<booking>.<attempt>/job.json       written and fsynced before a process is started
                             lock           locked (flock) by the process for as long as it lives
                             process.json   which process that is, written before it touches anything
                             drill          id of the drill that was begun; of a group's one a line
                             cancel         why it was asked to end
                             result.json    how it ended, by its own word
                             log            what it said, JSON lines; at most LOG_AT_MOST bytes
                             output         what libraries printed; emptied at OUTPUT_AT_MOST bytes

The lock is the only word on whether the process lives: the kernel drops it with the process, however that
dies. It is taken by whoever starts the process, which inherits it, so that no moment lies between.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import MISSING, dataclass, fields, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from drverify.adapters.linux.processes import ProcessIdentity, from_facts
from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.errors import EvidenceError, HostError
from drverify.model.booking import Booking, BookingId, Ending, Lease
from drverify.model.drill import DrillId
from drverify.model.duration import whole_ms_up
from drverify.operation import naming
from drverify.sealing import codec
from drverify.sealing.strict_json import Json, parse_canonical

T = TypeVar("T")

LOG_AT_MOST = 4 << 20
OUTPUT_AT_MOST = 1 << 20
_TRIES = 10
_PAUSE = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a process is started for."""

    booking: Booking
    lease: Lease
    estate: str
    """Path of the settings of the site."""
    settings: str
    """Path of the settings of the booking's agreement."""


def slug(booking: BookingId, attempt: int) -> str:
    """Name of an attempt's directory: readable, and never another's."""
    return f"{naming.slug(booking)}.{attempt}"


class JobDirectory:
    """One attempt's directory; a HostError when it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of(cls, state_dir: Path, booking: BookingId, attempt: int) -> "JobDirectory":
        """The directory of an attempt of a site, whether it is there or not."""
        return cls(state_dir / "jobs" / slug(booking, attempt))

    @classmethod
    def every(cls, state_dir: Path) -> Iterator["JobDirectory"]:
        """Every attempt's directory on this machine, in no order."""
        folder = state_dir / "jobs"
        with state_access(f"list {folder}"):
            found = list(folder.iterdir()) if folder.is_dir() else []
        yield from (cls(path) for path in found if (path / "job.json").is_file())

    # --- what is meant

    def make(self) -> None:
        """Make the directory, for our own eyes alone."""
        with state_access(f"make {self.path}"):
            inner_directory(self.path.parent)
            inner_directory(self.path)

    def intend(self, job: Job) -> None:
        """Write down what a process is about to be started for."""
        whole = replace(job.booking, takes=whole_ms_up(job.booking.takes))
        self._write("job.json", codec.encode(replace(job, booking=whole)))

    def job(self) -> Job | None:
        """What was meant, by an older version, too; None when nothing was written."""
        content = self._read("job.json")
        return None if content is None else self._decoded(content, Job, _completed)

    def is_meant(self) -> bool:
        """Whether a process was meant to be started here, by whatever version."""
        return (self.path / "job.json").is_file()

    def meant_at(self) -> datetime:
        """When that was written down, by the clock of the file system."""
        with state_access(f"look at {self.path / 'job.json'}"):
            return datetime.fromtimestamp((self.path / "job.json").stat().st_mtime, UTC)

    # --- who runs it

    def take(self) -> int | None:
        """Lock the directory and give the open lock; None when somebody lives in it. The caller closes it."""
        with state_access(f"lock {self.path}"):
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        for left in reversed(range(_TRIES)):
            if held(handle):
                return handle
            if left:
                time.sleep(_PAUSE)  # somebody may only be looking
        os.close(handle)
        return None

    def alive(self) -> bool:
        """Whether a process lives in it; a stopped one does."""
        if not (self.path / "lock").exists():
            return False
        handle = self.take()
        if handle is None:
            return True
        os.close(handle)
        return False

    def enter(self, who: ProcessIdentity) -> None:
        """Say which process runs here; once."""
        self._write("process.json", json.dumps(who.facts()).encode())

    def process(self) -> ProcessIdentity | None:
        """Which process runs or ran here; None when none came so far as to say so."""
        content = self._read("process.json")
        if content is None:
            return None
        try:
            return from_facts(json.loads(content))
        except ValueError as error:
            raise HostError(f"{self.path / 'process.json'} cannot be read: {error}") from error

    # --- what it says

    def began(self, *drills: DrillId) -> None:
        """Say which drills were begun so far: one, or those of a group's members in its order."""
        self._write("drill", "\n".join(drills).encode())

    def drill(self) -> DrillId | None:
        """The drill that was begun, of a group's the first; None: none."""
        return next(iter(self.drills()), None)

    def drills(self) -> tuple[DrillId, ...]:
        """Every drill that was begun."""
        content = self._read("drill")
        return () if content is None else tuple(map(DrillId, content.decode().split()))

    def ask_to_end(self, why: str) -> None:
        """Write down why the process is asked to end."""
        self._write("cancel", why.encode())

    def asked_to_end(self) -> str | None:
        """Why the process was asked to end; None: it was not."""
        content = self._read("cancel")
        return None if content is None else content.decode("utf-8", "replace")

    def conclude(self, ending: Ending) -> None:
        """Write down how the attempt ended; survives power loss when it returns."""
        self._write("result.json", codec.encode(ending))

    def ended(self) -> Ending | None:
        """How the attempt ended, by its own word; None: it has not said."""
        content = self._read("result.json")
        return None if content is None else self._decoded(content, Ending, partial(_with_late, Ending))

    def cut_output(self) -> None:
        """Empty what libraries printed when it is too much; whoever writes it only appends."""
        path = self.path / "output"
        with suppress(OSError):  # nothing was printed, or it is gone
            if path.stat().st_size > OUTPUT_AT_MOST:
                os.truncate(path, 0)

    def remove(self) -> None:
        """Forget the attempt; the desk remembers it, and its evidence lies elsewhere."""
        with state_access(f"remove {self.path}"):
            shutil.rmtree(self.path)

    def _decoded(
        self, content: bytes, form: type[T], complete: Callable[[Json], Json] = lambda one: one
    ) -> T:
        try:
            said = complete(parse_canonical(content, what=form.__name__))
            return codec.from_json(said, form, what=form.__name__)
        except EvidenceError as error:
            raise HostError(f"{self.path}: {error}", hint="is it of another version of drverify?") from error

    def _write(self, name: str, content: bytes) -> None:
        write_durably(self.path / name, content)

    def _read(self, name: str) -> bytes | None:
        with state_access(f"read {self.path / name}"):
            try:
                return (self.path / name).read_bytes()
            except FileNotFoundError:
                return None


def _completed(said: Json) -> Json:
    """A job with what its booking and lease did not have yet in an older version, which may still run it."""
    if isinstance(said, dict):
        for name, form in (("booking", Booking), ("lease", Lease)):
            said[name] = _with_late(form, said.get(name))
    return said


def _with_late(form: type[Booking | Lease | Ending], said: Json) -> Json:
    """The same with the defaults of what it does not say."""
    if not isinstance(said, dict):
        return said
    late = {one.name: one.default for one in fields(form) if one.default is not MISSING}
    return {codec.json_name(at, None): codec.to_json(it) for at, it in late.items()} | said


def held(handle: int) -> bool:
    """Lock an open file without waiting; whether this open file holds the lock now."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
