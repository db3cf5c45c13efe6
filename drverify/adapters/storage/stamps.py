"""Time stamps on a log's checkpoints, as files in the log's directory. Implements `Stamps`.

    log/checkpoints/<size>                  the note that was stamped: the checkpoint with the log's signature
    log/timestamps/<size>.<authority>.tsr   the authority's answer, as it was sent

Copies of the tokens lie beside the drills whose proofs end with that checkpoint.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from drverify.adapters.storage.durable import state_access, sync_directory, write_durably
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.engine.drills.journal import RESULT_PROOF, START_PROOF, token_name
from drverify.engine.keeping import Answer, TimeAuthorities
from drverify.errors import EvidenceError
from drverify.model.evidence import TimeStamp
from drverify.transparency import checkpoint, note, proof, tree
from drverify.transparency.note import Note
from drverify.transparency.stamping import stamped_bytes

SUFFIX = ".tsr"
_SIZE = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_TOKEN = re.compile(r"(?P<size>[1-9][0-9]{0,15})\.(?P<authority>[a-z0-9][a-z0-9-]{0,39})\.tsr", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A token that is kept, and its time; none: its authority is not in the settings any more."""

    size: int
    authority: str
    stamp: TimeStamp | None


class StampDirectory:
    """The stamps of one log."""

    def __init__(self, log: DirectoryLog, authorities: TimeAuthorities) -> None:
        self._log = log
        self._authorities = authorities
        self._checkpoints = log.path / "checkpoints"
        self._tokens = log.path / "timestamps"

    def stamp(self, shown: bytes) -> tuple[Answer, ...]:
        """Have the checkpoint of a proof stamped by everybody who has not yet; as the port says."""
        size = self._keep(proof.parse(shown, what="log proof").note)
        return (*self._kept(size), *self._ask(size, self._missing(size)))

    def fresh(self, message: bytes) -> tuple[Answer, ...]:
        """Ask every authority now; as the port says. A drill keeps these tokens with its own files."""
        return self._authorities.ask(message, self._authorities.names)

    def stamp_all(
        self, drills: Path, pauses: Sequence[float], *, sleep: Callable[[float], None] = time.sleep
    ) -> Iterator[tuple[int, Answer]]:
        """Ask for every stamp that is missing, of the newest checkpoint and of those that drills end with.

        An authority that fails is asked again after each of the pauses (seconds), then no more in this
        run. Every stamp is copied beside its drills. EvidenceError when a drill's checkpoint is not of
        this log.
        """
        self._gather(drills)
        yield from self._asked(pauses, sleep)
        self._deliver(drills)

    def ask_again(self, drills: Path) -> tuple[Answer, ...]:
        """Ask once for every stamp that is missing of the checkpoints that are kept.

        An authority that fails is not asked for the others in this run. What came is copied beside drills.
        """
        answers = tuple(answer for _, answer in self._asked((), time.sleep))
        if any(one.token is not None for one in answers):
            self._deliver(drills)
        return answers

    def sizes(self) -> tuple[int, ...]:
        """Sizes of the checkpoints that are kept, ascending."""
        return tuple(sorted(int(name) for name in _names(self._checkpoints) if _SIZE.fullmatch(name)))

    def missing(self) -> int:
        """How many stamps are still to be asked for."""
        return sum(len(self._missing(size)) for size in self.sizes())

    def check(self) -> tuple[Kept, ...]:
        """Check every token and its checkpoint; EvidenceError for one that does not hold or is of no tree."""
        for size in self.sizes():
            self._own(size)
        parts = [found for name in _names(self._tokens) if (found := _TOKEN.fullmatch(name))]
        tokens = sorted((int(found["size"]), found["authority"]) for found in parts)
        return tuple(self._checked(size, authority) for size, authority in tokens)

    def _checked(self, size: int, authority: str) -> Kept:
        path = self._token(size, authority)
        if authority not in self._authorities.names:
            return Kept(size=size, authority=authority, stamp=None)
        try:
            stamp = self._authorities.check(authority, _read(path), _read(self._checkpoints / str(size)))
        except EvidenceError as error:
            raise EvidenceError(f"{path}: {error}") from error
        return Kept(size=size, authority=authority, stamp=stamp)

    def _own(self, size: int) -> None:
        """EvidenceError unless the kept checkpoint is one that this log signed and still begins with."""
        path = self._checkpoints / str(size)
        signed = note.parse(_read(path), what=str(path))
        if self._size_of(signed) != size or stamped_bytes(signed, self._log.tiles.key) != _read(path):
            raise EvidenceError(f"{path}: not the checkpoint of {size} entries")

    def _keep(self, signed: Note) -> int:
        """Keep what is to be stamped, once it was checked; returns its size."""
        size = self._size_of(signed)
        path, content = self._checkpoints / str(size), stamped_bytes(signed, self._log.tiles.key)
        if not path.exists():
            _write(path, content)
        elif _read(path) != content:
            raise EvidenceError(f"{path}: the log signed another checkpoint of {size} entries")
        return size

    def _size_of(self, signed: Note) -> int:
        log = self._log.tiles
        what = f"a checkpoint of {log.origin}"
        stated = checkpoint.parse(signed.text, what=what)
        if not note.signers(signed, [log.key], what=what) or stated.origin != log.origin:
            raise EvidenceError(f"{what}: the log did not sign it")
        if not 0 < stated.size <= log.size or tree.root(stated.size, log.node(log.size)) != stated.root:
            raise EvidenceError(f"{what}: the log does not begin with its {stated.size} entries any more")
        return stated.size

    def _missing(self, size: int) -> list[str]:
        return [name for name in self._authorities.names if not self._token(size, name).exists()]

    def _kept(self, size: int) -> Iterator[Answer]:
        for name in self._authorities.names:
            path = self._token(size, name)
            if path.exists():
                yield Answer(authority=name, token=_read(path), said=f"{name} has stamped {size} entries")

    def _asked(self, pauses: Sequence[float], sleep: Callable[[float], None]) -> Iterator[tuple[int, Answer]]:
        silent: set[str] = set()
        for size in self.sizes():
            wanted = [name for name in self._missing(size) if name not in silent]
            for pause in (0.0, *pauses):
                if not wanted:
                    break
                if pause:
                    sleep(pause)
                answers = {one.authority: one for one in self._ask(size, wanted)}
                yield from ((size, one) for one in answers.values())
                wanted = [name for name in wanted if answers[name].token is None]
            silent.update(wanted)

    def _ask(self, size: int, names: Sequence[str]) -> tuple[Answer, ...]:
        answers = self._authorities.ask(_read(self._checkpoints / str(size)), names) if names else ()
        for one in answers:
            if one.token is not None:
                _write(self._token(size, one.authority), one.token)
        return answers

    def _gather(self, drills: Path) -> None:
        """Keep the checkpoints that drills were logged with before there were authorities, and the newest."""
        for _, _, signed in _proofs(drills):
            if note.signers(signed, [self._log.tiles.key], what="a checkpoint"):
                self._keep(signed)
        if head := self._log.tiles.head():
            self._keep(head[1])

    def _deliver(self, drills: Path) -> None:
        for directory, name, signed in _proofs(drills):
            if not note.signers(signed, [self._log.tiles.key], what="a checkpoint"):
                continue
            for one in self._kept(checkpoint.parse(signed.text, what="a checkpoint").size):
                path = directory / token_name(name, one.authority)
                if one.token is not None and not path.exists():
                    write_durably(path, one.token)

    def _token(self, size: int, authority: str) -> Path:
        return self._tokens / f"{size}.{authority}{SUFFIX}"


def _proofs(drills: Path) -> Iterator[tuple[Path, str, Note]]:
    """The proofs beside drills, and the checkpoints they end with; what is no proof is left out."""
    for directory in sorted(drills.iterdir()) if drills.is_dir() else ():
        for name in (START_PROOF, RESULT_PROOF):
            with suppress(EvidenceError):
                yield directory, name, proof.parse(_read(directory / name), what=name).note


def _names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()] if directory.is_dir() else []


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise EvidenceError(f"{path} is not there")
    with state_access(f"read {path}"), path.open("rb") as file:
        return file.read(note.MAX_BYTES + 1)


def _write(path: Path, content: bytes) -> None:
    with state_access(f"make {path.parent}"):
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            sync_directory(path.parent.parent)
    write_durably(path, content, mode=0o644)
