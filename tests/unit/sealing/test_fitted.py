"""What cannot be true together of a drill on other hardware."""

from dataclasses import replace

import pytest

from drverify.model.agreement import Sha256
from drverify.model.drill import PhaseName, PhaseRecord
from drverify.model.hardware import HardwareProfile
from drverify.model.layout import Rework
from drverify.model.records import SlotId, SlotReference
from drverify.model.recovery import (
    Disk,
    DiskImage,
    FileSet,
    GuestShape,
    MachineDescription,
    WholeMachine,
)
from drverify.planning.hardware import fit
from drverify.sealing.fitted import hardware_contradictions
from tests.support.records import SEC, plan, record, workload

SATA = HardwareProfile(name="sata-pc", disk_bus="sata")
SHAPE = GuestShape(memory_mib=512, vcpus=1, disks=(Disk(name="scsi0", bus="scsi"),))
REWORK = Rework(what="initramfs", change="made anew", why="it lacked ahci")
ADAPTED = (*record().phases, PhaseRecord(name=PhaseName.ADAPT, started=2 * SEC, took=SEC))
WHOLE = workload(payload=WholeMachine())


def machine(shape: GuestShape) -> MachineDescription:
    return MachineDescription(name="db01", shape=shape)


def told(planned, of) -> str:
    return "; ".join(hardware_contradictions(planned, of))


def test_what_can_be_is_not_refused() -> None:
    assert not told(plan(), record())
    assert not told(plan(hardware=SATA), record())
    assert not told(plan(hardware=SATA), record(phases=ADAPTED, reworks=(REWORK,)))
    fitted = machine(fit(SATA, SHAPE).shape)
    assert not told(plan(hardware=SATA, workload=WHOLE), record(machine=fitted))


@pytest.mark.parametrize(
    ("planned", "of", "said"),
    [
        (plan(), record(phases=ADAPTED), "ran on its own"),
        (plan(), record(reworks=(REWORK,)), "neither was rebuilt nor ran on other hardware"),
        (plan(hardware=SATA, workload=workload(payload=FileSet(path="/srv"))), record(), "files cannot be"),
        (plan(hardware=SATA, mode="instant"), record(), "runs on the backup itself"),
        (plan(hardware=replace(SATA, adapt=False)), record(phases=ADAPTED), "profile forbids it"),
        (plan(hardware=SATA, workload=WHOLE), record(machine=machine(SHAPE)), "not on the plan's hardware"),
        (
            plan(
                hardware=replace(SATA, disk_sizes=(1 << 20,)),
                workload=workload(
                    payload=DiskImage(
                        path="/d", guest=replace(SHAPE, disks=(*SHAPE.disks, Disk(name="scsi1", bus="scsi")))
                    )
                ),
            ),
            record(),
            "cannot have been on this hardware",
        ),
    ],
)
def test_what_cannot_be_is(planned, of, said: str) -> None:
    assert said in told(planned, of)


def test_a_slot_is_for_its_own_hardware() -> None:
    slot = SlotReference(schedule=Sha256("5" * 64), slot=SlotId("2026Q4/shop/03"), attempt=1)
    assert "its own hardware" in told(plan(hardware=SATA, slot=slot), record())
