"""`drverify verify --held`: evidence against a checkpoint that somebody else than the log's keeper holds.

A drill's proofs end in checkpoints of the log as it was then. The held one is of another size as a rule: that
both are of one log shows a copy of the log, which is believed in nothing, for the proof between the two
sizes leads from one signed root to the other or it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drverify.adapters.storage.held import HeldCheckpoint
from drverify.adapters.storage.log import LogDirectory
from drverify.cli.trusted import own_file
from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import TrustedKey
from drverify.sealing.logged import LogFiles, note_key
from drverify.sealing.verification import RefusedError, Report
from drverify.transparency import checkpoint, note, proof, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import NoteKey
from drverify.transparency.pinning import Between, ContradictionError, check_together
from drverify.transparency.proof import LogProof
from drverify.transparency.tree import Hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A checkpoint that is held, and what it can be compared by."""

    path: Path
    held: Checkpoint
    between: Between | None

    @classmethod
    def of(cls, path: Path | None, log: Path | None, keys: Sequence[TrustedKey]) -> "Holding | None":
        """Read the held checkpoint; None when there is none. InputError unless a trusted log signed it."""
        if path is None:
            if log is not None:
                raise InputError("--log is for --held", hint="name the checkpoint that is held")
            return None
        content = own_file(path, note.MAX_BYTES)
        key = _signer(content, path, [note_key(one) for one in keys if one.role == "log"])
        held = HeldCheckpoint(path, key).parse(content)
        if log is not None and not log.is_dir():
            raise InputError(f"{log}: not a directory", hint="name a copy of the log's directory")
        return cls(
            path=path, held=held, between=_between(LogDirectory(log, key)) if log is not None else None
        )

    def held_against(self, report: Report, logged: LogFiles) -> Report:
        """The report with what the held checkpoint shows. RefusedError when both cannot be of one log.

        InputError when nothing can be shown: neither that they are, nor that they are not.
        """
        try:
            found = [_proof(logged.start_proof, "start"), _proof(logged.result_proof, "result")]
            shown = [checkpoint.parse(one.note.text, what="log proof") for one in found]
            compared = [check_together(self.held, one, self.between) for one in shown]
        except ContradictionError as error:
            raise RefusedError(
                f"held: {error}: keep {self.path} and this evidence, together they show it", held=report.held
            ) from error
        except EvidenceError as error:
            raise RefusedError(f"held: {error}", held=report.held) from error
        if not all(compared):
            sizes = " and ".join(str(one.size) for one in shown)
            raise InputError(
                f"{self.path} is a checkpoint of {self.held.size} entries, the evidence of {sizes}, "
                "which by themselves show nothing of each other",
                hint="name a copy of the log with --log",
            )
        return replace(report, held=(*report.held, self._said([one.index for one in found])))

    def _said(self, entries: Sequence[int]) -> str:
        last = max(entries)
        known = "both entries are among them" if last < self.held.size else "this drill came later"
        if min(entries) < self.held.size <= last:
            known = "the start is among them, the result came later"
        return f"the log is the one of which {self.held.size} entries are held; {known}"


def _signer(content: bytes, path: Path, keys: Sequence[NoteKey]) -> NoteKey:
    """Which of the trusted logs signed it."""
    try:
        found = note.signers(note.parse(content, what=str(path)), keys, what=str(path))
    except EvidenceError as error:
        raise InputError(str(error), hint="--held names a checkpoint of the log") from error
    if not found:
        raise InputError(
            f"{path}: signed by no log of the trust file", hint="is the log's key in the trust file?"
        )
    return found[0].key


def _proof(content: bytes | None, what: str) -> LogProof:
    if content is None:
        raise EvidenceError(f"there is no proof that the {what} was logged")
    return proof.parse(content, what=f"log proof of the {what}")


def _between(log: LogDirectory) -> Between:
    def shown(old: int, new: int) -> tuple[Hash, ...]:
        return () if old == 0 else tree.consistency(old, new, log.node(new))

    return shown
