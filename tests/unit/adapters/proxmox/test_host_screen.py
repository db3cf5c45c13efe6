"""A picture over RFB, from honest and from hostile screens."""

import asyncio
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.proxmox.guest_screen import _answer, picture, png
from drverify.errors import HostError

HELLO = b"RFB 003.008\n" + b"\x01\x01" + bytes(4)
"""Version, one kind of authentication (none), accepted."""


def init(width: int, height: int, name: bytes = b"QEMU") -> bytes:
    return struct.pack(">HH", width, height) + bytes(16) + struct.pack(">I", len(name)) + name


def update(*parts: tuple[int, int, int, int, bytes]) -> bytes:
    body = b"".join(struct.pack(">HHHHi", *part[:4], 0) + part[4] for part in parts)
    return struct.pack(">BxH", 0, len(parts)) + body


def seen(stream: bytes) -> tuple[bytes, bytes]:
    """The picture, and what was sent to get it."""
    sent = bytearray()

    async def ask() -> bytes:
        reader = asyncio.StreamReader()
        reader.feed_data(stream)
        reader.feed_eof()

        async def write(data: bytes) -> None:
            sent.extend(data)

        return await picture(reader.readexactly, write, password="secret")

    return asyncio.run(ask()), bytes(sent)


def pixels(image: bytes) -> tuple[int, int, bytes]:
    """Size and bytes of a PNG, decoded."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", image[16:24])
    at = image.index(b"IDAT")
    (length,) = struct.unpack(">I", image[at - 4 : at])
    return width, height, zlib.decompress(image[at + 4 : at + 4 + length])


def test_a_picture_in_two_parts_comes_out_as_png():
    red, blue = b"\x00\x00\xff\x00", b"\xff\x00\x00\x00"
    stream = HELLO + init(2, 2) + update((0, 0, 2, 1, red * 2)) + b"\x02" + update((0, 1, 2, 1, blue * 2))
    image, sent = seen(stream)
    assert pixels(image) == (2, 2, b"\0\xff\0\0\xff\0\0" + b"\0\0\0\xff\0\0\xff")
    assert sent.startswith(b"RFB 003.008\n\x01\x01")


def test_what_a_server_may_say_in_between_is_passed_over():
    noise = b"\x01\x00\x00\x00\x00\x01" + bytes(6) + b"\x03\x00\x00\x00\x00\x00\x00\x02hi" + b"\x02"
    image, _ = seen(HELLO + init(1, 1) + noise + update((0, 0, 1, 1, bytes(4))))
    assert pixels(image)[:2] == (1, 1)


@pytest.mark.parametrize(
    "stream",
    [
        b"HTTP/1.1 400",
        b"RFB 003.008\n\x00",
        b"RFB 003.008\n\x01\x13",
        b"RFB 003.008\n\x01\x01\x00\x00\x00\x01",
        HELLO + init(0, 0),
        HELLO + init(65535, 65535),
        HELLO + struct.pack(">HH", 1, 1) + bytes(16) + b"\xff\xff\xff\xff",
        HELLO + init(2, 2) + update((1, 1, 2, 2, bytes(16))),
        HELLO + init(2, 2) + update((0, 0, 0, 0, b"")),
        HELLO + init(2, 2) + struct.pack(">BxH", 0, 1) + struct.pack(">HHHHi", 0, 0, 2, 2, 7),
        HELLO + init(2, 2) + b"\x03\x00\x00\x00\xff\xff\xff\xff",
        HELLO + init(2, 2) + b"\x77",
    ],
)
def test_a_hostile_screen_ends_it(stream: bytes):
    with pytest.raises(HostError):
        seen(stream)


@given(st.binary(max_size=600), st.sampled_from([b"", HELLO, HELLO + init(3, 2)]))
def test_whatever_a_screen_says_comes_to_an_end(said: bytes, begun: bytes):
    try:
        image, _ = seen(begun + said)
    except (HostError, asyncio.IncompleteReadError):
        return
    assert pixels(image)[:2] <= (4096, 4096)


def test_the_password_is_answered_as_vnc_has_it():
    """DES of the challenge under a key with each byte's bits reversed: `secret` -> these eight bytes."""
    one = _answer(bytes(16), "secret")
    assert len(one) == 16
    assert one[:8] == one[8:]
    assert one != _answer(bytes(16), "Secret")
    assert _answer(bytes(16), "12345678") == _answer(bytes(16), "123456789")


def test_png_keeps_every_row():
    assert pixels(png(1, 3, b"\x01\x02\x03\x00" * 3)) == (1, 3, b"\0\x03\x02\x01" * 3)
