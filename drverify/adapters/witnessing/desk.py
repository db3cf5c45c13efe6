"""A witness of one log: holds its newest checkpoint and signs that it did. Knows nothing of HTTP.

What is held is on disk before anything is signed. Whoever is killed between the two has held more than it
said, which contradicts nothing: asked again with the size that it holds, it signs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from drverify.engine.keeping import Signer
from drverify.errors import EvidenceError, HostError, InputError
from drverify.transparency import checkpoint, note, witnessing
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import Note, NoteKey
from drverify.transparency.witnessing import MALFORMED, Refused, Submission

Tell = Callable[[str], None]


class Held(Protocol):
    """The checkpoint that is held of one log. InputError or HostError when its file cannot be used."""

    path: Path
    key: NoteKey
    """The log's own."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep others from holding another one meanwhile."""

    def read(self) -> Checkpoint | None:
        """What is held; None before the first."""

    def hold(self, signed: Note) -> None:
        """Hold another one from now on, durably."""

    def keep(self, signed: Note, size: int, why: str) -> Path:
        """Keep one that is not held; `why` becomes part of its name."""


class WitnessDesk:
    """Answers submissions, of any number of threads and processes."""

    def __init__(
        self, held: Held, key: NoteKey, signer: Signer, *, now: Callable[[], datetime], tell: Tell
    ) -> None:
        """`key` is the witness's own; `tell` gets one line for each answer."""
        self._held = held
        self._key = key
        self._signer = signer
        self._now = now
        self._tell = tell

    def answer(self, content: bytes) -> bytes | Refused:
        """The cosignature's line for a submission, or why there is none.

        InputError or HostError when what is held cannot be read or replaced: nothing is signed then.
        """
        try:
            asked = witnessing.parse(content)
            found = self._judged(asked)
        except EvidenceError as error:
            return self._refused(Refused(status=MALFORMED, why=str(error)))
        except (InputError, HostError) as error:
            self._tell(f"CANNOT ANSWER: {error}")
            raise
        if isinstance(found, Refused):
            return self._refused(found, asked.note)
        line = note.sign(asked.note.text, self._key, self._signer.sign, at=self._now())
        self._tell(f"cosigned the checkpoint of {found.size} entries")
        return witnessing.lines([line], asked.note.text)

    def _judged(self, asked: Submission) -> Checkpoint | Refused:
        """Hold what may be held; nobody else can hold something meanwhile."""
        with self._held.locked():
            found = witnessing.judge(self._held.read(), asked, self._held.key)
            if isinstance(found, Checkpoint):
                self._held.hold(asked.note)
            return found

    def _refused(self, found: Refused, signed: Note | None = None) -> Refused:
        """Say so, and keep what the log has signed and has to explain."""
        if found.signed and signed is not None:
            size = checkpoint.parse(signed.text, what="the submission").size
            other = self._held.keep(signed, size, "contradicted-by" if found.contradicts else "refused")
            self._tell(f"REFUSED ({found.status}): {found.why}; keep {self._held.path} and {other}")
        elif not found.is_size:
            self._tell(f"refused ({found.status}): {found.why}")
        return found
