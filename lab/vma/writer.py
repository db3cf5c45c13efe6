"""Writes VMA archives from raw images, for the lab: what vzdump would have made of these disks.

Written from the published facts of the format, apart from drverify's reader, of which it uses nothing:
a mistake in one of them shows. Holes of the images are not even read; a 4-KiB block of zeros is not stored.
"""

import hashlib
import os
import struct
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal
from uuid import UUID

CLUSTER = 65536
BLOCK = 4096
SLOTS = 59
USED_SLOTS = 58
"""Clusters in an extent: the original leaves the last slot free."""
ZERO_CLUSTER = bytes(CLUSTER)
ZERO_BLOCK = bytes(BLOCK)
BLOBS_AT = 12288
ENTRIES = 256

Compressor = Literal["zstd", "gzip", "lzop"]
Packing = Compressor | None
COMMANDS: Mapping[Compressor, tuple[str, ...]] = {
    "zstd": ("zstd", "-qc", "--threads=1"),
    "gzip": ("gzip", "-1c"),
    "lzop": ("lzop", "-c"),
}
SUFFIXES: Mapping[Packing, str] = {None: "vma", "zstd": "vma.zst", "gzip": "vma.gz", "lzop": "vma.lzo"}
"""How archives are called, by packing."""

Place = tuple[str, int]
"""A cluster: device name and number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written."""

    logical_bytes: int
    stored_bytes: int
    """Bytes of blocks that are not zero."""
    archive_bytes: int
    """Bytes of the archive before packing."""


def write(
    into: Path | BinaryIO,
    *,
    configs: Mapping[str, bytes],
    devices: Mapping[str, Path],
    ctime: datetime,
    uuid: UUID,
    compression: Packing = None,
    order: Callable[[list[Place]], Iterable[Place]] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write an archive of raw images by device name (`drive-scsi0`), which get the ids 1, 2, ...

    `order` may rearrange the clusters, as a guest does that writes while it is backed up. `progress` gets
    bytes of the images done and of all. A file must not exist; it is removed when anything fails.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(_created(into)) if isinstance(into, Path) else into
        out = stack.enter_context(_packed(stream, COMMANDS[compression])) if compression else stream
        images = [stack.enter_context(_Image.opened(name, path)) for name, path in devices.items()]
        header = header_bytes(configs, {image.name: image.size for image in images}, ctime, uuid)
        out.write(header)
        extents = ExtentWriter(out, uuid)
        for done in _clusters(images, extents, order):
            if progress is not None:
                progress(done, sum(image.size for image in images))
        extents.flush()
        return Written(
            logical_bytes=sum(image.size for image in images),
            stored_bytes=extents.stored_bytes,
            archive_bytes=len(header) + extents.written_bytes,
        )


def header_bytes(
    configs: Mapping[str, bytes], sizes: Mapping[str, int], ctime: datetime, uuid: UUID
) -> bytes:
    """Build the header of an archive with devices of these sizes, in bytes."""
    blobs = bytearray(1)  # so that no blob has the offset 0

    def blob(data: bytes) -> int:
        offset = len(blobs)
        blobs.extend(struct.pack("<H", len(data)) + data)
        return offset

    named = [(blob(name.encode() + b"\0"), blob(data)) for name, data in configs.items()]
    listed = [(blob(name.encode() + b"\0"), size) for name, size in sizes.items()]
    used = len(blobs)
    whole = BLOBS_AT + -(-used // 512) * 512
    data = bytearray(whole)
    struct.pack_into(">4sI16sq", data, 0, b"VMA\0", 1, uuid.bytes, int(ctime.timestamp()))
    struct.pack_into(">III", data, 48, BLOBS_AT, used, whole)
    for index, (name, content) in enumerate(named):
        struct.pack_into(">I", data, 2044 + 4 * index, name)
        struct.pack_into(">I", data, 2044 + 4 * (ENTRIES + index), content)
    for number, (pointer, size) in enumerate(listed, start=1):
        struct.pack_into(">IIQ", data, 4096 + 32 * number, pointer, 0, size)
    data[BLOBS_AT : BLOBS_AT + used] = blobs
    data[32:48] = hashlib.md5(data, usedforsecurity=False).digest()
    return bytes(data)


class ExtentWriter:
    """Gathers clusters and writes an extent when it is full."""

    def __init__(self, out: BinaryIO, uuid: UUID, slots: int = USED_SLOTS) -> None:
        self._out = out
        self._uuid = uuid
        self._limit = slots
        self._slots: list[int] = []
        self._blocks: list[bytes] = []
        self.stored_bytes = 0
        self.written_bytes = 0

    def cluster(self, device: int, number: int, data: bytes) -> None:
        """Add a cluster; data shorter than 64 KiB (at a device's end) is filled up with zeros."""
        mask = 0
        if data != ZERO_CLUSTER[: len(data)]:
            for bit in range(-(-len(data) // BLOCK)):
                block = data[bit * BLOCK : (bit + 1) * BLOCK]
                if block != ZERO_BLOCK[: len(block)]:
                    mask |= 1 << bit
                    self._blocks.append(block.ljust(BLOCK, b"\0"))
        self._slots.append(mask << 48 | device << 32 | number)
        if len(self._slots) == self._limit:
            self.flush()

    def flush(self) -> None:
        """Write the extent that is begun, if any."""
        if not self._slots:
            return
        slots = self._slots + [0] * (SLOTS - len(self._slots))
        head = bytearray(
            struct.pack(">4sHH16s16x59Q", b"VMAE", 0, len(self._blocks), self._uuid.bytes, *slots)
        )
        head[24:40] = hashlib.md5(head, usedforsecurity=False).digest()
        self._out.write(head)
        for block in self._blocks:
            self._out.write(block)
        self.stored_bytes += len(self._blocks) * BLOCK
        self.written_bytes += len(head) + len(self._blocks) * BLOCK
        self._slots, self._blocks = [], []


class _Image:
    """A raw image that is read cluster by cluster, its holes not at all."""

    def __init__(self, name: str, descriptor: int) -> None:
        self.name = name
        self.size = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        self._hole = range(0)

    @staticmethod
    @contextmanager
    def opened(name: str, path: Path) -> Iterator["_Image"]:
        """Lend the image at `path`."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            yield _Image(name, descriptor)
        finally:
            os.close(descriptor)

    def cluster(self, number: int) -> bytes:
        """Read a cluster; the last one may be short."""
        begin = number * CLUSTER
        length = min(CLUSTER, self.size - begin)
        if begin not in self._hole:
            self._hole = range(begin, self._next_data(begin))
        if begin + length <= self._hole.stop:
            return ZERO_CLUSTER[:length]
        return os.pread(self._descriptor, length, begin)

    def _next_data(self, offset: int) -> int:
        try:
            return os.lseek(self._descriptor, offset, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole to the end
            return self.size


def _clusters(
    images: list[_Image], extents: ExtentWriter, order: Callable[[list[Place]], Iterable[Place]] | None
) -> Iterator[int]:
    """Write all clusters; yields the bytes of the images that are done."""
    numbered = {image.name: (number, image) for number, image in enumerate(images, start=1)}
    natural = ((image.name, n) for image in images for n in range(-(-image.size // CLUSTER)))
    done = 0
    for name, cluster in natural if order is None else order(list(natural)):
        number, image = numbered[name]
        data = image.cluster(cluster)
        extents.cluster(number, cluster, data)
        done += len(data)
        yield done


@contextmanager
def _created(path: Path) -> Iterator[BinaryIO]:
    with path.open("xb", buffering=1 << 20) as file:
        try:
            yield file
        except BaseException:
            path.unlink(missing_ok=True)
            raise


@contextmanager
def _packed(into: BinaryIO, argv: tuple[str, ...]) -> Iterator[BinaryIO]:
    """Lend a stream that a program packs into a file; raises CalledProcessError when that fails."""
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=into, bufsize=1 << 20) as program:
        if program.stdin is None:
            raise TypeError("a pipe was asked for")
        try:
            yield program.stdin  # type: ignore[misc]  # IO[bytes], which is what BinaryIO is
        except BaseException:
            program.kill()
            raise
        program.stdin.close()
    if program.returncode != 0:
        raise subprocess.CalledProcessError(program.returncode, argv)
