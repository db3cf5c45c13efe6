"""qemu-img on an image that nobody vouches for: confined, its format stated, no backing chain opened."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.images.formats import Declared, OutsideError
from drverify.adapters.images.programs import NOT_BEGUN, SMALL, shut_in
from drverify.adapters.linux.command import CompletedCommand, Tail, ending, last_lines, streaming
from drverify.adapters.vma.images import NoRoom
from drverify.errors import DeadlineError, DefectError, HostError, SourceError

KEEP = 1 << 20
LOOK = 0.5
_QUICK = timedelta(minutes=2)
_PERCENT = re.compile(rb"\(([0-9]{1,3}(?:\.[0-9]+)?)/100%\)")
_NO_ROOM = ("No space left on device", "Disk quota exceeded")
_OURS = ("Cannot allocate memory", "cannot be confined", "Failed to allocate", "File too large")
_LOG = "contains a log that needs to be replayed"
_CORRUPT, _LEAKS, _NO_CHECK = 2, 3, 63


@dataclass(frozen=True, slots=True, kw_only=True)
class QemuImage:
    """An image in its own format, whose header was found to refer to nothing else."""

    name: str
    path: Path
    declared: Declared
    stall: timedelta

    @property
    def size(self) -> int:
        """Bytes of the disk."""
        return self.declared.size or 0

    async def convert(self, into: Path, progress: Callable[[int], None]) -> None:
        """Write the disk to the existing empty file `into`, sparse.

        DefectError for damage, OutsideError when qemu-img sees a reference after all, HostError and
        SourceError for our side, DeadlineError when nothing moved for the stall limit.
        """
        await self._look()
        await self._check()
        argv = ["qemu-img", "convert", "-p", "-n", "--target-is-zero", "-O", "raw", self._node(), str(into)]
        done = await self._run(
            shut_in(argv, read=[self.path], write=[into], file=self.size),
            lambda percent: progress(int(self.size * percent / 100)),
        )
        if done.exit_code != 0:
            raise await self._failed(done, f"no room for {into}")

    async def _look(self) -> None:
        done = await self._run(shut_in(["qemu-img", "info", "--output=json", self._node()], read=[self.path]))
        if done.exit_code != 0:
            raise await self._failed(done)
        found = _object(done.stdout)
        data = found.get("format-specific", {}).get("data", {})
        extents = [one.get("filename") for one in data.get("extents", [])]
        if found.get("backing-filename") or data.get("data-file") or len(extents) > 1:
            raise OutsideError(f"{self.name} refers to other files, says qemu-img: they are not followed")
        if found.get("virtual-size") != self.size:
            raise HostError(
                f"{self.name}: qemu-img reads a disk of {found.get('virtual-size')} bytes, "
                f"its header says {self.size}"
            )

    async def _check(self) -> None:
        argv = ["qemu-img", "check", "--output=json", self._node()]
        done = await self._run(shut_in(argv, read=[self.path]))
        if done.exit_code in {0, _LEAKS, _NO_CHECK}:
            return
        found = _object(done.stdout) if done.stdout.strip() else {}
        if done.exit_code == _CORRUPT or found.get("corruptions"):
            end = (
                f"; its data reach to byte {found['image-end-offset']}" if "image-end-offset" in found else ""
            )
            raise DefectError(
                f"{self.name} is damaged: qemu-img check finds {found.get('corruptions', 'some')} corruptions"
                f"{end}{_said(done)}"
            )
        raise await self._failed(done)

    async def _failed(self, done: CompletedCommand, no_room: str = "no room") -> Exception:
        """Say whose fault it is that qemu-img failed."""
        said = done.error_lines()
        text = f"{self.name} cannot be read by qemu-img{_said(done)}"
        if not 0 <= done.exit_code < NOT_BEGUN or any(words in said for words in _OURS):
            hint = "look for the OOM killer in dmesg" if done.exit_code < 0 else ""
            return HostError(f"{self.name}: qemu-img {ending(done.exit_code)}{_said(done)}", hint=hint)
        if any(words in said for words in _NO_ROOM):
            return NoRoom(f"{no_room}: {said}", hint="make room there, or choose another place")
        if _LOG in said:
            hint = "attach it once where it was made, and back up closed images"
            return HostError(f"{self.name} was copied while it was open: its log is not replayed", hint=hint)
        try:
            await asyncio.to_thread(_read_all, self.path)
        except OSError as error:
            return SourceError(f"cannot read {self.path}: {error.strerror}")
        return DefectError(text)

    def _node(self) -> str:
        file = {"driver": "file", "filename": str(self.path), "read-only": True, "locking": "off"}
        node = {"driver": self.declared.form, "read-only": True, "backing": None, "file": file}
        return "json:" + json.dumps(node)

    async def _run(
        self, argv: list[str], percent: Callable[[float], None] = lambda _: None
    ) -> CompletedCommand:
        """Run it to its end as long as it does anything; DeadlineError otherwise."""
        output = Tail(KEEP)
        async with streaming(
            argv, env={"LC_ALL": "C"}, keep=SMALL, grace=timedelta(0), dies_with_us=True
        ) as running:
            watching = asyncio.create_task(self._watch(running.pid))
            reading = asyncio.create_task(_drained(running.chunks(), output, percent))
            try:
                await asyncio.wait({watching, reading}, return_when=asyncio.FIRST_COMPLETED)
                if watching.done():
                    watching.result()
                await reading
                code = await running.wait()
            finally:
                for task in (watching, reading):
                    task.cancel()
                await asyncio.gather(watching, reading, return_exceptions=True)
        return CompletedCommand(
            argv=tuple(argv),
            exit_code=code,
            stdout=output.value(),
            stderr=running.stderr_tail(),
            dropped=output.dropped,
        )

    async def _watch(self, pid: int) -> None:
        """Raise DeadlineError when the program neither reads nor writes for the stall limit."""
        loop = asyncio.get_running_loop()
        since, last = loop.time(), b""
        while True:
            await asyncio.sleep(LOOK)
            try:
                now = Path(f"/proc/{pid}/io").read_bytes() + Path(f"/proc/{pid}/stat").read_bytes()
            except OSError:
                now = b""
            if now != last:
                since, last = loop.time(), now
            if loop.time() - since > self.stall.total_seconds():
                raise DeadlineError(
                    f"qemu-img did nothing for {self.stall.total_seconds():g} s with {self.name}"
                )


async def version() -> str:
    """The version of qemu-img."""
    argv = shut_in(["qemu-img", "--version"])
    async with asyncio.timeout(_QUICK.total_seconds()):
        async with streaming(argv, grace=timedelta(0)) as running:
            words = b"".join([chunk async for chunk in running.chunks()]).split()
            await running.wait()
    return words[2].decode("ascii", "replace") if len(words) > 2 else "unknown"  # noqa: PLR2004


async def _drained(chunks: Any, output: Tail, percent: Callable[[float], None]) -> None:
    async for chunk in chunks:
        output.add(chunk)
        if found := _PERCENT.findall(chunk):
            percent(float(found[-1]))


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise HostError("what qemu-img says cannot be understood") from error
    return found if isinstance(found, dict) else {}


def _said(done: CompletedCommand) -> str:
    said = last_lines(done.stderr)
    return f": {said}" if said else ""


def _read_all(path: Path) -> None:
    with path.open("rb") as file:
        while file.read(1 << 22):
            pass
