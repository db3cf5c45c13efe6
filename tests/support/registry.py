"""Writes registry hives of our own, so that no Windows has to be copied: what libhivex reads is made here.

The form is that of libhivex's own structures (its `lib/hivex-internal.h`): a header of 4096 bytes, then one
`hbin`, in which every cell begins with its length, negative while it is in use. Offsets count from the hbin.
"""

import struct
from collections.abc import Mapping

PAGE = 0x1000
_HBIN, _NONE = 0x20, 0xFFFFFFFF
_ROOT, _ASCII = 0x2C, 0x20
_SZ, _BINARY, _DWORD, _MULTI_SZ = 1, 3, 4, 7
_INLINE = 0x80000000
_SMALL = 4

Value = int | str | bytes | tuple[str, ...]
Key = Mapping[str, "Value | Key"]
"""A key: its values, and below other names its keys."""


def hive(root: Key) -> bytes:
    """A whole hive with this root."""
    writer = _Writer()
    security = writer.security()
    at = writer.key("root", root, parent=_NONE, security=security, flags=_ROOT)
    bins = writer.finished()
    head = bytearray(PAGE)
    struct.pack_into("<4sIIQIIIIIII", head, 0, b"regf", 1, 1, 0, 1, 5, 0, 1, at, len(bins), 1)
    checksum = 0
    for (word,) in struct.iter_unpack("<I", head[:508]):
        checksum ^= word
    struct.pack_into("<I", head, 508, checksum)
    return bytes(head) + bins


class _Writer:
    """The cells of one hbin."""

    def __init__(self) -> None:
        self._cells = bytearray(_HBIN)

    def finished(self) -> bytes:
        """The hbin, filled up with one free cell to whole pages."""
        rest = -(len(self._cells) + 8) % PAGE + 8
        self._cells += struct.pack("<i", rest) + bytes(rest - 4)
        struct.pack_into("<4sII", self._cells, 0, b"hbin", 0, len(self._cells))
        return bytes(self._cells)

    def security(self) -> int:
        """A descriptor without an owner, which every key names."""
        descriptor = struct.pack("<BBHIIII", 1, 0, 0x8000, 0, 0, 0, 0)
        at = len(self._cells)
        return self._cell(struct.pack("<2sHIIII", b"sk", 0, at, at, 1, len(descriptor)) + descriptor)

    def key(self, name: str, held: Key, *, parent: int, security: int, flags: int = _ASCII) -> int:
        """A key with everything below it; returns its offset."""
        values = {one: value for one, value in held.items() if not isinstance(value, Mapping)}
        below = {one: value for one, value in held.items() if isinstance(value, Mapping)}
        at = self._cell(bytes(76 + len(name)))
        keys = [
            self.key(one, below[one], parent=at, security=security) for one in sorted(below, key=str.upper)
        ]
        listed = [self._value(one, value) for one, value in values.items()]
        fields = struct.pack(
            "<2sHQIIIIIIIIIIIIIIIHH", b"nk", flags, 0, 0, parent, len(keys), 0,
            self._keys(sorted(below, key=str.upper), keys), _NONE, len(listed),
            self._cell(struct.pack(f"<{len(listed)}I", *listed)) if listed else _NONE,
            security, _NONE, 0, 0, 0, 0, 0, len(name), 0,
        )  # fmt: skip
        self._cells[at + 4 : at + 4 + 76 + len(name)] = fields + name.encode("ascii")
        return at

    def _keys(self, names: list[str], keys: list[int]) -> int:
        if not keys:
            return _NONE
        pairs = zip(keys, names, strict=True)
        entries = b"".join(struct.pack("<I4s", at, name.encode("ascii")[:4]) for at, name in pairs)
        return self._cell(struct.pack("<2sH", b"lf", len(keys)) + entries)

    def _value(self, name: str, value: Value) -> int:
        kind, data = _written(value)
        if len(data) <= _SMALL:
            size, place = len(data) | _INLINE, struct.unpack("<I", data.ljust(_SMALL, b"\0"))[0]
        else:
            size, place = len(data), self._cell(data)
        head = struct.pack("<2sHIIIHH", b"vk", len(name), size, place, kind, 1, 0)
        return self._cell(head + name.encode("ascii"))

    def _cell(self, data: bytes) -> int:
        at, size = len(self._cells), 4 + len(data) + -(4 + len(data)) % 8
        self._cells += struct.pack("<i", -size) + data.ljust(size - 4, b"\0")
        return at


def _written(value: Value) -> tuple[int, bytes]:
    match value:
        case int():
            return _DWORD, struct.pack("<I", value)
        case str():
            return _SZ, f"{value}\0".encode("utf-16-le")
        case bytes():
            return _BINARY, value
        case _:
            return _MULTI_SZ, "".join(f"{one}\0" for one in (*value, "")).encode("utf-16-le")
