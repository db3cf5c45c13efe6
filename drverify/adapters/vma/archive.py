"""Read a VMA archive: `inspect` its header, `verify` all of it, `extract` its disks.

One pass, constant memory (16 MiB of buffers, one bit for each cluster that came ahead of its turn), the
hash in a second thread. Everything blocks; `asynchronous.py` has the same for an event loop.

Every function takes an archive as a path, an open descriptor or an object that reads, packed or not.
They raise ArchiveDefect for a damaged archive, SourceError when it cannot be read, HostError for what
this machine lacks (NoRoom, MissingProgram), DeadlineError when no byte comes for `stall`. Whoever feeds
a descriptor from another program asks that program how it ended before believing in a short archive.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.adapters.vma.compression import Compression
from drverify.adapters.vma.configuration import check_disks
from drverify.adapters.vma.contents import Contents
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.extents import Extents
from drverify.adapters.vma.header import FIXED, MAGIC, Device, Header, no_archive, parse_header, whole_size
from drverify.adapters.vma.images import Image, LentImage, NewImage, keep_all, removed_if_interrupted
from drverify.adapters.vma.qcow2 import Qcow2, Qcow2Image
from drverify.adapters.vma.stopping import Stop
from drverify.adapters.vma.stream import Archive, ByteStream, opened
from drverify.errors import InputError

STALL = timedelta(minutes=5)
"""How long no byte may come unless the caller says otherwise."""

Target = Path | Qcow2 | int
"""Where a disk goes: a new raw file; a new qcow2 file; or an open descriptor of a regular file (read and
write), which is emptied, filled as raw, and left open and unsynced."""
Targets = Mapping[str, Target] | Callable[[Header], Mapping[str, Target]]
"""Targets by device name, or a function that chooses them once the header is known."""
Expected = Mapping[str, str] | Callable[[Header], Mapping[str, str]]
"""Recorded sha256 digests (hexadecimal) by device name, or a function that gives them for the header."""
Progress = Callable[[int, int], None]
"""Called in the thread that reads, after each extent, with the bytes of disks that are done and of all.
What it raises ends the work, is passed on, and leaves nothing behind; while it waits, so does the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveInfo:
    """What the beginning of an archive says."""

    header: Header
    compression: str | None
    """`zstd`, `gzip`, `lzop`; None when it is not packed."""
    packed_size: int | None
    """Bytes of the archive as it lies there; None for a stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskContent:
    """One disk of an archive that was read to its end."""

    name: str
    logical_bytes: int
    stored_bytes: int
    """Bytes that the archive stores; the others are zero."""
    allocated_bytes: int | None
    """Bytes that the raw image takes on disk; None when none was written."""
    sha256: str | None
    """Digest of all logical bytes in order; None when it was not asked for."""
    target: Target | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """A complete and sound archive, and what became of its disks."""

    info: ArchiveInfo
    read_bytes: int
    """Bytes of the unpacked archive."""
    disks: tuple[DiskContent, ...]

    def disk(self, name: str) -> DiskContent:
        """Return the disk of that device name; KeyError when there is none."""
        return {disk.name: disk for disk in self.disks}[name]


def read_header(stream: ByteStream) -> Header:
    """Read the header, which is at the beginning of the stream."""
    fixed = memoryview(bytearray(FIXED))
    if (count := stream.fill(fixed)) < FIXED:
        raise _short_header(bytes(fixed[:count]))
    size = whole_size(bytes(fixed))
    rest = memoryview(bytearray(size - FIXED))
    if (count := stream.fill(rest)) < len(rest):
        raise _short_header(bytes(fixed) + bytes(rest[:count]))
    return parse_header(b"".join((fixed, rest)))


def inspect(archive: Archive, *, stall: timedelta = STALL, stop: Stop | None = None) -> ArchiveInfo:
    """Read the header only, and stop unpacking after it."""
    with _stop(stop) as flag, opened(archive, flag, stall.total_seconds()) as stream:
        return _info(stream, read_header(stream))


def verify(
    archive: Archive,
    *,
    expected: Expected | None = None,
    hashing: bool = True,
    progress: Progress | None = None,
    stall: timedelta = STALL,
    stop: Stop | None = None,
    scratch: Path | None = None,
) -> Extracted:
    """Read all of an archive without writing disks; ArchiveDefect unless it is complete and sound.

    What is `expected` is compared, and hashed for it. Clusters out of order are put aside in an
    anonymous file in `scratch` (default: the directory for temporary files) until they can be hashed.
    """
    return extract(
        archive,
        {},
        expected=expected,
        hashing=hashing,
        progress=progress,
        stall=stall,
        stop=stop,
        scratch=scratch,
    )


def extract(
    archive: Archive,
    targets: Targets,
    *,
    expected: Expected | None = None,
    hashing: bool = True,
    sync: bool = True,
    progress: Progress | None = None,
    stall: timedelta = STALL,
    stop: Stop | None = None,
    scratch: Path | None = None,
) -> Extracted:
    """Write disks of an archive, sparse, and check all of it; the files exist only if all of it is sound.

    Disks without a target are read and checked all the same. With `sync` files are written through to
    the disk before they get their names. Raises InputError for a target whose device is not in the
    archive, HostError for one that exists; otherwise as `verify`. After any exception no new file is left.
    """
    with ExitStack() as stack:
        flag = stack.enter_context(_stop(stop))
        stream = stack.enter_context(opened(archive, flag, stall.total_seconds()))
        header = read_header(stream)
        check_disks(header)
        chosen = targets(header) if callable(targets) else targets
        _known(header, chosen)
        images = stack.enter_context(_images(header, chosen, sync=sync, stop=flag, stall=stall))
        recorded = expected(header) if callable(expected) else expected or {}
        hashed = hashing or bool(recorded)
        contents = {
            disk.id: Contents(disk, images.get(disk.name), hashing=hashed, scratch=scratch)
            for disk in header.disks
        }
        for content in contents.values():
            stack.callback(content.close)
        Extents(stream, header, contents, progress).read()
        _compare({content.device.name: content.sha256() for content in contents.values()}, recorded)
        for image in images.values():
            image.settle()
        disks = tuple(_found(content, chosen.get(content.device.name)) for content in contents.values())
        keep_all(list(images.values()))
        return Extracted(info=_info(stream, header), read_bytes=stream.position, disks=disks)


@contextmanager
def _stop(stop: Stop | None) -> Iterator[Stop]:
    if stop is not None:
        yield stop
        return
    with Stop() as own:
        yield own


def _info(stream: ByteStream, header: Header) -> ArchiveInfo:
    packed: Compression | None = stream.compression
    return ArchiveInfo(
        header=header, compression=packed.name if packed else None, packed_size=stream.packed_size
    )


def _known(header: Header, targets: Mapping[str, Target]) -> None:
    for name in targets:
        if header.disk(name) is None:
            there = ", ".join(disk.name for disk in header.disks) or "none"
            raise InputError(f"the archive has no disk {name}; its disks: {there}")


@contextmanager
def _images(
    header: Header, targets: Mapping[str, Target], *, sync: bool, stop: Stop, stall: timedelta
) -> Iterator[Mapping[str, Image]]:
    """Lend an image for each target; what was not kept is removed."""
    with ExitStack() as stack:
        images: dict[str, Image] = {}
        done = False
        try:
            for disk in header.disks:
                if disk.name in targets:
                    target = targets[disk.name]
                    with removed_if_interrupted(target if isinstance(target, Path) else None):
                        image = _image(disk, target, sync=sync, stop=stop, stall=stall)
                        stack.callback(image.close)
                        images[disk.name] = image
            yield images
            done = True
        finally:
            for image in images.values() if not done else ():
                image.discard()


def _image(disk: Device, target: Target, *, sync: bool, stop: Stop, stall: timedelta) -> Image:
    if isinstance(target, int):
        return LentImage(target, disk.size, f"the image of {disk.name}")
    if isinstance(target, Qcow2):
        return Qcow2Image(target, disk.size, sync=sync, stop=stop, stall=stall.total_seconds())
    return NewImage(target, disk.size, sync=sync)


def _found(content: Contents, target: Target | None) -> DiskContent:
    return DiskContent(
        name=content.device.name,
        logical_bytes=content.device.size,
        stored_bytes=content.stored_bytes,
        allocated_bytes=None if content.image is None else content.image.allocated(),
        sha256=content.sha256(),
        target=target,
    )


def _compare(digests: Mapping[str, str | None], expected: Mapping[str, str]) -> None:
    """Raise ArchiveDefect when a disk is not what was recorded, or a recorded disk is not there."""
    for name, digest in expected.items():
        if name not in digests:
            raise ArchiveDefect(
                DefectKind.MISSING_DEVICE, f"the archive has no disk {name}", offset=None, device=name
            )
        found = digests[name]
        if found != digest.lower():
            raise ArchiveDefect(
                DefectKind.PAYLOAD,
                f"the content of {name} is not what was recorded: sha256 {found} instead of {digest}",
                offset=None,
                device=name,
            )


def _short_header(data: bytes) -> ArchiveDefect:
    if not MAGIC.startswith(data[: len(MAGIC)]):
        return no_archive()
    text = "the archive ends inside its header" if data else "the archive is empty"
    return ArchiveDefect(DefectKind.TRUNCATED, text, offset=len(data))
