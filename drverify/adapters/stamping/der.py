"""Puts the certificates of a time-stamp reply into the order that DER asks for.

Some authorities (openssl's among them) send them in another order, which strict readers refuse. The set of
certificates is outside everything that is signed, and reordering changes no length. What is kept on disk
stays as it was sent. Structure: RFC 3161 section 2.4.2, RFC 5652 section 5.1; lengths: X.690 section 8.1.3.
"""

from collections.abc import Iterator
from dataclasses import dataclass

_CERTIFICATES = 0xA0
_LONG = 0x80
_WIDEST = 4
"""No reply is longer than that many bytes can tell."""


@dataclass(frozen=True, slots=True)
class _Item:
    """Where a tag, its length and its content stand."""

    tag: int
    start: int
    body: int
    end: int


def ordered(reply: bytes) -> bytes:
    """The same TimeStampResp with sorted certificates; anything that is none is returned as it is."""
    try:
        token = _inside(reply, _item(reply, 0, len(reply)))[1]
        explicit = _inside(reply, token)[1]
        signed = _inside(reply, explicit)[0]
        found = next(one for one in _inside(reply, signed) if one.tag == _CERTIFICATES)
        rows = sorted(reply[one.start : one.end] for one in _inside(reply, found))
    except (IndexError, StopIteration, ValueError):
        return reply
    return reply[: found.body] + b"".join(rows) + reply[found.end :]


def _inside(data: bytes, item: _Item) -> list[_Item]:
    return list(_items(data, item.body, item.end))


def _items(data: bytes, at: int, end: int) -> Iterator[_Item]:
    while at < end:
        found = _item(data, at, end)
        yield found
        at = found.end


def _item(data: bytes, at: int, end: int) -> _Item:
    """The item that starts here. ValueError or IndexError when it does not fit."""
    length, body = data[at + 1], at + 2
    if length >= _LONG:
        width = length - _LONG
        if not 1 <= width <= _WIDEST:
            raise ValueError("a length of no definite form")
        length, body = int.from_bytes(data[body : body + width], "big"), body + width
    if body + length > end:
        raise ValueError("longer than what it stands in")
    return _Item(tag=data[at], start=at, body=body, end=body + length)
