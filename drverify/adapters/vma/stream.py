"""The bytes of an archive, unpacked: from a file, a descriptor, or an object that reads.

What is packed goes through the program that unpacks it. When the bytes end, the exit of that program
is asked *before* anything is concluded from the end: killed by a signal is our machine's trouble, any
other failure is damage, unless the file itself cannot be read any more.
"""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from drverify.adapters.vma.compression import SNIFF, Compression, compression_of
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.pipes import Pump, Reading, pipe
from drverify.adapters.vma.program import Program, running
from drverify.adapters.vma.stopping import Stop
from drverify.errors import SourceError

Archive = Path | int | BinaryIO
"""A file; an open descriptor (a pipe, say), read from where it stands and left open; or an object with
`read`, whose reading cannot be interrupted."""

_OURS = ("not enough memory", "requires too much memory", "out of memory")
"""Words of an unpacking program that speaks of this machine and not of the archive."""
_AROUND = 1 << 20


@dataclass(slots=True, kw_only=True)
class _Descriptor:
    """A descriptor that is waited for."""

    descriptor: int
    stop: Stop
    stall: float
    what: str
    waits: bool
    ahead: bytes = b""
    """Bytes that were read already to learn what this is."""

    def readinto(self, into: memoryview, /) -> int:
        """Read some bytes; SourceError when that fails, DeadlineError when none come."""
        if self.ahead:
            count = min(len(self.ahead), len(into))
            into[:count], self.ahead = self.ahead[:count], self.ahead[count:]
            return count
        while True:
            if self.waits:
                self.stop.wait_for(self.descriptor, self.stall, self.what)
            else:
                self.stop.check()
            try:
                return os.readv(self.descriptor, [into])
            except BlockingIOError:
                continue  # it does not block, and somebody else may have read
            except OSError as error:
                raise SourceError(f"cannot read {self.what}: {error.strerror}") from error

    def first(self) -> bytes:
        """Return the first bytes, which are read again afterwards."""
        into = memoryview(bytearray(SNIFF))
        done = 0
        while done < SNIFF and (count := self.readinto(into[done:])):
            done += count
        self.ahead = bytes(into[:done])
        return self.ahead


class _Object:
    """An object that reads, whose first bytes were looked at."""

    def __init__(self, archive: BinaryIO) -> None:
        self._archive = archive
        self._ahead = b""
        self._ahead = self._read(SNIFF)

    @property
    def first(self) -> bytes:
        """The first bytes, which are read again afterwards."""
        return self._ahead

    def readinto(self, into: memoryview, /) -> int:
        """Read some bytes; SourceError when that fails."""
        chunk, self._ahead = self._ahead[: len(into)], self._ahead[len(into) :]
        chunk = chunk or self._read(len(into))
        into[: len(chunk)] = chunk
        return len(chunk)

    def _read(self, size: int) -> bytes:
        try:
            return self._archive.read(size)
        except OSError as error:
            raise SourceError(f"cannot read the archive: {error.strerror or error}") from error


@dataclass(slots=True, kw_only=True)
class ByteStream:
    """The unpacked archive, byte after byte; `position` counts them."""

    source: Reading
    compression: Compression | None
    packed_size: int | None
    """Bytes of the archive as it lies there, if that is known."""
    stop: Stop
    stall: float
    program: Program | None = None
    file: int | None = None
    pump: Pump | None = None
    position: int = 0

    def fill(self, into: memoryview) -> int:
        """Fill the buffer and return how many bytes came; fewer only at the end of the archive.

        At the end, what the unpacking program has to say is raised before a short count is returned.
        """
        done = 0
        while done < len(into):
            count = self.source.readinto(into[done:])
            if not count:
                self.position += done
                self._ended()
                return done
            done += count
        self.position += done
        return done

    def _ended(self) -> None:
        if self.pump is not None:
            self.pump.check()
        code = 0 if self.program is None else self.program.wait(self.stop, self.stall)
        if self.program is None or code == 0:
            return
        self._readable()
        if code < 0 or any(words in self.program.said() for words in _OURS):
            raise self.program.failure(code)
        raise ArchiveDefect(
            DefectKind.COMPRESSION,
            f"the archive cannot be unpacked to its end: {self.program.ended(code)}",
            offset=self.position,
        )

    def _readable(self) -> None:
        """Raise SourceError when the file cannot be read around where unpacking stopped."""
        if self.file is None:
            return
        try:
            at = os.lseek(self.file, 0, os.SEEK_CUR)
            os.pread(self.file, 2 * _AROUND, max(0, at - _AROUND))
        except OSError as error:
            raise SourceError(f"cannot read the archive: {error.strerror}") from error


@contextmanager
def opened(archive: Archive, stop: Stop, stall: float) -> Iterator[ByteStream]:
    """Lend the unpacked bytes of an archive. Programs, threads and descriptors of ours are gone afterwards.

    `stall` are the seconds that may pass without a byte.
    """
    with ExitStack() as stack:
        if isinstance(archive, Path):
            descriptor = _open(archive)
            stack.callback(os.close, descriptor)
            yield _from_descriptor(stack, descriptor, str(archive), stop, stall)
        elif isinstance(archive, int):
            yield _from_descriptor(stack, archive, "the archive", stop, stall)
        else:
            source = _Object(archive)
            yield _stream(stack, source, compression_of(source.first), stop, stall)


def _open(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror}") from error
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise SourceError(f"cannot read {path}: it is a directory")
    return descriptor


def _from_descriptor(stack: ExitStack, descriptor: int, what: str, stop: Stop, stall: float) -> ByteStream:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        own = stack.enter_context(Stop())
        source = _Descriptor(descriptor=descriptor, stop=stop, stall=stall, what=what, waits=True)
        packed = compression_of(source.first())
        source.stop = own if packed else stop  # a pump is stopped when the context ends
        return _stream(stack, source, packed, stop, stall, halt=own.set)
    source = _Descriptor(descriptor=descriptor, stop=stop, stall=stall, what=what, waits=False)
    try:
        packed = compression_of(os.pread(descriptor, SNIFF, os.lseek(descriptor, 0, os.SEEK_CUR)))
    except OSError as error:
        raise SourceError(f"cannot read {what}: {error.strerror}") from error
    if packed is None:
        stream = ByteStream(source=source, compression=None, packed_size=None, stop=stop, stall=stall)
    else:
        stream = _unpacked(stack, packed, descriptor, stop, stall)
        stream.file = descriptor
    stream.packed_size = status.st_size
    return stream


def _stream(
    stack: ExitStack,
    source: Reading,
    packed: Compression | None,
    stop: Stop,
    stall: float,
    *,
    halt: Callable[[], None] = lambda: None,
) -> ByteStream:
    if packed is None:
        return ByteStream(source=source, compression=None, packed_size=None, stop=stop, stall=stall)
    reading, writing = stack.enter_context(pipe())
    pump = Pump(source, writing)
    stack.callback(pump.join)
    stream = _unpacked(stack, packed, reading.descriptor, stop, stall)
    reading.close()
    stream.pump = pump
    pump.start()
    stack.callback(halt)  # left first; then the program is killed, then the pump is waited for
    return stream


def _unpacked(stack: ExitStack, packed: Compression, stdin: int, stop: Stop, stall: float) -> ByteStream:
    reading, writing = stack.enter_context(pipe())
    program = stack.enter_context(running(packed.argv, stdin=stdin, stdout=writing.descriptor))
    writing.close()
    source = _Descriptor(
        descriptor=reading.descriptor, stop=stop, stall=stall, what="the archive", waits=True
    )
    return ByteStream(
        source=source, compression=packed, packed_size=None, stop=stop, stall=stall, program=program
    )
