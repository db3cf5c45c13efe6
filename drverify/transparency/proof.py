"""Proofs that an entry is in a log, in one file that needs no network. Pure.

Format: https://c2sp.org/tlog-proof, without extra data.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from drverify.errors import EvidenceError
from drverify.transparency import checkpoint, note
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import NoteKey, Signed
from drverify.transparency.tree import HASH_BYTES, Hash, check_inclusion, leaf_hash

HEAD = "c2sp.org/tlog-proof@v1"
MAX_STEPS = 64
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """An entry's index, the way up to the root, and the signed checkpoint with that root."""

    index: int
    path: tuple[Hash, ...]
    note: note.Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Included:
    """What a proof that holds shows."""

    index: int
    checkpoint: Checkpoint
    signed: tuple[Signed, ...]


def render(proof: LogProof) -> bytes:
    """The proof as a file."""
    lines = [HEAD, f"index {proof.index}", *(base64.b64encode(step).decode() for step in proof.path), ""]
    return "\n".join(lines).encode() + b"\n" + note.render(proof.note)


def parse(content: bytes, *, what: str) -> LogProof:
    """Read a proof; EvidenceError, naming it as `what`, for anything else."""
    head, gap, rest = content.partition(b"\n\n")
    lines = head.decode("ascii", "replace").split("\n")
    found = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not gap or lines[0] != HEAD or found is None or len(lines) > MAX_STEPS + 2:
        raise EvidenceError(f"{what}: not a proof of {HEAD}")
    path = tuple(_step(line, what) for line in lines[2:])
    made = LogProof(index=int(found[1]), path=path, note=note.parse(rest, what=what))
    if render(made) != content:
        raise EvidenceError(f"{what}: not a proof in its one form")
    return made


def check(proof: LogProof, entry: bytes, keys: Sequence[NoteKey], *, what: str) -> Included:
    """Check path and signatures; EvidenceError when the entry is not shown to be in the log.

    `keys` are the log's and its cosigners'. At least the log itself must have signed.
    """
    stated = checkpoint.parse(proof.note.text, what=what)
    signed = note.signers(proof.note, keys, what=what)
    if not any(one.key.type is note.KeyType.LOG and one.key.name == stated.origin for one in signed):
        raise EvidenceError(f"{what}: the log {stated.origin} did not sign its checkpoint")
    check_inclusion(leaf_hash(entry), proof.index, stated.size, proof.path, stated.root)
    return Included(index=proof.index, checkpoint=stated, signed=signed)


def _step(line: str, what: str) -> Hash:
    try:
        step = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{what}: a step of the proof is not base64") from error
    if len(step) != HASH_BYTES:
        raise EvidenceError(f"{what}: a step of the proof is no hash")
    return step
