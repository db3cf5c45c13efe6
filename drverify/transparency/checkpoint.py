"""Checkpoints: what a log says of itself at a size, signed. Pure.

Format: https://c2sp.org/tlog-checkpoint, without extension lines.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from drverify.errors import EvidenceError
from drverify.transparency.tree import HASH_BYTES, MAX_SIZE, Hash

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree of a log."""

    origin: str
    """The log's name, and the name of its key."""
    size: int
    root: Hash

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse(text: str, *, what: str) -> Checkpoint:
    """Read a checkpoint's text; EvidenceError, naming it as `what`, for anything else."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines, each with its line feed
        raise EvidenceError(f"{what}: not a checkpoint")
    origin, size, encoded, _ = lines
    try:
        root = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{what}: the root is not base64") from error
    if _SIZE.fullmatch(size) is None or int(size) > MAX_SIZE:
        raise EvidenceError(f"{what}: {size[:20]!r} is not the size of a tree")
    found = Checkpoint(origin=origin, size=int(size), root=root)
    if len(root) != HASH_BYTES or found.text != text:
        raise EvidenceError(f"{what}: not a checkpoint in its one form")
    return found
