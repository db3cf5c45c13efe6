"""The port through which an audit reads a bundle."""

from collections.abc import Iterator
from typing import Protocol

from drverify.model.agreement import Sha256


class Bundle(Protocol):
    """Files by name. What has been read is remembered, so that nothing in a bundle goes unnoticed.

    Everything raises EvidenceError for a file that is not there, is no plain file, or is larger than asked
    for; HostError when it cannot be read. Contents are not checked here.
    """

    def names(self, beginning: str) -> Iterator[str]:
        """Names of the files that begin so, in order; artefacts are not among them."""

    def read(self, name: str, limit: int) -> bytes:
        """A file's content, `limit` bytes at most."""

    def lines(self, name: str, limit: int) -> Iterator[bytes]:
        """A file's lines without their line feeds, each of `limit` bytes at most.

        EvidenceError for a last line without a line feed.
        """

    def measure(self, name: str, limit: int) -> tuple[Sha256, int]:
        """Digest and size of a file of any length up to `limit`, in little memory."""

    def unread(self) -> Iterator[str]:
        """Names of the files that nobody has asked for yet, artefacts too."""
