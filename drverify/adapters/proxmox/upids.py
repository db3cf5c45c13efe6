"""What tasks are, as values, and what their ids and logs say. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NewType

from drverify.adapters.proxmox.errors import Malformed

Upid = NewType("Upid", str)
"""`UPID:node:pid:pstart:start:type:id:user:`; the first three numbers hexadecimal."""
STALL = timedelta(minutes=30)
KEPT_LINES = 5000
_UPID = re.compile(
    r"UPID:(?P<node>[A-Za-z0-9][A-Za-z0-9-]*):[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:(?P<start>[0-9A-Fa-f]{8}):"
    r"(?P<kind>[^:\s]+):(?P<id>[^:\s]*):(?P<user>[^:\s]+):"
)
_PROGRESS = re.compile(r"progress (?P<percent>\d{1,3})% \((?P<rest>[^\n]*)\)")
_READ = re.compile(r"read (?P<read>\d+(?:\.\d+)?)(?: (?P<unit>B|bytes|[KMGT]i?B))?")
_TRANSFERRED = re.compile(
    r"transferred (?P<read>\d+(?:\.\d+)?) (?P<unit>[KMGT]iB|B) of .* \((?P<percent>\d{1,3}(?:\.\d+)?)%\)"
)
"""Of a disk that is copied out of an image."""
_SECONDS = re.compile(r"duration (?P<seconds>\d+(?:\.\d+)?)")
_UNITS: Mapping[str, int] = {
    "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgress:
    """What the newest line of a restore's log says of how far it is."""

    percent: float
    done: int | None
    """Bytes."""
    seconds: float | None


def _ignore(*_: object) -> None:
    """Take what nobody wants to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How a task is followed. Callbacks are called on the event loop, and must not block or raise."""

    announce: Callable[[Upid], None] = _ignore
    """Called once, as soon as the task's id is known."""
    on_lines: Callable[[Sequence[str]], None] = _ignore
    """New lines of the log, as they come."""
    on_progress: Callable[[TaskProgress], None] = _ignore
    stall: timedelta = STALL
    """DeadlineError when neither log nor state moved for so long; the task is then stopped."""
    stop_when_cancelled: bool = False
    """Whether cancelling the caller stops the task and waits for its end; else it runs on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A change that makes a task."""

    node: str
    method: Literal["POST", "PUT", "DELETE"]
    path: tuple[str | int, ...]
    params: Mapping[str, str | int | bool | Sequence[str]] = field(default_factory=dict)
    kind: str
    """The task's type: qmrestore, qmcreate, qmstart, qmdestroy, vzrestore, ..."""
    id: str
    """The task's id: mostly the VMID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEntry:
    """A task as the node lists it."""

    upid: Upid
    node: str
    kind: str
    id: str
    user: str
    """`user@realm` or `user@realm!token`."""
    started: datetime
    ended: datetime | None
    """None: runs."""
    status: str
    """Exit status; empty while it runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState:
    """What a task is at."""

    running: bool
    exit_status: str
    """`OK`, `WARNINGS: n`, `unexpected status` (it was killed), or the error; empty while it runs."""


Outcome = Literal["ok", "warnings", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """How a task ended."""

    upid: Upid
    outcome: Outcome
    """`unknown`: the node does not know how (it was killed, or the node restarted)."""
    exit_status: str
    log: tuple[str, ...]
    """At most KEPT_LINES: the first and the last ones."""
    found_again: bool = False
    """Whether the answer to the submission was lost and the task found in the node's list."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """The log's lines that warn."""
        return tuple(line for line in self.log if re.match(r"\s*warn(?:ing)?\b", line, re.IGNORECASE))


def read_upid(text: object) -> Upid:
    """Check that this is a task's id; Malformed when it is not."""
    if not isinstance(text, str) or _UPID.fullmatch(text) is None:
        raise Malformed(f"expected the id of a task, the API answered {str(text)[:80]!r}")
    return Upid(text)


def entry_of(upid: Upid, *, ended: datetime | None, status: str) -> TaskEntry:
    """A listed task, from what its id says."""
    found = _UPID.fullmatch(upid)
    if found is None:
        raise Malformed(f"{upid[:80]!r} is not the id of a task")
    return TaskEntry(
        upid=upid,
        node=found["node"],
        kind=found["kind"],
        id=found["id"],
        user=found["user"],
        started=datetime.fromtimestamp(int(found["start"], 16), UTC),
        ended=ended,
        status=status,
    )


def node_of(upid: str) -> str:
    """The node that a task runs on; Malformed when it is no task's id."""
    found = _UPID.fullmatch(upid)
    if found is None:
        raise Malformed(f"{upid[:80]!r} is not the id of a task")
    return found["node"]


def outcome_of(exit_status: str) -> Outcome:
    """`OK`, `WARNINGS: n`, an error's text, or nothing that tells."""
    if exit_status == "OK":
        return "ok"
    if exit_status.startswith("WARNINGS"):
        return "warnings"
    return "unknown" if exit_status in {"", "unknown", "unexpected status"} else "failed"


def progress_in(lines: Sequence[str]) -> TaskProgress | None:
    """The newest progress among lines of a log: of archives (bytes), backup servers (GiB), copied disks."""
    for line in reversed(lines):
        if copied := _TRANSFERRED.search(line):
            percent = min(float(copied["percent"]), 100.0)
            return TaskProgress(percent=percent, done=_bytes(copied), seconds=None)
        if found := _PROGRESS.search(line):
            read, seconds = _READ.search(found["rest"]), _SECONDS.search(found["rest"])
            return TaskProgress(
                percent=min(float(found["percent"]), 100.0),
                done=_bytes(read) if read else None,
                seconds=float(seconds["seconds"]) if seconds else None,
            )
    return None


def _bytes(found: "re.Match[str]") -> int:
    unit = (found["unit"] or "B")[0]
    return int(float(found["read"]) * _UNITS.get(unit, 1))
