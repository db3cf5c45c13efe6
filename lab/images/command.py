"""Running the host's own tools for the builder, and ending them when we are cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from typing import TYPE_CHECKING

from lab.images.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

LAST_LINES = 25
# A mount and a process namespace of its own, gone with us whatever kills us: no mount of a builder
# is ever seen outside, and none of its children outlives it.
CONTAINED = (
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--",
)  # fmt: skip
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


async def run(
    *argv: str | Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] | None = None,
) -> str:
    """Run one command to its end and return what it printed (both streams, merged).

    The command is the leader of a process group of its own; when we are cancelled the whole
    group is killed and waited for. Raises LabError, with the last lines printed, if the
    command is missing or ends with anything but 0.
    """
    words = [str(word) for word in argv]
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**_environment(), **(env or {})},
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise LabError(
            f"{words[0]}: not installed",
            hint="install the packages listed in lab/images/README.md (HOST_PACKAGES)",
        ) from error
    printed: list[str] = []
    try:
        await asyncio.gather(_feed(process, stdin), _drain(process, printed, on_line))
        code = await process.wait()
    except BaseException:
        await _kill(process)
        raise
    if code != 0:
        raise failed(words, code, printed)
    return "".join(printed)


def failed(argv: Sequence[str], code: int, printed: Sequence[str]) -> LabError:
    """Describe a command that ended badly, with its last lines."""
    tail = "".join(deque(printed, maxlen=LAST_LINES)).rstrip()
    return LabError(f"{argv[0]} ended with {code}\n{tail}".rstrip())


def _environment() -> dict[str, str]:
    """Return a plain environment: proxies pass through, locale and path are fixed."""
    kept = {key: value for key, value in os.environ.items() if key.lower().endswith("_proxy")}
    return {**kept, "PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", "TZ": "UTC"}


async def _feed(process: asyncio.subprocess.Process, data: bytes | None) -> None:
    if data is None or process.stdin is None:
        return
    process.stdin.write(data)
    try:
        await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # it ended early: its exit code says why
    finally:
        process.stdin.close()


async def _drain(
    process: asyncio.subprocess.Process, printed: list[str], on_line: Callable[[str], None] | None
) -> None:
    if process.stdout is None:
        return
    rest = ""
    while chunk := await process.stdout.read(65536):
        *lines, rest = (rest + chunk.decode(errors="replace")).split("\n")
        for line in lines:
            printed.append(f"{line}\n")
            if on_line is not None:
                on_line(line)
    if rest:
        printed.append(rest)


async def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
