"""A sandbox that stands after a drill at the terminal: until its time is over or Enter is pressed."""

import asyncio
import sys
import termios
from datetime import timedelta

from drverify.adapters.doors.durations import parse
from drverify.engine.ports import Progress
from drverify.engine.staying import Standing
from drverify.errors import InputError
from drverify.model.duration import human
from drverify.planning.tonight.staying import LONGEST, SHORTEST

UNTIL_REAPED = "until it is reaped"
"""What `--keep` says without a time."""


def span_of(asked: str) -> timedelta | None:
    """For how long it stands; None without `--keep`, or without its time. InputError for what is no time."""
    if asked in {"", UNTIL_REAPED}:
        return None
    try:
        span = parse(asked)
    except ValueError as error:
        raise InputError(f"--keep: {error}", hint="name the workload before --keep") from error
    if not SHORTEST <= span <= LONGEST:
        raise InputError(f"--keep: a sandbox stands from {human(SHORTEST)} to {human(LONGEST)}")
    return span


class TerminalStay:
    """Implements `engine.staying.Stay`; the members of a group share it."""

    def __init__(self, span: timedelta, progress: Progress) -> None:
        self._span, self._progress = span, progress
        self._waiting: asyncio.Task[None] | None = None

    def wanted(self) -> bool:
        """Always: it was asked for before the drill began."""
        return True

    async def over(self, standing: Standing) -> None:
        """Say how to get in, and wait."""
        for line in standing.ways_in:
            self._progress.note(f"get in: {line}")
        if self._waiting is None:
            self._waiting = asyncio.create_task(self._waited())
        try:
            await asyncio.shield(self._waiting)
        except asyncio.CancelledError:
            self._waiting.cancel()
            raise

    async def _waited(self) -> None:
        present = sys.stdin is not None and sys.stdin.isatty()
        if present:  # what was typed while it drilled is no answer to what is asked now
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
        pressed = asyncio.Event()
        self._progress.note(
            f"it stands for {human(self._span)}" + ("; press Enter to take it back now" if present else "")
        )
        loop = asyncio.get_running_loop()

        def read() -> None:
            sys.stdin.readline()
            pressed.set()

        if present:
            loop.add_reader(sys.stdin.fileno(), read)
        try:
            async with asyncio.timeout(self._span.total_seconds()):
                await pressed.wait()
        except TimeoutError:
            return
        finally:
            if present:
                loop.remove_reader(sys.stdin.fileno())
