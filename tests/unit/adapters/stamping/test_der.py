"""Certificates of a reply in the order that DER asks for, and nothing else touched."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.stamping.der import ordered


def der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    width = (len(body).bit_length() + 7) // 8
    head = bytes([len(body)]) if len(body) < 128 else bytes([0x80 + width]) + len(body).to_bytes(width, "big")
    return bytes([tag]) + head + body


def reply(*certificates: bytes) -> bytes:
    signed = der(0x30, der(2, b"\x03"), der(0x31), der(0x30), der(0xA0, *certificates), der(0x31, b"signers"))
    return der(0x30, der(0x30, der(2, b"\x00")), der(0x30, der(6, b"oid"), der(0xA0, signed)))


@given(st.permutations([der(0x30, bytes([n]) * length) for n, length in ((3, 2), (1, 200), (2, 70_000))]))
def test_every_order_becomes_the_one_of_der(certificates: list[bytes]) -> None:
    assert ordered(reply(*certificates)) == reply(*sorted(certificates))


@given(st.binary(max_size=80))
def test_what_is_no_reply_is_left_as_it_is(content: bytes) -> None:
    assert ordered(content) == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        reply(der(0x30, b"b"), der(0x30, b"a"))[:-1],
        b"\x30\x80\x30\x00\x00\x00",
        b"\x30\x89" + b"\xff" * 20,
        der(0x30, der(0x30, der(2, b"\x02"))),
    ],
    ids=["empty", "cut off", "no definite length", "longer than anything", "refused without a token"],
)
def test_half_replies_are_left_as_they_are(content: bytes) -> None:
    assert ordered(content) == content
