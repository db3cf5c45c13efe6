"""Reads a registry hive of a Windows system, by libhivex in the appliance: it is as hostile as its disk.

Numbers (REG_DWORD) are little-endian; texts are UTF-16LE with a zero at the end, in a REG_MULTI_SZ after each
one and another at the end of all. Source: "Registry value types" of the Windows documentation.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

from drverify.adapters.workbench.child.bench import Bench

_NUMBER = 4


@contextmanager
def hive(bench: Bench, path: str) -> Iterator["Hive"]:
    """Open the hive that lies at `path`, whatever the case of its letters; one at a time.

    RuntimeError when there is none, or libhivex does not understand it.
    """
    bench.guestfs.hivex_open(bench.guestfs.case_sensitive_path(path))
    try:
        yield Hive(bench)
    finally:
        bench.tried(bench.guestfs.hivex_close)


class Hive:
    """An open hive. Keys are numbers; 0 is a key that is not there, below which nothing is."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.root: int = bench.guestfs.hivex_root()

    def key(self, start: int, path: str) -> int:
        """The key below another one, its names parted by backslashes, in any case of letters."""
        for name in path.split("\\"):
            if not start:
                return 0
            start = self._child(start, name)
        return start

    def _child(self, start: int, name: str) -> int:
        return int(
            self._bench.tried(lambda: self._bench.guestfs.hivex_node_get_child(start, name), otherwise=0)
        )

    def keys(self, start: int) -> Iterator[tuple[str, int]]:
        """Every key right below another one, with its name."""
        if not start:
            return
        found = self._bench.tried(lambda: self._bench.guestfs.hivex_node_children(start), otherwise=[])
        for one in found:
            at = int(one["hivex_node_h"])
            if name := self._name(at):
                yield name, at

    def _name(self, key: int) -> str:
        return str(self._bench.tried(lambda: self._bench.guestfs.hivex_node_name(key), otherwise=""))

    def number(self, key: int, name: str) -> int | None:
        """A number; None when there is none."""
        data = self._data(key, name)
        return int(struct.unpack("<I", data)[0]) if len(data) == _NUMBER else None

    def text(self, key: int, name: str) -> str:
        """A text, or the first of several; empty when there is none."""
        return next(iter(self.texts(key, name)), "")

    def texts(self, key: int, name: str) -> list[str]:
        """The texts of a value that are not empty."""
        found = self._data(key, name).decode("utf-16-le", "replace").split("\0")
        return [one.strip() for one in found if one.strip()]

    def _data(self, key: int, name: str) -> bytes:
        value = key and self._bench.tried(
            lambda: self._bench.guestfs.hivex_node_get_value(key, name), otherwise=0
        )
        if not value:
            return b""
        return bytes(self._bench.tried(lambda: self._bench.guestfs.hivex_value_value(value), otherwise=b""))
