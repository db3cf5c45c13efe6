"""What becomes of a drill whose guest ran on the mounted backup and came to grief."""

from pathlib import Path

import pytest

from drverify.errors import DefectError, DrverifyError, HarnessError, HostError, SourceError
from drverify.model.drill import Attribution
from tests.unit.engine.drills.test_conductor import Stage

STOPPED = HostError("QEMU stopped the guest")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.mode = "instant"
    return stage


def examined(stage: Stage) -> int:
    assert stage.source.opened is not None
    return stage.source.opened.examined


async def test_a_guest_that_recovers_costs_no_second_reading(stage: Stage) -> None:
    stage.source.problem = DefectError("some block that nobody needed")
    record = await stage.conduct()
    assert record.defects == record.faults == ()
    assert examined(stage) == 0


@pytest.mark.parametrize("gives_up", [False, True])
async def test_damage_is_the_defect_and_no_fault_of_the_host(stage: Stage, gives_up: bool) -> None:
    stage.source.problem = DefectError("pack 0badcafe is damaged")
    stage.host.dies = gives_up
    stage.host.boot_fails = None if gives_up else STOPPED
    record = await stage.conduct()
    assert [defect.what for defect in record.defects] == ["pack 0badcafe is damaged"]
    assert record.faults == ()
    assert examined(stage) == 1
    assert stage.nothing_left()


@pytest.mark.parametrize("gives_up", [False, True])
async def test_a_lost_source_is_a_fault_of_the_source(stage: Stage, gives_up: bool) -> None:
    stage.source.problem = SourceError("restic was killed")
    stage.host.dies = gives_up
    stage.host.boot_fails = None if gives_up else STOPPED
    record = await stage.conduct()
    assert record.defects == ()
    assert [(fault.attribution, fault.what) for fault in record.faults] == [
        (Attribution.SOURCE, "restic was killed")
    ]


@pytest.mark.parametrize("problem", [None, HarnessError("it could not be found out")])
async def test_when_the_image_is_whole_the_first_error_stands(
    stage: Stage, problem: DrverifyError | None
) -> None:
    stage.source.problem = problem
    stage.host.boot_fails = STOPPED
    record = await stage.conduct()
    assert [(fault.attribution, fault.what) for fault in record.faults] == [
        (Attribution.RESTORE_HOST, "QEMU stopped the guest")
    ]


async def test_a_guest_that_dies_on_a_whole_image_is_judged(stage: Stage) -> None:
    stage.host.dies = True
    record = await stage.conduct()
    assert record.defects == record.faults == ()
    assert record.gave_up
