"""Checks the envelopes of a bundle in several processes, and tells of them in the order of the file.

This process is one of them; each other one is a fork of it. Each reads its parts of the file itself: what it
was told to believe it has in memory, and nothing but what it found comes back, through a pipe that holds a
few parts, so that none of them gets far ahead. A process that ends before its work is done, whoever ended it,
is not missed: what it left is done here. They end with the caller's loop, however that ends, and on their own
when the caller died.
"""

import fcntl
import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, suppress
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection

from drverify.adapters.bundle.reading import DirectoryBundle, TarBundle
from drverify.auditing import layout
from drverify.auditing.checking import Checked, Line
from drverify.errors import DrverifyError

Bundle = TarBundle | DirectoryBundle
PART = 1024 * 1024
"""Bytes of the file that a process checks at a time."""
MOST = 2
"""Processes by default: two stay below 200 MiB for 100,000 drills, each more takes some 45 (ADR 40)."""
_PIPE = 1024 * 1024
"""Bytes that a pipe is to hold: as much as is found in some twenty parts."""
_LEFT = 6
"""Of so many turns the asking process leaves one to another: it holds all lines against the log, too."""


def usable() -> int:
    """How many processes are worth their memory here; 1 where none can be forked."""
    if "fork" not in get_all_start_methods() or threading.active_count() > 1:
        return 1
    return min(MOST, len(os.sched_getaffinity(0)))


def forked(bundle: Bundle, processes: int, part: int = PART) -> Checked:
    """Check by so many processes with this one; by it alone when there is one part for each at most."""

    def checked(check: Callable[[bytes], Line]) -> Generator[Line, None, None]:
        size = bundle.size(layout.ENVELOPES)
        parts = [range(begin, min(begin + part, size)) for begin in range(0, size, part)]
        if processes < 2 or len(parts) <= processes:  # noqa: PLR2004 - one is this one
            yield from map(check, bundle.lines(layout.ENVELOPES, layout.LARGEST_LINE))
        else:
            yield from _spread(bundle, check, parts, processes)

    return checked


def _spread(
    bundle: Bundle, check: Callable[[bytes], Line], parts: Sequence[range], processes: int
) -> Generator[Line, None, None]:
    owners = [_owner(number, processes) for number in range(len(parts))]
    with ExitStack() as stack:
        pipes: dict[int, Connection | None] = {
            place: _begin(
                stack, bundle, check, [part for part, one in zip(parts, owners, strict=True) if one == place]
            )
            for place in range(1, processes)
        }
        for part, owner in zip(parts, owners, strict=True):
            pipe = pipes.get(owner)
            try:
                found, asked, wrong = pipe.recv() if pipe is not None else _checked(bundle, check, part)
            except (EOFError, OSError):
                pipes[owner] = None
                found, asked, wrong = _checked(bundle, check, part)
            bundle.ask(asked)
            yield from found
            if wrong is not None:
                raise wrong


def _owner(number: int, processes: int) -> int:
    """Which process checks a part; 0 is the asking one."""
    turn, place = divmod(number, processes)
    if place == 0 and turn % _LEFT == _LEFT - 1:
        return 1 + turn // _LEFT % (processes - 1)
    return place


def _begin(
    stack: ExitStack, bundle: Bundle, check: Callable[[bytes], Line], parts: Sequence[range]
) -> Connection | None:
    """Begin a process, which ends with the stack; None when the system has no room for one."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    stack.callback(ours.close)
    with suppress(OSError, AttributeError):  # then it holds less, and waits more
        fcntl.fcntl(theirs.fileno(), fcntl.F_SETPIPE_SZ, _PIPE)
    process = context.Process(target=_work, args=(bundle, check, parts, theirs, ours), daemon=True)
    try:
        process.start()
    except OSError:
        return None
    finally:
        theirs.close()
    stack.callback(process.join)
    stack.callback(process.terminate)
    return ours


def _work(
    bundle: Bundle,
    check: Callable[[bytes], Line],
    parts: Sequence[range],
    pipe: Connection,
    other_end: Connection,
) -> None:
    """What a process does: check its parts, and tell of each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever waits for us is interrupted, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    other_end.close()
    with suppress(BrokenPipeError):  # nobody waits any more
        for part in parts:
            told = _checked(bundle, check, part)
            pipe.send(told)
            if told[2] is not None:
                return


def _checked(
    bundle: Bundle, check: Callable[[bytes], Line], part: range
) -> tuple[list[Line], bytes, DrverifyError | None]:
    """What is told of the lines of a part, which files were asked for, and what ended it."""
    found: list[Line] = []
    try:
        with bundle.remembering() as asked:
            found.extend(map(check, bundle.lines(layout.ENVELOPES, layout.LARGEST_LINE, part)))
    except DrverifyError as error:
        return found, b"", error
    return found, asked.tobytes(), None
