"""A qcow2 file as target: a raw image first, converted by qemu-img at the end.

Why not written directly: what is hashed and compared is the raw image, and the other format stays
QEMU's business alone. The price is a second copy of the stored bytes for a short time.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.vma.images import (
    NewImage,
    NoRoom,
    partial_of,
    refuse_to_overwrite,
    sync_directory,
)
from drverify.adapters.vma.program import running
from drverify.adapters.vma.stopping import Stop
from drverify.errors import HostError

_NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|File too large")


@dataclass(frozen=True, slots=True, kw_only=True)
class Qcow2:
    """A new qcow2 file at `path`."""

    path: Path


class Qcow2Image(NewImage):
    """Written as raw beside the final name; `settle` converts it, `keep` drops the raw one."""

    def __init__(self, target: Qcow2, size: int, *, sync: bool, stop: Stop, stall: float) -> None:
        refuse_to_overwrite(target.path)
        super().__init__(target.path.with_name(f"{target.path.name}.raw"), size, sync=False)
        self._target = target.path
        self._converted = partial_of(target.path)
        self._durable = sync
        self._stop = stop
        self._stall = stall
        self._named = False

    def settle(self) -> None:
        """Convert it, and write the result through to the disk."""
        self._converted.unlink(missing_ok=True)  # of a killed run: the raw one's lock is ours
        argv = ["qemu-img", "convert", "-f", "raw", "-O", "qcow2", str(self.partial), str(self._converted)]
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        try:
            with running(argv, stdin=null, stdout=null) as program:
                code = program.wait(self._stop, self._stall)
                if code != 0:
                    raise self._failed(program.ended(code))
        finally:
            os.close(null)
        self._converted.chmod(0o600)
        if self._durable:
            descriptor = os.open(self._converted, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _failed(self, why: str) -> HostError:
        kind = NoRoom if _NO_ROOM.search(why) else HostError
        return kind(f"cannot write {self._target}: {why}")

    def keep(self) -> None:
        """Give the converted file its name and remove the raw one."""
        refuse_to_overwrite(self._target)
        try:
            self._converted.rename(self._target)
            self._named = True
            self.partial.unlink()
            if self._durable:
                sync_directory(self._target.parent)
        except OSError as error:
            raise HostError(f"cannot write {self._target}: {error.strerror}") from error

    def discard(self) -> None:
        """Remove both files, under whichever names."""
        self.partial.unlink(missing_ok=True)
        self._converted.unlink(missing_ok=True)
        if self._named:
            self._target.unlink(missing_ok=True)
