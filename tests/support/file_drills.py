"""Drills of file sets over a real restic repository, without the command line."""

import hashlib
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.clock import SystemClock
from drverify.adapters.filesets.desk import LocalFileDesk
from drverify.adapters.probes.prober import TableProber
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.conductor import conduct
from drverify.engine.recovering import way_of
from drverify.engine.wiring import DrillPorts
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.model.playbook import FreshnessProbe, NewestFile, Playbook, ProbeSpec
from drverify.model.recovery import FileSet, PointFilter, Workload
from drverify.planning.selection import select
from tests.support.memory import MemoryHost, MemoryStore, Silent
from tests.support.restic import PASSWORD, Repository

NEWEST = FreshnessProbe(id="newest", newest=NewestFile())
OLD = datetime(2024, 1, 1, tzinfo=UTC)


def many_files(root: Path, count: int, *, per_directory: int = 100) -> None:
    """Files in directories, of all ages, each with a content of its own."""
    now = datetime.now(UTC).timestamp()
    for number in range(count):
        place = root / f"dir-{number // per_directory:04d}" / f"file-{number:06d}"
        if number % per_directory == 0:
            place.parent.mkdir(parents=True)
        place.write_bytes(b"content of file %d" % number)
        age = (3600, 3 * 86400, 90 * 86400, 900 * 86400)[number % 4]
        os.utime(place, (now - age, now - age))


def alter(path: Path) -> None:
    """Change a file's content, not its size nor its times: what a dying disk does."""
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x20
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@dataclass
class FileStage:
    """A file set, its repository, and drills of it."""

    root: Path
    files: Path = field(init=False)
    store: MemoryStore = field(default_factory=MemoryStore)
    progress: Silent = field(default_factory=Silent)

    def __post_init__(self) -> None:
        self.files = self.root / "data"
        self.files.mkdir(parents=True, exist_ok=True)
        self.repository = Repository(path=self.root / "repo", image=self.root, files=self.files)
        self.ledgers = LedgerDirectory(self.root / "ledger")

    def back_up(self, *more: Path) -> None:
        """Back the files up as they are now, and others."""
        if not self.repository.path.exists():
            self.repository.initialise()
        self.repository.restic("backup", "--host", "docs", str(self.files), *map(str, more))

    def plan(self, probes: tuple[ProbeSpec, ...] = (NEWEST,), **payload: Any) -> DrillPlan:
        now = datetime.now(UTC)
        return DrillPlan(
            drill_id=DrillId("20260914T120000Z-abcdef"),
            workload=Workload(
                name="docs", source="vault", points=PointFilter(host="docs"), playbook="files",
                payload=FileSet(path=str(self.files), **payload), protected_since=OLD,
            ),
            playbook=Playbook(name="files", applies_to="file-set", probes=probes),
            register_sha256=Sha256("0" * 64), obligations=(), requested_point="latest", mode="full",
            incident_at=now, look_back=timedelta(days=1), previous_success_at=None,
            challenge=hashlib.sha256(b"chance").hexdigest(),
        )  # fmt: skip

    async def drill(self, plan: DrillPlan) -> DrillRecord:
        """Conduct it; nothing is left afterwards."""
        source = self.repository.source()
        host: Any = MemoryHost()
        ports = DrillPorts(
            clock=SystemClock(), progress=self.progress, source=source, host=host,
            way=way_of(plan.workload.payload, source, host, name="vault"),
            rooms=RoomDirectory(self.root / "sandboxes", self.ledgers),
            store=self.store, prober=TableProber(), secret=lambda _: PASSWORD.encode(), select=select,
            own_tools=(), files=LocalFileDesk(),
        )  # fmt: skip
        record = await conduct(plan, ports)
        assert not list((self.root / "sandboxes").iterdir())
        assert not self.ledgers.ids()
        return record
