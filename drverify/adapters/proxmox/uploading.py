"""A file on its way into a storage: multipart/form-data, made while it is sent, never whole in memory.

Source of the form: RFC 7578; that the fields stand before the file, and the part of the file is called
`filename`, is the API's (`POST /nodes/NODE/storage/STORAGE/upload`, and its HTTP server's source).
"""

import secrets
import threading
from collections.abc import Iterator, Mapping
from typing import Protocol


class StoppedSending(Exception):  # noqa: N818 - an ending, and no error of anybody's
    """The body was not sent to its end, because we were told to stop."""


class Content(Protocol):
    """What a file is made of."""

    size: int
    """Bytes."""

    def __iter__(self) -> Iterator[bytes]:
        """All of it from the beginning, piece by piece. OSError when it cannot be read."""


class Upload:
    """The body of one request. May be sent again from its beginning; read by one thread at a time."""

    def __init__(self, content: Content, name: str, fields: Mapping[str, str]) -> None:
        """`name` is what the file is called there."""
        self._content = content
        self._boundary = secrets.token_hex(24)
        self._stop = threading.Event()
        self.ended = threading.Event()
        """Set when no connection sends it any more."""
        self.name = name
        self.size = content.size
        self.sent = 0
        """Bytes of the file so far."""
        self.begun = False
        """Whether it has its turn: others may be on their way to the same node."""
        lines = [
            part
            for key, value in fields.items()
            for part in (f"--{self._boundary}", f'Content-Disposition: form-data; name="{key}"', "", value)
        ]
        lines += [
            f"--{self._boundary}",
            f'Content-Disposition: form-data; name="filename"; filename="{name}"',
            "Content-Type: application/octet-stream",
            "",
            "",
        ]
        self._head = "\r\n".join(lines).encode()
        self._tail = f"\r\n--{self._boundary}--\r\n".encode()

    @property
    def content_type(self) -> str:
        """Header of the request."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        """Bytes of the body: its Content-Length."""
        return len(self._head) + self.size + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        """The body, piece by piece. StoppedSending between two pieces; OSError of the file."""
        self.sent, self.begun = 0, True
        yield self._head
        for piece in self._content:
            if self.stopped:
                raise StoppedSending("told to stop")
            yield piece
            self.sent += len(piece)
        if self.stopped:
            raise StoppedSending("told to stop")
        yield self._tail

    @property
    def over(self) -> bool:
        """Whether nothing of it can reach the node any more."""
        return self.ended.is_set()

    @property
    def stopped(self) -> bool:
        """Whether it was told to end."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Have the sending end at the next piece; the node forgets what it got."""
        self._stop.set()
