"""What the verbs of the child work on: one appliance of libguestfs, with the disks that it was given."""

import re
from collections.abc import Callable, Mapping
from typing import Any

_DISK = re.compile(r"(/dev/)(sd[a-z]+)", re.ASCII)
MAX_TEXT = 64 << 10
"""Bytes of a text file that are read."""


class BenchError(Exception):
    """What was asked for cannot be done; the message is told to the parent, and `kind` says why.

    `missing`: libguestfs is not installed; `launch`: its appliance does not start; `crashed`: it died;
    `failed`: a step failed; anything else belongs to the verb that raises it.
    """

    def __init__(self, message: str, *, kind: str = "failed") -> None:
        super().__init__(message)
        self.kind = kind


class Bench:
    """The appliance; `guestfs` is libguestfs's handle, launched."""

    def __init__(
        self, guestfs: Any, tell: Callable[[str], None], names: Mapping[str, str] | None = None
    ) -> None:
        """`names`: `sda` as libguestfs calls the first disk, to what the appliance's kernel calls it."""
        self.guestfs = guestfs
        self._tell = tell
        self._names = dict(names or {})
        self._back = {real: name for name, real in self._names.items()}

    def real(self, text: str) -> str:
        """A text with the names that the appliance's kernel has for disks in place of libguestfs's own.

        Its kernel finds disks in any order; libguestfs translates in its own calls, and nowhere else: not
        in what programs are told that run in the appliance, or below `/sysroot`.
        """
        return _DISK.sub(lambda found: found[1] + self._names.get(found[2], found[2]), text)

    def known_as(self, text: str) -> str:
        """The way back from `real`."""
        return _DISK.sub(lambda found: found[1] + self._back.get(found[2], found[2]), text)

    def note(self, text: str) -> None:
        """Tell the parent what is going on: one line, which also shows that something is."""
        self._tell(text)

    def tried(self, work: Callable[[], Any], *, otherwise: Any = None) -> Any:
        """The result of a step that a damaged disk may make fail; `otherwise` when it does.

        BenchError when it failed because the appliance died.
        """
        try:
            return work()
        except RuntimeError as error:
            self.still_there(error)
            return otherwise

    def still_there(self, error: Exception) -> None:
        """BenchError unless the appliance still answers after `error`."""
        try:
            self.guestfs.ping_daemon()
        except RuntimeError:
            raise BenchError(f"the appliance died: {error}", kind="crashed") from error

    def sh(self, line: str) -> str:
        """What a line of shell prints in the appliance, both streams; no exit code of it is an error.

        Disks are `/dev/sda` and so on, as libguestfs calls them, and what is mounted lies below `/sysroot`.
        Whatever a disk gave has to be quoted in it.
        """
        asked = self.real(f"{{ {line}\n}} 2>&1 | head -c 1000000; true")
        return self.known_as(str(self.tried(lambda: self.guestfs.debug("sh", [asked])) or ""))

    def text(self, path: str, most: int = MAX_TEXT) -> str:
        """The beginning of a file of what is mounted; empty when there is none."""
        if not self.tried(lambda: self.guestfs.is_file(path, followsymlinks=True), otherwise=False):
            return ""
        data = self.tried(lambda: self.guestfs.pread(path, most, 0), otherwise=b"")
        return bytes(data).decode("utf-8", "replace")

    def names(self, path: str) -> list[str]:
        """What a directory of what is mounted holds; empty when there is none."""
        if not self.tried(lambda: self.guestfs.is_dir(path, followsymlinks=True), otherwise=False):
            return []
        return list(self.tried(lambda: self.guestfs.ls(path), otherwise=[]))

    def matching(self, pattern: str) -> list[str]:
        """The paths of what is mounted that match a pattern of the shell."""
        return list(self.tried(lambda: self.guestfs.glob_expand(pattern, directoryslash=False), otherwise=[]))
