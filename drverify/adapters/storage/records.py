"""What the parties state, on disk: each signed record under its kind and digest, and the files it names.

    records/<kind>-<first 16 hex of the payload's sha256>.dsse.json
    records/artefacts/sha256/<hex>       the contract and the documents of a register

Only records that have all their signatures are kept here, and each is written before it is logged: the
log has no entry whose envelope is not at hand. One that a killed process did not come to log is logged
when it is logged again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.durable import (
    inner_directory,
    state_access,
    state_directory,
    write_durably,
)
from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError
from drverify.model.evidence import Blob, TrustedKey
from drverify.sealing.agreed import sha256_of
from drverify.sealing.completeness import Stated
from drverify.sealing.logged import leaf_of
from drverify.sealing.records.checking import Grounds
from drverify.sealing.records.reading import Checked, read_draft, read_record
from drverify.sealing.strict_json import MAX_BYTES
from drverify.transparency.leaf import Leaf

SUFFIX = ".dsse.json"
_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One record that is kept."""

    path: Path
    leaf: Leaf
    """The entry that the log has, or would have, for it."""
    checked: Checked | None
    """None: it does not hold."""
    why: str = ""
    """Why it does not hold: form or signatures."""


class RecordDirectory:
    """The records of one agreement, and who may have signed them."""

    def __init__(self, path: Path, keys: Callable[[], Sequence[TrustedKey]]) -> None:
        """`keys` are asked for when a record is read: provider's and customer's, each in its role."""
        self._path = path
        self._keys = keys

    @property
    def path(self) -> Path:
        """Where they lie."""
        return self._path

    def keep(self, envelope: bytes, files: Sequence[Blob] = ()) -> Path:
        """Keep a record and the files that it names; returns its path. Idempotent.

        EvidenceError when its form does not hold, or another envelope of the same payload is kept;
        HostError when it cannot be written.
        """
        draft = read_draft(envelope)
        path = self._path / f"{draft.kind}-{draft.payload[:_DIGITS]}{SUFFIX}"
        with state_access(f"make {self._path}"):
            inner_directory(self._path)
        self.keep_files(files)
        there = _content(path)
        if there is None:
            write_durably(path, envelope)
        elif there != envelope:
            raise EvidenceError(f"{path}: this {draft.kind} is kept with other signatures already")
        return path

    def entries(self) -> Iterator[Kept]:
        """Every record, in the order of their names; what is no record is left out. HostError."""
        with state_access(f"list the records in {self._path}"):
            paths = sorted(self._path.glob(f"*{SUFFIX}")) if self._path.is_dir() else []
        keys = self._keys() if paths else ()
        for path in paths:
            content = _content(path)
            with suppress(EvidenceError):
                if content is not None:
                    yield _kept(path, content, keys)

    def stated(self, grounds: Callable[[int], Grounds] = lambda _: Grounds()) -> Stated:
        """What they state, as a log's entries are read with it."""
        kept = list(self.entries())
        return Stated(
            checked={one.leaf: one.checked for one in kept if one.checked is not None},
            refused={one.leaf: one.why for one in kept if one.checked is None},
            grounds=grounds,
        )

    def keep_files(self, files: Sequence[Blob]) -> None:
        """Keep files under their digests. HostError when that cannot be done."""
        folder = self._path / "artefacts" / "sha256"
        with state_access(f"make {folder}"):
            inner_directory(self._path)
            for one in (folder.parent, folder):
                state_directory(one, mode=0o700)
        for blob in files:
            path = folder / sha256_of(blob.content)
            if _content(path) != blob.content:
                write_durably(path, blob.content)


def _kept(path: Path, content: bytes, keys: Sequence[TrustedKey]) -> Kept:
    draft = read_draft(content)
    leaf = leaf_of(draft.kind, content)
    try:
        return Kept(path=path, leaf=leaf, checked=read_record(content, keys))
    except EvidenceError as error:
        return Kept(path=path, leaf=leaf, checked=None, why=str(error))


def _content(path: Path) -> bytes | None:
    """None when there is no such file, or it is no plain file of a size that a record can have."""
    try:
        return plain_content(path, MAX_BYTES)
    except (FileNotFoundError, EvidenceError):
        return None
