"""The log of an agreement's drills on disk: the EvidenceLog port, and what it says of itself."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.drills import EVIDENCE
from drverify.adapters.storage.durable import state_access, write_durably
from drverify.adapters.storage.log import LogDirectory
from drverify.engine.journal import RESULT_PROOF, START
from drverify.engine.keeping import Signer
from drverify.errors import EvidenceError
from drverify.model.evidence import RecordKind
from drverify.sealing.completeness import Logged, Statement, complete, read_statement
from drverify.sealing.logged import leaf_of
from drverify.sealing.strict_json import MAX_BYTES
from drverify.transparency import leaf, proof
from drverify.transparency.leaf import Leaf
from drverify.transparency.note import NoteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the log."""

    index: int
    leaf: Leaf


class DirectoryLog:
    """Implements `EvidenceLog` on a directory of tiles."""

    def __init__(self, path: Path, key: NoteKey, signer: Signer) -> None:
        self.path = path
        self.tiles = LogDirectory(path, key)
        self._signer = signer

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.tiles.origin

    def add(self, kind: RecordKind, envelope: bytes) -> int:
        """Log an envelope and return its index; as the port says."""
        return self.tiles.append([leaf.encode(leaf_of(kind, envelope))], self._signer.sign).start

    def proof(self, index: int) -> bytes:
        """Show that the entry is in the log as it is now."""
        return proof.render(self.tiles.proof(index))

    def find(self, kind: RecordKind, envelope: bytes) -> int | None:
        """Index of an envelope that was logged; None when it was not. Reads the whole log."""
        wanted = leaf_of(kind, envelope)
        return next((entry.index for entry in self.entries() if entry.leaf == wanted), None)

    def entries(self) -> Iterator[Entry]:
        """Everything that was logged, in order. EvidenceError for an entry that is none of ours."""
        size = self.tiles.size
        for index, content in enumerate(self.tiles.entries(0, size)):
            try:
                yield Entry(index=index, leaf=leaf.decode(content, what=f"entry {index}"))
            except EvidenceError as error:
                raise EvidenceError(
                    f"{self.path}: {error}", hint="somebody else wrote into this log"
                ) from error

    def overview(self, drills: Path) -> tuple[Logged, ...]:
        """What each entry means, as far as the drills below the directory are at hand."""
        statements = {one.payload: one for _, one in _statements(drills)}
        return complete([(entry.index, entry.leaf) for entry in self.entries()], statements)

    def mend(self, drills: Path) -> tuple[str, ...]:
        """Log the results that a killed drill did not come to log; returns the drills' ids. Idempotent."""
        mended = []
        for path, statement in _statements(drills):
            proved = path.with_name(RESULT_PROOF)
            if path.name != EVIDENCE or statement.start is None or proved.exists():
                continue
            envelope = _content(path)
            index = self.find("restore-drill", envelope)
            if index is None:
                index = self.add("restore-drill", envelope)
            write_durably(proved, self.proof(index))
            mended.append(path.parent.name)
        return tuple(mended)


def _statements(drills: Path) -> Iterator[tuple[Path, Statement]]:
    """Starts and results below the directory, by drill; what is no envelope is left out."""
    for directory in sorted(drills.iterdir()) if drills.is_dir() else ():
        for name in (START, EVIDENCE):
            path = directory / name
            if path.is_file():
                with suppress(EvidenceError):
                    yield path, read_statement(_content(path))


def _content(path: Path) -> bytes:
    with state_access(f"read {path}"), path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
