"""What every command does that runs drills: begin alike, be interruptible, print as wide as the terminal."""

import asyncio
import os
import signal
import sys
from collections.abc import Coroutine
from typing import Any

from rich.console import Console

from drverify.errors import Exit
from drverify.operation.drilling import ready as ready  # noqa: PLC0414 - re-exported


def console_here() -> Console:
    """The terminal, or 132 columns (or `$COLUMNS`) where there is none."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) else 132
    return Console(width=None if sys.stdout.isatty() else width)


async def interruptible(work: Coroutine[Any, Any, int]) -> int:
    """Cancel on the first Ctrl-C or SIGTERM so that everything is taken back; stop at once on a second."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    seen = 0

    def interrupted() -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            print("\ndrverify: interrupted; taking everything back (again to stop at once)", file=sys.stderr)
            task.cancel()
            return
        print(
            "drverify: stopped at once; something may be left behind\n  -> run `drverify sandbox reap`",
            file=sys.stderr,
            flush=True,
        )
        os._exit(Exit.LEFT_BEHIND)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted)
    try:
        return await task
    except asyncio.CancelledError:
        if seen:
            return Exit.INTERRUPTED
        raise
