"""The checkpoint of a log that somebody else than its keeper holds: a file, replaced by newer ones only.

`FILE` is the newest note that was checked, with the log's signature. Beside it lie, if it ever comes to that,
`FILE.contradicted-by-<size>`: a checkpoint that the log signed as well, and that cannot be true together with
the held one; and `FILE.refused-<size>`: one that was not shown to begin with it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.locks import acquire
from drverify.errors import EvidenceError, HostError, InputError
from drverify.transparency import checkpoint, note
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import Note, NoteKey

PATIENCE = timedelta(seconds=10)
_HINT = "--held names the file that `customer pin` or `customer witness` wrote"


class HeldCheckpoint:
    """What is held of one log."""

    def __init__(self, path: Path, key: NoteKey) -> None:
        """`key` is the log's own."""
        self.path = path
        self.key = key

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from holding another checkpoint meanwhile.

        The directory is what is locked. InputError when it cannot be opened, HostError when its lock does not
        become free.
        """
        try:
            descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(
                f"{self.path.parent}: {error.strerror}", hint="--held names a file in a directory of ours"
            ) from error
        try:
            acquire(descriptor, self.path.parent, what=str(self.path), patience=PATIENCE)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> Checkpoint | None:
        """The held checkpoint; None before the first. InputError for a file that is none of this log."""
        if not self.path.exists():
            return None
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise InputError(f"{self.path}: cannot be read: {error.strerror}") from error
        return self.parse(content)

    def parse(self, content: bytes) -> Checkpoint:
        """What a held file says. InputError unless this log signed it."""
        what = str(self.path)
        try:
            found = note.parse(content, what=what)
            stated = checkpoint.parse(found.text, what=what)
            signed = note.signers(found, [self.key], what=what)
        except EvidenceError as error:
            raise InputError(str(error), hint=_HINT) from error
        if not signed or stated.origin != self.key.name:
            raise InputError(
                f"{what}: not signed by the log of {self.key.name}", hint="is it of another log?"
            )
        return stated

    def hold(self, signed: Note) -> None:
        """Hold another checkpoint from now on, whatever happens to the machine. Only under the lock."""
        self._write(self.path, signed)

    def keep(self, signed: Note, size: int, why: str) -> Path:
        """Keep one that is not held, beside the held one: `why` is contradicted-by or refused."""
        other = self.path.with_name(f"{self.path.name}.{why}-{size}")
        self._write(other, signed)
        return other

    @staticmethod
    def _write(path: Path, signed: Note) -> None:
        try:
            write_durably(path, note.render(signed), mode=0o644)
        except HostError as error:
            raise InputError(str(error), hint="--held names a file in a directory of ours") from error
