"""Starts the workbench's child and asks it: bounded in time, in the ledger, and never left behind.

The child (`child/main.py`) runs under the system's Python, since libguestfs's binding is the
distribution's, and apart from this machine (`apart`). libguestfs starts a QEMU of its own below it, without
a network card, in which a kernel of its own looks at the disks: this machine's kernel mounts nothing.
Everything that libguestfs keeps lies below the directories given here. One question at a time.
"""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from drverify.adapters.linux.command import StreamingCommand, ending, last_lines, streaming
from drverify.adapters.linux.processes import ProcessReclaimer, identify, marks
from drverify.adapters.linux.programs import PATH
from drverify.adapters.workbench import apart
from drverify.adapters.workbench.child import main as child
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope
from drverify.errors import DeadlineError, HostError

PYTHON = Path("/usr/bin/python3")
INSTALL = "apt-get install python3-guestfs libguestfs-xfs lz4, and a kernel such as linux-image-cloud-amd64"
MEMORY_MIB = 768
"""Of the appliance. e2fsck of a full 1 TiB ext4 takes about 300 MiB."""
LAUNCH = timedelta(minutes=5)
"""The first launch on a machine makes the appliance; without KVM it takes half a minute."""
TAKE_BACK = timedelta(seconds=60)
MAX_LINE = 16 << 20
KEEP = 64 << 10
_SAID = 3
_NICEST = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchDisk:
    """A disk that is put on the bench; what is not writable is never written to."""

    path: Path
    format: Literal["raw", "qcow2"] = "raw"
    writable: bool = False


class BenchFailed(HostError):  # noqa: N818
    """The child could not do what it was asked; `kind` as `child.bench.BenchError` says.

    Whoever asked knows what it means: a step that a damaged disk made fail may be a finding.
    """

    def __init__(self, message: str, *, kind: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


class RunningBench:
    """A child with its appliance launched."""

    def __init__(self, process: StreamingCommand, asks: int) -> None:
        self._process = process
        self._asks = asks
        self._answers = process.chunks()
        self._rest = b""

    async def ask(
        self,
        verb: str,
        *,
        within: timedelta,
        stall: timedelta | None = None,
        note: Callable[[str], None] = lambda _: None,
        **arguments: Any,
    ) -> Any:
        """Ask a verb and return its answer, as JSON; whoever reads it believes nothing of it.

        DeadlineError after `within`, or when the child told nothing for `stall`; BenchFailed when it could
        not be done; HostError when the child is gone. After a DeadlineError or a cancellation the child
        serves no more questions: leave the context.
        """
        line = json.dumps({"verb": verb, **arguments}).encode() + b"\n"
        what = f"the workbench, asked to {verb},"
        try:
            async with asyncio.timeout(within.total_seconds()):
                await asyncio.to_thread(self._send, line)
                while True:
                    found = await self._told(what, stall)
                    if "note" not in found:
                        return _answer(found)
                    note(str(found["note"]))
        except TimeoutError as error:
            raise DeadlineError(f"{what} took longer than {within.total_seconds():.0f} s") from error

    async def _told(self, what: str, stall: timedelta | None) -> dict[str, Any]:
        bound = asyncio.timeout(stall.total_seconds() if stall else None)
        try:
            async with bound:
                line = await self._line()
        except TimeoutError as error:
            if not bound.expired():
                raise
            seconds = stall.total_seconds() if stall else 0
            raise DeadlineError(f"{what} showed no progress for {seconds:.0f} s") from error
        try:
            found = json.loads(line)
        except ValueError as error:
            raise HostError(f"{what} answered what is no JSON") from error
        if not isinstance(found, dict):
            raise HostError(f"{what} answered what is no object")
        return found

    async def _line(self) -> bytes:
        while b"\n" not in self._rest:
            if len(self._rest) > MAX_LINE:
                raise HostError(f"the workbench answered more than {MAX_LINE} bytes")
            chunk = await anext(self._answers, b"")
            if not chunk:
                code = await self._process.wait()
                said = last_lines(self._process.stderr_tail(), _SAID)
                raise HostError(f"the workbench {ending(code)}: {said or 'it said nothing'}")
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _send(self, line: bytes) -> None:
        with suppress(BrokenPipeError):  # its end is met where the answer is read
            while line:
                line = line[os.write(self._asks, line) :]

    async def closed(self) -> None:
        """End it in order: what was written reaches the disks."""
        self.hang_up()
        code = await self._process.wait()
        if code != 0:
            said = last_lines(self._process.stderr_tail(), _SAID)
            raise HostError(f"the workbench {ending(code)} when it was closed: {said}")

    def hang_up(self) -> None:
        """Let it know that nothing more will be asked. Idempotent."""
        if self._asks >= 0:
            os.close(self._asks)
            self._asks = -1


class Launcher:
    """Starts benches. `cache` is a directory of ours, in which libguestfs keeps its appliance."""

    def __init__(
        self, cache: Path, tcg: Callable[[], Awaitable[bool]], *, memory_mib: int = MEMORY_MIB
    ) -> None:
        """`tcg` says whether QEMU had better not use KVM here."""
        self._cache = cache
        self._tcg = tcg
        self._memory_mib = memory_mib

    @asynccontextmanager
    async def opened(
        self,
        disks: Sequence[BenchDisk],
        *,
        scope: ResourceScope,
        directory: Path,
        within: timedelta = LAUNCH,
        pass_fds: Sequence[int] = (),
        beside: bool = False,
    ) -> AsyncIterator[RunningBench]:
        """Launch the appliance with the disks (`/dev/sda` first) and end it when the context ends.

        With `beside` it yields the processor to whatever else wants it: nobody waits for it.
        When the context ends well the appliance is shut down in order; otherwise, and on cancellation, it is
        killed. `directory` is the room's: temporary files lie in `workbench-*` below it.
        HostError, which says what to install, when the workbench cannot be had.
        """
        _installed()
        name = f"workbench {directory} {sorted(str(disk.path) for disk in disks)}"
        temporary = await asyncio.to_thread(_places, self._cache, directory)
        seen = [child.PACKAGE, directory, self._cache, *(disk.path.parent for disk in disks)]
        argv = _argv(temporary, seen, _NICEST if beside else 0)
        env = {**_environment(self._cache, temporary), **marks(scope.tag, name)}
        scope.opening("process", name)
        reads, asks = os.pipe()
        facts: dict[str, str] = {}
        try:
            async with streaming(
                argv,
                env=env,
                stdin=reads,
                keep=KEEP,
                pass_fds=pass_fds,
                grace=timedelta(0),
                dies_with_us=True,
            ) as process:
                identity = identify(process.pid)
                if identity is not None:
                    facts = identity.facts()
                    scope.opening("process", name, **facts)
                bench = RunningBench(process, asks)
                asks = -1
                try:
                    await bench.ask(
                        "open",
                        within=within,
                        disks=[asdict(disk) | {"path": str(disk.path)} for disk in disks],
                        memory_mib=self._memory_mib,
                        tcg=await self._tcg(),
                    )
                    yield bench
                    await asyncio.wait_for(bench.closed(), TAKE_BACK.total_seconds())
                finally:
                    bench.hang_up()
        finally:
            os.close(reads)
            if asks >= 0:
                os.close(asks)
            await finish(_gone(scope, name, facts, temporary), within=TAKE_BACK, what="ending the workbench")


async def version_of(bench: RunningBench, *, within: timedelta) -> str:
    """Versions of libguestfs and of the appliance's kernel, in one line."""
    told = await bench.ask("versions", within=within)
    found = f"{told['libguestfs']}, kernel {told['kernel']}"
    return "".join(char if char.isprintable() else "?" for char in found)


async def _gone(scope: ResourceScope, name: str, facts: dict[str, str], temporary: Path) -> None:
    """See that neither the child nor its QEMU is left, nor their files. TeardownError otherwise."""
    await ProcessReclaimer().reclaim(name, scope.tag, facts)
    await asyncio.to_thread(shutil.rmtree, temporary, ignore_errors=True)  # the room's end removes it too
    scope.closed("process", name)


def _answer(found: dict[str, Any]) -> Any:
    if "answer" in found:
        return found["answer"]
    text, kind = str(found.get("failed", "an answer that is none")), str(found.get("kind", "failed"))
    text = "".join(char if char.isprintable() else " " for char in text)
    if kind == "missing":
        raise HostError(text, hint=INSTALL)
    if kind == "launch":
        hint = INSTALL if "supermin" in text else "run `libguestfs-test-tool` by hand"
        raise HostError(f"the workbench does not start: {text}", hint=hint)
    if kind == "crashed":
        raise HostError(text, hint="look for the OOM killer in dmesg")
    raise BenchFailed(text, kind=kind)


def _installed() -> None:
    """HostError, which says what to install, for what can be seen without starting anything."""
    if not PYTHON.exists():
        raise HostError(f"the workbench needs {PYTHON}, for libguestfs's binding", hint=INSTALL)
    if not any(Path("/boot").glob("vmlinu?-*")) and not any(Path("/lib/modules").glob("*/vmlinuz")):
        raise HostError("the workbench needs a kernel for its appliance, and /boot has none", hint=INSTALL)


def _places(cache: Path, directory: Path) -> Path:
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(mkdtemp(prefix="workbench-", dir=directory))


def _argv(temporary: Path, seen: Sequence[Path], nice: int) -> list[str]:
    places = [*dict.fromkeys(map(str, seen))]
    wanted = json.dumps({"temporary": str(temporary), "seen": places, "nice": nice})
    program = [str(PYTHON), "-I", "-B", str(Path(child.__file__))]
    return [sys.executable, "-I", "-S", str(Path(apart.__file__)), wanted, *program]


def _environment(cache: Path, temporary: Path) -> dict[str, str]:
    return {
        "PATH": PATH,
        "LC_ALL": "C",
        "TMPDIR": str(temporary),
        "LIBGUESTFS_TMPDIR": str(temporary),
        "LIBGUESTFS_CACHEDIR": str(cache),
        "XDG_RUNTIME_DIR": str(temporary),
    }
