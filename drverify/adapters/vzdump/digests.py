"""Recorded digests: read from a sidecar, and computed of an archive's bytes while it is unpacked."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Thread

from drverify.adapters.stored import Bytes
from drverify.adapters.vma.configuration import find_disk
from drverify.adapters.vma.header import Header
from drverify.adapters.vma.pipes import End, pipe
from drverify.adapters.vma.stopping import Stop, StoppedError
from drverify.errors import DrverifyError, SourceError

CHUNK = 256 * 1024
JOIN = 10.0
_LINE = re.compile(r"\\?([0-9a-fA-F]{64}) [ *](.{1,4096})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Digests that somebody recorded, by file name, lower-case hexadecimal."""

    by_name: Mapping[str, str] = field(default_factory=dict)

    def of_archive(self, name: str) -> str:
        """That of the archive itself; empty when none was recorded."""
        return self.by_name.get(name, "")

    def of_disks(self, header: Header) -> dict[str, str]:
        """Those of disks, by device: recorded under `drive-scsi0`, `scsi0` or the same with `.raw`."""
        named = ((find_disk(header, name.removesuffix(".raw")), one) for name, one in self.by_name.items())
        return {device.name: digest for device, digest in named if device is not None}


def read_digests(text: bytes) -> Recorded:
    """Read what sha256sum writes (GNU coreutils); lines of another form are left out."""
    lines = (_LINE.fullmatch(line) for line in text.decode("utf-8", "replace").splitlines())
    return Recorded(by_name={Path(one[2]).name: one[1].lower() for one in lines if one is not None})


class Hashing:
    """A thread that reads an archive's bytes, hashes them and hands them on through a pipe."""

    def __init__(self, source: int, into: End, stop: Stop, stall: timedelta) -> None:
        self._source = source
        self._into = into
        self._stop = stop
        self._stall = stall.total_seconds()
        self._digest = hashlib.sha256()
        self._error: DrverifyError | None = None
        self._ended = False
        self.thread = Thread(target=self._run, name="vzdump-digest", daemon=True)

    def hexdigest(self) -> str:
        """Return the digest of all bytes; raises what kept the thread from reading them all."""
        self.thread.join(JOIN)
        if self._error is not None:
            raise self._error
        if not self._ended:
            raise SourceError("the archive was not read to its end")
        return self._digest.hexdigest()

    def _run(self) -> None:
        with suppress(StoppedError, BrokenPipeError):  # who reads has had enough
            try:
                while chunk := self._next():
                    self._digest.update(chunk)
                    self._write(chunk)
                self._ended = True
            except DrverifyError as error:
                self._error = error
        self._into.close()

    def _next(self) -> bytes:
        self._stop.wait_for(self._source, self._stall, "the archive")
        try:
            return os.read(self._source, CHUNK)
        except OSError as error:
            raise SourceError(f"cannot read the archive: {error.strerror}") from error

    def _write(self, chunk: bytes) -> None:
        data = memoryview(chunk)
        while data:
            data = data[os.write(self._into.descriptor, data) :]


@contextmanager
def hashed(archive: Bytes, stall: timedelta) -> Iterator[tuple[int, Hashing]]:
    """Lend the archive's bytes as a pipe, and what hashes them on their way."""
    source = os.open(archive, os.O_RDONLY | os.O_CLOEXEC) if isinstance(archive, Path) else archive
    try:
        with Stop() as stop, pipe() as (reading, writing):
            hashing = Hashing(source, writing, stop, stall)
            hashing.thread.start()
            try:
                yield reading.descriptor, hashing
            finally:
                reading.close()
                stop.set()
                hashing.thread.join(JOIN)
    finally:
        if isinstance(archive, Path):
            os.close(source)
