r"""The header of a VMA archive: which archive, of when, which configurations, which devices.

Layout, from what Proxmox publishes about its format and from archives of the original tool; integers
are big-endian but for the 2-byte lengths in the blob buffer, which are little-endian:

    0     magic "VMA\0", u32 version (1), uuid[16], i64 creation (seconds since 1970, UTC)
    32    MD5 of the whole header with this field zeroed
    48    u32 offset and u32 used size of the blob buffer, u32 size of the header; then reserved
    2044  u32 names[256], u32 data[256] of configurations: offsets in the blob buffer, 0 is none
    4096  256 devices of 32 bytes: u32 name, u32 reserved, u64 size, two reserved u64; index is the id
    12288 the blob buffer: u16 length and as many bytes, over and over; its byte 0 is never used

Nothing here does I/O. Every complaint is an ArchiveDefect.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from uuid import UUID

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.errors import HostError

FIXED = 12288
"""Bytes before the blob buffer: what must be read to learn how long the header is."""
MAX_HEADER = 32 * 1024 * 1024
MAX_TOTAL = 64 << 40
"""Bytes of all devices together that we handle: it bounds the memory for what has been seen."""
CLUSTER = 65536
MAX_DEVICE = CLUSTER << 32
"""Bytes that the 32-bit cluster numbers of the format can address."""
MAGIC = b"VMA\0"
ENTRIES = 256
VMSTATE = "vmstate"
"""The device that is a guest's memory, not a disk."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_NAME = 255
_HEAD = struct.Struct(">4sI16sq16sIII")
_POINTERS = struct.Struct(f">{ENTRIES}I")
_DEVICE = struct.Struct(">IIQQQ")
_AT_CHECKSUM, _AT_BLOBS, _AT_SIZE, _AT_RESERVED = 32, 48, 56, 60
_AT_NAMES, _AT_DATA, _AT_MIDDLE, _AT_DEVICES = 2044, 3068, 4092, 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of an archive. `size` is in bytes and need not be a multiple of anything."""

    id: int
    name: str
    size: int

    @property
    def clusters(self) -> int:
        """How many clusters of 64 KiB it has; the last one may be cut off by the device's end."""
        return -(-self.size // CLUSTER)

    @property
    def is_memory(self) -> bool:
        """Whether it is the memory of a guest, which is no disk and is skipped."""
        return self.name == VMSTATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What an archive says about itself."""

    uuid: UUID
    created_at: datetime
    """When the backup began, UTC, by the clock of the node."""
    configs: Mapping[str, bytes]
    """Configurations by name: `qemu-server.conf`, and `qemu-server.fw` where the guest had a firewall."""
    devices: Mapping[int, Device]
    """Devices by id, 1 to 254."""
    size: int
    """Bytes of the header: where the first extent begins."""

    @property
    def disks(self) -> tuple[Device, ...]:
        """The devices that are disks, by id."""
        return tuple(device for device in self.devices.values() if not device.is_memory)

    @property
    def logical_bytes(self) -> int:
        """Bytes of all disks together."""
        return sum(device.size for device in self.disks)

    def disk(self, name: str) -> Device | None:
        """Return the disk of that name, if there is one."""
        return next((device for device in self.disks if device.name == name), None)


def whole_size(fixed: bytes) -> int:
    """Return how long the header is whose first `FIXED` bytes these are; at least `FIXED`, bounded."""
    magic, version, *_ = _HEAD.unpack_from(fixed)
    if magic != MAGIC:
        raise no_archive()
    if version != 1:
        raise ArchiveDefect(DefectKind.VERSION, f"version {version} of the format is not known", offset=4)
    (size,) = struct.unpack_from(">I", fixed, _AT_SIZE)
    if not FIXED < size <= MAX_HEADER:
        raise _field(f"a header of {size} bytes cannot be", _AT_SIZE)
    return int(size)


def parse_header(data: bytes) -> Header:
    """Read a whole header. ArchiveDefect for what is wrong; HostError for more than we handle."""
    whole_size(data)
    _, _, uuid, ctime, checksum, blob_offset, blob_size, size = _HEAD.unpack_from(data)
    body = hashlib.md5(data[:_AT_CHECKSUM], usedforsecurity=False)
    body.update(bytes(16))
    body.update(memoryview(data)[_AT_BLOBS:])
    if body.digest() != checksum:
        raise ArchiveDefect(
            DefectKind.HEADER_CHECKSUM, "the header does not match its checksum", offset=_AT_CHECKSUM
        )
    _reserved(data, _AT_RESERVED, _AT_NAMES)
    _reserved(data, _AT_MIDDLE, _AT_DEVICES)
    if blob_offset < FIXED or blob_offset + blob_size > size:
        raise _field("the blob buffer does not lie inside the header", _AT_BLOBS)
    blobs = _Blobs(data, blob_offset, blob_size)
    configs, devices = _configs(data, blobs), _devices(data, blobs)
    blobs.check_overlaps()
    return Header(
        uuid=UUID(bytes=uuid),
        created_at=_instant(ctime),
        configs=MappingProxyType(configs),
        devices=MappingProxyType(devices),
        size=size,
    )


class _Blobs:
    """The blob buffer, and which parts of it were used."""

    def __init__(self, data: bytes, offset: int, size: int) -> None:
        self._data = data
        self._begin = offset
        self._size = size
        self._used: list[tuple[int, int, int]] = []

    def get(self, pointer: int, at: int) -> bytes:
        """Return the blob that the field at `at` points to."""
        if pointer + 2 > self._size:
            raise _field(f"pointer {pointer} leaves the blob buffer of {self._size} bytes", at)
        begin = self._begin + pointer
        length = int.from_bytes(self._data[begin : begin + 2], "little")
        if pointer + 2 + length > self._size:
            raise _field(f"a blob of {length} bytes at {pointer} leaves the blob buffer", at)
        self._used.append((pointer, pointer + 2 + length, at))
        return self._data[begin + 2 : begin + 2 + length]

    def name(self, pointer: int, at: int) -> str:
        """Return the name that the field at `at` points to: printable, without a slash, never `.` or `..`."""
        raw = self.get(pointer, at)
        text = raw[:-1].decode("utf-8", "replace")
        plain = text.isprintable() and "/" not in text and "\N{REPLACEMENT CHARACTER}" not in text
        if not raw.endswith(b"\0") or text in {"", ".", ".."} or not plain or len(raw) > _LONGEST_NAME:
            raise _field(f"{raw[:_LONGEST_NAME]!r} is no name", at)
        return text

    def check_overlaps(self) -> None:
        """Refuse blobs that share bytes: no writer makes them."""
        used = sorted(self._used)
        for (_, end, _), (begin, _, at) in pairwise(used):
            if begin < end:
                raise _field(f"two blobs overlap at {begin} in the blob buffer", at)


def _configs(data: bytes, blobs: _Blobs) -> dict[str, bytes]:
    names, contents = _POINTERS.unpack_from(data, _AT_NAMES), _POINTERS.unpack_from(data, _AT_DATA)
    found: dict[str, bytes] = {}
    for index, (name, content) in enumerate(zip(names, contents, strict=True)):
        at = _AT_NAMES + 4 * index
        if bool(name) != bool(content):
            raise _field(f"configuration {index} has a name or contents, but not both", at)
        if name:
            text = blobs.name(name, at)
            if text in found:
                raise _field(f"two configurations are named {text}", at)
            found[text] = blobs.get(content, _AT_DATA + 4 * index)
    return found


def _devices(data: bytes, blobs: _Blobs) -> dict[int, Device]:
    found: dict[int, Device] = {}
    named: Callable[[str], bool] = lambda name: any(one.name == name for one in found.values())  # noqa: E731
    for index in range(ENTRIES):
        at = _AT_DEVICES + _DEVICE.size * index
        pointer, *reserved, size, third, fourth = _DEVICE.unpack_from(data, at)
        if not (pointer or size or any(reserved) or third or fourth):
            continue
        if any(reserved) or third or fourth:
            raise _reserved_field(at)
        if not pointer or index in {0, ENTRIES - 1}:
            raise _field(f"device {index} cannot be", at)
        name = blobs.name(pointer, at)
        if named(name):
            raise _field(f"two devices are named {name}", at)
        if size > MAX_DEVICE:
            raise _field(f"device {name} of {size} bytes is larger than the format can hold", at)
        found[index] = Device(id=index, name=name, size=size)
    if sum(device.size for device in found.values()) > MAX_TOTAL:
        raise HostError(
            f"the archive's devices are larger than {MAX_TOTAL >> 40} TiB, which we cannot handle"
        )
    return found


def no_archive() -> ArchiveDefect:
    """Say that something does not even begin as an archive."""
    return ArchiveDefect(DefectKind.MAGIC, "this does not begin as a VMA archive does", offset=0)


def _instant(seconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise _field(f"{seconds} is no instant", 24) from None


def _reserved(data: bytes, begin: int, end: int) -> None:
    part = data[begin:end]
    if any(part):
        raise _reserved_field(begin + len(part) - len(part.lstrip(b"\0")))


def _field(message: str, at: int) -> ArchiveDefect:
    return ArchiveDefect(DefectKind.HEADER_FIELD, f"header: {message}", offset=at)


def _reserved_field(at: int) -> ArchiveDefect:
    return ArchiveDefect(DefectKind.RESERVED, "header: a reserved field is not zero", offset=at)
