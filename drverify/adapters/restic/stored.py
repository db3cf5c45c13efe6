"""Files in a restic repository, for adapters that read files of a certain form: the FileStore port.

One directory is looked into, in every snapshot that matches. A name that is in several snapshots is listed
once, as it is in the newest.
"""

import asyncio
import json
import os
import select
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any, Literal, TypeVar

from drverify.adapters.linux.command import StreamingCommand
from drverify.adapters.restic.certainty import surely
from drverify.adapters.restic.cli import ResticCli, warm
from drverify.adapters.restic.errors import DamagedData, NotInPoint
from drverify.adapters.restic.listing import read_node
from drverify.adapters.restic.watch import Watch
from drverify.adapters.stored import Bytes, StoredFile, several
from drverify.errors import DeadlineError, DefectError, DrverifyError, SourceError
from drverify.model.drill import ToolFact

T = TypeVar("T")
SMALL = timedelta(minutes=3)
SHORT = 8
AT_ONCE = 3
_ENDING = 60.0
"""Seconds that a restic which closed its output may take to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshots:
    """Which snapshots are looked into; empty means any."""

    host: str = ""
    tags: tuple[str, ...] = ()


class ResticStore:
    """Implements `FileStore`: the files of `directory` in the snapshots of one repository."""

    heads_are_cheap = False

    def __init__(self, cli: ResticCli, directory: str, snapshots: Snapshots) -> None:
        self._cli = cli
        self._directory = directory
        self._snapshots = snapshots
        self._listed: dict[str, tuple[StoredFile, ...]] = {}
        """By tree: what never changes needs to be listed once."""

    async def files(self) -> Sequence[StoredFile]:
        """List the directory's files in every snapshot, the newest one's first."""
        snapshots = await self._matching()
        await self._list({tree: snapshot for snapshot, tree in reversed(snapshots)})
        found: dict[str, StoredFile] = {}
        for _, tree in snapshots:
            for file in self._listed[tree]:
                found.setdefault(file.name, file)
        return tuple(found.values())

    async def _list(self, trees: Mapping[str, str]) -> None:
        """List one snapshot of each tree that is not known yet."""
        unknown = {tree: snapshot for tree, snapshot in trees.items() if tree not in self._listed}
        found = await several([self._in_snapshot(one) for one in unknown.values()], AT_ONCE)
        self._listed |= dict(zip(unknown, found, strict=True))

    async def _matching(self) -> list[tuple[str, str]]:
        """Ids and trees of the snapshots, newest first."""
        wanted = ["--host", self._snapshots.host] if self._snapshots.host else []
        wanted += ["--tag", ",".join(self._snapshots.tags)] if self._snapshots.tags else []
        output = await self._cli.ask(["snapshots", "--json", *wanted], doing="listing snapshots")
        try:
            listed: list[dict[str, Any]] = json.loads(output or b"[]") or []
            newest = sorted(listed, key=lambda one: str(one["time"]), reverse=True)
            return [(str(one["id"]), str(one["tree"])) for one in newest]
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"cannot read the list of snapshots: {error}") from error

    async def _in_snapshot(self, snapshot: str) -> tuple[StoredFile, ...]:
        """List one snapshot; one whose directory is damaged shows nothing, so that an older one is newest."""
        doing = f"listing {self._directory} in {snapshot[:SHORT]}"
        try:
            output = await self._cli.ask(["ls", "--json", snapshot, self._directory], doing=doing)
        except (NotInPoint, DamagedData):
            return ()
        nodes = (read_node(line) for line in output.splitlines())
        return tuple(
            StoredFile(
                name=PurePosixPath(node.path).name,
                key=f"{snapshot}:{node.path}",
                path=node.path,
                size=node.size,
            )
            for node in nodes
            if node is not None
            and node.kind == "file"
            and PurePosixPath(node.path).parent == PurePosixPath(self._directory)
        )

    async def content(self, file: StoredFile, *, limit: int) -> bytes:
        """Return the beginning of a small file."""
        snapshot, _, path = file.key.partition(":")
        doing = f"reading {path} in {snapshot[:SHORT]}"
        output = await self._cli.ask(["dump", snapshot, path], doing=doing, file=path, within=SMALL)
        return output[:limit]

    async def read(self, file: StoredFile, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta) -> T:
        """Let `work` read what `restic dump` writes; nothing counts before restic ended well."""
        snapshot, _, path = file.key.partition(":")
        return await surely(self._cli, snapshot, lambda: self._dumped(snapshot, path, work, stall))

    async def _dumped(
        self, snapshot: str, path: str, work: Callable[[Bytes], Awaitable[T]], stall: timedelta
    ) -> T:
        doing = f"reading {path} from {snapshot[:SHORT]}"
        async with AsyncExitStack() as stack:
            reading, writing = os.pipe2(os.O_CLOEXEC)
            stack.callback(os.close, reading)
            try:
                restic = await stack.enter_async_context(
                    self._cli.started(["dump", snapshot, path], stdout=writing)
                )
            finally:
                os.close(writing)
            watch = Watch(self._cli, restic, doing=doing, file=path, stall=stall)
            try:
                done = await work(reading)
            except DeadlineError as error:
                raise watch.stalled() from error
            except DefectError as error:
                if failure := await _failure(restic, reading, watch):
                    raise failure from error
                raise
            if failure := await _failure(restic, reading, watch):
                raise failure
            return done

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Say whether restic's local cache holds anything."""
        cache = self._cli.settings.cache_directory
        return "warm" if cache is not None and warm(cache) else "cold"

    async def tool(self) -> ToolFact:
        """Name restic and its version."""
        return ToolFact(name="restic", version=(await self._cli.abilities()).text)


async def _failure(restic: StreamingCommand, reading: int, watch: Watch) -> DrverifyError | None:
    """Say why restic failed; None when it did not, or when it still had something to write."""
    poll = select.poll()
    poll.register(reading, 0)  # the other end's closing is always told
    if not any(event & select.POLLHUP for _, event in poll.poll(0)):
        return None
    try:
        code = await asyncio.wait_for(restic.wait(), _ENDING)
    except TimeoutError:
        return watch.stalled()
    return await watch.failed() if code != 0 else None
