"""An image's bytes, unpacked, into a new sparse file. Blocking; run in a thread.

    parts -> (a thread, a program that unpacks) -> format told, header read -> blocks that are not zero

The image is written as it is: raw images are then done, the others lie there for qemu-img to read.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.images.formats import (
    HEAD,
    LARGEST,
    Declared,
    ShortError,
    check_raw,
    declared,
    form_of,
)
from drverify.adapters.images.names import Named
from drverify.adapters.images.parts import Parts
from drverify.adapters.images.programs import NOT_BEGUN, OURS, shut_in, unpacker
from drverify.adapters.vma.images import NewImage
from drverify.adapters.vma.pipes import Pump, pipe
from drverify.adapters.vma.program import Program, running
from drverify.adapters.vma.stopping import Stop
from drverify.errors import DefectError, HostError, SourceError

CHUNK = 1 << 20
BLOCK = 64 * 1024
_ZEROS = bytes(BLOCK)


@dataclass(slots=True, kw_only=True)
class _Unpacked:
    """The image's bytes as they come."""

    name: str
    parts: Parts
    stop: Stop
    stall: float
    program: Program | None = None
    descriptor: int = -1
    pump: Pump | None = None
    position: int = 0

    def fill(self, into: memoryview) -> int:
        """Fill the buffer and return how many bytes came; fewer only at the end, which is a good one then."""
        done = 0
        while done < len(into):
            count = self._some(into[done:])
            if not count:
                self.position += done
                self._ended()
                return done
            done += count
        self.position += done
        return done

    def _some(self, into: memoryview) -> int:
        if self.program is None:
            return self.parts.readinto(into)
        self.stop.wait_for(self.descriptor, self.stall, self.name)
        try:
            return os.readv(self.descriptor, [into])
        except OSError as error:
            raise SourceError(f"cannot unpack {self.name}: {error.strerror}") from error

    def _ended(self) -> None:
        if self.pump is not None:
            self.pump.check()
        if self.program is None:
            return
        code = self.program.wait(self.stop, self.stall)
        if code == 0:
            return
        if not 0 <= code < NOT_BEGUN or any(words in self.program.said() for words in OURS):
            raise self.program.failure(code)
        raise DefectError(
            f"{self.name} cannot be unpacked to its end: {self.program.ended(code)} "
            f"(at byte {self.position} of the unpacked data)"
        )


@contextmanager
def unpacked(name: str, parts: Parts, stop: Stop, stall: float) -> Iterator[_Unpacked]:
    """Lend the image's bytes. The program, the thread and the descriptors are gone afterwards."""
    with ExitStack() as stack:
        stack.callback(parts.close)
        argv = unpacker(parts.first())
        if not argv:
            yield _Unpacked(name=name, parts=parts, stop=stop, stall=stall)
            return
        reading, writing = stack.enter_context(pipe())
        packed, into = stack.enter_context(pipe())
        halt = stack.enter_context(Stop())
        parts.stop = halt
        pump = Pump(parts, into)
        stack.callback(pump.join)
        program = stack.enter_context(
            running(shut_in(argv), stdin=packed.descriptor, stdout=writing.descriptor)
        )
        program.name = argv[0]
        packed.close()
        writing.close()
        pump.start()
        stack.callback(halt.set)  # left first; then the program is killed, then the pump is waited for
        yield _Unpacked(
            name=name, parts=parts, stop=stop, stall=stall,
            program=program, descriptor=reading.descriptor, pump=pump,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Poured:
    """What was written."""

    declared: Declared
    image: NewImage
    """The raw disk, or the image in its own format."""
    size: int


def pour(
    name: str,
    parts: Parts,
    into: Path,
    *,
    claimed: Named,
    made: Callable[[NewImage], None],
    progress: Callable[[int], None],
    stop: Stop,
    stall: float,
) -> Poured:
    """Write the image beside `into` as `NewImage` does; `made` gets it before anything is written.

    DefectError for damage, or for more bytes than the header declares; HostError for no room and what is
    not read; errors of `Parts`. `progress` gets the bytes of a raw disk. Who gets the image keeps or discards
    it, and closes it.
    """
    with unpacked(name, parts, stop, stall) as stream:
        head = memoryview(bytearray(HEAD))
        head = head[: stream.fill(head)]
        if claimed.packed and stream.program is None:
            raise DefectError(f"{name} is not packed: it begins with {bytes(head[:8]).hex(' ') or 'nothing'}")
        form = form_of(bytes(head[:1024]), claimed.form, name)
        first = _declared(form, head, name)
        image = NewImage(into if form == "raw" else packed_name(into), 0, sync=False)
        made(image)
        size = _write_all(stream, head, image, first, progress if form == "raw" else lambda _: None)
        if form == "raw":
            check_raw(bytes(head[:1024]), size, name)
        os.ftruncate(image.descriptor, size)
    parts.stop = stop
    parts.check()
    said = declared(form, reading(image.descriptor), name)
    return Poured(declared=said, image=image, size=size)


def packed_name(into: Path) -> Path:
    """Where an image in its own format is put on the way to the raw disk `into`."""
    return into.with_name(f"{into.name}.packed")


def reading(descriptor: int) -> Callable[[int, int], bytes]:
    """Read an open image anywhere."""

    def read(offset: int, length: int) -> bytes:
        try:
            return os.pread(descriptor, length, offset)
        except OSError as error:
            raise SourceError(f"cannot read the image at byte {offset}: {error.strerror}") from error

    return read


def _declared(form: str, head: memoryview, name: str) -> int:
    """Bytes that the image may take, as far as its first bytes say."""

    def read(offset: int, length: int) -> bytes:
        if offset + length > len(head) == HEAD:
            raise ShortError
        return bytes(head[offset : offset + length])

    try:
        return declared(form, read, name).largest  # type: ignore[arg-type]  # one of the four
    except ShortError:
        return LARGEST


def _write_all(
    stream: _Unpacked, head: memoryview, image: NewImage, most: int, progress: Callable[[int], None]
) -> int:
    position, chunk = 0, head
    buffer = memoryview(bytearray(CHUNK))
    while chunk:
        if position + len(chunk) > most:
            if most == LARGEST:
                raise HostError(f"{stream.name} unpacks to more than the {most} bytes that are written here")
            raise DefectError(f"{stream.name} unpacks to more than the {most} bytes that its header allows")
        for start, end in _runs(chunk):
            image.write(chunk[start:end], position + start)
        position += len(chunk)
        progress(position)
        chunk = buffer[: stream.fill(buffer)] if len(chunk) in {CHUNK, HEAD} else buffer[:0]
    return position


def _runs(chunk: memoryview) -> Iterator[tuple[int, int]]:
    """Where there is anything but zeros, in whole blocks."""
    start = None
    for at in range(0, len(chunk), BLOCK):
        block = bytes(chunk[at : at + BLOCK])  # comparing bytes is many times quicker than comparing views
        if block == _ZEROS[: len(block)]:
            if start is not None:
                yield start, at
            start = None
        elif start is None:
            start = at
    if start is not None:
        yield start, len(chunk)
