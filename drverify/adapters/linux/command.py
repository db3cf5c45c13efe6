"""Run other programs from asyncio: bounded in time and output, and never left behind.

Every program gets a session (so a process group) of its own; when it is to end early, the whole
group is killed and awaited. Nothing here depends on the main thread: asyncio's default child
watchers (`ThreadedChildWatcher` up to 3.11, pidfds from 3.12) serve a loop in any thread, and a
program started from a thread inside a network namespace lives in that namespace.

Programs see a small environment of ours (`PATH`, `HOME`, `LANG`) plus what the caller adds, never
the whole environment of drverify. Arguments appear in errors: a secret must not be among them.
"""

import asyncio
import os
import pwd
import shlex
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux.programs import PATH, require
from drverify.engine.pacing import finish
from drverify.errors import HostError

KEEP = 8 * 1024 * 1024
"""Bytes of one output stream that are kept unless the caller says otherwise: the last ones."""
CHUNK = 64 * 1024
ERROR_LINES = 5
REAP = timedelta(seconds=20)
"""How long a killed process may take to go (it may hang in the kernel on a dead disk)."""


class CommandTimeout(HostError):  # noqa: N818 - a name that reads like asyncio's
    """A program did not end in time; its whole process group was killed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedCommand:
    """What a program did. A non-zero exit is a result; below zero: killed by that signal."""

    argv: tuple[str, ...]
    exit_code: int
    stdout: bytes
    stderr: bytes
    dropped: int = 0
    """Bytes of stdout that were thrown away because there were too many of them."""

    def error_lines(self, count: int = ERROR_LINES) -> str:
        """Return the last lines of stderr as one printable text."""
        return last_lines(self.stderr, count)


def last_lines(text: bytes, count: int = ERROR_LINES) -> str:
    """Return the last `count` non-empty lines as printable text joined by ' | '."""
    lines = [line.strip() for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    joined = " | ".join(lines[-count:])
    return "".join(char if char.isprintable() else "?" for char in joined)


def minimal_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment that programs get: ours, small, plus `extra`."""
    home = pwd.getpwuid(os.geteuid()).pw_dir
    return {"PATH": PATH, "HOME": home, "LANG": "C.UTF-8", **(extra or {})}


class Tail:
    """The last bytes of a stream, and how many went before them."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._data = bytearray()
        self.dropped = 0

    def add(self, chunk: bytes) -> None:
        """Append; forget the oldest bytes when twice too much has come (amortised)."""
        self._data += chunk
        if len(self._data) > 2 * self._keep:
            self._cut()

    def value(self) -> bytes:
        """Return what is kept."""
        self._cut()
        return bytes(self._data)

    def _cut(self) -> None:
        excess = len(self._data) - self._keep
        if excess > 0:
            del self._data[:excess]
            self.dropped += excess


async def run(
    argv: Sequence[str],
    *,
    within: timedelta,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    keep: int = KEEP,
) -> CompletedCommand:
    """Run a program to its end and return what it did, whatever its exit code.

    `env` is added to the minimal environment; of each output stream the last `keep` bytes are kept.
    Raises CommandTimeout when it takes longer than `within`, MissingProgram, HostError when it cannot
    be started. On timeout and cancellation the process group is killed and awaited first.
    """
    output = Tail(keep)
    async with streaming(
        argv, env=env, stdin=stdin, cwd=cwd, pass_fds=pass_fds, keep=keep, grace=timedelta(0)
    ) as process:
        try:
            async with asyncio.timeout(within.total_seconds()):
                async for chunk in process.chunks():
                    output.add(chunk)
                code = await process.wait()
        except TimeoutError as error:
            raise CommandTimeout(
                f"{shlex.join(argv)} did not end within {within.total_seconds():g} s"
                + _said(process.stderr_tail())
            ) from error
    stdout = output.value()
    return CompletedCommand(
        argv=tuple(argv),
        exit_code=code,
        stdout=stdout,
        stderr=process.stderr_tail(),
        dropped=output.dropped,
    )


async def checked(
    argv: Sequence[str],
    *,
    within: timedelta,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    cwd: Path | None = None,
    hint: str = "",
) -> CompletedCommand:
    """Run as `run` does and raise HostError, with the last lines of stderr, when it exits non-zero."""
    done = await run(argv, within=within, env=env, stdin=stdin, cwd=cwd)
    if done.exit_code != 0:
        raise HostError(f"{shlex.join(argv)} {ending(done.exit_code)}{_said(done.stderr)}", hint=hint)
    return done


def ending(exit_code: int) -> str:
    """Say how a process ended, for example 'exited with 1' or 'was killed by SIGKILL'."""
    if exit_code >= 0:
        return f"exited with {exit_code}"
    with suppress(ValueError):
        return f"was killed by {signal.Signals(-exit_code).name}"
    return f"was killed by signal {-exit_code}"


def _said(stderr: bytes) -> str:
    text = last_lines(stderr)
    return f": {text}" if text else ""


class StreamingCommand:
    """A running program of `streaming`: read its output while it runs."""

    def __init__(self, argv: Sequence[str], process: asyncio.subprocess.Process, keep: int) -> None:
        self.argv = tuple(argv)
        self._process = process
        self._stderr = Tail(keep)
        self._helpers: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int:
        """Process id, and id of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Exit code once it ended; below zero: the signal that killed it."""
        return self._process.returncode

    async def chunks(self, size: int = CHUNK) -> AsyncIterator[bytes]:
        """Yield stdout as it comes; ends with the stream."""
        if self._process.stdout is not None:
            while chunk := await self._process.stdout.read(size):
                yield chunk

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield stdout line by line without line ends; a line of any length is whole."""
        rest = b""
        async for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line
        if rest:
            yield rest

    def stderr_tail(self) -> bytes:
        """Return the last bytes of stderr so far; all of it after `wait`."""
        return self._stderr.value()

    async def wait(self) -> int:
        """Wait for the end of the program and of its stderr; return the exit code."""
        code = await self._process.wait()
        if self._helpers:
            await asyncio.wait(self._helpers)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the whole process group; nothing happens when it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _help(self, work: Coroutine[Any, Any, None]) -> None:
        self._helpers.add(asyncio.get_running_loop().create_task(work))

    async def _collect_stderr(self) -> None:
        if self._process.stderr is not None:
            while chunk := await self._process.stderr.read(CHUNK):
                self._stderr.add(chunk)

    async def _feed(self, data: bytes) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError, ConnectionResetError):  # it need not read all of it
                self._process.stdin.write(data)
                await self._process.stdin.drain()
            self._process.stdin.close()

    async def _end(self, first: signal.Signals, grace: timedelta) -> None:
        if self._process.returncode is None and grace:
            self.send_signal(first)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace.total_seconds())
        if self._process.returncode is None:
            self.send_signal(signal.SIGKILL)
            await self._process.wait()
        for helper in self._helpers:
            helper.cancel()
        await asyncio.gather(*self._helpers, return_exceptions=True)
        self._close_pipes()

    def _close_pipes(self) -> None:
        transport: asyncio.SubprocessTransport = self._process._transport  # type: ignore[attr-defined]  # noqa: SLF001 - the only way to close pipes that a grandchild keeps open
        transport.close()


@asynccontextmanager
async def streaming(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    stdin: bytes | int | None = None,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
    stdout: int | None = None,
    keep: int = KEEP,
    stop: signal.Signals = signal.SIGTERM,
    grace: timedelta = timedelta(seconds=5),
    dies_with_us: bool = False,
) -> AsyncIterator[StreamingCommand]:
    """Run a program for as long as the context lasts.

    If it still runs when the context ends, its group gets `stop`, and SIGKILL after `grace` (at once
    when that is zero); it is reaped before the context is left, on cancellation too. `stdin` and
    `stdout` may be open descriptors of the caller's, who closes them. With `dies_with_us` the
    kernel kills the program when the thread that started it dies, be it by SIGKILL.
    Raises MissingProgram or HostError when it cannot be started.
    """
    require(argv[0], (env or {}).get("PATH", PATH))
    loop = asyncio.get_running_loop()
    spawn = loop.create_task(
        _spawn(
            ["setpriv", "--pdeathsig", "KILL", *argv] if dies_with_us else argv,
            env,
            cwd=cwd,
            stdin=_input(stdin),
            stdout=asyncio.subprocess.PIPE if stdout is None else stdout,
            pass_fds=pass_fds,
        )
    )
    try:
        process = await asyncio.shield(spawn)
    except asyncio.CancelledError:
        await finish(_discard(argv, spawn), within=REAP, what=f"ending {argv[0]}")
        raise
    running = StreamingCommand(argv, process, keep)
    try:
        running._help(running._collect_stderr())  # noqa: SLF001 - one unit
        running._help(running._feed(stdin if isinstance(stdin, bytes) else b""))  # noqa: SLF001
        yield running
    finally:
        await finish(running._end(stop, grace), within=grace + REAP, what=f"ending {argv[0]}")  # noqa: SLF001


def _input(stdin: bytes | int | None) -> int:
    if isinstance(stdin, int):
        return stdin
    return asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE


async def _discard(argv: Sequence[str], spawn: "asyncio.Task[asyncio.subprocess.Process]") -> None:
    """End a program whose start was cancelled half-way."""
    with suppress(HostError):
        await StreamingCommand(argv, await spawn, CHUNK)._end(signal.SIGKILL, timedelta(0))  # noqa: SLF001


async def _spawn(
    argv: Sequence[str],
    env: Mapping[str, str] | None,
    *,
    cwd: Path | None,
    stdin: int,
    stdout: int,
    pass_fds: Sequence[int],
) -> asyncio.subprocess.Process:
    environment = minimal_environment(env)
    try:
        return await asyncio.create_subprocess_exec(
            *argv,
            env=environment,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=pass_fds,
            start_new_session=True,
        )
    except OSError as error:
        raise HostError(f"cannot start {shlex.join(argv)}: {error}") from error
