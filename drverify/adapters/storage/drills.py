"""Drills on disk: the plan before it runs, artefacts by digest, the sealed evidence.

    drills/<drill id>/plan.json                    written and fsynced before anything else happens
                      artefacts/sha256/<hex>       content-addressed files
                      evidence.dsse.json           written once, at the end

A drill without evidence was interrupted, and is listed so.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drverify.adapters.storage.durable import sync_directory, write_durably
from drverify.engine.ports import Blob
from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.drill import Artefact, DrillId

EVIDENCE = "evidence.dsse.json"
PLAN = "plan.json"
SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillEntry:
    """One line of the list of drills."""

    drill_id: DrillId
    workload: str
    outcome: str
    """`recovered`, `failed`, or `interrupted` when there is no evidence."""
    ended_at: datetime | None
    directory: Path


class DrillDirectory:
    """Implements `DrillStore` on a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def directory(self, drill_id: DrillId) -> Path:
        """Where the drill lies; InputError when there is none of that id."""
        path = self._directory / drill_id
        if "/" in drill_id or not (path / PLAN).is_file():
            raise InputError(f"no drill {drill_id!r}", hint="see `drverify drill list`")
        return path

    def begin(self, drill_id: DrillId, plan: bytes) -> None:
        """Write the plan of a drill before it starts."""
        path = self._directory / drill_id
        (path / "artefacts" / "sha256").mkdir(parents=True)
        write_durably(path / PLAN, plan)
        sync_directory(self._directory)

    def keep(self, drill_id: DrillId, blob: Blob) -> Artefact:
        """Keep a file of the drill under its digest."""
        digest = Sha256(hashlib.sha256(blob.content).hexdigest())
        path = self._directory / drill_id / "artefacts" / "sha256" / digest
        if not path.exists():
            write_durably(path, blob.content)
        return Artefact(
            name=blob.name, sha256=digest, size_bytes=len(blob.content), media_type=blob.media_type
        )

    def seal(self, drill_id: DrillId, envelope: bytes) -> Path:
        """Write the signed evidence; a second one is refused."""
        path = self._directory / drill_id / EVIDENCE
        if path.exists():
            raise EvidenceError(f"drill {drill_id} is already sealed")
        write_durably(path, envelope)
        return path

    def summarise(self, drill_id: DrillId, workload: str, *, recovered: bool, ended_at: datetime) -> None:
        """Note the outcome for lists. Convenience only: verdicts are read from evidence."""
        summary = {
            "workload": workload,
            "outcome": "recovered" if recovered else "failed",
            "ended_at": ended_at.isoformat(),
        }
        write_durably(self._directory / drill_id / SUMMARY, json.dumps(summary).encode())

    def entries(self) -> Iterator[DrillEntry]:
        """All drills, newest first."""
        if not self._directory.is_dir():
            return
        for path in sorted(self._directory.iterdir(), reverse=True):
            if (path / PLAN).is_file():
                yield _entry(path)

    def last_success(self, workload: str) -> datetime | None:
        """UTC end of the newest sealed drill of the workload that recovered it."""
        for entry in self.entries():
            if entry.workload == workload and entry.outcome == "recovered":
                return entry.ended_at
        return None


def _entry(path: Path) -> DrillEntry:
    drill_id = DrillId(path.name)
    if (path / EVIDENCE).is_file() and (path / SUMMARY).is_file():
        summary = json.loads((path / SUMMARY).read_bytes())
        return DrillEntry(
            drill_id=drill_id,
            workload=str(summary["workload"]),
            outcome=str(summary["outcome"]),
            ended_at=datetime.fromisoformat(summary["ended_at"]),
            directory=path,
        )
    plan = json.loads((path / PLAN).read_bytes())
    return DrillEntry(
        drill_id=drill_id,
        workload=str(plan["workload"]["name"]),
        outcome="interrupted",
        ended_at=None,
        directory=path,
    )
