"""The provider's own state as an auditor reads a bundle, without writing one."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from drverify.adapters.bundle.writing import Content
from drverify.adapters.storage.plain import plain_content
from drverify.auditing.layout import artefact_digest
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.sealing.agreed import sha256_of


class GatheredFiles:
    """Implements `auditing.bundle.Bundle` over files that were gathered and not written yet.

    What is made while it is written can be read once. Nothing is ever unread: it is all our own.
    """

    def __init__(self, files: Mapping[str, Content]) -> None:
        self._files = files

    def names(self, beginning: str) -> Iterator[str]:
        """As the port says."""
        return (
            name
            for name in sorted(self._files)
            if name.startswith(beginning) and artefact_digest(name) is None
        )

    def read(self, name: str, limit: int) -> bytes:
        """As the port says."""
        content = self._content(name)
        if isinstance(content, Path):
            return plain_content(content, limit)
        whole = content if isinstance(content, bytes) else b"".join(content)
        if len(whole) > limit:
            raise EvidenceError(f"{name}: larger than {limit} bytes")
        return whole

    def lines(self, name: str, limit: int) -> Iterator[bytes]:
        """As the port says."""
        content = self._content(name)
        pieces = [self.read(name, limit)] if isinstance(content, bytes | Path) else content
        rest = b""
        for piece in pieces:
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
        if rest:
            raise EvidenceError(f"{name}: the last line is cut off")

    def measure(self, name: str, limit: int) -> tuple[Sha256, int]:
        """As the port says."""
        content = self.read(name, limit)
        return sha256_of(content), len(content)

    def unread(self) -> Iterator[str]:
        """As the port says."""
        return iter(())

    def _content(self, name: str) -> Content:
        if name not in self._files:
            raise EvidenceError(f"{name} is not there")
        return self._files[name]
