"""The stored bytes of an image: one file or several parts, one after the other, hashed on their way."""

import hashlib
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.images.programs import SNIFF
from drverify.adapters.stored import Bytes
from drverify.adapters.vma.stopping import Stop
from drverify.errors import DefectError, HostError, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of an image, and where its bytes are to be had."""

    name: str
    bytes: Bytes


def open_file(path: Path) -> int:
    """Open an image for reading, where it is a regular file and no link; SourceError or HostError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise HostError(
                f"{path} is a symbolic link: nothing outside of an image is followed",
                hint="name the directory that the image itself lies in",
            ) from error
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(f"cannot read {path}: it is no regular file")
    return descriptor


class Parts:
    """Reads them in order; implements `Reading`. `recorded` are digests of parts or of `whole`, by name."""

    def __init__(
        self, whole: str, parts: Sequence[Part], recorded: Mapping[str, str], stop: Stop, stall: float
    ) -> None:
        self.stop = stop
        self._whole = whole
        self._left = list(parts)
        self._recorded = recorded
        self._stall = stall
        self._part: Part | None = None
        self._descriptor = -1
        self._ahead = b""
        self._hash = hashlib.sha256()
        self._all = hashlib.sha256()
        self._hashes_all = whole in recorded and len(parts) > 1
        self._wrong: list[DefectError] = []

    def first(self) -> bytes:
        """Return the first bytes, which are read again afterwards."""
        into = memoryview(bytearray(SNIFF))
        done = 0
        while done < SNIFF and (count := self._read(into[done:])):
            done += count
        self._ahead = bytes(into[:done])
        return self._ahead

    def readinto(self, into: memoryview, /) -> int:
        """Read some bytes; SourceError when that fails, DeadlineError when none come for the stall limit."""
        if self._ahead:
            count = min(len(self._ahead), len(into))
            into[:count], self._ahead = self._ahead[:count], self._ahead[count:]
            return count
        return self._read(into)

    def check(self) -> None:
        """Read what is left, then raise DefectError unless everything is as it was recorded."""
        into = memoryview(bytearray(1 << 20))
        while self.readinto(into):
            pass
        if self._hashes_all:
            self._compare(self._whole, self._all.hexdigest())
        if self._wrong:
            raise self._wrong[0]

    def close(self) -> None:
        """Close what is open; lent descriptors stay."""
        if self._part is not None and isinstance(self._part.bytes, Path):
            os.close(self._descriptor)
        self._part = None

    def _read(self, into: memoryview) -> int:
        while True:
            if self._part is None and not self._next():
                return 0
            if count := self._some(into):
                if self._part is not None and self._part.name in self._recorded:
                    self._hash.update(into[:count])
                if self._hashes_all:
                    self._all.update(into[:count])
                return count
            self._end_part()

    def _next(self) -> bool:
        if not self._left:
            return False
        self._part = self._left.pop(0)
        self._hash = hashlib.sha256()
        lent = self._part.bytes
        try:
            self._descriptor = open_file(lent) if isinstance(lent, Path) else lent
        except BaseException:
            self._part = None
            raise
        return True

    def _some(self, into: memoryview) -> int:
        part = self._part
        name = part.name if part is not None else self._whole
        if part is not None and isinstance(part.bytes, Path):
            self.stop.check()
        else:
            self.stop.wait_for(self._descriptor, self._stall, name)
        try:
            return os.readv(self._descriptor, [into])
        except OSError as error:
            raise SourceError(f"cannot read {name}: {error.strerror}") from error

    def _end_part(self) -> None:
        if self._part is not None and self._part.name in self._recorded:
            self._compare(self._part.name, self._hash.hexdigest())
        self.close()

    def _compare(self, name: str, found: str) -> None:
        if found != self._recorded[name]:
            recorded = self._recorded[name]
            self._wrong.append(
                DefectError(f"{name} is not what was recorded: sha256 {found} instead of {recorded}")
            )
