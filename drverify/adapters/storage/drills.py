"""Drills on disk: the plan before it runs, artefacts by digest, the sealed evidence.

    drills/<drill id>/plan.json                    written and fsynced before anything else happens
                      artefacts/sha256/<hex>       content-addressed files
                      evidence.dsse.json           written once, at the end
                      summary.json                 what the evidence of that digest shows, for lists only

A drill without evidence was interrupted, and is listed so. Nothing is decided by a summary: without one,
or with one of other evidence, the evidence is read.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drverify.adapters.storage.durable import (
    PRIVATE,
    inner_directory,
    state_access,
    sync_directory,
    write_durably,
)
from drverify.adapters.storage.sealed import may_be_of, read_sealed
from drverify.engine.ports import Blob
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.agreement import Sha256
from drverify.model.drill import COPY, Artefact, DrillId
from drverify.model.evidence import TrustedKey
from drverify.planning.nights.turns import Shown
from drverify.sealing import codec
from drverify.sealing.strict_json import MAX_BYTES, Json

EVIDENCE = "evidence.dsse.json"
PLAN = "plan.json"
SUMMARY = "summary.json"

OwnKeys = Callable[[], Sequence[TrustedKey]]
"""Gives the keys that sign here; asked when there is evidence to read. InputError when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillEntry:
    """One line of the list of drills."""

    drill_id: DrillId
    workload: str
    """Empty when nothing readable says it."""
    outcome: str
    """`recovered`, `failed`, `interrupted` without evidence, `unreadable` when it is not sound and ours."""
    ended_at: datetime | None
    directory: Path
    shown: Shown | None = None
    """What it took; None where nothing readable says it."""

    @property
    def of_copy(self) -> bool:
        """Whether a further copy was drilled, and not the points that its workload comes back from first."""
        return self.shown is not None and self.shown.asked == COPY


class DrillDirectory:
    """Implements `DrillStore` on a directory."""

    def __init__(self, directory: Path, keys: OwnKeys) -> None:
        self._directory = directory
        self._keys = keys

    @property
    def path(self) -> Path:
        """Where all drills lie."""
        return self._directory

    def directory(self, drill_id: DrillId) -> Path:
        """Where the drill lies; InputError when there is none of that id."""
        path = self._directory / drill_id
        with state_access(f"look at {path}"):
            if "/" in drill_id or not (path / PLAN).is_file():
                raise InputError(f"no drill {drill_id!r}", hint="see `drverify drill list`")
        return path

    def begin(self, drill_id: DrillId, plan: bytes) -> None:
        """Write the plan of a drill before it starts. HostError when it cannot be written."""
        path = self._directory / drill_id
        with state_access(f"make {path}"):
            inner_directory(self._directory)
            for folder in (path, path / "artefacts", path / "artefacts" / "sha256"):
                folder.mkdir(mode=PRIVATE)
        write_durably(path / PLAN, plan)
        with state_access(f"make {path}"):
            sync_directory(self._directory)

    def keep(self, drill_id: DrillId, blob: Blob) -> Artefact:
        """Keep a file of the drill under its digest. HostError when it cannot be written."""
        digest = _digest(blob.content)
        path = self._directory / drill_id / "artefacts" / "sha256" / digest
        with state_access(f"look at {path}"):
            there = path.exists()
        if not there:
            write_durably(path, blob.content)
        return Artefact(
            name=blob.name, sha256=digest, size_bytes=len(blob.content), media_type=blob.media_type
        )

    def attach(self, drill_id: DrillId, name: str, content: bytes) -> None:
        """Put a file beside the evidence. HostError when it cannot be written."""
        write_durably(self._directory / drill_id / name, content)

    def seal(self, drill_id: DrillId, envelope: bytes) -> Path:
        """Write the signed evidence; a second one is refused. HostError when it cannot be written."""
        path = self._directory / drill_id / EVIDENCE
        with state_access(f"look at {path}"):
            there = path.exists()
        if there:
            raise EvidenceError(f"drill {drill_id} is already sealed")
        write_durably(path, envelope)
        return path

    def summarise(self, drill_id: DrillId, workload: str, *, recovered: bool, ended_at: datetime) -> None:
        """Note what the evidence shows, so that lists need not read it. Not to be able to is no loss."""
        path = self._directory / drill_id
        with suppress(OSError, HostError):
            content = (path / EVIDENCE).read_bytes()
            summary = {
                "evidence": _digest(content),
                "workload": workload,
                "outcome": _outcome(recovered=recovered),
                "ended_at": ended_at.isoformat(),
                "shown": self._shown(content, drill_id),
            }
            write_durably(path / SUMMARY, json.dumps(summary).encode())

    def _shown(self, content: bytes, drill_id: DrillId) -> Json:
        with suppress(EvidenceError, InputError):
            return codec.to_json(read_sealed(content, drill_id, self._keys()).shown)
        return None

    def entries(self) -> Iterator[DrillEntry]:
        """All drills, newest first; one that cannot be read hides no other. HostError without a list."""
        for path in self._newest_first():
            try:
                entry = self._entry(path)
            except HostError:
                entry = _unsealed(path, b"", "unreadable")
            if entry is not None:
                yield entry

    def last_success(self, workload: str) -> datetime | None:
        """UTC end of the newest drill of the workload whose evidence, signed by us, shows its recovery.

        Reads no further than that one. Evidence that does not hold does not count; for what cannot be read
        at all HostError, because it may be a success.
        """
        for path in self._newest_first():
            content = _content(path / EVIDENCE)
            if content is None:
                continue
            with suppress(EvidenceError):
                if not may_be_of(content, workload):
                    continue
                shown = read_sealed(content, DrillId(path.name), self._keys())
                if shown.workload == workload and shown.recovered:
                    return shown.ended_at
        return None

    def _newest_first(self) -> Sequence[Path]:
        with state_access(f"list the drills in {self._directory}"):
            try:
                return sorted(self._directory.iterdir(), reverse=True)
            except FileNotFoundError:
                return ()

    def _entry(self, path: Path) -> DrillEntry | None:
        content = _content(path / EVIDENCE)
        if content is not None:
            return _summarised(path, content) or self._read(path, content)
        plan = _content(path / PLAN)
        return None if plan is None else _unsealed(path, plan, "interrupted")

    def _read(self, path: Path, content: bytes) -> DrillEntry:
        keys = self._keys()
        try:
            shown = read_sealed(content, DrillId(path.name), keys)
        except EvidenceError:
            return _unsealed(path, _content(path / PLAN) or b"", "unreadable")
        return DrillEntry(
            drill_id=DrillId(path.name),
            workload=shown.workload,
            outcome=_outcome(recovered=shown.recovered),
            ended_at=shown.ended_at,
            directory=path,
            shown=shown.shown,
        )


def _digest(content: bytes) -> Sha256:
    return Sha256(hashlib.sha256(content).hexdigest())


def _outcome(*, recovered: bool) -> str:
    return "recovered" if recovered else "failed"


def _content(path: Path) -> bytes | None:
    """None when there is no such file. Of one too large to be ours, enough to be refused for it."""
    with state_access(f"read {path}"):
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None


def _summarised(path: Path, evidence: bytes) -> DrillEntry | None:
    """The summary, if it is one of this evidence, and says what the drill took."""
    try:
        summary = json.loads(_content(path / SUMMARY) or b"")
        if summary["evidence"] != _digest(evidence):
            return None
        return DrillEntry(
            drill_id=DrillId(path.name),
            workload=str(summary["workload"]),
            outcome=str(summary["outcome"]),
            ended_at=datetime.fromisoformat(summary["ended_at"]),
            directory=path,
            shown=codec.from_json(summary["shown"], Shown, what="shown"),
        )
    except (ValueError, KeyError, TypeError, EvidenceError):
        return None


def _unsealed(path: Path, plan: bytes, outcome: str) -> DrillEntry:
    """A drill of which only the plan may say what it was for."""
    try:
        workload = str(json.loads(plan)["workload"]["name"])
    except (ValueError, KeyError, TypeError):
        workload = ""
    return DrillEntry(
        drill_id=DrillId(path.name), workload=workload, outcome=outcome, ended_at=None, directory=path
    )
