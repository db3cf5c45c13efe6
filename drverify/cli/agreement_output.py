"""Where the output of `drverify agreement` goes, and what is said while long documents are read."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drverify.agreements.proposals import Opened, open_register, propose
from drverify.errors import InputError

REGISTERS = (".yaml", ".yml")
SAY_AFTER_S = 2.0


def console() -> Console:
    """For standard output: as wide as the terminal, else as $COLUMNS or 132 columns."""
    columns = os.environ.get("COLUMNS", "")
    width = int(columns) if columns.isdecimal() and int(columns) else 132
    return Console(width=None if sys.stdout.isatty() else width)


@contextmanager
def reading() -> Iterator[Callable[[int, int | None], None]]:
    """What to call while documents are read: a bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _plain()
        return
    bar = Progress(
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[pages]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("reading", total=None, pages="")

        def progress(done: int, total: int | None) -> None:
            if total is not None and done >= total:
                bar.update(task, total=None, description="finding provisions", pages="")
            else:
                pages = f"page {done} of {total}" if total else f"page {done}"
                bar.update(task, completed=done, total=total, description="reading", pages=pages)

        yield progress


def _plain() -> Callable[[int, int | None], None]:
    said = time.monotonic()

    def progress(done: int, total: int | None) -> None:
        nonlocal said
        if time.monotonic() - said >= SAY_AFTER_S:
            said = time.monotonic()
            print(f"reading: {done}{f' of {total}' if total else ''} pages", file=sys.stderr, flush=True)

    return progress


def opened(paths: list[Path]) -> Opened:
    """A register with its documents, or documents read as one agreement.

    InputError when a register is named together with something else.
    """
    registers = [path for path in paths if path.suffix.lower() in REGISTERS]
    if registers and len(paths) > 1:
        raise InputError("name one register, or the documents of one agreement, not both")
    with reading() as progress:
        if registers:
            return open_register(registers[0], progress=progress)
        return propose(paths, progress=progress)
