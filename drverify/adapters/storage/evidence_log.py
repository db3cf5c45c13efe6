"""The log of an agreement's drills on disk: the EvidenceLog port, and what it says of itself."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.drills import EVIDENCE
from drverify.adapters.storage.durable import state_access, sync_directory, write_durably
from drverify.adapters.storage.log import LogDirectory
from drverify.engine.drills.journal import RESULT_PROOF, START
from drverify.engine.keeping import Signer
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import LoggedStart
from drverify.model.evidence import RecordKind
from drverify.sealing.completeness import NOTHING_STATED, Logged, Stated, complete, history_of
from drverify.sealing.logged import leaf_of
from drverify.sealing.records.history import History
from drverify.sealing.records.statements import Statement, read_statement
from drverify.sealing.strict_json import MAX_BYTES
from drverify.transparency import leaf, proof, tree
from drverify.transparency.leaf import Leaf
from drverify.transparency.note import NoteKey
from drverify.transparency.stamping import stamped_bytes

OF_DRILLS: frozenset[RecordKind] = frozenset({"drill-started", "restore-drill"})


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
        """Log an envelope and return its index; as the port says.

        A result that stands in the log is not logged again: a drill and whoever mends may both come to
        log it at the same time. Nor is a record of the parties, which somebody may log twice.
        """
        entry = leaf.encode(leaf_of(kind, envelope))
        start = read_statement(envelope).start if kind == "restore-drill" else None
        if start is None and kind in OF_DRILLS:
            return self.tiles.append([entry], self._signer.sign).start
        return self.tiles.append_once(entry, self._signer.sign, since=start.index + 1 if start else 0)

    def proof(self, index: int) -> bytes:
        """Show that the entry is in the log as it is now."""
        return proof.render(self.tiles.proof(index))

    def head(self) -> bytes | None:
        """The newest checkpoint as time authorities stamp it; as the port says."""
        found = self.tiles.head()
        return stamped_bytes(found[1], self.tiles.key) if found is not None else None

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

    def overview(self, drills: Path, stated: Stated = NOTHING_STATED) -> tuple[Logged, ...]:
        """What each entry means, as far as drills below the directory and records are at hand."""
        statements = {one.payload: one for one in _statements(drills)}
        entries = [(entry.index, entry.leaf) for entry in self.entries()]
        return complete(entries, statements, origin=self.origin, stated=stated)

    def history(self, drills: Path, stated: Stated = NOTHING_STATED) -> History:
        """What the log tells: what is agreed and planned, what was begun, what came of it."""
        statements = {one.payload: one for one in _statements(drills)}
        entries = [(entry.index, entry.leaf) for entry in self.entries()]
        return history_of(entries, statements, origin=self.origin, stated=stated)

    def root(self, size: int) -> Sha256 | None:
        """Root of the tree of the first `size` entries, hexadecimal; None when there are not so many."""
        if not 0 <= size <= self.tiles.size:
            return None
        leaves = map(tree.leaf_hash, self.tiles.entries(0, size))
        return Sha256(tree.root_of(leaves).hex())

    def mend(self, drills: Path) -> tuple[str, ...]:
        """Log the results that a killed drill did not come to log; returns the drills' ids. Idempotent.

        Another process may mend at the same time, or be about to log its result. Only results of starts
        that are in this log are logged.
        """
        mended = []
        for directory in _directories(drills):
            if not (directory / START).is_file() or (directory / RESULT_PROOF).exists():
                continue
            found = _statement(directory / EVIDENCE)
            if found is not None and self._began(found.start):
                index = self.add("restore-drill", _content(directory / EVIDENCE))
                _leave(directory / RESULT_PROOF, self.proof(index))
                mended.append(directory.name)
        return tuple(mended)

    def _began(self, start: LoggedStart | None) -> bool:
        """Whether the start is where a result says it is in this log."""
        if start is None or start.origin != self.origin or not 0 <= start.index < self.tiles.size:
            return False
        (entry,) = self.tiles.entries(start.index, start.index + 1)
        found = leaf.decode(entry, what=f"entry {start.index}")
        return (found.kind, found.payload) == ("drill-started", start.payload)


def _leave(path: Path, content: bytes) -> None:
    """Write a file unless somebody has written it: their time stamps are over what is in theirs."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.mended")
    write_durably(draft, content)
    with state_access(f"write {path}"):
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        sync_directory(path.parent)


def _directories(drills: Path) -> list[Path]:
    with state_access(f"list the drills in {drills}"):
        return sorted(drills.iterdir()) if drills.is_dir() else []


def _statements(drills: Path) -> Iterator[Statement]:
    """Starts and results below the directory; what is no envelope is left out."""
    for directory in _directories(drills):
        for name in (START, EVIDENCE):
            found = _statement(directory / name)
            if found is not None:
                yield found


def _statement(path: Path) -> Statement | None:
    """What an envelope says; None when there is none, or it is no drill's."""
    if not path.is_file():
        return None
    with suppress(EvidenceError):
        return read_statement(_content(path))
    return None


def _content(path: Path) -> bytes:
    with state_access(f"read {path}"), path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
