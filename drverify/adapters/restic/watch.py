"""Watches a restic at work: stalls, and failures that it would go on retrying for a long time.

restic 0.14 retries a missing or short pack file for 45 seconds. For a repository in a local directory
a missing pack stays missing, so the wait is cut short.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.counters import IoCounters
from drverify.adapters.restic.errors import translate
from drverify.engine.pacing import finish
from drverify.engine.ports import Progress
from drverify.errors import DeadlineError, DrverifyError

T = TypeVar("T")
LOOK = 0.05
RETRIES = 3
"""Failed tries of one pack after which a local repository is believed."""
STOP = timedelta(minutes=5)
_RETRYING = re.compile(r"Load\(<(?:data|index|key|snapshot)/[^)]*\) returned error, retrying after")
_PERMANENT = re.compile(r"no such file or directory|\bEOF$|file is too short")


class Watch:
    """One running restic, its action and its patience."""

    def __init__(
        self, cli: ResticCli, process: StreamingCommand, *, doing: str, file: str, stall: timedelta
    ) -> None:
        self._cli = cli
        self._process = process
        self._doing = doing
        self._file = file
        self.stall = stall
        self._local = cli.location().local is not None

    def check(self, patience: "Patience", progress: object) -> None:
        """Raise when `progress` did not change for too long, or waiting makes no sense any more."""
        if self._local:
            self._give_up_retries()
        if patience.ran_out(progress):
            raise self.stalled()

    def stalled(self) -> DrverifyError:
        """Say why nothing comes any more: what restic complained about, or a deadline of ours."""
        error = self._cli.silent(self._process, doing=self._doing, file=self._file, after=self.stall)
        said = self._process.stderr_tail()
        return (
            error
            if said.strip() and _RETRYING.search(said.decode("utf-8", "replace"))
            else DeadlineError(
                f"{self._doing}: no byte came for {self.stall.total_seconds():g} s",
                hint="raise the stall limit if the repository is that slow",
            )
        )

    async def failed(self) -> DrverifyError:
        """Translate the end of the process, and look closer where the text leaves a doubt."""
        failure = self._cli.failure(self._process, doing=self._doing, file=self._file)
        return translate(failure, await self._cli.abilities())

    def _give_up_retries(self) -> None:
        said = self._process.stderr_tail().decode("utf-8", "replace")
        tries = [line for line in said.splitlines() if _RETRYING.search(line) and _PERMANENT.search(line)]
        if len(tries) >= RETRIES:
            raise self._cli.silent(self._process, doing=self._doing, file=self._file, after=self.stall)


class Patience:
    """Counts the seconds since something last changed."""

    def __init__(self, limit: float, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._since = now()
        self._last: object = None

    def ran_out(self, progress: object) -> bool:
        """Say whether `progress` is what it was for longer than the limit."""
        if progress != self._last:
            self._last, self._since = progress, self._now()
        return self._now() - self._since > self._limit


async def follow(
    process: StreamingCommand, watch: Watch, progress: Progress | None, total: Callable[[], int | None]
) -> int | None:
    """Wait for the end of a restic that writes files itself; return the bytes that it read, as last seen.

    What it wrote by system calls is the progress, and any reading or writing a sign of life.
    """
    loop = asyncio.get_running_loop()
    patience = Patience(watch.stall.total_seconds(), loop.time)
    ended = loop.create_task(_drain(process))
    read_bytes: int | None = None
    try:
        with IoCounters(process.pid) as counters:
            while not (await asyncio.wait({ended}, timeout=LOOK))[0]:
                looked = counters.look()
                if looked is not None:
                    read_bytes, written = looked
                    known = total()
                    if progress is not None:
                        progress.bytes(written if known is None else min(written, known), known)
                watch.check(patience, looked)
        ended.result()
    finally:
        ended.cancel()
        await finish(over(ended), within=STOP, what="reading restic's output")
    if process.exit_code != 0:
        raise await watch.failed()
    return read_bytes


async def _drain(process: StreamingCommand) -> int:
    async for _ in process.chunks():
        pass
    return await process.wait()


def outcome(task: "asyncio.Task[T]") -> T | None:
    """Return the result of a task that ended well, None otherwise."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    return task.result()


async def over(work: "asyncio.Future[Any]") -> None:
    """Wait for the end of work whose outcome was seen already, or is outweighed by another error."""
    await asyncio.wait({work})
    if not work.cancelled():
        work.exception()
