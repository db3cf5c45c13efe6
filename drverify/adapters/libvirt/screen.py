"""Turns what libvirt gives as a screenshot into a PNG; pure.

QEMU from 7.1 on gives PNG itself, older ones a binary PPM (P6, netpbm). PNG: ISO/IEC 15948.
"""

import re
import struct
import zlib

from drverify.errors import HostError

PNG = b"\x89PNG\r\n\x1a\n"
LARGEST = 8192
"""Pixels in width or height; the guest chooses them."""
_PPM = re.compile(rb"P6\s+(\d{1,5})\s+(\d{1,5})\s+255\s")
_RGB = 3


def as_png(media_type: str, picture: bytes) -> bytes:
    """Return the picture as PNG; HostError when it is neither PNG nor an ordinary PPM."""
    if picture.startswith(PNG):
        return picture
    header = _PPM.match(picture)
    if header is None:
        raise HostError(f"the screenshot is of the unknown type {media_type!r}")
    width, height = int(header[1]), int(header[2])
    pixels = picture[header.end() :]
    if not (0 < width <= LARGEST and 0 < height <= LARGEST) or len(pixels) != width * height * _RGB:
        raise HostError(f"the screenshot of {width}x{height} pixels has {len(pixels)} bytes")
    row = width * _RGB
    lines = b"".join(b"\0" + pixels[start : start + row] for start in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
