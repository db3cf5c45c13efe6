"""What the programs of the appliance say, and what follows from it."""

import pytest

from drverify.adapters.workbench.child.file_systems import _judged
from drverify.adapters.workbench.child.kernels import by_version
from drverify.adapters.workbench.child.volumes import _array


@pytest.mark.parametrize(
    ("kind", "code", "sound"),
    [
        ("ext4", 0, True),
        ("ext4", 4, False),
        ("ext4", 8, None),
        ("ext4", 12, None),
        ("ext4", 137, None),
        ("ext4", 124, None),
        ("xfs", 1, False),
        ("xfs", 2, None),
        ("btrfs", 1, False),
        ("btrfs", 137, None),
        ("vfat", 1, False),
        ("vfat", 2, None),
    ],
)
def test_only_a_check_that_was_carried_out_finds_damage(kind: str, code: int, sound: bool | None) -> None:
    found, detail = _judged(kind, code, ["bad: free blocks", "cluster 7 is lost", "end"])
    assert found is sound
    assert bool(detail) is (sound is not True)


def test_a_feature_that_the_program_does_not_know_is_no_damage() -> None:
    said = ["ERROR: cannot open device: unsupported RO features 0x40"]
    assert _judged("btrfs", 1, said)[0] is None


@pytest.mark.parametrize(
    ("level", "wanted", "there", "complete"),
    [
        ("raid1", 2, 1, True),
        ("raid5", 3, 2, True),
        ("raid5", 3, 1, False),
        ("raid6", 4, 2, True),
        ("raid10", 4, 2, True),
        ("raid10", 4, 1, False),
        ("raid0", 2, 1, False),
        ("linear", 2, 1, False),
    ],
)
def test_an_array_that_was_degraded_in_production_is_whole_enough(
    level: str, wanted: int, there: int, complete: bool
) -> None:
    part = {"MD_DEVICES": str(wanted), "MD_LEVEL": level, "MD_NAME": "host:md0"}
    found = _array("u", [part] * there)
    assert (found.complete, found.missing) == (complete, wanted - there)


def test_the_newest_kernels_come_last() -> None:
    paths = ["/boot/vmlinuz-6.1.0-9", "/boot/vmlinuz-6.1.0-10", "/boot/vmlinuz-5.10.0-99", "/boot/vmlinuz"]
    assert [one.rpartition("/")[2] for one in sorted(paths, key=by_version)] == [
        "vmlinuz",
        "vmlinuz-5.10.0-99",
        "vmlinuz-6.1.0-9",
        "vmlinuz-6.1.0-10",
    ]
