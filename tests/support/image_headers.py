"""Headers of disk images, written byte by byte from the formats' descriptions."""

import struct
from collections.abc import Callable
from uuid import UUID

DESCRIPTOR = b"""\
# Disk DescriptorFile
version=1
CID=eef763fd
parentCID=ffffffff
createType="monolithicSparse"
# Extent description
RW 16384 SPARSE "a.vmdk"
"""
_METADATA = UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
_PARAMETERS = UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
_SIZE = UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
_PARENT = UUID("a8d35f2d-b30b-454d-abf7-d3d84834ab0c")


def reader(data: bytes) -> Callable[[int, int], bytes]:
    """Read from memory."""
    return lambda offset, length: data[offset : offset + length]


def qcow2(
    *, size: int = 8 << 20, backing: int = 0, flags: int = 0, crypt: int = 0, bits: int = 16, version: int = 3
) -> bytes:
    """A header of version 3."""
    head = struct.pack(">4sIQIIQI", b"QFI\xfb", version, backing, 9 if backing else 0, bits, size, crypt)
    return head.ljust(72, b"\0") + struct.pack(">QQQII", flags, 0, 0, 4, 104) + bytes(408)


def vmdk(*, size: int = 8 << 20, at: int = 1, descriptor: bytes = DESCRIPTOR) -> bytes:
    """A sparse extent's header and its descriptor."""
    head = struct.pack("<4sIIQQQQIQQQ", b"KDMV", 1, 3, size // 512, 128, at, 20, 512, 21, 26, 128)
    return head.ljust(512, b"\0") + descriptor.ljust(20 * 512, b"\0")


def vhdx(*, size: int = 8 << 20, flags: int = 0, parent: bool = False) -> bytes:
    """Region table and metadata as QEMU and Hyper-V place them."""
    data = bytearray(b"vhdxfile".ljust(3 << 20, b"\0"))
    struct.pack_into("<4sIII", data, 192 << 10, b"regi", 0, 1, 0)
    struct.pack_into("<16sQII", data, (192 << 10) + 16, _METADATA.bytes_le, 2 << 20, 1 << 20, 1)
    items = [(_PARAMETERS, 0x10000), (_SIZE, 0x10008), *([(_PARENT, 0x10010)] if parent else [])]
    struct.pack_into("<8sHH", data, 2 << 20, b"metadata", 0, len(items))
    for number, (key, offset) in enumerate(items):
        struct.pack_into("<16sII", data, (2 << 20) + 32 + 32 * number, key.bytes_le, offset, 8)
    struct.pack_into("<IIQ", data, (2 << 20) + 0x10000, 32 << 20, flags, size)
    return bytes(data)
