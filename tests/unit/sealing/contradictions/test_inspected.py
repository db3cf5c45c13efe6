"""What cannot be true of a look into restored disks."""

from dataclasses import replace
from itertools import count

import pytest

from drverify.model.drill import DrillRecord
from drverify.model.inspection import (
    DiskFacts,
    FileSystemFacts,
    Inspection,
    InspectionFinding,
    MountFacts,
    SystemFacts,
    Trouble,
    VolumeFacts,
)
from drverify.sealing import codec
from drverify.sealing.contradictions.consistency import contradictions
from drverify.sealing.redaction import Concealer, hidden_in
from drverify.sealing.strict_json import Json
from tests.support.records import plan, playbook, record, register
from tests.support.second import _PROGRAM as PROGRAM

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


def test_a_name_that_nothing_has_here_is_the_hardwares() -> None:
    gone = MountFacts(device="/dev/md0", at="/", kind="ext4", found=False)
    renamed = replace(FOUND, trouble=Trouble.MOUNT_NOT_FOUND, fault="hardware")
    assert told(replace(GOOD, system=replace(SYSTEM, mounts=(gone,)), findings=(renamed,))) == []


def test_it_is_the_playbook_that_asks_and_restored_disks_that_are_read() -> None:
    assert told(GOOD, asks=False) == ["the disks were inspected, and the playbook does not ask for it"]
    assert "disks were inspected, and none were restored" in told(GOOD, of=record(restore=None))


NAMED = Inspection(
    disks=(SDA,),
    volumes=(VolumeFacts(kind="lvm", name="shop01-vg", complete=False, detail="shop01-vg is bad"),),
    file_systems=(FileSystemFacts(device="mapper/shop01--vg-root", kind="ext4", label="shop01", sound=True),),
    system=replace(
        SYSTEM,
        hostname="shop01",
        network=("eth0: address 192.0.2.7",),
        mounts=(MountFacts(device="nas.acme.example:/x", at="/x", kind="nfs", found=True),),
    ),
    findings=(
        InspectionFinding(
            trouble=Trouble.VOLUME_DAMAGED, where="shop01-vg", what="shop01-vg is bad", fault="backup"
        ),
    ),
)


def test_no_name_of_the_guests_is_left_and_the_hidden_look_can_still_be() -> None:
    numbers = count(1)
    hiding = Concealer(lambda: next(numbers).to_bytes(16, "big"))
    hidden = hiding.plan(plan(playbook=playbook(inspect=True)))
    said = hiding.record(replace(record(), inspection=NAMED))
    text = codec.encode(said).decode()
    assert [one for one in ("shop01", "192.0.2.7", "nas.acme") if one in text] == []
    assert said.inspection is not None
    assert said.inspection.findings[0].where == said.inspection.volumes[0].name
    assert list(contradictions(hidden, said, register())) == []


def test_both_verifiers_know_the_same_places() -> None:
    value = codec.to_json(replace(record(), inspection=NAMED))
    assert isinstance(value, dict)
    for path, _ in PROGRAM.strings(value["inspection"], "/record/inspection"):
        by_first = hidden_in({}, _with(path)) != {}
        assert bool(PROGRAM.HIDES.fullmatch(path)) == by_first, path


def _with(path: str) -> Json:
    """A record that has a placeholder at this place and nothing else."""
    value: Json = f"sd:{'A' * 43}"
    for step in reversed(path.removeprefix("/record/").split("/")):
        value = [value] if step == "*" else {step: value}
    return value
