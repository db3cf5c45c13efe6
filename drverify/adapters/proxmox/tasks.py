"""The node's tasks: submit once, follow to the end, find again after a lost answer, stop.

A task is told from an older one of the same kind by what the node listed before the submission: no
clock of ours or theirs is compared. A token sees its own tasks only, so what is new and fits is ours.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal, NoReturn

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.errors import (
    ApiError,
    DamagedArchive,
    Malformed,
    NodeUnreachable,
    NotThere,
    NotTrusted,
    OutcomeUnknown,
)
from drverify.adapters.proxmox.refusals import failed_task
from drverify.adapters.proxmox.upids import (
    KEPT_LINES,
    TaskEntry,
    TaskState,
    entry_of,
    node_of,
    outcome_of,
    progress_in,
    read_upid,
)
from drverify.adapters.proxmox.upids import Following as Following  # noqa: PLC0414 - re-exported
from drverify.adapters.proxmox.upids import Submission as Submission  # noqa: PLC0414 - re-exported
from drverify.adapters.proxmox.upids import TaskResult as TaskResult  # noqa: PLC0414 - re-exported
from drverify.adapters.proxmox.upids import Upid as Upid  # noqa: PLC0414 - re-exported
from drverify.adapters.proxmox.wire import Value
from drverify.engine.pacing import finish
from drverify.errors import DeadlineError

SUBMIT = timedelta(seconds=90)
"""Longest time for the checks before a task starts: locks 5 to 10 s, an archive's configuration 60 s."""
FIND = timedelta(seconds=60)
"""How long a task whose announcement was lost is looked for."""
LOST = timedelta(minutes=1)
"""How long a node may be out of reach while its task is followed."""
STOP = timedelta(minutes=2)
POLLS = (0.2, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Seconds between two looks at a task; the last one again and again."""
PAGE = 500
"""Tasks, or lines of a log, that are asked for at once."""
PAGES = 40
_DEFAULT = Following()


class Tasks:
    """Tasks of a cluster."""

    def __init__(
        self,
        caller: Caller,
        *,
        polls: Sequence[float] = POLLS,
        submit: timedelta = SUBMIT,
        find: timedelta = FIND,
        lost: timedelta = LOST,
    ) -> None:
        self._caller = caller
        self._polls = polls
        self._submit = submit
        self._find = find
        self._lost = lost

    async def run(self, submission: Submission, following: Following = _DEFAULT) -> TaskResult:
        """Submit and follow to the end. Returns on OK and WARNINGS.

        Raises an ApiError (TaskFailed, or one with a type of its own such as LockTimeout or NoSpace) or
        DamagedArchive when the task failed, each with `upid` and `log`; OutcomeUnknown when the answer
        was lost and no task can be found; NodeUnreachable when the node was lost on the way (the task may
        go on); DeadlineError when it stalled. Cancelling while it is being
        submitted waits until it is known whether there is a task.
        """
        before = {one.upid for one in await self._alike(submission)}
        sending = asyncio.get_running_loop().create_task(self._submitted(submission, before))
        try:
            upid, found_again = await asyncio.shield(sending)
        except asyncio.CancelledError:
            await self._cancelled_early(sending, following)
            raise
        following.announce(upid)
        return await self._followed(upid, following, found_again=found_again)

    async def follow(self, upid: Upid, following: Following = _DEFAULT) -> TaskResult:
        """Follow a task to its end; as `run`."""
        return await self._followed(upid, following, found_again=False)

    async def list(
        self,
        node: str,
        *,
        vmid: int | None = None,
        kind: str = "",
        since: datetime | None = None,
        source: Literal["all", "active", "archive"] = "all",
    ) -> tuple[TaskEntry, ...]:
        """List all tasks that the account may see, newest first: a token sees its own only."""
        params: dict[str, Value] = {"source": source, "limit": PAGE}
        if vmid is not None:
            params["vmid"] = vmid
        if kind:
            params["typefilter"] = kind
        if since is not None:
            params["since"] = int(since.timestamp())
        found: dict[Upid, TaskEntry] = {}
        for start in range(0, PAGES * PAGE, PAGE):
            page = params | ({"start": start} if start else {})
            answer = await self._caller.get("nodes", node, "tasks", params=page)
            rows = reading.rows(answer, f"tasks of node {node}")
            new = {one.upid: one for row in rows if (one := _entry(row)) and one.upid not in found}
            found |= new  # what begins meanwhile moves the others on, and they come twice
            if len(rows) < PAGE:
                break
            if not new:
                raise Malformed(f"node {node} lists the same {PAGE} tasks again and again")
        else:
            raise Malformed(f"node {node} lists more than {PAGES * PAGE} tasks")
        wanted = [one for one in found.values() if kind in {"", one.kind}]
        return tuple(sorted(wanted, key=lambda one: one.started, reverse=True))

    async def state(self, upid: Upid) -> TaskState:
        """Ask what a task is at. NotThere when the node does not know it."""
        answer = await self._caller.get("nodes", node_of(upid), "tasks", upid, "status")
        found = reading.row(answer, f"state of {upid}")
        running = reading.text(found, "status") == "running"
        return TaskState(running=running, exit_status="" if running else reading.text(found, "exitstatus"))

    async def log(self, upid: Upid, *, start: int = 0, limit: int = PAGE) -> tuple[str, ...]:
        """Read lines of the log from line `start` (from 0) on."""
        params = {"start": start, "limit": limit}
        answer = await self._caller.get("nodes", node_of(upid), "tasks", upid, "log", params=params)
        lines = [reading.text(one, "t") for one in reading.rows(answer, f"log of {upid}")]
        return () if lines == ["no content"] and start == 0 else tuple(lines)

    async def stop(self, upid: Upid, *, within: timedelta = STOP) -> TaskState:
        """Stop a task (SIGTERM) and wait for its end; DeadlineError when it does not end."""
        with suppress(OutcomeUnknown):  # its state tells
            await self._caller.delete("nodes", node_of(upid), "tasks", upid)
        try:
            async with asyncio.timeout(within.total_seconds()):
                while (state := await self.state(upid)).running:  # noqa: ASYNC110 - the node has no events
                    await asyncio.sleep(self._polls[0])
        except TimeoutError as error:
            raise DeadlineError(
                f"task {upid} did not end within {within.total_seconds():g} s after it was told to",
                hint="look at it on the node; `drverify sandbox reap` takes back what it leaves",
            ) from error
        return state

    async def _alike(self, submission: Submission) -> tuple[TaskEntry, ...]:
        vmid = int(submission.id) if submission.id.isascii() and submission.id.isdigit() else None
        listed = await self.list(submission.node, vmid=vmid, kind=submission.kind)
        return tuple(one for one in listed if one.id == submission.id)

    async def _submitted(self, submission: Submission, before: set[Upid]) -> tuple[Upid, bool]:
        try:
            answer = await self._caller.change(
                submission.method, submission.path, submission.params, within=self._submit
            )
        except OutcomeUnknown as error:
            return await self._found_again(submission, before, error), True
        return read_upid(answer), False

    async def _found_again(self, submission: Submission, before: set[Upid], lost: OutcomeUnknown) -> Upid:
        """Look for the task that a submission without an answer may have started."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._find.total_seconds()
        turn = 0
        while True:
            try:
                new = [one.upid for one in await self._alike(submission) if one.upid not in before]
            except NodeUnreachable:
                new = []
            if new:
                return new[0]
            pause = self._polls[min(turn, len(self._polls) - 1)]
            turn += 1
            if loop.time() + pause > until:
                raise OutcomeUnknown(
                    f"{lost}; no task {submission.kind} for {submission.id} appeared on {submission.node}",
                    hint="it may still begin: look at the node's tasks before anything is done about it",
                    status=lost.status,
                    said=lost.said,
                )
            await asyncio.sleep(pause)

    async def _cancelled_early(
        self, sending: "asyncio.Task[tuple[Upid, bool]]", following: Following
    ) -> None:
        """Find out whether there is a task before the cancellation goes on; stop it if asked to."""

        async def settle() -> None:
            try:
                upid, _ = await sending
            except ApiError:
                return
            following.announce(upid)
            if following.stop_when_cancelled:
                await self.stop(upid)

        await finish(settle(), within=self._submit + self._find + STOP, what="settling a submitted task")

    async def _followed(self, upid: Upid, following: Following, *, found_again: bool) -> TaskResult:
        try:
            end, log = await self._watched(upid, following)
        except asyncio.CancelledError:
            if following.stop_when_cancelled:
                await finish(self.stop(upid), within=2 * STOP, what=f"stopping task {upid}")
            raise
        outcome = outcome_of(end.exit_status)
        if outcome in {"failed", "unknown"}:
            _fail(upid, end, log)
        return TaskResult(
            upid=upid, outcome=outcome, exit_status=end.exit_status, log=log, found_again=found_again
        )

    async def _watched(self, upid: Upid, following: Following) -> tuple[TaskState, tuple[str, ...]]:
        loop = asyncio.get_running_loop()
        log = _Log(following)
        moved = heard = loop.time()
        turn = 0
        while True:
            try:
                state = await self.state(upid)
                if await self._read_on(upid, log):
                    moved, turn = loop.time(), 0
                heard = loop.time()
            except NodeUnreachable as error:  # the task goes on without us
                if isinstance(error, NotTrusted) or loop.time() - heard > self._lost.total_seconds():
                    raise
                state = TaskState(running=True, exit_status="")
            if not state.running:
                return state, log.kept()
            if loop.time() - moved > following.stall.total_seconds():
                await self._give_up(upid, following.stall, log)
            await asyncio.sleep(self._polls[min(turn, len(self._polls) - 1)])
            turn += 1

    async def _read_on(self, upid: Upid, log: "_Log") -> bool:
        """Read the log's new lines to the end; whether there were any."""
        any_new = False
        while True:
            try:
                lines = await self.log(upid, start=log.count)
            except NotThere:  # rotated away: what was read is what there is
                return any_new
            log.add(lines)
            any_new = any_new or bool(lines)
            if len(lines) < PAGE:
                return any_new

    async def _give_up(self, upid: Upid, stall: timedelta, log: "_Log") -> NoReturn:
        last = (log.kept() or ("",))[-1][:200]
        error = DeadlineError(
            f"task {upid} gave no sign of life for {stall.total_seconds():g} s; its last words: {last!r}",
            hint="raise the stall limit if the storage is that slow",
        )
        try:
            await self.stop(upid)
        except (ApiError, DeadlineError) as failure:
            error.add_note(f"and it could not be stopped: {failure}")
        raise error


class _Log:
    """A log that grows: its first and its last lines are kept."""

    def __init__(self, following: Following) -> None:
        self._tell: Callable[[Sequence[str]], None] = following.on_lines
        self._following = following
        self._first: list[str] = []
        self._last: list[str] = []
        self.count = 0

    def add(self, lines: Sequence[str]) -> None:
        if not lines:
            return
        self.count += len(lines)
        room = KEPT_LINES // 2 - len(self._first)
        self._first += lines[:room] if room > 0 else ()
        self._last = [*self._last, *(lines[room:] if room > 0 else lines)][-KEPT_LINES // 2 :]
        self._tell(lines)
        if (progress := progress_in(lines)) is not None:
            self._following.on_progress(progress)

    def kept(self) -> tuple[str, ...]:
        return (*self._first, *self._last)


def _fail(upid: Upid, end: TaskState, log: tuple[str, ...]) -> NoReturn:
    entry = entry_of(upid, ended=None, status=end.exit_status)
    error = failed_task(f"task {entry.kind} {entry.id} on {entry.node}", end.exit_status, log)
    if isinstance(error, ApiError | DamagedArchive):
        error.upid, error.log = upid, log
    for line in log[-5:]:
        error.add_note(line[:300])
    raise error


def _entry(one: Any) -> TaskEntry | None:
    try:
        upid = read_upid(one.get("upid"))
    except ApiError:
        return None
    ended = reading.instant(one, "endtime")
    return entry_of(upid, ended=ended, status=reading.text(one, "status") if ended is not None else "")
