"""The log in a bundle: its entries and hashes are the tree that was signed, and what was signed before. Pure.

The entries are read twice in an audit, once here and once with their envelopes: so that everything is
known of the tree, and of times, before the first statement is judged by it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drverify.auditing import layout
from drverify.auditing.bundle import Bundle
from drverify.auditing.findings import Findings
from drverify.auditing.question import Held, Question
from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import Role, TrustedKey
from drverify.sealing.logged import note_key
from drverify.transparency import checkpoint, note, tiles, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note, NoteKey, Signed
from drverify.transparency.rows import Rows
from drverify.transparency.stamping import stamped_bytes
from drverify.transparency.tiles import WIDTH, Tile
from drverify.transparency.tree import Growing, Hash

_LARGEST = WIDTH * (2 + tiles.MAX_ENTRY)
COSIGNERS: frozenset[Role] = frozenset({"witness", "customer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedLog:
    """A log whose files make the tree that was signed."""

    bundle: Bundle
    stated: Checkpoint
    signed: tuple[Signed, ...]
    """Who cosigned its newest checkpoint, besides the log itself."""
    owners: tuple[TrustedKey, ...]
    """The log's own keys that signed it."""
    older: tuple[int, ...]
    """Sizes of the earlier checkpoints that are kept."""

    def entries(self) -> Iterator[bytes]:
        """Every entry, in order."""
        return _entries(self.bundle, self.stated.size)

    def root(self, size: int) -> Sha256 | None:
        """Root of the tree of the first `size` entries, hexadecimal; None when there are not so many."""
        if not 0 <= size <= self.stated.size:
            return None
        return Sha256(tree.root(size, tiles.nodes(size, self._tile)).hex())

    def _tile(self, tile: Tile) -> bytes:
        """A tile of a smaller tree is the beginning of one of this tree."""
        level = tile.level or 0
        width = min(WIDTH, (self.stated.size >> (tiles.HEIGHT * level)) - tile.index * WIDTH)
        whole = _read(self.bundle, Tile(level=level, index=tile.index, width=width))
        return whole[: tile.width * tree.HASH_BYTES]


def read_log(bundle: Bundle, question: Question, findings: Findings) -> AuditedLog | None:
    """Check the log; None when it does not hold, so that nothing in it can be believed.

    InputError when a checkpoint that the auditor brought is none of a trusted log.
    """
    try:
        newest = _Newest.read(bundle, question.trust.keys)
    except EvidenceError as error:
        findings.add("untrusted-log", str(error), layout.CHECKPOINT)
        return None
    wanted = _Wanted(newest, findings)
    for one in question.held:
        wanted.hold(one)
    for name in bundle.names(layout.CHECKPOINTS):
        wanted.earlier(bundle, name)
    try:
        _whole(bundle, newest.stated, wanted)
    except EvidenceError as error:
        findings.add("changed-log", str(error), layout.LOG)
        return None
    signed = _cosigned(newest, question.trust.keys, findings)
    logs = {key.name for key in question.trust.keys if key.role == "log"}
    for name in sorted(logs - {newest.stated.origin}):
        findings.add("further-log", name)
    wanted.said(question.held)
    largest = max((_size(one) for one in question.held), default=0)
    if question.held and largest < newest.stated.size and not signed:
        findings.add(
            "unheld-entries",
            f"you hold the first {largest} of {newest.stated.size} entries, and nobody but the provider "
            "stands by the others",
            layout.CHECKPOINT,
        )
    return AuditedLog(
        bundle=bundle,
        stated=newest.stated,
        signed=signed,
        owners=newest.owners,
        older=tuple(sorted(wanted.sizes)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Newest:
    """The newest checkpoint, signed by a trusted log."""

    note: Note
    stated: Checkpoint
    keys: tuple[NoteKey, ...]
    """Of the log of this name, as far as they are trusted."""
    owners: tuple[TrustedKey, ...]
    """Those of them that signed it."""

    @staticmethod
    def read(bundle: Bundle, trusted: Sequence[TrustedKey]) -> "_Newest":
        signed = note.parse(bundle.read(layout.CHECKPOINT, note.MAX_BYTES), what=layout.CHECKPOINT)
        stated = checkpoint.parse(signed.text, what=layout.CHECKPOINT)
        logs = [key for key in trusted if key.role == "log"]
        own = {note_key(key): key for key in logs if key.name == stated.origin}
        if not own:
            names = " or ".join(sorted({key.name for key in logs})) or "none"
            raise EvidenceError(f"the log is {stated.origin!r}, and what you trust names {names}")
        by = note.signers(signed, tuple(own), what=layout.CHECKPOINT)
        if not by:
            raise EvidenceError(f"the checkpoint is not signed by the trusted key of {stated.origin}")
        owners = tuple(own[one.key] for one in by)
        return _Newest(note=signed, stated=stated, keys=tuple(own), owners=owners)


@dataclass(slots=True)
class _Wanted:
    """Roots of smaller trees that the log has to have gone through."""

    newest: _Newest
    findings: Findings
    roots: dict[int, list[tuple[Hash, str]]] = field(default_factory=dict)
    sizes: set[int] = field(default_factory=set)

    def hold(self, held: Held) -> None:
        """Remember a checkpoint that the auditor brought. InputError when it is none of this log's."""
        origin = self.newest.stated.origin
        try:
            stated = checkpoint.parse(held.note.text, what=held.name)
            signed = note.signers(held.note, self.newest.keys, what=held.name)
        except EvidenceError as error:
            raise InputError(str(error)) from error
        if stated.origin != origin or not signed:
            raise InputError(f"{held.name}: not a checkpoint that the trusted key of {origin} signed")
        if stated.size > self.newest.stated.size:
            self.findings.add(
                "cut-log",
                f"you hold a checkpoint of {stated.size} entries, the bundle has {self.newest.stated.size}",
                held.name,
            )
        self.roots.setdefault(stated.size, []).append((stated.root, held.name))

    def earlier(self, bundle: Bundle, name: str) -> None:
        """Remember an earlier checkpoint of the bundle."""
        with self.findings.refusing("unreadable", name):
            content = bundle.read(name, note.MAX_BYTES)
            signed = note.parse(content, what=name)
            stated = checkpoint.parse(signed.text, what=name)
            own = [one.key for one in note.signers(signed, self.newest.keys, what=name)]
            size = layout.checkpoint_size(name)
            if stated.origin != self.newest.stated.origin or stated.size != size or not own:
                raise EvidenceError(f"{name}: not a checkpoint of that size that the log signed")
            if stamped_bytes(signed, own[0]) != content:
                raise EvidenceError(f"{name}: not in the form in which checkpoints are stamped")
            if stated.size > self.newest.stated.size:
                raise EvidenceError(f"{name}: the log signed it, and has fewer entries in this bundle")
            self.roots.setdefault(stated.size, []).append((stated.root, name))
            self.sizes.add(stated.size)

    def at(self, growing: Growing) -> None:
        """Compare the tree as it grows."""
        wanted = self.roots.get(growing.size)
        if wanted is None:
            return
        found = growing.root()
        for root, name in wanted:
            if root != found:
                self.findings.add(
                    "forked-log",
                    f"the log signed another tree of {growing.size} entries than it shows here: both"
                    " checkpoints together show that to anybody",
                    name,
                )

    def said(self, held: Sequence[Held]) -> None:
        """Say what held."""
        if not self.findings.count("forked-log") and not self.findings.count("cut-log"):
            if held:
                sizes = ", ".join(str(size) for size in sorted({_size(one) for one in held}))
                self.findings.hold(f"it begins with every checkpoint that you hold, of {sizes} entries")
            if self.sizes:
                self.findings.hold(f"it went through the {len(self.sizes)} earlier checkpoints in the bundle")
        if not held:
            self.findings.add("no-held-checkpoint")


def _size(held: Held) -> int:
    return checkpoint.parse(held.note.text, what=held.name).size


def _whole(bundle: Bundle, stated: Checkpoint, wanted: _Wanted) -> None:
    """Make the tree again, and compare every file of it. EvidenceError when it is not the signed one."""
    growing, rows = Growing(), Rows(lambda tile: _read(bundle, tile), where=layout.LOG)
    wanted.at(growing)
    for entry in _entries(bundle, stated.size):
        leaf = tree.leaf_hash(entry)
        growing.add(leaf)
        rows.add(leaf)
        wanted.at(growing)
    rows.end()
    if growing.root() != stated.root:
        raise EvidenceError(f"its {stated.size} entries are not the tree that was signed")
    wanted.findings.hold(
        f"all {stated.size} entries of the log {stated.origin} make the tree that its checkpoint signs"
    )


def _cosigned(newest: _Newest, trusted: Sequence[TrustedKey], findings: Findings) -> tuple[Signed, ...]:
    """Who else signed the newest checkpoint: no key of the provider's side, and none that was revoked."""
    own = {key.public_der for key in trusted if key.role not in COSIGNERS or key.revoked is not None}
    keys = [
        NoteKey(name=key.name, type=KeyType.COSIGNER, material=note_key(key).material)
        for key in trusted
        if key.role in COSIGNERS
        and key.public_der not in own
        and note.is_name(key.name)
        and _is_note_key(key)
    ]
    try:
        signed = note.signers(newest.note, keys, what=layout.CHECKPOINT)
    except EvidenceError as error:
        findings.add("bad-cosignature", str(error), layout.CHECKPOINT)
        return ()
    if not signed:
        findings.add("no-cosignature")
        return ()
    names = ", ".join(one.key.name for one in signed)
    findings.hold(f"its newest checkpoint is cosigned by {len(signed)} other than the provider: {names}")
    return signed


def _is_note_key(key: TrustedKey) -> bool:
    """Whether it is an Ed25519 key, as signed notes need it."""
    try:
        note_key(key)
    except InputError:
        return False
    return True


def _entries(bundle: Bundle, size: int) -> Iterator[bytes]:
    for tile in tiles.bundles_of(size):
        name = f"{layout.LOG}{tile.path}"
        found = tiles.unpack(bundle.read(name, _LARGEST), what=name)
        if len(found) != tile.width:
            raise EvidenceError(f"{name}: {len(found)} entries where {tile.width} must be")
        yield from found


def _read(bundle: Bundle, tile: Tile) -> bytes:
    return bundle.read(f"{layout.LOG}{tile.path}", WIDTH * tree.HASH_BYTES)
