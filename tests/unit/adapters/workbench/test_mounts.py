"""fstab's lines, and whether what they name is there."""

import pytest

from drverify.adapters.workbench.child.mounts import Known, is_there, mounts_of, same
from drverify.model.inspection import DiskFacts, FileSystemFacts, PartitionFacts

KNOWN = Known(
    (
        DiskFacts(
            device="sda",
            size_bytes=1,
            table="gpt",
            partitions=(PartitionFacts(device="sda1", size_bytes=1),),
        ),
    ),
    (
        FileSystemFacts(device="sda1", kind="vfat", uuid="12AB-34CD", label="EFI", sound=True),
        FileSystemFacts(device="mapper/my--vg-root", kind="ext4", uuid="u-1", sound=True),
        FileSystemFacts(device="md127", kind="ext4", uuid="u-2", sound=True),
    ),
    frozenset({"p-1", "boot"}),
    ("/dev/my-vg/thin",),
)


@pytest.mark.parametrize(
    ("device", "there"),
    [
        ("UUID=u-1", True),
        ('UUID="U-1"', True),
        ("UUID=u-9", False),
        ("LABEL=EFI", True),
        ("LABEL=other", False),
        ("PARTUUID=P-1", True),
        ("PARTLABEL=boot", True),
        ("PARTUUID=p-2", False),
        ("/dev/sda1", True),
        ("/dev/vda1", True),
        ("/dev/sda2", False),
        ("/dev/sdb1", False),
        ("/dev/my-vg/root", True),
        ("/dev/mapper/my--vg-root", True),
        ("/dev/my-vg/home", False),
        ("/dev/mapper/my--vg-thin", True),
        ("/dev/md/127", True),
        ("/dev/disk/by-uuid/u-2", True),
        ("/dev/disk/by-uuid/u-3", False),
        ("/dev/disk/by-id/ata-OLD_DISK", True),
        ("nas:/export", True),
        ("tmpfs", True),
    ],
)
def test_what_is_named_is_looked_for_by_what_kind_of_name_it_is(device: str, there: bool) -> None:
    assert is_there(device, KNOWN) is there


def test_lines_and_their_options() -> None:
    fstab = (
        "# comment\n\nUUID=u-1 / ext4 defaults 0 1\nUUID=x /a ext4 rw,nofail 0 0\nUUID=y none swap sw\nbad\n"
    )
    found = [(one.at, one.found, one.needed) for one in mounts_of(fstab, KNOWN)]
    assert found == [("/", True, True), ("/a", False, False), ("none", False, False)]


def test_hyphens_of_groups_are_doubled_by_the_mapper() -> None:
    assert same("/dev/a-b/c-d", "/dev/mapper/a--b-c--d")
    assert not same("/dev/a/b", "/dev/mapper/a--b")
