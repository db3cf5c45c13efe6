"""The look into restored disks beside the boot: what it explains, and what it never touches."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills import inspecting
from drverify.engine.drills.conductor import conduct
from drverify.engine.ports import DiskSource
from drverify.errors import HostError
from drverify.judging.objectives import recovered
from drverify.model.drill import DrillRecord, GaveUp, PhaseName, ProbeStatus, ToolFact
from drverify.model.hardware import HardwareProfile
from drverify.model.inspection import DiskFacts, Inspection, InspectionFinding, Trouble
from drverify.model.recovery import GuestShape, SecretRef
from tests.unit.engine.drills.test_conductor import Stage

BROKEN = InspectionFinding(
    trouble=Trouble.NO_BOOTLOADER, where="sda", what="no boot code on any disk", fault="backup"
)
FOREIGN = replace(BROKEN, trouble=Trouble.OTHER_FIRMWARE, fault="hardware")
SDA = DiskFacts(device="sda", size_bytes=4, table="none")


@dataclass
class MemoryInspector:
    """Finds what it is told to find, or fails, or never ends."""

    found: Inspection | Exception | None
    seen: list[DiskSource] = field(default_factory=list)
    keys: tuple[SecretRef, ...] = ()
    ended: bool = False

    async def inspect(
        self,
        disks: Sequence[DiskSource],
        shape: GuestShape,
        *,
        keys: Sequence[SecretRef],
        directory: Path,
        **_: object,
    ) -> Inspection:
        self.seen, self.keys = list(disks), tuple(keys)
        assert all(disk.path.read_bytes() == b"disk" for disk in disks)
        assert directory.is_dir()
        try:
            if self.found is None:
                await asyncio.sleep(3600)
            if isinstance(self.found, Exception):
                raise self.found
        finally:
            self.ended = True
        assert self.found is not None
        return self.found

    async def tool(self) -> ToolFact:
        return ToolFact(name="libguestfs", version="0")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def drilled(
    stage: Stage,
    inspector: MemoryInspector | None,
    *,
    asks: bool = True,
    hardware: HardwareProfile | None = None,
) -> DrillRecord:
    plan = stage.plan()
    plan = replace(
        plan,
        hardware=hardware,
        playbook=replace(plan.playbook, inspect=asks),
        workload=replace(plan.workload, keys=(SecretRef("file:luks"),)),
    )
    return await conduct(plan, replace(stage.ports(plan), inspector=inspector))


def holding(*findings: InspectionFinding) -> MemoryInspector:
    return MemoryInspector(Inspection(disks=(SDA,), findings=findings))


async def test_the_guest_runs_from_an_overlay_of_what_is_read(stage: Stage) -> None:
    inspector = holding()
    record = await drilled(stage, inspector)
    assert record.inspection == inspector.found
    assert record.faults == record.defects == ()
    (read,) = inspector.seen
    assert (read.format, read.backing) == ("raw", None)
    assert inspector.keys == ("file:luks",)
    assert ToolFact(name="libguestfs", version="0") in record.tools
    assert stage.nothing_left()


async def test_nothing_is_read_unless_the_playbook_asks(stage: Stage) -> None:
    inspector = holding(BROKEN)
    record = await drilled(stage, inspector, asks=False)
    assert (record.inspection, inspector.seen) == (None, [])


async def test_what_is_broken_is_a_defect_only_of_a_system_that_stayed_away(stage: Stage) -> None:
    well = await drilled(stage, holding(BROKEN))
    assert well.inspection is not None
    assert well.inspection.findings == (BROKEN,)
    assert well.defects == (), "it came back, whatever its disks look like"
    stage.host.dies = True
    stage.host.on_look = lambda: stage.clock.advance(timedelta(seconds=2))
    away = await drilled(stage, holding(FOREIGN, BROKEN))
    assert [(one.phase, one.what) for one in away.defects] == [
        (PhaseName.BOOT, "missing-bootloader: sda: no boot code on any disk")
    ]
    foreign = await drilled(stage, holding(FOREIGN))
    assert foreign.gave_up
    assert foreign.defects == (), "it is whole, and not ready for this machine"


async def test_a_limit_of_ours_and_other_hardware_make_no_defect(stage: Stage) -> None:
    stage.host.dies = True
    stage.host.on_look = lambda: stage.clock.advance(timedelta(seconds=2))
    foreign = await drilled(stage, holding(BROKEN), hardware=HardwareProfile(name="sata-pc"))
    assert foreign.gave_up_by is GaveUp.GUEST_STOPPED
    assert foreign.defects == ()
    stage.host.dies = False
    stage.prober.answers = {"tcp": ProbeStatus.FAILED}
    stage.host.on_look = lambda: stage.clock.advance(timedelta(minutes=6))
    late = await drilled(stage, holding(BROKEN))
    assert late.gave_up_by is GaveUp.HEALTHY_LIMIT
    assert late.inspection is not None
    assert late.inspection.findings == (BROKEN,)
    assert late.defects == ()


@pytest.mark.parametrize("error", [HostError("no kernel\nmore"), ValueError("bug")])
async def test_a_look_that_fails_is_said_and_hurts_nothing(stage: Stage, error: Exception) -> None:
    record = await drilled(stage, MemoryInspector(error))
    assert record.inspection is not None
    assert record.inspection.disks == ()
    assert record.inspection.not_read.splitlines() == [record.inspection.not_read]
    assert str(error).splitlines()[0] in record.inspection.not_read
    assert record.faults == record.defects == ()
    assert recovered(stage.plan(), record)
    assert stage.nothing_left()


async def test_a_look_that_does_not_end_is_ended(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspecting, "AFTER", timedelta(milliseconds=10))
    inspector = MemoryInspector(None)
    record = await drilled(stage, inspector)
    assert inspector.ended
    assert record.inspection is not None
    assert "not finished" in record.inspection.not_read
    assert record.faults == ()


async def test_a_drill_that_fails_ends_the_look(stage: Stage) -> None:
    stage.host.boot_fails = HostError("no qemu")
    inspector = MemoryInspector(None)
    async with asyncio.timeout(20):
        record = await drilled(stage, inspector)
    assert [fault.what for fault in record.faults] == ["no qemu"]
    assert inspector.ended
    assert record.inspection is not None
    assert record.inspection.not_read == "it was not finished when the drill failed"
    assert stage.nothing_left()


async def test_an_instant_restore_and_a_runner_without_workbench_say_why_not(stage: Stage) -> None:
    none = await drilled(stage, None)
    assert none.inspection is not None
    assert none.inspection.not_read == "there is no workbench"
    stage.mode = "instant"
    instant = await drilled(stage, holding())
    assert instant.inspection is not None
    assert "instant" in instant.inspection.not_read
