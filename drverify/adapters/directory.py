"""Files in a directory: the dump directory of a storage, an NFS or object store mount."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Literal, TypeVar

from drverify import __version__
from drverify.adapters.stored import Bytes, StoredFile
from drverify.errors import SourceError
from drverify.model.drill import ToolFact

T = TypeVar("T")
ANSWER = timedelta(minutes=1)
"""How long a file system may take for one look."""


class DirectoryStore:
    """Implements `FileStore` over one directory, without the directories in it.

    With `mount` nothing is read unless that directory is a mount point: what is not mounted looks empty,
    and an empty store would count as a provider without backups.
    """

    heads_are_cheap = True

    def __init__(self, directory: Path, *, mount: Path | None = None) -> None:
        self._directory = directory
        self._mount = mount

    async def files(self) -> Sequence[StoredFile]:
        """List the regular files; SourceError when the directory is not there or not mounted."""
        return await _in_time(self._files, f"listing {self._directory}")

    def _files(self) -> list[StoredFile]:
        if self._mount is not None and not os.path.ismount(self._mount):
            raise SourceError(f"nothing is mounted at {self._mount}", hint="mount it; see /etc/fstab")
        found = []
        try:
            with os.scandir(self._directory) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # pruned just now, or a link that leads nowhere
                        status = entry.stat()
                        if entry.is_file():
                            found.append(_stored(entry, status))
        except OSError as error:
            raise SourceError(
                f"cannot list {error.filename or self._directory}: {error.strerror}",
                hint="check that the directory exists, is mounted and may be read",
            ) from error
        return sorted(found, key=lambda file: file.name)

    async def content(self, file: StoredFile, *, limit: int) -> bytes:
        """Return the beginning of a small file."""
        return await _in_time(lambda: _head(Path(file.key), limit), f"reading {file.path}")

    async def read(self, file: StoredFile, work: Callable[[Bytes], Awaitable[T]], *, stall: timedelta) -> T:
        """Let `work` read the file where it lies."""
        del stall  # the reader's own
        path = Path(file.key)
        if not await _in_time(path.exists, f"looking for {path}"):
            raise SourceError(f"{path} is gone", hint="was it pruned while the drill began?")
        return await work(path)

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """The kernel's cache does not say."""
        return "unknown"

    async def tool(self) -> ToolFact:
        """Name our own reader."""
        return ToolFact(name="drverify-vma", version=__version__)


async def _in_time(look: Callable[[], T], what: str) -> T:
    """Look in a thread that nobody waits for: on a mount whose server is gone it may hang for ever."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if future.done():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # one of the two is given

    def run() -> None:
        result, problem = None, None
        try:
            result = look()
        except BaseException as error:  # noqa: BLE001 - handed on, whatever it is
            problem = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result, problem)

    Thread(target=run, name="directory-look", daemon=True).start()
    try:
        async with asyncio.timeout(ANSWER.total_seconds()):
            return await future
    except TimeoutError as error:
        raise SourceError(
            f"{what}: no answer for {ANSWER.total_seconds():g} s", hint="does the mount's server still run?"
        ) from error


def _stored(entry: "os.DirEntry[str]", status: os.stat_result) -> StoredFile:
    return StoredFile(
        name=entry.name,
        key=entry.path,
        path=entry.path,
        size=status.st_size,
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
    )


def _head(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
