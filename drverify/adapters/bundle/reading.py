"""Reads a bundle that may be a stranger's: a directory or a tar, nothing in it followed, unpacked or run."""

import hashlib
import os
import stat
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from drverify.adapters.bundle import ustar
from drverify.adapters.bundle.files import Catalogue
from drverify.auditing import layout
from drverify.auditing.layout import is_name
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.agreement import Sha256

_PIECE = 256 * 1024
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW
MOST_FILES = 5_000_000


class _Files(ABC):
    """Implements `auditing.bundle.Bundle` over any place where bytes can be read at an offset."""

    def __init__(self) -> None:
        self._catalogue = Catalogue()

    @abstractmethod
    def _opened(self, name: str, offset: int) -> "_Opened":
        """A descriptor to read the file with, and where in it the file begins."""

    def names(self, beginning: str) -> Iterator[str]:
        """As the port says."""
        return self._catalogue.names(beginning)

    def unread(self) -> Iterator[str]:
        """As the port says."""
        return self._catalogue.unread()

    def read(self, name: str, limit: int) -> bytes:
        """As the port says."""
        return b"".join(self._pieces(name, limit))

    def measure(self, name: str, limit: int) -> tuple[Sha256, int]:
        """As the port says."""
        found, size = hashlib.sha256(), 0
        for piece in self._pieces(name, limit):
            found.update(piece)
            size += len(piece)
        return Sha256(found.hexdigest()), size

    def lines(self, name: str, limit: int, part: range | None = None) -> Iterator[bytes]:
        """As the port says; of a part of the file, the lines that begin in it."""
        begin = part.start if part is not None else 0
        rest, place = b"", max(begin - 1, 0)  # a line feed before the part shows that a line begins with it
        foreign = begin > 0
        for piece in self._pieces(name, ustar.LARGEST, place):
            *whole, rest = (rest + piece).split(b"\n") if b"\n" in piece else (rest + piece,)
            for line in whole:
                if part is not None and place >= part.stop:
                    return
                if not foreign:
                    yield line
                foreign = False
                place += len(line) + 1
            if part is not None and place >= part.stop:
                return
            if len(rest) > limit:
                raise EvidenceError(f"{name}: a line is longer than {limit} bytes")
        if rest:
            raise EvidenceError(f"{name}: the last line is cut off")

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._catalogue.find(name)[1]

    def remembering(self) -> AbstractContextManager["array[int]"]:
        """Gives the artefacts that are asked for meanwhile, for `ask` in another process."""
        return self._catalogue.remembering()

    def ask(self, places: bytes) -> None:
        """Take as asked for what was, by `remembering`, in another process."""
        self._catalogue.ask(places)

    def _pieces(self, name: str, limit: int, begin: int = 0) -> Iterator[bytes]:
        """The content in pieces from one byte on; exactly as many bytes as the catalogue says."""
        offset, size = self._catalogue.find(name)
        if size > limit:
            raise EvidenceError(f"{name}: larger than {limit} bytes")
        with _access(name):
            opened = self._opened(name, offset)
            try:
                at, end = opened.start + begin, opened.start + size
                while at < end:
                    piece = os.pread(opened.descriptor, min(_PIECE, end - at), at)
                    if not piece:
                        raise EvidenceError(f"{name}: cut off")
                    yield piece
                    at += len(piece)
            finally:
                opened.close()


class _Opened:
    """A descriptor for one reading."""

    def __init__(self, descriptor: int, start: int, *, own: bool) -> None:
        self.descriptor = descriptor
        self.start = start
        self._own = own

    def close(self) -> None:
        """Close it, if it was opened for this reading."""
        if self._own:
            os.close(self.descriptor)


class TarBundle(_Files):
    """A bundle in one tar of the form that `ustar` names. Close it after use."""

    def __init__(self, path: Path) -> None:
        """Read all headers. EvidenceError for any byte outside the files that is not as it must be."""
        super().__init__()
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            self._scan(os.fstat(self._descriptor).st_size)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the file back."""
        os.close(self._descriptor)

    def _opened(self, name: str, offset: int) -> _Opened:  # noqa: ARG002 - a directory needs the name
        return _Opened(self._descriptor, offset, own=False)

    def _scan(self, length: int) -> None:
        at, count = 0, 0
        while (block := os.pread(self._descriptor, ustar.BLOCK, at)).strip(b"\0"):
            name, size = ustar.read_header(block)
            at += ustar.BLOCK
            gap = ustar.padding(size)
            if at + size + gap > length or (count := count + 1) > MOST_FILES:
                raise EvidenceError(f"{name}: the archive is cut off")
            if os.pread(self._descriptor, gap, at + size).strip(b"\0"):
                raise EvidenceError(f"{name}: there is something hidden behind it in the archive")
            self._catalogue.add(name, at, size)
            at += size + gap
        rest = os.pread(self._descriptor, ustar.RECORD + ustar.BLOCK * 2, at)
        if len(rest) != ustar.ending(at) or at + len(rest) != length or rest.strip(b"\0"):
            raise EvidenceError("the archive does not end as a tar does")


class DirectoryBundle(_Files):
    """A bundle in a directory."""

    def __init__(self, path: Path) -> None:
        """List all files. EvidenceError for anything that is neither a plain file nor a directory."""
        super().__init__()
        self._path = path
        found = sorted(self._list(path, ""))
        for name, size in found:
            self._catalogue.add(name, 0, size)

    def close(self) -> None:
        """There is nothing to give back."""

    def _list(self, directory: Path, above: str) -> Iterator[tuple[str, int]]:
        with os.scandir(directory) as entries:
            for entry in entries:
                name = above + entry.name
                facts = entry.stat(follow_symlinks=False)
                if not is_name(name):
                    raise EvidenceError(f"the bundle has a file of the name {name[:80]!r}, which none has")
                if stat.S_ISDIR(facts.st_mode):
                    yield from self._list(directory / entry.name, f"{name}/")
                elif stat.S_ISREG(facts.st_mode):
                    yield name, facts.st_size
                else:
                    raise EvidenceError(f"{name}: neither a plain file nor a directory")

    def _opened(self, name: str, offset: int) -> _Opened:
        descriptor = os.open(self._path / name, _FLAGS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise EvidenceError(f"{name}: not a plain file")
        return _Opened(descriptor, offset, own=True)


@contextmanager
def named(path: Path) -> Iterator[TarBundle | DirectoryBundle]:
    """Open what somebody named on a command line: as `opened`, and InputError for what never was a bundle."""
    if path.exists() and not _looks_like_one(path):
        raise InputError(f"{path}: not a bundle", hint="`drverify bundle` writes a directory or a .tar")
    with opened(path) as found:
        yield found


@contextmanager
def opened(path: Path) -> Iterator[TarBundle | DirectoryBundle]:
    """Open a bundle. InputError when there is none; EvidenceError as its class says."""
    if not path.is_dir() and not path.is_file():
        raise InputError(f"{path}: there is no bundle", hint="name a directory or a .tar")
    with _access(str(path)):
        found = DirectoryBundle(path) if path.is_dir() else TarBundle(path)
    try:
        yield found
    finally:
        found.close()


def _looks_like_one(path: Path) -> bool:
    """Whether it may be a bundle, changed or not: a tar, or a directory with a bundle's files in it."""
    if path.is_dir():
        return any((path / name).exists() for name in (layout.INDEX, layout.ENVELOPES))
    with _access(str(path)), path.open("rb") as file:
        return ustar.looks_like_one(file.read(ustar.BLOCK))


@contextmanager
def _access(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HostError(f"{what} cannot be read: {error.strerror or error}") from error
