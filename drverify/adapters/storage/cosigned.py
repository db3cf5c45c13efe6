"""Cosignatures of witnesses on a log's checkpoints, as files in the log's directory.

    log/checkpoint          the newest checkpoint, with the cosignatures that it has
    log/cosigned/<size>     every checkpoint that was cosigned, with all its signatures

Implements `Stamps`, too: whoever has a drill's checkpoints stamped has them cosigned with it.
"""

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from drverify.adapters.storage.durable import state_access, sync_directory, write_durably
from drverify.adapters.storage.log import LogDirectory
from drverify.adapters.storage.plain import plain_content
from drverify.engine.drills.journal import RESULT_PROOF, START_PROOF
from drverify.engine.keeping import Answer, Stamps
from drverify.engine.witnesses import Cosigned, Witnesses
from drverify.errors import DrverifyError, EvidenceError, InputError
from drverify.transparency import checkpoint, note, proof, tree
from drverify.transparency.note import Note, NoteKey, NoteSignature
from drverify.transparency.tree import Hash

DIRECTORY = "cosigned"
LOOK_BACK = 64
"""How many checkpoints are looked into for what a witness has cosigned last."""
NEWEST = 8
"""Of so many drills the proofs are looked at after each answer: more do not end at a time."""
_SIZE = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)


class CosignedDirectory:
    """The cosignatures of one log."""

    def __init__(self, log: LogDirectory, witnesses: Witnesses) -> None:
        self._log = log
        self._witnesses = witnesses
        self._path = log.path / DIRECTORY

    def ask(self) -> tuple[Cosigned, ...]:
        """Have the newest checkpoint cosigned by every witness; empty for a log without entries.

        A witness that fails is an answer without a line. HostError when a line cannot be kept, EvidenceError
        when the log is not whole.
        """
        head = self._log.head()
        if head is None:
            return ()
        stated, signed = head

        def proof(old: int) -> tuple[Hash, ...]:
            return self._consistency(old, stated.size)

        seen = {name: self._seen(key) for name, key in self._witnesses.keys.items()}
        answers = self._witnesses.ask(signed, proof, seen)
        lines = [one.line for one in answers if one.line is not None]
        if lines:
            keep_cosigned(self._log, signed, lines)
            with suppress(InputError):  # the log has grown meanwhile; the file above has them
                self._log.cosign(stated, lines)
        return answers

    def sizes(self) -> tuple[int, ...]:
        """Sizes of the checkpoints that were cosigned, ascending."""
        names = [path.name for path in self._path.iterdir()] if self._path.is_dir() else []
        return tuple(sorted(int(name) for name in names if _SIZE.fullmatch(name)))

    def check(self) -> tuple[int, ...]:
        """Sizes of the kept checkpoints that a witness of the settings cosigned, all of them checked.

        EvidenceError for one that the log did not sign or does not begin with any more, or whose
        cosignature does not hold.
        """
        keys = tuple(self._witnesses.keys.values())
        return tuple(size for size in self.sizes() if self._checked(size, keys))

    def _checked(self, size: int, keys: Sequence[NoteKey]) -> bool:
        path = self._path / str(size)
        kept = note.parse(plain_content(path, note.MAX_BYTES), what=str(path))
        stated = checkpoint.parse(kept.text, what=str(path))
        signed = {one.key for one in note.signers(kept, [self._log.key, *keys], what=str(path))}
        if self._log.key not in signed or (stated.origin, stated.size) != (self._log.origin, size):
            raise EvidenceError(f"{path}: not the log's checkpoint of {size} entries")
        log_size = self._log.size
        if size > log_size or tree.root(size, self._log.node(log_size)) != stated.root:
            raise EvidenceError(
                f"{path}: was cosigned, and the log does not begin with its {size} entries any more",
                hint="take the log from a copy: whoever cosigned it refuses what it is now",
            )
        return len(signed) > 1

    def deliver(self, drills: Path, newest: int | None = None) -> None:
        """Put cosignatures into the proofs beside drills, of the `newest` drills or of all. Idempotent.

        Time stamps are over the log's own signature, and stay what they were. HostError when one cannot be
        written; what is no proof of this log stays as it is.
        """
        directories = sorted(drills.iterdir()) if drills.is_dir() else []
        for path in (
            at / name for at in directories[-(newest or 0) :] for name in (START_PROOF, RESULT_PROOF)
        ):
            try:
                found = proof.parse(plain_content(path, note.MAX_BYTES), what=str(path))
                size = checkpoint.parse(found.note.text, what=str(path)).size
            except (FileNotFoundError, EvidenceError):
                continue
            kept = _kept(self._path / str(size))
            if kept is not None and kept.text == found.note.text and kept != found.note:
                write_durably(path, proof.render(replace(found, note=kept)))

    def _consistency(self, old: int, size: int) -> tuple[Hash, ...]:
        if old > size:
            if old <= self._log.size:
                raise InputError(f"it has cosigned {old} entries meanwhile, more than the {size} asked for")
            raise EvidenceError(
                f"it has cosigned {old} entries, and this log has {size}: was the log put back from a copy?"
            )
        return () if old in (0, size) else tree.consistency(old, size, self._log.node(size))

    def _seen(self, key: NoteKey) -> int:
        """How many entries the witness has cosigned, as far as the kept lines tell; 0: not known."""
        for size in reversed(self.sizes()[-LOOK_BACK:]):
            kept = _kept(self._path / str(size))
            if kept and any((one.name, one.id) == (key.name, key.id) for one in kept.signatures):
                return size
        return 0


def keep_cosigned(log: LogDirectory, signed: Note, lines: Sequence[NoteSignature]) -> None:
    """Keep a checkpoint with these signatures of others, and with those that it was kept with. HostError.

    `lines` were checked, and `signed` has the log's own signature.
    """
    size = checkpoint.parse(signed.text, what="a checkpoint").size
    directory = log.path / DIRECTORY
    with state_access(f"make {directory}"):
        if not directory.is_dir():
            directory.mkdir(exist_ok=True)
            sync_directory(log.path)
    before = _kept(directory / str(size))
    others = before.signatures if before is not None and before.text == signed.text else ()
    every = {(one.name, one.id): one for one in (*signed.signatures, *others, *lines)}
    made = Note(text=signed.text, signatures=tuple(every.values())[: note.MAX_SIGNATURES])
    write_durably(directory / str(size), note.render(made), mode=0o644)


def _kept(path: Path) -> Note | None:
    try:
        return note.parse(plain_content(path, note.MAX_BYTES), what=str(path))
    except (FileNotFoundError, EvidenceError):
        return None


class WitnessedStamps:
    """Has the log cosigned while its checkpoint is stamped. A witness never stops, and delays by seconds."""

    def __init__(self, stamps: Stamps | None, cosigned: CosignedDirectory, drills: Path) -> None:
        self._stamps = stamps
        self._cosigned = cosigned
        self._drills = drills

    def stamp(self, shown: bytes) -> tuple[Answer, ...]:
        """Ask both at once; what witnesses said are answers without a token."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="witnesses") as beside:
            asked = beside.submit(self._told)
            stamped = self._stamps.stamp(shown) if self._stamps is not None else ()
            return (*stamped, *asked.result())

    def fresh(self, message: bytes) -> tuple[Answer, ...]:
        """Have a message stamped; witnesses sign checkpoints only."""
        return self._stamps.fresh(message) if self._stamps is not None else ()

    def _told(self) -> tuple[Answer, ...]:
        try:
            return tuple(self._answers())
        except DrverifyError as error:
            return (Answer(authority="witnesses", token=None, said=f"no cosignature: {error}"),)

    def _answers(self) -> Iterator[Answer]:
        for one in self._cosigned.ask():
            yield Answer(authority=one.witness, token=None, said=one.said)
        self._cosigned.deliver(self._drills, NEWEST)
