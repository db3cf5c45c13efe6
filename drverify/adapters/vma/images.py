"""Where the disks of an archive go: new files, or files that the caller opened.

A new file is written beside its final name as `.NAME.partial`, which is locked while it is written: two
restores never share one, and what a killed one left is taken over. Only a whole image gets the name.
"""

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from drverify.errors import HostError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class NoRoom(HostError):  # noqa: N818 - reads as what it is
    """A disk does not fit where it is to be written."""


class Image(Protocol):
    """A disk being written. It begins with zeros only."""

    descriptor: int

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of it; NoRoom or HostError when that fails."""

    def allocated(self) -> int:
        """Return the bytes that it takes on disk."""

    def settle(self) -> None:
        """Make it whole and durable, still without its name."""

    def keep(self) -> None:
        """Give it its name."""

    def discard(self) -> None:
        """Remove what `keep` was not called for; take back the name when it was."""

    def close(self) -> None:
        """Close and forget; safe to call twice."""


class LentImage:
    """A regular file that the caller opened for reading and writing, closes and removes.

    It is emptied first and gets the device's length. Its contents mean nothing when the reading fails.
    """

    def __init__(self, descriptor: int, size: int, what: str) -> None:
        self.descriptor = descriptor
        self._size = size
        self._what = what
        try:
            if os.fstat(descriptor).st_size:  # emptying an empty file makes ext4 flush it when it is closed
                os.ftruncate(descriptor, 0)
            os.ftruncate(descriptor, size)
        except OSError as error:
            raise self._cannot(error) from error

    def write(self, data: memoryview, offset: int) -> None:
        """Write all of it; NoRoom or HostError when that fails."""
        try:
            while data:
                done = os.pwrite(self.descriptor, data, offset)
                data, offset = data[done:], offset + done
        except OSError as error:
            raise self._cannot(error) from error

    def allocated(self) -> int:
        """Return the bytes that it takes on disk."""
        return os.fstat(self.descriptor).st_blocks * 512

    def settle(self) -> None:
        """Leave syncing to the caller."""

    def keep(self) -> None:
        """It has its name."""

    def discard(self) -> None:
        """Leave it to the caller."""

    def close(self) -> None:
        """Leave it to the caller."""

    def _cannot(self, error: OSError) -> HostError:
        if error.errno not in NO_ROOM:
            return HostError(f"cannot write {self._what}: {error.strerror}")
        with suppress(OSError):
            room = os.fstatvfs(self.descriptor)
            free, written = room.f_bavail * room.f_frsize, self.allocated()
            return NoRoom(
                f"no room for {self._what}: {error.strerror}; {written} bytes are written, {free} are free, "
                f"and it may need {max(0, self._size - written)} more",
                hint="make room there, or choose another place",
            )
        return NoRoom(f"no room for {self._what}: {error.strerror}")


class NewImage(LentImage):
    """A new file at `path`, which does not exist before and only exists when it is whole."""

    def __init__(self, path: Path, size: int, *, sync: bool) -> None:
        self.path = path
        self._sync = sync
        self._open = False
        self._kept = False
        refuse_to_overwrite(path)
        self.partial = partial_of(path)
        descriptor = _open_partial(self.partial)
        self._open = True
        try:
            super().__init__(descriptor, size, str(path))
        except HostError:
            self.descriptor = descriptor
            self.discard()
            self.close()
            raise

    def settle(self) -> None:
        """Write it through to the disk."""
        if self._sync:
            try:
                os.fsync(self.descriptor)
            except OSError as error:
                raise self._cannot(error) from error

    def keep(self) -> None:
        """Give it its name, durably."""
        refuse_to_overwrite(self.path)
        try:
            self.partial.rename(self.path)
            self._kept = True
            if self._sync:
                sync_directory(self.path.parent)
        except OSError as error:
            raise self._cannot(error) from error

    def discard(self) -> None:
        """Remove it, under whichever name."""
        (self.path if self._kept else self.partial).unlink(missing_ok=True)

    def close(self) -> None:
        """Close it, which releases the lock."""
        if self._open:
            self._open = False
            os.close(self.descriptor)


@contextmanager
def removed_if_interrupted(path: Path | None) -> Iterator[None]:
    """Remove what was begun for `path` when a signal comes before anybody knows of it.

    Who is refused (HostError) has begun nothing: the file is another restore's.
    """
    try:
        yield
    except HostError:
        raise
    except BaseException:
        if path is not None:
            partial_of(path).unlink(missing_ok=True)
        raise


def partial_of(path: Path) -> Path:
    """Name what is not whole yet, on the file system of the final name."""
    return path.with_name(f".{path.name}.partial")


def refuse_to_overwrite(path: Path) -> None:
    """Raise HostError when there is something of that name."""
    if os.path.lexists(path):
        raise HostError(f"{path} already exists", hint="nothing is ever overwritten: choose another place")


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open_partial(partial: Path) -> int:
    """Open and lock the partial file; what a killed run left is emptied and used."""
    while True:
        try:
            descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HostError(f"cannot write {partial}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(descriptor), os.lstat(partial)):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise HostError(f"{partial} is being written by another restore") from None
        except OSError as error:
            os.close(descriptor)
            if isinstance(error, FileNotFoundError):
                continue  # the other restore gave it its name, or removed it, just now
            raise HostError(f"cannot lock {partial}: {error.strerror}") from error
        os.close(descriptor)


def keep_all(images: Sequence[Image]) -> None:
    """Give all of them their names: every one, or none."""
    try:
        for image in images:
            image.keep()
    except BaseException:
        for image in images:
            image.discard()
        raise
