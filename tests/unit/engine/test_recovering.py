"""Whole machines: who describes them, who restores them, and what the record says of them."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.conductor import conduct
from drverify.engine.recovering import FileWay, HostWay, ImageWay, MachineWay, way_of
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, HostError, InputError, IsolationError
from drverify.judging.objectives import recovered
from drverify.model.drill import Attribution, DrillPlan, DrillRecord, PhaseName
from drverify.model.playbook import Limits
from drverify.model.recovery import (
    FileSet,
    GuestShape,
    MachineDescription,
    Network,
    PointFilter,
    WholeMachine,
)
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
from tests.support.memory_machines import (
    LEFT_OUT,
    MOVED,
    DescribingMemorySource,
    MachineMemorySource,
    RestoringMemoryHost,
)
from tests.unit.engine.drills.test_conductor import POINT, PROBES

CARD = Network(
    name="production", subnet="10.0.0.0/24", gateway="10.0.0.254", dns="10.0.0.253", address="10.0.0.1"
)
MACHINE = WholeMachine(networks=(CARD,))
LIMITS = Limits(settle=timedelta(0), boot_stall=timedelta(seconds=5), healthy=timedelta(minutes=5))


def planned(mode: str = "full", source: str = "cluster") -> DrillPlan:
    return records.plan(
        workload=records.workload(payload=MACHINE, source=source, points=PointFilter()),
        playbook=records.playbook(probes=PROBES, limits=LIMITS),
        mode=mode,
        incident_at=NOON,
        previous_success_at=None,
    )


async def drilled(root: Path, plan: DrillPlan, source: MemorySource, host: MemoryHost) -> DrillRecord:
    ledgers = LedgerDirectory(root / "ledger")
    ports = DrillPorts(
        clock=SteppingClock(NOON),
        progress=Silent(),
        source=source,
        host=host,
        way=way_of(plan.workload.payload, source, host, name=plan.workload.source),
        rooms=RoomDirectory(root / "sandboxes", ledgers),
        store=MemoryStore(),
        prober=MemoryProber(host),
        secret=lambda _: b"",
        select=select,
        own_tools=(),
    )
    record = await conduct(plan, ports)
    assert host.living == set()
    assert ledgers.ids() == ()
    assert list((root / "sandboxes").iterdir()) == []
    return record


@pytest.mark.parametrize("mode", ["full", "instant"])
async def test_a_host_restores_by_itself(tmp_path: Path, mode: str) -> None:
    host, plan = RestoringMemoryHost(), planned(mode)
    record = await drilled(tmp_path, plan, DescribingMemorySource({POINT: b"disk"}), host)
    assert record.faults == record.defects == ()
    assert recovered(plan, record)
    ((point, described, asked),) = host.made[0].asked
    assert (point, asked) == (POINT, mode)
    assert host.made[0].spec.guest == described.machine.shape
    assert record.machine is not None
    assert record.machine.deviations == (LEFT_OUT, MOVED)
    assert record.restore is not None
    assert (record.restore.mode, record.restore.files) == (mode, 2)
    assert "machine.conf" in {artefact.name for artefact in record.artefacts}
    assert [*contradictions(plan, record, records.register())] == []


@pytest.mark.parametrize(("mode", "restored"), [("full", 1), ("instant", 0)])
async def test_an_open_sandbox_is_no_place_for_an_instant_restore(
    tmp_path: Path, mode: str, restored: int
) -> None:
    """It would run at once; a full one is restored beside the look and never booted."""
    host = RestoringMemoryHost()
    host.open_when = "before"
    record = await drilled(tmp_path, planned(mode), DescribingMemorySource({POINT: b"disk"}), host)
    assert [fault.attribution for fault in record.faults] == [Attribution.SANDBOX]
    assert len(host.made[0].asked) == restored
    assert PhaseName.BOOT not in {phase.name for phase in record.phases}


async def test_an_instant_restore_that_is_interrupted_is_taken_back(tmp_path: Path) -> None:
    host = RestoringMemoryHost(restore_fails=asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await drilled(tmp_path, planned("instant"), DescribingMemorySource({POINT: b"disk"}), host)
    assert host.living == set()
    assert list((tmp_path / "sandboxes").iterdir()) == []


async def test_a_source_hands_out_every_disk(tmp_path: Path) -> None:
    plan = planned(source="archives")
    record = await drilled(tmp_path, plan, MachineMemorySource({POINT: b"disk"}), TwoDisks())
    assert record.faults == record.defects == ()
    assert record.restore is not None
    assert record.restore.restored_bytes == 8
    assert record.machine is not None
    assert record.machine.deviations == (LEFT_OUT,)


class TwoDisks(MemoryHost):
    """Takes the disks of the machine one after the other."""

    def sandbox(self, spec, scope):
        made = super().sandbox(spec, scope)
        assert [disk.name for disk in spec.guest.disks] == ["scsi0", "scsi1"]
        return made


@pytest.mark.parametrize(
    ("error", "attribution"),
    [
        (HostError("no space on the storage"), Attribution.RESTORE_HOST),
        (IsolationError("net0 is on vmbr0"), Attribution.SANDBOX),
    ],
)
async def test_a_failed_restore_is_the_hosts_fault(tmp_path, error, attribution) -> None:
    host = RestoringMemoryHost(restore_fails=error)
    record = await drilled(tmp_path, planned(), DescribingMemorySource({POINT: b"disk"}), host)
    (fault,) = record.faults
    assert (fault.attribution, fault.phase, fault.what) == (attribution, PhaseName.RESTORE, str(error))
    assert record.restore is None
    assert {"machine.conf", "console.log"} <= {artefact.name for artefact in record.artefacts}


async def test_damage_is_a_defect_wherever_it_is_met(tmp_path: Path) -> None:
    found = DefectError("missing cluster 4")
    record = await drilled(
        tmp_path / "a",
        planned(),
        DescribingMemorySource({POINT: b""}),
        RestoringMemoryHost(restore_fails=found),
    )
    assert [(one.phase, one.what) for one in record.defects] == [(PhaseName.RESTORE, "missing cluster 4")]
    source = DescribingMemorySource({POINT: b""}, statement=DefectError("no configuration in it"))
    record = await drilled(tmp_path / "b", planned(), source, RestoringMemoryHost())
    assert [(one.phase, one.what) for one in record.defects] == [
        (PhaseName.PROVISION, "no configuration in it")
    ]
    assert record.machine is None


IMAGES, DESCRIBING, MACHINES = MemorySource({}), DescribingMemorySource({}), MachineMemorySource({})
LOCAL, CLUSTER = MemoryHost(), RestoringMemoryHost()


@pytest.mark.parametrize(
    ("payload", "source", "host", "name", "way"),
    [
        (FileSet(path="/srv"), IMAGES, LOCAL, "repo", FileWay),
        (records.workload().payload, IMAGES, LOCAL, "repo", ImageWay),
        (MACHINE, MACHINES, LOCAL, "archives", MachineWay),
        (MACHINE, DESCRIBING, CLUSTER, "cluster", HostWay),
        (MACHINE, MACHINES, CLUSTER, "cluster", HostWay),
    ],
)
def test_the_way_follows_from_payload_source_and_host(payload, source, host, name, way) -> None:
    assert type(way_of(payload, source, host, name=name)) is way


@pytest.mark.parametrize(
    ("source", "host", "name", "said"),
    [
        (IMAGES, LOCAL, "repo", "holds nothing of kind machine"),
        (DESCRIBING, LOCAL, "cluster", "cannot restore the points of source cluster"),
        (DESCRIBING, CLUSTER, "other", "cannot restore the points of source other"),
        (MACHINES, CLUSTER, "archives", "cannot restore the points of source archives"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_done(source, host, name, said) -> None:
    with pytest.raises(InputError, match=said):
        way_of(MACHINE, source, host, name=name)


def test_an_archive_is_not_run_from_and_nothing_is_begun() -> None:
    with pytest.raises(InputError, match="cannot be booted where it lies"):
        way_of(MACHINE, MACHINES, LOCAL, name="archives", mode="instant")
    assert type(way_of(MACHINE, DESCRIBING, CLUSTER, name="cluster", mode="instant")) is HostWay


async def test_an_archive_is_not_run_from(tmp_path: Path) -> None:
    record = await drilled(
        tmp_path, planned("instant", "archives"), MachineMemorySource({POINT: b"disk"}), MemoryHost()
    )
    assert ["cannot be booted where it lies" in fault.what for fault in record.faults] == [True]


def test_a_machine_is_described_exactly_when_one_was_restored() -> None:
    plan = planned()
    good = records.record(machine=None)
    assert "a machine was restored, and nothing says which" in [
        *contradictions(plan, good, records.register())
    ]
    stated = replace(good, machine=_description())
    found = [*contradictions(records.plan(), stated, records.register())]
    assert "the record describes a machine, and the workload is none whose backup does" in found
    assert "the configuration that describes the machine is not among the artefacts" in found


def _description():
    return MachineDescription(name="web", shape=GuestShape(memory_mib=64, vcpus=1))
