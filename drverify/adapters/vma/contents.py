"""One device while its archive is read: what came, what is written, what is hashed next.

A digest covers a device in order. What comes in order is hashed as it comes. What comes ahead is
written where it belongs (into the image, or without one into an anonymous file) and read back when its
turn has come: the rare case, and the archive is still read once. Writing and hashing are done by others:
`take` says what is to be done.
"""

import os
import tempfile
from functools import partial
from pathlib import Path

from drverify.adapters.vma.behind import Digest, Job, hash_written, hash_zeros, sha256
from drverify.adapters.vma.coverage import Coverage
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.extent import Span
from drverify.adapters.vma.header import CLUSTER, Device
from drverify.adapters.vma.images import Image, LentImage
from drverify.errors import HostError


class Contents:
    """The bytes of one disk, cluster by cluster."""

    def __init__(self, device: Device, image: Image | None, *, hashing: bool, scratch: Path | None) -> None:
        self.device = device
        self.image = image
        self.stored_bytes = 0
        """Bytes that the archive stores; all others are zero."""
        self._digest: Digest | None = sha256() if hashing else None
        self._coverage = Coverage(device.clusters)
        self._scratch = scratch
        self._spill: LentImage | None = None

    @property
    def done_bytes(self) -> int:
        """Bytes of the device that have come."""
        return min(self._coverage.seen * CLUSTER, self.device.size)

    @property
    def is_complete(self) -> bool:
        """Whether every cluster has come."""
        return self._coverage.missing == 0

    def take(self, span: Span, payload: memoryview, offset: int) -> list[Job]:
        """Note clusters of the extent at `offset`; return what is to be written and hashed now, in order."""
        in_order = span.first == self._coverage.frontier
        duplicate = self._coverage.add(span.first, span.count)
        if duplicate is not None:
            raise ArchiveDefect(
                DefectKind.DUPLICATE_CLUSTER,
                f"cluster {duplicate} of {self.device.name} is stored twice",
                offset=offset,
                device=self.device.name,
                cluster=duplicate,
            )
        hashed = self._digest if in_order else None
        jobs = self._jobs(span, payload, hashed, aside=not in_order)
        begin = self._coverage.frontier
        caught_up = self._coverage.advance()
        if hashed is not None and caught_up:
            jobs.append(self._read_back(hashed, begin, caught_up))
        return jobs

    def complete(self, offset: int) -> None:
        """Raise ArchiveDefect when clusters are missing at the end, which is at `offset`."""
        if missing := self._coverage.missing:
            first = self._coverage.frontier
            raise ArchiveDefect(
                DefectKind.MISSING_CLUSTERS,
                f"{missing} of {self.device.clusters} clusters of {self.device.name} are missing, "
                f"the first is cluster {first}",
                offset=offset,
                device=self.device.name,
                cluster=first,
            )

    def sha256(self) -> str | None:
        """Return the digest of the complete device, when it was asked for and the hasher has drained."""
        return None if self._digest is None else self._digest.hexdigest()

    def close(self) -> None:
        """Drop what was put aside."""
        if self._spill is not None:
            os.close(self._spill.descriptor)
            self._spill = None

    def _jobs(self, span: Span, payload: memoryview, hashed: Digest | None, *, aside: bool) -> list[Job]:
        """Write what is stored, and hash all of it; both end at the device's end."""
        position, end = span.first * CLUSTER, self.device.size
        store = self.image or (self._aside() if aside and self._digest is not None else None)
        jobs: list[Job] = []
        for whole, at in span.pieces:
            length = min(whole, end - position)
            if length <= 0:
                break
            if at is None:
                if hashed is not None:
                    jobs.append(partial(hash_zeros, hashed, length))
            else:
                data = payload[at : at + length]
                self.stored_bytes += length
                if store is not None:
                    jobs.append(partial(store.write, data, position))
                if hashed is not None:
                    jobs.append(partial(hashed.update, data))
            position += length
        return jobs

    def _read_back(self, digest: Digest, first: int, count: int) -> Job:
        store = self.image or self._aside()
        begin = first * CLUSTER
        length = min(count * CLUSTER, self.device.size - begin)
        return partial(hash_written, digest, store.descriptor, begin, length)

    def _aside(self) -> LentImage:
        """Return the anonymous file, made when it is first needed; it vanishes with its descriptor."""
        if self._spill is None:
            place = self._scratch or Path(tempfile.gettempdir())
            try:
                descriptor = os.open(place, os.O_RDWR | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
            except OSError as error:
                raise HostError(f"cannot make a temporary file in {place}: {error.strerror}") from error
            try:
                self._spill = LentImage(descriptor, self.device.size, f"clusters out of order in {place}")
            except HostError:
                os.close(descriptor)
                raise
        return self._spill
