"""What a drill of each kind really records is what `verify` takes for possible."""

from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.conductor import conduct
from drverify.engine.recovering import way_of
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, HostError
from drverify.model.drill import DrillPlan, GaveUp, ProbeStatus
from drverify.model.playbook import BootProbe, FreshnessProbe, Limits, NewestFile, Playbook, TcpProbe
from drverify.model.recovery import FileSet, PointId, RecoveryPoint
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

POINT = RecoveryPoint(
    id=PointId("a" * 64),
    source="memory",
    consistent_as_of=NOON - timedelta(minutes=5),
    as_of_origin="tag",
    host="shop",
    paths=("/shop.raw",),
    tags=("disk",),
)
OFTEN = timedelta(milliseconds=1)
MACHINE = Playbook(
    name="web",
    applies_to="disk-image",
    probes=(
        BootProbe(id="boot", console="login:", every=OFTEN),
        TcpProbe(id="tcp", address="10.20.0.10", port=80, every=OFTEN),
        TcpProbe(id="extra", address="10.20.0.10", port=81, required=False, every=OFTEN),
    ),
    limits=Limits(settle=timedelta(milliseconds=20), boot_stall=timedelta(minutes=1)),
)
FILES = Playbook(
    name="files", applies_to="file-set", probes=(FreshnessProbe(id="newest", newest=NewestFile()),)
)


class Stage:
    """Memory ports, and the plan of each kind of drill."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = MemorySource({POINT: b"disk"})
        self.host = MemoryHost()
        self.clock = SteppingClock(NOON)
        self.prober = MemoryProber(self.host)
        self.prober.newest = NOON - timedelta(minutes=6)

    def plan(self, kind: str) -> DrillPlan:
        payload = FileSet(path="/shop.raw") if kind == "files" else records.workload().payload
        return records.plan(
            workload=records.workload(payload=payload),
            playbook=FILES if kind == "files" else MACHINE,
            mode="instant" if kind == "instant" else "full",
            incident_at=NOON,
            previous_success_at=None,
        )

    async def contradictions(self, kind: str):
        ledgers = LedgerDirectory(self.root / "ledger")
        ports = DrillPorts(
            clock=self.clock,
            progress=Silent(),
            source=self.source,
            host=self.host,
            way=way_of(self.plan(kind).workload.payload, self.source, self.host, name="memory"),
            rooms=RoomDirectory(self.root / "sandboxes", ledgers),
            store=MemoryStore(),
            prober=self.prober,
            secret=lambda _: b"",
            select=select,
            own_tools=(),
        )
        record = await conduct(self.plan(kind), ports)
        return record, list(contradictions(self.plan(kind), record, records.register()))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


KINDS = pytest.mark.parametrize("kind", ["full", "instant", "files"])


@KINDS
async def test_of_a_good_drill(stage: Stage, kind: str) -> None:
    record, found = await stage.contradictions(kind)
    assert record.faults == record.defects == ()
    assert record.probes
    assert all(one.settled is not None for one in record.probes if one.probe != "extra")
    assert found == []


@KINDS
@pytest.mark.parametrize("error", [DefectError("pack 1f is damaged"), HostError("disk full")])
async def test_of_a_restore_that_failed(stage: Stage, kind: str, error: Exception) -> None:
    stage.source.held[POINT] = error
    record, found = await stage.contradictions(kind)
    assert len(record.faults) + len(record.defects) == 1
    assert found == []


@pytest.mark.parametrize("kind", ["full", "instant"])
@pytest.mark.parametrize(
    ("probe", "look", "by"),
    [
        ("boot", timedelta(seconds=61), GaveUp.STALL),
        ("tcp", timedelta(seconds=61), GaveUp.STALL),
        ("tcp", timedelta(minutes=31), GaveUp.HEALTHY_LIMIT),
    ],
)
async def test_of_a_guest_that_was_given_up(stage: Stage, kind: str, probe, look, by) -> None:
    stage.prober.answers = {probe: ProbeStatus.FAILED}
    stage.host.on_look = lambda: stage.clock.advance(look)
    record, found = await stage.contradictions(kind)
    assert record.gave_up_by is by
    assert found == []


@pytest.mark.parametrize("kind", ["full", "instant"])
async def test_of_a_guest_that_died(stage: Stage, kind: str) -> None:
    stage.host.dies = True
    record, found = await stage.contradictions(kind)
    assert record.gave_up_by is GaveUp.GUEST_STOPPED
    assert found == []
