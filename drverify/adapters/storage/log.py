"""An evidence log in a directory: tiles, entries and a signed checkpoint, safe against a kill at any write.

Order of writing: bundles and tiles under names that no signed checkpoint refers to yet, each whole and
on disk before the next step, then the checkpoint, which makes them count. A run that is killed leaves
files beyond the checkpoint; nobody reads them, and the next append writes them anew. One writer at a
time holds the lock. Layout: https://c2sp.org/tlog-tiles.

A reader may be somebody else's, and the directory a stranger's: nothing is read that is no plain file, or
is larger than a file of this format can be.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath

from drverify.adapters.storage.durable import state_access, sync_directory, write_durably
from drverify.adapters.storage.locks import acquire
from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError, InputError
from drverify.transparency import checkpoint, note, tiles, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note, NoteKey, NoteSignature, Sign
from drverify.transparency.proof import LogProof
from drverify.transparency.tiles import WIDTH, Tile
from drverify.transparency.tree import Hash, Node

CHECKPOINT = "checkpoint"
PATIENCE = timedelta(seconds=60)
"""How long another writer is waited for."""
_LOCK = ".lock"
_LARGEST_TILE = WIDTH * tree.HASH_BYTES
_LARGEST_BUNDLE = WIDTH * (2 + tiles.MAX_ENTRY)


class LogDirectory:
    """The log of one agreement, as its files stand. Every look reads the checkpoint that is there then."""

    def __init__(self, path: Path, key: NoteKey) -> None:
        """`key` is the log's own; its name is the log's origin."""
        if key.type is not KeyType.LOG:
            raise ValueError("a log's checkpoints are signed by a log's key")
        self._path = path
        self._key = key

    @property
    def key(self) -> NoteKey:
        """What its checkpoints are checked with."""
        return self._key

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    @property
    def origin(self) -> str:
        """The log's name."""
        return self._key.name

    def head(self) -> tuple[Checkpoint, Note] | None:
        """The newest checkpoint, its signature checked; None for a log without entries.

        EvidenceError when it is not this log's or was not signed by its key; HostError when it cannot be
        read.
        """
        try:
            content = plain_content(self._path / CHECKPOINT, note.MAX_BYTES)
        except FileNotFoundError:
            return None
        where = str(self._path / CHECKPOINT)
        signed = note.parse(content, what=where)
        if not note.signers(signed, [self._key], what=where):
            raise EvidenceError(
                f"{where}: not signed by the key of {self.origin}",
                hint="a log has one name and key for all time",
            )
        stated = checkpoint.parse(signed.text, what=where)
        if stated.origin != self.origin:
            raise EvidenceError(f"{where}: of another log, {stated.origin}")
        return stated, signed

    @property
    def size(self) -> int:
        """How many entries count."""
        head = self.head()
        return head[0].size if head else 0

    def entries(self, low: int, high: int) -> Iterator[bytes]:
        """The entries [low, high) of the log as it is now; EvidenceError when its files contradict that."""
        size = self.size
        if not 0 <= low <= high <= size:
            raise EvidenceError(f"{self._path}: there are {size} entries, none from {low} to {high}")
        for index in range(low // WIDTH, -(-high // WIDTH)):
            first = index * WIDTH
            bundle = self._bundle(Tile(level=None, index=index, width=min(WIDTH, size - first)))
            yield from bundle[max(0, low - first) : high - first]

    def proof(self, index: int) -> LogProof:
        """Show that the entry at `index` is in the log as it is now. EvidenceError when it is not.

        What is given out holds: a damaged file is noticed here, not by whoever is shown the proof.
        """
        head = self.head()
        if head is None or not 0 <= index < head[0].size:
            raise EvidenceError(f"{self._path}: there is no entry {index}")
        stated, signed = head
        path = tree.inclusion(index, stated.size, self.node(stated.size))
        (entry,) = self.entries(index, index + 1)
        tree.check_inclusion(tree.leaf_hash(entry), index, stated.size, path, stated.root)
        return LogProof(index=index, path=path, note=signed)

    def consistency(self, old: int) -> tuple[Hash, ...]:
        """Show that the log as it is now begins with its first `old` entries."""
        size = self.size
        if old in (0, size):
            return ()
        return tree.consistency(old, size, self.node(size))

    def node(self, size: int) -> Node:
        """The hashes of the tree of the first `size` entries, a size that was signed, out of the tiles."""
        return tiles.nodes(size, self.tile)

    def tile(self, tile: Tile) -> bytes:
        """A tile's content, or the beginning of the whole one that has taken its place.

        EvidenceError when neither is there, or it is none; HostError when it cannot be read.
        """
        try:
            return plain_content(self._path / tile.path, _largest(tile))
        except FileNotFoundError:
            return self._beginning(tile)

    def append(self, new: Sequence[bytes], sign: Sign) -> range:
        """Add entries and sign the tree with them; returns their indices. Nothing happens, or all of it.

        Waits for another writer, for `PATIENCE`. EvidenceError when the files at the right edge do not make
        the signed root; HostError when something cannot be written; ValueError for an entry that is too long.
        """
        with self._locked():
            return self._append(new, sign)

    def append_once(self, entry: bytes, sign: Sign, *, since: int = 0) -> int:
        """Add an entry unless it stands at `since` or later; returns its index. Raises as `append`.

        Of several writers that mean the same entry one adds it, and the others find it.
        """
        with self._locked():
            size = self.size
            found = (index for index, one in enumerate(self.entries(since, size), since) if one == entry)
            index = next(found, None) if since < size else None
            return self._append([entry], sign).start if index is None else index

    def cosign(self, of: Checkpoint, added: Sequence[NoteSignature]) -> None:
        """Keep signatures of others with the newest checkpoint, if that is still `of`; else InputError.

        One of each signer is kept, the newest: a checkpoint that nobody adds to may be signed every day.
        """
        with self._locked():
            head = self.head()
            if head is None or head[0] != of:
                raise InputError(
                    f"the log has grown beyond {of.size} entries", hint="cosign its newest checkpoint"
                )
            own = (self._key.name, self._key.id)
            others = {(one.name, one.id): one for one in (*head[1].signatures, *added)}
            others.pop(own, None)
            if len(others) >= note.MAX_SIGNATURES:
                raise InputError(f"a checkpoint has room for {note.MAX_SIGNATURES} signatures")
            first = next(one for one in head[1].signatures if (one.name, one.id) == own)
            self._put(CHECKPOINT, note.render(Note(text=of.text, signatures=(first, *others.values()))))

    def _append(self, new: Sequence[bytes], sign: Sign) -> range:
        head = self.head()
        size = head[0].size if head else 0
        if head is not None:
            self._check_edge(head[0])
        else:
            self.check_empty()
        if not new:
            return range(size, size)
        self._write_entries(size, new)
        self._write_hashes(size, [tree.leaf_hash(entry) for entry in new])
        grown = size + len(new)
        stated = Checkpoint(origin=self.origin, size=grown, root=tree.root(grown, self.node(grown)))
        signed = Note(text=stated.text, signatures=(note.sign(stated.text, self._key, sign),))
        self._put(CHECKPOINT, note.render(signed))
        with suppress(OSError):  # all is said and done; what stays is in nobody's way
            self._drop_partials(size, grown)
        return range(size, grown)

    def check_empty(self) -> None:
        """EvidenceError when a log without a checkpoint had one: begun anew it would contradict itself.

        The tiles of one append may be there, whose writer was killed before they counted.
        """
        first = self._path / Tile(level=0, index=0).path
        partial = first.with_name(f"{first.name}.p")
        with state_access(f"read {self._path}"):
            traces = [one for one in partial.iterdir() if one.name.isdecimal()] if partial.is_dir() else []
        if len(traces) > 1 or first.exists():
            raise EvidenceError(
                f"{self._path}: there are entries, and the checkpoint that signs them is gone",
                hint="put it back from a copy; a log that begins anew contradicts what others hold of it",
            )

    def _check_edge(self, stated: Checkpoint) -> None:
        """What is there must make the signed root, and the last bundle must be what was hashed."""
        where = f"{self._path}: the files do not make the tree of {stated.size} entries that was signed"
        if tree.root(stated.size, self.node(stated.size)) != stated.root:
            raise EvidenceError(where)
        last = list(tiles.bundles_of(stated.size))[-1]
        hashes = b"".join(tree.leaf_hash(entry) for entry in self._bundle(last))
        if hashes != self.tile(Tile(level=0, index=last.index, width=last.width)):
            raise EvidenceError(where)

    def _write_entries(self, size: int, new: Sequence[bytes]) -> None:
        rest = size % WIDTH
        begun = self._bundle(Tile(level=None, index=size // WIDTH, width=rest)) if rest else ()
        row = [*begun, *new]
        for at in range(0, len(row), WIDTH):
            piece = row[at : at + WIDTH]
            tile = Tile(level=None, index=(size - rest + at) // WIDTH, width=len(piece))
            self._put(tile.path, tiles.pack(piece))

    def _write_hashes(self, size: int, new: Sequence[Hash]) -> None:
        """Level by level: what fills a tile is one hash of the level above."""
        level, row = 0, list(new)
        while row:
            rest = size % WIDTH
            begun = self._hashes(Tile(level=level, index=size // WIDTH, width=rest)) if rest else []
            row, above = [*begun, *row], []
            for at in range(0, len(row), WIDTH):
                piece = row[at : at + WIDTH]
                self._put(
                    Tile(level=level, index=(size - rest + at) // WIDTH, width=len(piece)).path,
                    b"".join(piece),
                )
                if len(piece) == WIDTH:
                    above.append(tiles.folded(piece))
            level, size, row = level + 1, size // WIDTH, above

    def _drop_partials(self, old: int, new: int) -> None:
        """Partial files go once the whole one is there and counts; a kill between leaves them, harmlessly."""
        for level in (None, *range(8)):
            width = WIDTH if level is None else WIDTH ** (level + 1)
            if old // width < new // width:
                whole = self._path / Tile(level=level, index=old // width).path
                partial = whole.with_name(f"{whole.name}.p")
                for file in partial.iterdir() if partial.is_dir() else ():
                    file.unlink()
                if partial.is_dir():
                    partial.rmdir()

    def _bundle(self, tile: Tile) -> tuple[bytes, ...]:
        found = tiles.unpack(self.tile(tile), what=str(self._path / tile.path))
        if len(found) != tile.width:
            raise EvidenceError(f"{self._path / tile.path}: {len(found)} entries where {tile.width} must be")
        return found

    def _hashes(self, tile: Tile) -> list[Hash]:
        content = self.tile(tile)
        return [content[at : at + tree.HASH_BYTES] for at in range(0, len(content), tree.HASH_BYTES)]

    def _beginning(self, tile: Tile) -> bytes:
        path = self._path / Tile(level=tile.level, index=tile.index).path
        try:
            content = plain_content(path, _largest(tile))
        except FileNotFoundError as error:
            missing = self._path / tile.path
            raise EvidenceError(f"{missing} is not there", hint="the log is not whole") from error
        if tile.level is not None:
            return content[: tile.width * tree.HASH_BYTES]
        return tiles.pack(tiles.unpack(content, what=str(path))[: tile.width])

    def _put(self, name: str, content: bytes) -> None:
        """Write a file; its directories' names are made durable even if a killed writer made them."""
        path = self._path / name
        with state_access(f"write {path}"):
            for folder in reversed(PurePosixPath(name).parents[:-1]):
                (self._path / folder).mkdir(exist_ok=True)
                sync_directory((self._path / folder).parent)
            write_durably(path, content, mode=0o644)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with state_access(f"write the log {self._path}"):
            _directory(self._path)
            descriptor = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with state_access(f"lock the log {self._path}"):
                acquire(descriptor, self._path / _LOCK, what=f"the log {self._path}", patience=PATIENCE)
            yield
        finally:
            os.close(descriptor)


def _directory(path: Path) -> None:
    """Make a directory whose own name survives power loss, too, whoever made it. OSError."""
    if not path.parent.is_dir():
        _directory(path.parent)
    path.mkdir(exist_ok=True)
    sync_directory(path.parent)


def _largest(tile: Tile) -> int:
    return _LARGEST_BUNDLE if tile.level is None else _LARGEST_TILE
