"""What a witness of a log is asked and answers. Pure: who carries it, and what is stored, is not known here.

Format: https://c2sp.org/tlog-witness, `add-checkpoint`: the size that the witness has seen last, the proof
that the new tree begins with that one, an empty line, and the log's signed checkpoint.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from drverify.errors import EvidenceError
from drverify.transparency import checkpoint, note
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import Note, NoteKey, NoteSignature, Signed
from drverify.transparency.tree import EMPTY, HASH_BYTES, MAX_SIZE, Hash, check_consistency

MAX_STEPS = 63
MAX_BYTES = note.MAX_BYTES + MAX_STEPS * 45 + 32
"""Of a question."""
SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_WHAT = "the submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A checkpoint that a witness is asked to cosign."""

    old: int
    """Entries of the tree that the witness has cosigned last, as far as the log knows; 0: none."""
    proof: tuple[Hash, ...]
    """That the new tree begins with that one."""
    note: Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a checkpoint is not cosigned."""

    status: int
    """HTTP's, as the format gives it a meaning."""
    why: str
    """One line for whoever keeps the log; of a wrong old size the size that the witness has seen."""
    signed: bool = False
    """Whether the log itself signed what is refused: somebody has to explain it then."""
    contradicts: bool = False
    """Whether it and what is held cannot both be true."""

    @property
    def is_size(self) -> bool:
        """Whether it tells a size, for the log to begin with next time."""
        return self.status == CONFLICT and _SIZE.fullmatch(self.why) is not None


MALFORMED, FORBIDDEN, UNKNOWN, CONFLICT, UNSHOWN = 400, 403, 404, 409, 422


def render(submission: Submission) -> bytes:
    """The question as it is sent."""
    steps = [base64.b64encode(step).decode() for step in submission.proof]
    return "\n".join([f"old {submission.old}", *steps, "", ""]).encode() + note.render(submission.note)


def parse(content: bytes) -> Submission:
    """Read a question; EvidenceError for anything else."""
    head, gap, rest = content.partition(b"\n\n")
    first, *steps = head.decode("ascii", "replace").split("\n")
    old = first.removeprefix("old ")
    if not gap or not first.startswith("old ") or not _is_size(old) or len(steps) > MAX_STEPS:
        raise EvidenceError(f"{_WHAT}: not what add-checkpoint takes")
    signed = note.parse(rest, what=_WHAT)
    return Submission(old=int(old), proof=tuple(_step(line) for line in steps), note=signed)


def judge(held: Checkpoint | None, asked: Submission, key: NoteKey) -> Checkpoint | Refused:
    """The checkpoint to hold from now on and to cosign, or why not. `key` is the log's, `held` its last one.

    The order of the checks is the format's. EvidenceError when the note is no checkpoint at all.
    """
    stated = checkpoint.parse(asked.note.text, what=_WHAT)
    if stated.origin != key.name:
        return Refused(status=UNKNOWN, why="no such log is known here")
    if not _by_log(asked.note, key):
        return Refused(status=FORBIDDEN, why="the log did not sign it")
    if asked.old > stated.size:
        return Refused(status=MALFORMED, why="the old size is larger than the checkpoint's")
    seen = held or Checkpoint(origin=key.name, size=0, root=EMPTY)
    if asked.old != seen.size:
        return Refused(status=CONFLICT, why=str(seen.size))
    return _doubt(seen, stated, asked.proof) or stated


def _doubt(seen: Checkpoint, stated: Checkpoint, proof: Sequence[Hash]) -> Refused | None:
    """Why the stated tree is not shown to begin with the one that was seen last; None: it is."""
    if stated.size == seen.size and stated.root != seen.root:
        why = f"another tree of {seen.size} entries than the one that was cosigned"
        return Refused(status=CONFLICT, why=why, signed=True, contradicts=True)
    try:
        check_consistency(seen.size, seen.root, stated.size, stated.root, proof)
    except EvidenceError as error:
        return Refused(status=UNSHOWN, why=str(error), signed=True)
    return None


def read_size(content: bytes) -> int:
    """The size in a witness's answer. EvidenceError for anything else."""
    text = content.decode("ascii", "replace")
    if not text.endswith("\n") or not _is_size(text[:-1]):
        raise EvidenceError("the witness's answer is no size")
    return int(text)


def read_cosignature(asked: Note, content: bytes, key: NoteKey) -> tuple[NoteSignature, Signed]:
    """The witness's own line in its answer, and what it says. EvidenceError unless it is there and holds."""
    what = f"the answer of {key.name}"
    text = asked.text.encode() + b"\n" + content
    found = note.parse(text, what=what)
    signed = note.signers(found, [key], what=what)
    line = next((one for one in found.signatures if (one.name, one.id) == (key.name, key.id)), None)
    if line is None or not signed or found.text != asked.text:
        raise EvidenceError(f"{what}: it has no signature of theirs")
    return line, signed[0]


def lines(signatures: Sequence[NoteSignature], text: str) -> bytes:
    """Signature lines alone, as a witness answers."""
    return note.render(Note(text=text, signatures=tuple(signatures)))[len(text.encode()) + 1 :]


def _by_log(signed: Note, key: NoteKey) -> bool:
    try:
        return bool(note.signers(signed, [key], what=_WHAT))
    except EvidenceError:
        return False


def _is_size(text: str) -> bool:
    return _SIZE.fullmatch(text) is not None and int(text) <= MAX_SIZE


def _step(line: str) -> Hash:
    try:
        step = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{_WHAT}: a step of the proof is not base64") from error
    if len(step) != HASH_BYTES or base64.b64encode(step).decode() != line:
        raise EvidenceError(f"{_WHAT}: a step of the proof is no hash")
    return step
