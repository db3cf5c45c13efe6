"""What a disk image is, how large it declares itself to be, and whether it is all there. Pure.

Read from the first bytes, never from a name: qcow2 (QEMU's docs/interop/qcow2.txt), the sparse extents of
VMDK (VMware's "Virtual Disk Format 5.0"), VHDX ([MS-VHDX]), MBR and GPT (UEFI, chapter 5). These files may
come from a system that was broken into: one that refers to any other file is refused before a program
looks at it.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from drverify.errors import DefectError, HostError

Form = Literal["raw", "qcow2", "vmdk", "vhdx"]
Read = Callable[[int, int], bytes]
"""Bytes (offset, length) of an image; fewer at its end, ShortError where it is not known yet."""

SECTOR = 512
MIB = 1 << 20
LARGEST = 64 << 40
"""Bytes of a disk at most: a limit of ours."""
HEAD = 4 * MIB
"""First bytes among which a header usually is."""
_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (0, b"QFI\xfb", "qcow2"),
    (0, b"KDMV", "vmdk"),
    (0, b"vhdxfile", "vhdx"),
    (0, b"# Disk Descript", "VMDK descriptor without its data"),
    (0, b"COWD", "VMDK of ESX 2"),
    (0, b"conectix", "VHD"),
    (0, b"QED\0", "QED"),
    (64, b"\x7f\x10\xda\xbe", "VDI"),
    (0, b"WithoutFreeSpace", "Parallels"),
    (0, b"WithouFreSpacExt", "Parallels"),
    (0, b"BZh", "bzip2"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"\x04\x22\x4d\x18", "LZ4"),
    (257, b"ustar", "tar"),
    (0, b"\x28\xb5\x2f\xfd", "zstd in another packing"),
    (0, b"\x1f\x8b\x08", "gzip in another packing"),
    (0, b"\xfd7zXZ\0", "xz in another packing"),
)
_READ = ("qcow2", "vmdk", "vhdx")
_BOOTABLE = b"\x55\xaa"


class ShortError(Exception):
    """These bytes are not known yet."""


class OutsideError(HostError):
    """An image refers to another file. It is not followed, so it was not found out whether it is whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an image says of itself."""

    form: Form
    size: int | None
    """Bytes of the disk; none for a raw image, which is as long as it is."""
    largest: int
    """Bytes that the image itself may take at most."""


def form_of(head: bytes, claimed: str, name: str) -> Form:
    """Tell the format. HostError for one that is not read; DefectError when it is not what `name` claims.

    Where name and content name two known formats neither is believed: a guest can write any header to
    the beginning of its own raw disk.
    """
    found = next((form for at, magic, form in _MAGIC if head.startswith(magic, at)), "raw")
    if found not in {*_READ, "raw"} and claimed == "raw" and head[510:512] == _BOOTABLE:
        found = "raw"
    if found == "raw" and claimed not in {"", "raw"}:
        raise DefectError(f"{name} is no {claimed}: it begins with {head[:8].hex(' ') or 'nothing'}")
    if found not in {*_READ, "raw"}:
        raise HostError(
            f"{name} holds something that is not read from here: {found}",
            hint="convert it to qcow2, VHDX, monolithic VMDK or raw where it is made",
        )
    if claimed not in {"", found}:
        raise HostError(
            f"{name} claims to be {claimed} and begins as {found} does: neither is believed",
            hint="name it for what it is",
        )
    return found  # type: ignore[return-value]  # one of the four


def declared(form: Form, read: Read, name: str) -> Declared:
    """Read the header.

    DefectError for a damaged one, OutsideError when it refers to other files, HostError for what is not
    supported or too large. May raise ShortError.
    """
    if form == "raw":
        return Declared(form=form, size=None, largest=LARGEST)
    size, largest = {"qcow2": _qcow2, "vmdk": _vmdk, "vhdx": _vhdx}[form](read, name)
    if size > LARGEST:
        raise HostError(f"{name} declares a disk of {size} bytes; at most {LARGEST} are written")
    return Declared(form=form, size=size, largest=largest)


def check_raw(head: bytes, size: int, name: str) -> None:
    """Raise DefectError when a raw image ends before its partition table says that the disk does."""
    needed = 0
    if head[510:512] == _BOOTABLE:
        for at in range(446, 510, 16):
            kind, (start, count) = head[at + 4], struct.unpack_from("<II", head, at + 8)
            if kind not in {0, 0xEE} and head[at] in {0, 0x80}:
                needed = max(needed, (start + count) * SECTOR)
    if head[512:520] == b"EFI PART" and len(head) >= 2 * SECTOR:
        needed = max(needed, (struct.unpack_from("<Q", head, 512 + 32)[0] + 1) * SECTOR)
    if not size:
        raise DefectError(f"{name} is empty")
    if needed > size:
        raise DefectError(
            f"{name} is truncated: it ends at byte {size}, and by its partition table the disk reaches to "
            f"byte {needed}"
        )


def _exactly(read: Read, offset: int, length: int, name: str) -> bytes:
    found = read(offset, length)
    if len(found) < length:
        raise DefectError(f"{name} is truncated: it ends at byte {offset + len(found)}, inside its header")
    return found


_QCOW2 = struct.Struct(">4sIQIIQIIQQIIQ")
_DIRTY, _CORRUPT, _DATA_FILE, _KNOWN = 1, 2, 4, 0x1F


def _qcow2(read: Read, name: str) -> tuple[int, int]:
    raw = _exactly(read, 0, _QCOW2.size, name)
    _, version, backing, _, bits, size, crypt, _, _, _, _, snapshots, _ = _QCOW2.unpack(raw)
    flags = struct.unpack(">Q", _exactly(read, 72, 8, name))[0] if version == 3 else 0  # noqa: PLR2004
    if version not in {2, 3}:
        raise HostError(f"{name} is qcow2 of version {version}, which is not read")
    if backing:
        raise _outside(name, "a backing file", "store a full image (`qemu-img convert`), not an overlay")
    if flags & _DATA_FILE:
        raise _outside(name, "an external data file", "store an image that holds its own data")
    if flags & _CORRUPT:
        raise DefectError(f"{name} is marked as corrupt by the program that wrote it")
    if flags & _DIRTY:
        raise HostError(
            f"{name} was copied while it was open: its reference counts are stale",
            hint="run `qemu-img check -r all` on a copy, and back up closed images",
        )
    if flags & ~_KNOWN:
        raise HostError(f"{name} uses features of qcow2 that are not known here: {flags:#x}")
    if crypt:
        raise HostError(f"{name} is encrypted, and no key is given")
    if not 9 <= bits <= 21 or not size:  # noqa: PLR2004 - the format's limits
        raise DefectError(f"{name}: damaged header: clusters of 2^{bits} bytes, a disk of {size} bytes")
    return size, LARGEST if snapshots else _with_tables(size)  # a snapshot may hold a machine's memory


_VMDK = struct.Struct("<4sIIQQQQIQQQ")
_AT_END = (1 << 64) - 1
_DESCRIPTOR = MIB
_EXTENT = re.compile(rb"^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\S+)", re.MULTILINE | re.IGNORECASE)
_ALONE = {"monolithicsparse", "streamoptimized"}


def _vmdk(read: Read, name: str) -> tuple[int, int]:
    raw = _exactly(read, 0, SECTOR, name)
    _, version, _, capacity, _, at, length, *_ = _VMDK.unpack_from(raw)
    if not 1 <= version <= 3:  # noqa: PLR2004
        raise HostError(f"{name} is VMDK of version {version}, which is not read")
    if not capacity:
        raise _outside(name, "extents in other files", _WHOLE)
    if not at or not length:
        raise _outside(name, "a descriptor in another file", _WHOLE)
    if at * SECTOR + length * SECTOR > LARGEST or length * SECTOR > _DESCRIPTOR:
        raise DefectError(f"{name}: damaged header: a descriptor of {length} sectors at sector {at}")
    check_descriptor(_exactly(read, at * SECTOR, length * SECTOR, name), name)
    return capacity * SECTOR, _with_tables(capacity * SECTOR)


_WHOLE = "store a monolithic or streamOptimized VMDK, or export an OVA and take its disk out"


def check_descriptor(text: bytes, name: str) -> None:
    """Raise OutsideError unless a VMDK's descriptor speaks of this file alone."""
    flat = text.lower()
    parent = re.findall(rb"parentcid\s*=\s*([0-9a-f]+)", flat)
    if b"parentfilenamehint" in flat or any(one != b"ffffffff" for one in parent):
        raise _outside(name, "a parent disk", "back up the whole disk, not the difference to a snapshot")
    kinds = re.findall(rb'createtype\s*=\s*"([^"]*)"', flat)
    extents = [one.upper() for one in _EXTENT.findall(text)]
    if {one.decode("ascii", "replace") for one in kinds} - _ALONE or extents != [b"SPARSE"]:
        raise _outside(name, "extents in other files", _WHOLE)


def check_end(form: Form, read: Read, size: int, name: str) -> None:
    """Look at the end of an image of `size` bytes as at its beginning; raises as `declared`."""
    if form != "vmdk":
        return
    raw = read(0, SECTOR)
    if _VMDK.unpack_from(raw)[9] != _AT_END:
        return
    footer = read(max(0, size - 2 * SECTOR), SECTOR)
    if not footer.startswith(b"KDMV"):
        raise DefectError(f"{name} is truncated: its footer is missing at byte {size - 2 * SECTOR}")
    if _VMDK.unpack_from(footer)[3:7] != _VMDK.unpack_from(raw)[3:7]:
        raise DefectError(f"{name}: header and footer contradict each other")


_REGIONS = 192 * 1024
_METADATA = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le
_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le
_DISK_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le
_PARENT = UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c").bytes_le
_MOST = 2047
_VHDX_BLOCK = 256 * MIB
"""The largest; the last one may be as good as empty."""


def _vhdx(read: Read, name: str) -> tuple[int, int]:
    at = _metadata(read, name)
    items = {key: at + offset for key, offset in _items(read, at, name)}
    if _DISK_SIZE not in items or _PARAMETERS not in items:
        raise DefectError(f"{name}: its metadata states no size")
    (flags,) = struct.unpack("<I", _exactly(read, items[_PARAMETERS] + 4, 4, name))
    if _PARENT in items or flags & 2:
        raise _outside(name, "a parent disk", "back up the whole disk, not the difference to a checkpoint")
    (size,) = struct.unpack("<Q", _exactly(read, items[_DISK_SIZE], 8, name))
    if not size:
        raise DefectError(f"{name}: damaged metadata: a disk of 0 bytes")
    return size, _with_tables(size) + 2 * _VHDX_BLOCK


def _metadata(read: Read, name: str) -> int:
    for at in (_REGIONS, _REGIONS + 64 * 1024):
        head = _exactly(read, at, 16, name)
        if head[:4] != b"regi":
            continue
        for number in range(min(struct.unpack_from("<I", head, 8)[0], _MOST)):
            entry = _exactly(read, at + 16 + 32 * number, 32, name)
            if entry[:16] == _METADATA:
                return int(struct.unpack_from("<Q", entry, 16)[0])
    raise DefectError(f"{name}: no region table leads to its metadata")


def _items(read: Read, at: int, name: str) -> list[tuple[bytes, int]]:
    if at > LARGEST:
        raise DefectError(f"{name}: damaged region table")
    raw = _exactly(read, at, 32, name)
    if not raw.startswith(b"metadata"):
        raise DefectError(f"{name}: no metadata where its region table says, at byte {at}")
    (count,) = struct.unpack_from("<H", raw, 10)
    rows = _exactly(read, at + 32, 32 * min(count, _MOST), name)
    return [(key, int(offset)) for key, offset in struct.iter_unpack("<16sI12x", rows)]


def _with_tables(size: int) -> int:
    """Bytes that an image of a disk of `size` bytes takes at most, with what is needed to find them."""
    return size + size // 8 + 64 * MIB


def _outside(name: str, what: str, hint: str) -> OutsideError:
    return OutsideError(f"{name} refers to {what}: nothing outside of an image is followed", hint=hint)
