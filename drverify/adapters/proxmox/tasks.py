"""The node's tasks: submit once, follow to the end, find again after a lost answer, stop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NewType

from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.wire import Value

Upid = NewType("Upid", str)
"""`UPID:node:pid:pstart:start:type:id:user:`."""
STALL = timedelta(minutes=30)
KEPT_LINES = 5000


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
    params: Mapping[str, Value] = field(default_factory=dict)
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
        raise NotImplementedError


class Tasks:
    """Tasks of a cluster."""

    def __init__(self, caller: Caller) -> None:
        raise NotImplementedError

    async def run(self, submission: Submission, following: Following = Following()) -> TaskResult:
        """Submit and follow to the end. Returns on OK and WARNINGS.

        Raises an ApiError (TaskFailed, or one with a type of its own such as LockTimeout or NoSpace) or
        DamagedArchive when the task failed, with the log's last lines as a note and the TaskResult as
        `error.result`; OutcomeUnknown when the answer was lost and no task can be found; DeadlineError
        when it stalled.
        """
        raise NotImplementedError

    async def follow(self, upid: Upid, following: Following = Following()) -> TaskResult:
        """Follow a task to its end; as `run`."""
        raise NotImplementedError

    async def list(
        self,
        node: str,
        *,
        vmid: int | None = None,
        kind: str = "",
        since: datetime | None = None,
        source: Literal["all", "active", "archive"] = "all",
    ) -> tuple[TaskEntry, ...]:
        """List tasks that the account may see, newest first: a token sees its own only."""
        raise NotImplementedError

    async def state(self, upid: Upid) -> TaskState:
        """Ask what a task is at. NotThere when the node does not know it."""
        raise NotImplementedError

    async def log(self, upid: Upid, *, start: int = 0, limit: int = 500) -> tuple[str, ...]:
        """Read lines of the log from line `start` (from 0) on."""
        raise NotImplementedError

    async def stop(self, upid: Upid, *, within: timedelta = timedelta(minutes=2)) -> TaskState:
        """Stop a task (SIGTERM) and wait for its end; DeadlineError when it does not end."""
        raise NotImplementedError


def node_of(upid: str) -> str:
    """The node that a task runs on; ValueError when it is no UPID."""
    raise NotImplementedError
