"""Reads the extents of an archive, one at a time, to the very end."""

from collections.abc import Callable, Mapping
from queue import SimpleQueue

from drverify.adapters.vma.behind import Batch, Job, Worker
from drverify.adapters.vma.contents import Contents
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vma.extent import HEAD, LARGEST, MAGIC, ExtentHead, Span, parse_extent
from drverify.adapters.vma.header import Header
from drverify.adapters.vma.stream import ByteStream

EMPTY = 256
"""Extents without a cluster that are borne; more of them only keep a reader busy."""
BUFFERS = 4
"""Extents in memory at most: one that is read, the others being written and hashed."""


class Extents:
    """All that follows the header. `read` raises ArchiveDefect unless it is complete and sound."""

    def __init__(
        self,
        stream: ByteStream,
        header: Header,
        contents: Mapping[int, Contents],
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._stream = stream
        self._header = header
        self._contents = contents
        self._progress = progress
        self._head = memoryview(bytearray(HEAD))
        self._buffers: SimpleQueue[memoryview] = SimpleQueue()
        self._memory_clusters = 0
        self._empty = 0
        self._made = 0

    def read(self) -> None:
        """Read to the end; every byte is written and hashed when it returns."""
        worker = Worker()
        try:
            self._tell()
            while head := self._next():
                self._take(head, worker)
                self._tell()
            for content in self._contents.values():
                content.complete(self._stream.position)
            worker.drain()
        finally:
            worker.close()

    def _next(self) -> ExtentHead | None:
        """Read the head of the next extent; None at the end of the archive."""
        offset = self._stream.position
        count = self._stream.fill(self._head)
        if count == 0:
            return None
        begin = bytes(self._head[: min(count, len(MAGIC))])
        if begin != MAGIC[: len(begin)] and self._is_complete():
            raise ArchiveDefect(
                DefectKind.TRAILING, "something follows the last extent that is no extent", offset=offset
            )
        if count < HEAD:
            raise self._truncated(begin, offset)
        head = parse_extent(bytes(self._head), offset, self._header)
        self._empty += not head.spans
        if self._empty > EMPTY:
            raise ArchiveDefect(
                DefectKind.EMPTY_EXTENTS, f"more than {EMPTY} extents hold nothing", offset=offset
            )
        return head

    def _take(self, head: ExtentHead, worker: Worker) -> None:
        buffer = self._buffer()
        payload = buffer[: head.payload]
        if self._stream.fill(payload) < head.payload:
            raise self._truncated(MAGIC, head.offset)
        jobs: list[Job] = []
        for span in head.spans:
            content = self._contents.get(span.device.id)
            if content is None:
                self._skip(span, head.offset)
            else:
                jobs += content.take(span, payload, head.offset)
        worker.submit(Batch(jobs, lambda: self._buffers.put(buffer)))

    def _buffer(self) -> memoryview:
        """Return a free buffer; wait for one when there are as many as there may be."""
        if self._buffers.empty() and self._made < BUFFERS:
            self._made += 1
            return memoryview(bytearray(LARGEST))
        return self._buffers.get()

    def _skip(self, span: Span, offset: int) -> None:
        """Skip memory of the guest, which comes in order."""
        if span.first != self._memory_clusters:
            raise ArchiveDefect(
                DefectKind.CLUSTER_ORDER,
                f"cluster {span.first} of {span.device.name} comes when {self._memory_clusters} is due",
                offset=offset,
                device=span.device.name,
                cluster=span.first,
            )
        self._memory_clusters += span.count

    def _tell(self) -> None:
        if self._progress is not None:
            done = sum(content.done_bytes for content in self._contents.values())
            self._progress(done, self._header.logical_bytes)

    def _is_complete(self) -> bool:
        return all(content.is_complete for content in self._contents.values())

    def _truncated(self, begin: bytes, offset: int) -> ArchiveDefect:
        if begin != MAGIC[: len(begin)]:
            return ArchiveDefect(DefectKind.MAGIC, "no extent begins here", offset=offset)
        return ArchiveDefect(
            DefectKind.TRUNCATED,
            f"the archive ends inside the extent that begins at byte {offset}",
            offset=self._stream.position,
        )
