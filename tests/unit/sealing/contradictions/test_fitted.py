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
from drverify.sealing.contradictions.fitted import hardware_contradictions
from tests.support.records import SEC, plan, record, workload

SATA = HardwareProfile(name="sata-pc", disk_bus="sata")
SHAPE = GuestShape(memory_mib=512, vcpus=1, disks=(Disk(name="scsi0", bus="scsi"),))
REWORK = Rework(what="initramfs", change="made anew", why="it lacked ahci")
ADAPTED = (*record().phases, PhaseRecord(name=PhaseName.ADAPT, started=2 * SEC, took=SEC))
STAGED = replace(SATA, first_boot="ide")
STAGES = tuple(
    PhaseRecord(name=name, started=2 * SEC, took=SEC) for name in (PhaseName.FIRST_BOOT, PhaseName.SHUTDOWN)
)
BOOTED_FIRST = Rework(what="first boot", change="on ide", why="hardware sata-pc")
WHOLE = workload(payload=WholeMachine())


def machine(shape: GuestShape) -> MachineDescription:
    return MachineDescription(name="db01", shape=shape)


def told(planned, of) -> str:
    return "; ".join(hardware_contradictions(planned, of))


def test_what_can_be_is_not_refused() -> None:
    assert not told(plan(), record())
    assert not told(plan(hardware=SATA), record())
    assert not told(plan(hardware=SATA), record(phases=ADAPTED, reworks=(REWORK,)))
    twice = record(phases=(*record().phases, *STAGES), reworks=(BOOTED_FIRST,))
    assert not told(plan(hardware=STAGED), twice)
    fitted = machine(fit(SATA, SHAPE).shape)
    assert not told(plan(hardware=SATA, workload=WHOLE), record(machine=fitted))


@pytest.mark.parametrize(
    ("planned", "of", "said"),
    [
        (plan(), record(phases=ADAPTED), "ran on its own"),
        (plan(), record(reworks=(REWORK,)), "neither was rebuilt nor ran on other hardware"),
        (plan(hardware=SATA, workload=workload(payload=FileSet(path="/srv"))), record(), "files cannot be"),
        (plan(hardware=SATA), record(phases=(*record().phases, *STAGES)), "no hardware asks for that"),
        (plan(), record(phases=(*record().phases, *STAGES)), "no hardware asks for that"),
        (plan(hardware=STAGED), record(reworks=(BOOTED_FIRST,)), "and there was none"),
        (
            plan(hardware=STAGED),
            record(phases=(*record().phases, STAGES[1]), reworks=(BOOTED_FIRST,)),
            "after its first boot, and had none",
        ),
        (plan(hardware=STAGED), record(phases=(*record().phases, *STAGES)), "not among what was done"),
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
