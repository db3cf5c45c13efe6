"""A disk that the inventory does not name is our choice: what it may have held blames no backup."""

from dataclasses import replace

import pytest

from drverify.judging.inspection import backup_troubles, left_out, told_apart
from drverify.judging.objectives import judge_all
from drverify.model.drill import Defect, GaveUp, PhaseName, ProbeStatus
from drverify.model.inspection import DiskFacts, Inspection, InspectionFinding, Trouble, VolumeFacts
from drverify.model.recovery import WholeMachine
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.contradictions.consistency import contradictions
from tests.support.records import plan, playbook, record, register
from tests.support.second import _PROGRAM

GROUP = VolumeFacts(kind="lvm", name="vg", complete=False, missing=1, detail="1 of 2")
HALF = InspectionFinding(
    trouble=Trouble.PART_MISSING, where="vg", what="1 of its parts did not come back", fault="backup"
)
READ = Inspection(
    disks=(DiskFacts(device="sda", size_bytes=1 << 30, table="mbr"),), volumes=(GROUP,), findings=(HALF,)
)
ONE_DISK = plan(playbook=playbook(inspect=True))
MACHINE = replace(ONE_DISK, workload=replace(ONE_DISK.workload, payload=WholeMachine()))


def away(found: Inspection):
    """It stood still, and its disks show that of a volume one part is not there."""
    said = record().probes
    failed = tuple(replace(one, status=ProbeStatus.FAILED, settled=None) for one in said)
    return record(probes=failed, inspection=found, gave_up="it stood still", gave_up_by=GaveUp.STALL)


def outcomes(of, planned=ONE_DISK) -> set[Outcome]:
    kinds = ("rto", "rpo", "application-validation")
    stated = {one.id: one.objective.kind for one in register().obligations}
    return {one.outcome for one in judge_all(register(), planned, of) if stated[one.obligation] in kinds}


def test_a_part_that_the_inventory_may_have_left_out_is_nobodys_breach() -> None:
    told = told_apart(READ, ONE_DISK.workload.payload)
    assert [one.fault for one in told.findings] == ["inventory"]
    assert backup_troubles(told) == ()
    assert outcomes(away(told)) == {Outcome.UNPROVEN}
    reasons = {one.reason for one in judge_all(register(), ONE_DISK, away(told))}
    assert any("1 parts of lvm vg are not on the one disk that the inventory names" in one for one in reasons)
    assert not [one for one in contradictions(ONE_DISK, away(told), register()) if "fault of" in one]


def test_a_machine_whose_own_backup_names_its_disks_lacks_it() -> None:
    assert left_out(READ, MACHINE.workload.payload) == ""
    assert told_apart(READ, MACHINE.workload.payload) == READ
    assert outcomes(away(READ), MACHINE) == {Outcome.MISSED}


@pytest.mark.parametrize("defects", [(), (Trouble.PART_MISSING, Trouble.NO_BOOTLOADER)])
def test_evidence_that_blames_the_backup_for_it_is_refused_by_both(defects: tuple[Trouble, ...]) -> None:
    blamed = replace(
        away(READ),
        defects=tuple(
            Defect(phase=PhaseName.BOOT, at=record().probes[0].settled, what=f"{one}: vg: 1 of 2")  # type: ignore[arg-type]
            for one in defects
        ),
    )
    assert [one for one in contradictions(ONE_DISK, blamed, register()) if "fault of the backup" in one]
    second = object.__new__(_PROGRAM.Drill)
    second.plan, second.record = codec.to_json(ONE_DISK), codec.to_json(blamed)
    verdict = {"id": "O-1", "achievedMs": None}
    with pytest.raises(_PROGRAM.Refused, match="names one disk of several"):
        second._left_out("rto", verdict)
    second.plan = codec.to_json(MACHINE)
    second._left_out("rto", verdict)


def test_a_system_that_came_back_is_well_all_the_same() -> None:
    told = told_apart(READ, ONE_DISK.workload.payload)
    assert outcomes(replace(record(), inspection=told)) == {Outcome.MET}
