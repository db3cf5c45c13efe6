"""What cannot be true of a look into restored disks."""

from dataclasses import replace

import pytest

from drverify.model.drill import DrillRecord
from drverify.model.inspection import (
    DiskFacts,
    FileSystemFacts,
    Inspection,
    InspectionFinding,
    SystemFacts,
    Trouble,
    VolumeFacts,
)
from drverify.sealing.consistency import contradictions
from tests.support.records import plan, playbook, record, register

SDA = DiskFacts(device="sda", size_bytes=1 << 30, table="mbr", boot_code="GRUB")
SYSTEM = SystemFacts(product="Debian", family="linux", firmware=("bios",))
GOOD = Inspection(disks=(SDA,), system=SYSTEM)
DAMAGED = FileSystemFacts(device="sda1", kind="ext4", sound=False, detail="bad magic")
FOUND = InspectionFinding(
    trouble=Trouble.FILE_SYSTEM_DAMAGED, where="sda1", what="ext4: bad magic", fault="backup"
)


def told(found: Inspection | None, *, asks: bool = True, of: DrillRecord | None = None) -> list[str]:
    said = replace(of or record(), inspection=found)
    return list(contradictions(plan(playbook=playbook(inspect=asks)), said, register()))


@pytest.mark.parametrize(
    "found",
    [
        None,
        GOOD,
        Inspection(disks=(), not_read="there is no workbench"),
        replace(GOOD, file_systems=(DAMAGED,), findings=(FOUND,)),
    ],
)
def test_looks_that_can_be(found: Inspection | None) -> None:
    assert told(found) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Inspection(disks=()), "saw no disk"),
        (replace(GOOD, file_systems=(DAMAGED,)), "0 findings file-system-damaged, its facts 1"),
        (replace(GOOD, findings=(FOUND,)), "1 findings file-system-damaged, its facts 0"),
        (
            replace(GOOD, file_systems=(DAMAGED,), findings=(replace(FOUND, fault="hardware"),)),
            "fault of the hardware",
        ),
        (
            replace(GOOD, volumes=(VolumeFacts(kind="raid", name="md0", complete=False, missing=1),)),
            "0 findings part-of-a-volume-missing, its facts 1",
        ),
        (
            replace(GOOD, findings=(replace(FOUND, trouble=Trouble.NO_BOOTLOADER),)),
            "nothing that was read shows finding missing-bootloader",
        ),
        (
            replace(GOOD, findings=(replace(FOUND, trouble=Trouble.NO_SYSTEM),)),
            "nothing that was read shows finding no-operating-system",
        ),
        (
            replace(GOOD, findings=(replace(FOUND, trouble=Trouble.MOUNT_NOT_FOUND),)),
            "nothing that was read shows finding fstab-names-what-is-not-there",
        ),
    ],
)
def test_looks_that_cannot_be(found: Inspection, words: str) -> None:
    assert [one for one in told(found) if words in one]


def test_it_is_the_playbook_that_asks_and_restored_disks_that_are_read() -> None:
    assert told(GOOD, asks=False) == ["the disks were inspected, and the playbook does not ask for it"]
    assert "disks were inspected, and none were restored" in told(GOOD, of=record(restore=None))
