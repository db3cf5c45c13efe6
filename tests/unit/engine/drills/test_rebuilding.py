"""A machine out of files: its phases, its reworks, whose fault what is, and that the bench is given back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.conductor import conduct
from drverify.engine.drills.rebuilding import RebuildWay, way_for
from drverify.engine.preparing import Rebuilt
from drverify.engine.recovering import ImageWay
from drverify.engine.sources import Restored
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, InputError
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, ToolFact
from drverify.model.layout import Layout, PlannedFileSystem, Rework
from drverify.model.recovery import Disk, GuestShape, PointFilter, SystemFiles
from drverify.planning.selection import select
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import records
from tests.support.memory import (
    NOON,
    MemoryHost,
    MemoryProber,
    MemorySource,
    MemoryStore,
    Silent,
    SteppingClock,
)
from tests.support.memory_machines import RestoringMemoryHost
from tests.unit.engine.drills.test_conductor import POINT, PROBES
from tests.unit.engine.test_recovering import CARD, LIMITS

PAYLOAD = SystemFiles(
    guest=GuestShape(
        memory_mib=512,
        vcpus=1,
        disks=(Disk(name="disk0", bus="virtio", size_bytes=1 << 30),),
        networks=(CARD,),
    ),
    layout=Layout(file_systems=(PlannedFileSystem(at="/"),)),
)
GRUB = Rework(what="bootloader", change="GRUB", why="new disks")


class TreeMemorySource(MemorySource):
    """Gives any tree."""

    async def pour_tree(self, point: Any, path: str, **_: Any) -> Restored:
        return Restored(logical_bytes=10, allocated_bytes=10, read_bytes=10, files=2)


@dataclass
class MemoryRebuilder:
    """A bench on which nothing lies; says in which order it was asked."""

    fails: Exception | None = None
    said: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def lay_out(self, disks: Sequence[Path], *_: Any, **__: Any) -> AsyncIterator["MemoryRebuilder"]:
        self.said.append("laid out")
        for disk in disks:
            disk.touch()
        try:
            yield self
        finally:
            self.said.append("given back")

    async def fill(self, tree: Any, point: Any, path: str, **_: Any) -> Restored:
        self.said.append(f"filled from {path}")
        found: Restored = await tree.pour_tree(point, path)
        return found

    async def rebuild(self, *, within: timedelta, progress: Any) -> Rebuilt:
        self.said.append("rebuilt")
        if self.fails is not None:
            raise self.fails
        return Rebuilt(reworks=(GRUB,))

    async def tool(self) -> ToolFact:
        return ToolFact(name="memory", version="1")


def planned() -> DrillPlan:
    return records.plan(
        workload=records.workload(payload=PAYLOAD, points=PointFilter()),
        playbook=records.playbook(probes=PROBES, limits=LIMITS),
        incident_at=NOON,
        previous_success_at=None,
    )


async def drilled(root: Path, rebuilder: MemoryRebuilder, host: MemoryHost) -> DrillRecord:
    source = TreeMemorySource({POINT: b""})
    ports = DrillPorts(
        clock=SteppingClock(NOON),
        progress=Silent(),
        source=source,
        host=host,
        way=way_for(PAYLOAD, source, host, name="repo", mode="full", rebuilder=lambda: rebuilder),
        rooms=RoomDirectory(root / "sandboxes", LedgerDirectory(root / "ledger")),
        store=MemoryStore(),
        prober=MemoryProber(host),
        secret=lambda _: b"",
        select=select,
        own_tools=(),
    )
    return await conduct(planned(), ports)


async def test_restored_then_rebuilt_then_booted(tmp_path: Path) -> None:
    rebuilder, host = MemoryRebuilder(), MemoryHost()
    record = await drilled(tmp_path, rebuilder, host)
    names = [phase.name for phase in record.phases]
    assert names[1:5] == [PhaseName.PROVISION, PhaseName.RESTORE, PhaseName.REBUILD, PhaseName.ISOLATE]
    assert rebuilder.said == ["laid out", "filled from /", "rebuilt", "given back"]
    assert record.reworks == (GRUB,)
    assert record.restore is not None
    assert (record.restore.files, record.restore.restored_bytes) == (2, 10)
    assert ToolFact(name="memory", version="1") in record.tools
    assert not record.faults
    assert not record.defects
    assert [*contradictions(planned(), record, records.register())] == []


async def test_files_without_a_system_are_a_defect_of_the_rebuild(tmp_path: Path) -> None:
    rebuilder = MemoryRebuilder(fails=DefectError("the restored files hold no kernel"))
    record = await drilled(tmp_path, rebuilder, MemoryHost())
    assert [(one.phase, one.what) for one in record.defects] == [
        (PhaseName.REBUILD, "the restored files hold no kernel")
    ]
    assert PhaseName.BOOT not in [phase.name for phase in record.phases]
    assert rebuilder.said[-1] == "given back"
    assert record.cleaned_up


def test_the_way_needs_files_and_a_host_that_takes_disks() -> None:
    def chosen(payload: Any, source: Any, host: Any, mode: Any = "full") -> Any:
        return way_for(payload, source, host, name="repo", mode=mode, rebuilder=MemoryRebuilder)

    tree, images = TreeMemorySource({}), MemorySource({})
    assert type(chosen(PAYLOAD, tree, MemoryHost())) is RebuildWay
    assert type(chosen(records.workload().payload, images, MemoryHost())) is ImageWay
    for source, host, mode, said in (
        (images, MemoryHost(), "full", "cannot give the files"),
        (tree, RestoringMemoryHost(), "full", "takes no disks"),
        (tree, MemoryHost(), "instant", "cannot be started where they lie"),
    ):
        with pytest.raises(InputError, match=said):
            chosen(PAYLOAD, source, host, mode)


async def test_what_cannot_be_of_a_rebuilt_machine_is_said(tmp_path: Path) -> None:
    record = await drilled(tmp_path, MemoryRebuilder(), MemoryHost())
    plan, register = planned(), records.register()
    unbuilt = tuple(one for one in record.phases if one.name is not PhaseName.REBUILD)
    small = replace(PAYLOAD, layout=Layout(file_systems=()))
    for told, of, said in (
        (replace(record, reworks=()), plan, "nothing put a boot loader on them"),
        (replace(record, phases=unbuilt), plan, "files were booted, and nothing was rebuilt"),
        (replace(record, restore=None), plan, "out of files that were not restored"),
        (record, replace(plan, mode="instant"), "cannot be rebuilt and run on the backup itself"),
        (
            record,
            replace(plan, workload=replace(plan.workload, payload=small)),
            "cannot have been laid out: expected a file system at /",
        ),
        (
            record,
            replace(plan, workload=records.workload(points=PointFilter())),
            "the workload is none that is rebuilt from its files",
        ),
    ):
        assert any(said in one for one in contradictions(of, told, register)), said
