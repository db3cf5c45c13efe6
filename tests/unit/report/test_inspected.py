"""What was read out of disks, as people read it."""

from drverify.model.inspection import (
    DiskFacts,
    FileSystemFacts,
    Inspection,
    InspectionFinding,
    KernelFacts,
    MountFacts,
    SystemFacts,
    Trouble,
    VolumeFacts,
)
from drverify.report.inspected import lines, remarks

FOUND = Inspection(
    disks=(DiskFacts(device="sda", size_bytes=3 << 30, table="gpt", boot_code="GRUB"),),
    volumes=(VolumeFacts(kind="raid", name="md0", complete=False, missing=1, detail="raid1, 1 of 2 disks"),),
    file_systems=(FileSystemFacts(device="md0", kind="ext4", sound=True),),
    system=SystemFacts(
        product="Debian [old]",
        family="linux",
        hostname="shop",
        kernels=tuple(KernelFacts(version=str(one), initramfs=True) for one in range(6)),
        mounts=(MountFacts(device="UUID=1", at="/", kind="ext4", found=False),),
        network=("a: 1", "a: 2"),
    ),
    findings=(
        InspectionFinding(trouble=Trouble.PART_MISSING, where="md0", what="1 of its parts", fault="backup"),
        InspectionFinding(trouble=Trouble.NO_DISK_DRIVER, where="6.1", what="no ahci", fault="hardware"),
    ),
)


def test_facts_are_a_line_each() -> None:
    assert list(lines(FOUND)) == [
        "disks      sda (3072 MiB, GPT, 0 partitions, starts with GRUB)",
        "volumes    RAID md0: raid1, 1 of 2 disks",
        "on them    ext4 on md0 sound",
        "system     Debian \\[old]; called shop; kernel 0, 1, 2, 3 and 2 more; 0 of 1 lines of fstab found",
        "network    a: 1, a: 2",
    ]


def test_findings_say_whose_they_are() -> None:
    backup, hardware = remarks(FOUND)
    assert backup == (
        "inspection finds part-of-a-volume-missing ([bold red]the backup's[/]) at md0: 1 of its parts"
    )
    assert "not for this machine" in hardware


def test_what_was_not_read_says_why() -> None:
    assert list(lines(None)) == []
    (line,) = lines(Inspection(disks=(), not_read="no [workbench]"))
    assert line == "inspected  [yellow]not read[/]: no \\[workbench]"
    assert "not to the end" in [*lines(Inspection(disks=FOUND.disks, not_read="it died"))][-1]
