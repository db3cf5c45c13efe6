"""Where file systems come to lie, and what cannot be laid out."""

from dataclasses import replace

import pytest

from drverify.errors import InputError
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import Disk, GuestShape
from drverify.preparing.disks import MIB, SECTOR, encrypts, impossible, sliced

ESP = PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=48 * MIB)
ROOT = PlannedFileSystem(at="/")
SWAP = PlannedFileSystem(at="", kind="swap", size_bytes=64 * MIB)
SHAPE = GuestShape(memory_mib=512, vcpus=1, disks=(Disk(name="disk0", bus="virtio", size_bytes=1024 * MIB),))
TWO = replace(SHAPE, disks=(*SHAPE.disks, Disk(name="disk1", bus="virtio", size_bytes=1024 * MIB)))


def layout(*file_systems: PlannedFileSystem, **more: object) -> Layout:
    return replace(Layout(file_systems=file_systems or (ESP, ROOT)), **more)  # type: ignore[arg-type]


def test_bios_on_gpt_gets_a_place_for_grub() -> None:
    roles = [one.role for one in sliced(layout(ESP, ROOT), "bios", 1024 * MIB)]
    assert roles == ["boot-code", "firmware", "file-system"]


def test_uefi_and_mbr_need_no_such_place() -> None:
    assert [one.role for one in sliced(layout(), "uefi", 1024 * MIB)] == ["firmware", "file-system"]
    assert [one.role for one in sliced(layout(ROOT, table="mbr"), "bios", 1024 * MIB)] == ["file-system"]


def test_what_has_no_size_takes_the_rest_and_lies_last() -> None:
    first, second = sliced(layout(ROOT, SWAP, table="mbr"), "bios", 1024 * MIB)
    assert first.role == "swap"
    assert second.holds == ROOT
    assert (second.last - second.first + 1) * SECTOR == (1024 - 64 - 2) * MIB


def test_a_layout_that_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match="does not fit on a disk of 41943040 bytes"):
        sliced(layout(), "uefi", 40 * MIB)


@pytest.mark.parametrize(
    ("wrong", "shape", "said"),
    [
        (layout(ESP), SHAPE, "expected a file system at /"),
        (layout(ROOT, ROOT), SHAPE, "found / again"),
        (layout(ROOT), replace(SHAPE, firmware="uefi"), "kind vfat at /boot/efi"),
        (layout(ROOT, PlannedFileSystem(at="/srv")), SHAPE, "without a size, found /, /srv"),
        (layout(ROOT), replace(SHAPE, disks=()), "expected the guest's disks with their sizes"),
        (layout(ROOT, mirrored=True), SHAPE, "two disks or more for a mirror"),
        (layout(ROOT), TWO, "volumes or a mirror"),
        (layout(ROOT, encrypted=True), SHAPE, "for /boot beside what is encrypted"),
        (layout(ROOT, PlannedFileSystem(at="", size_bytes=MIB)), SHAPE, "everything but swap"),
        (layout(PlannedFileSystem(at="/", volume="root")), SHAPE, "volumes as group/name"),
        (
            layout(ROOT, PlannedFileSystem(at="/srv", volume="g/srv", size_bytes=MIB)),
            SHAPE,
            "a size for what lies beside the volumes",
        ),
        (
            layout(
                PlannedFileSystem(at="/", volume="a/root"),
                PlannedFileSystem(at="/srv", volume="b/srv", size_bytes=MIB),
            ),
            SHAPE,
            "one volume group at most, found a, b",
        ),
        (
            layout(
                ROOT,
                *(PlannedFileSystem(at=f"/{n}", size_bytes=MIB) for n in range(4)),
                table="mbr",
            ),
            SHAPE,
            "4 partitions at most on an MBR, found 5",
        ),
    ],
)
def test_what_cannot_be_laid_out_is_said(wrong: Layout, shape: GuestShape, said: str) -> None:
    assert any(said in one for one in impossible(wrong, shape)), [*impossible(wrong, shape)]


def test_nothing_is_said_of_what_can_be() -> None:
    whole = layout(ESP, ROOT, SWAP)
    assert not [*impossible(whole, replace(SHAPE, firmware="uefi"))]
    assert not [*impossible(replace(whole, mirrored=True), TWO)]


def test_what_firmware_and_grub_read_is_never_encrypted() -> None:
    boot = PlannedFileSystem(at="/boot", size_bytes=MIB)
    whole = layout(ESP, boot, ROOT, encrypted=True)
    assert [encrypts(whole, one) for one in (ESP, boot, ROOT, None)] == [False, False, True, True]


def test_partitions_of_a_mirror_are_raid_but_for_those_that_are_read_before_it() -> None:
    kinds = {one.role: one.kind[:8] for one in sliced(layout(ESP, ROOT, mirrored=True), "bios", 1024 * MIB)}
    assert kinds == {"boot-code": "21686148", "firmware": "C12A7328", "file-system": "A19D880F"}
