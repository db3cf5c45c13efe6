"""A directory of `drverify trust`: what both parties signed, and drafts that wait for signatures.

    N.root.json, targets.json, keyring.json      in force
    draft.root.json, draft.targets.json, draft.keyring.json      the next of each

Drafts are put in force together, when nothing lacks a signature any more: what is in force is whole always.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drverify.adapters.storage.durable import write_durably
from drverify.cli.trusted import KEYRING, TARGETS, own_file, root_files
from drverify.errors import EvidenceError, InputError
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keyring import keyring_file, lost, read_keyring
from drverify.sealing.keys import Trust
from drverify.sealing.rooting import add_signature, new_targets
from drverify.sealing.roots import (
    Body,
    RootFile,
    Signatory,
    TargetsFile,
    missing,
    read_root,
    read_targets,
    resolved,
    signed_by,
)
from drverify.sealing.seal import Signs
from drverify.sealing.strict_json import MAX_BYTES

DRAFT_ROOT, DRAFT_TARGETS, DRAFT_KEYRING = "draft.root.json", "draft.targets.json", "draft.keyring.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file that wants signatures."""

    path: Path
    what: str
    content: bytes
    keys: dict[str, Signatory]
    """Whoever may sign it, by the ids that roots give them."""
    bodies: tuple[Body, ...]

    def lacks(self) -> str:
        """What it still lacks; empty when nothing. EvidenceError for a signature that does not hold."""
        signed = signed_by(self.content, self.keys, what=self.what)
        return ", ".join(dict.fromkeys(filter(None, (missing(body, signed) for body in self.bodies))))


class TrustDirectory:
    """Reads and writes such a directory. EvidenceError for files that are not what they should be."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def chain(self) -> list[bytes]:
        """The roots in force, the oldest first."""
        return [own_file(one, MAX_BYTES) for one in root_files(self.path)] if self.path.is_dir() else []

    def root(self) -> RootFile | None:
        """The newest in force."""
        chain = self.chain()
        return read_root(chain[-1]) if chain else None

    def draft_root(self) -> RootFile | None:
        """The next root."""
        content = self._read(DRAFT_ROOT)
        return None if content is None else read_root(content, what=DRAFT_ROOT)

    def next_root(self) -> RootFile:
        """The draft, or else the one in force; InputError when there is neither."""
        found = self.draft_root() or self.root()
        if found is None:
            raise InputError(f"{self.path}: no root in it", hint="make one with `drverify trust init`")
        return found

    def targets(self) -> TargetsFile | None:
        """The targets in force."""
        content = self._read(TARGETS)
        return None if content is None else read_targets(content)

    def keyring(self, *, draft: bool) -> Trust:
        """The draft's keyring, if there is one and it is asked for, or else the one in force."""
        content = (self._read(DRAFT_KEYRING) if draft else None) or self._read(KEYRING)
        return read_keyring(content, what=KEYRING) if content is not None else Trust(keys=())

    def draft(self, keyring: Trust, expires: datetime, *, root: bytes | None = None) -> None:
        """Write drafts of the keyring and its targets, and of the root; they have no signatures yet."""
        content = keyring_file(keyring.keys, keyring.authorities)
        read_keyring(content, what="the new keyring")
        before = self.targets()
        version = before.version + 1 if before is not None else 1
        self.path.mkdir(parents=True, exist_ok=True)
        if root is not None:
            write_durably(self.path / DRAFT_ROOT, root, mode=0o644)
        write_durably(self.path / DRAFT_KEYRING, content, mode=0o644)
        targets = new_targets(content, version=version, expires=expires)
        write_durably(self.path / DRAFT_TARGETS, targets, mode=0o644)

    def drafts(self) -> list[Draft]:
        """Everything that waits for signatures."""
        found: list[Draft] = []
        root, before = self.draft_root(), self.root()
        if root is not None:
            both = tuple(one for one in (before, root) if one is not None)
            keys = {keyid: key for one in both for keyid, key in one.keys.items()}
            bodies = tuple(one.root for one in both)
            path = self.path / DRAFT_ROOT
            what = f"root {root.version}"
            found.append(Draft(path=path, what=what, content=root.content, keys=keys, bodies=bodies))
        targets = self._read(DRAFT_TARGETS)
        if targets is not None:
            last = self.next_root()
            what = f"targets {read_targets(targets, what=DRAFT_TARGETS).version}"
            path = self.path / DRAFT_TARGETS
            keys = dict(last.keys)
            found.append(Draft(path=path, what=what, content=targets, keys=keys, bodies=(last.targets,)))
        return found

    def sign(self, signer: Signs, public_der: bytes) -> list[str]:
        """Sign every draft that the key may sign; which. EvidenceError for a keyring that forgets."""
        for wrong in lost(self.keyring(draft=False), self.keyring(draft=True)):
            raise EvidenceError(f"the new keyring takes something back: {wrong}")
        signed = []
        for draft in self.drafts():
            draft.lacks()
            keyid = next((one for one, key in draft.keys.items() if key.public_der == public_der), None)
            if keyid is not None:
                content = add_signature(draft.content, keyid, signer, what=draft.what)
                write_durably(draft.path, content, mode=0o644)
                signed.append(draft.what)
        return signed

    def put_in_force(self, now: datetime) -> bool:
        """Put the drafts in force if they are there and lack nothing."""
        if not self.drafts() or any(draft.lacks() for draft in self.drafts()):
            return False
        root = self.draft_root()
        chain = [*self.chain(), *([root.content] if root is not None else [])]
        targets, keyring = self._read(DRAFT_TARGETS), self._read(DRAFT_KEYRING)
        if targets is None or keyring is None:
            raise EvidenceError(f"{self.path}: {DRAFT_TARGETS} or {DRAFT_KEYRING} is missing")
        resolved(chain, sha256_of(chain[0]), targets, keyring, now)
        if root is not None:
            write_durably(self.path / f"{root.version}.root.json", root.content, mode=0o644)
        write_durably(self.path / KEYRING, keyring, mode=0o644)
        write_durably(self.path / TARGETS, targets, mode=0o644)
        for name in (DRAFT_TARGETS, DRAFT_KEYRING, DRAFT_ROOT):
            (self.path / name).unlink(missing_ok=True)
        return True

    def _read(self, name: str) -> bytes | None:
        path = self.path / name
        return own_file(path, MAX_BYTES) if path.exists() else None
