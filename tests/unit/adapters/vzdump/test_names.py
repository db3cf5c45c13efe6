"""Names in a dump directory: which are archives, and when they say that they were begun."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from drverify.adapters.vzdump.names import read_name

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("form", ["vma", "vma.zst", "vma.gz", "vma.lzo"])
def test_an_archive_of_a_machine(form: str):
    named = read_name(f"vzdump-qemu-100-2026_10_19-02_00_00.{form}")
    assert named is not None
    assert (named.kind, named.vmid, named.form) == ("qemu", 100, form)
    assert named.begun_at(BERLIN) == datetime(2026, 10, 19, 0, 0, tzinfo=UTC)
    assert named.log == "vzdump-qemu-100-2026_10_19-02_00_00.log"


def test_containers_are_told_apart():
    named = read_name("vzdump-lxc-999999999-2026_10_19-02_00_00.tar.zst")
    assert named is not None
    assert named.kind == "lxc"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "vzdump-qemu-100-2026_10_19-02_00_00.vma.dat",
        "vzdump-qemu-100-2026_10_19-02_00_00.vma.zst.notes",
        "vzdump-qemu-100-2026_10_19-02_00_00.vma.zst.protected",
        "vzdump-qemu-100-2026_10_19-02_00_00.vma.zst ",
        "vzdump-qemu-100-2026_10_19-02_00_00.log",
        "vzdump-qemu-100-2026_10_19-02_00_00.tmp",
        "vzdump-qemu-099-2026_10_19-02_00_00.vma",
        "vzdump-qemu-100-2026_13_19-02_00_00.vma",
        "vzdump-qemu-100-2026_02_30-02_00_00.vma",
        "vzdump-qemu-\u0661\u0660\u0660-2026_10_19-02_00_00.vma",
        "xvzdump-qemu-100-2026_10_19-02_00_00.vma",
    ],
)
def test_anything_else_is_no_archive(name: str):
    assert read_name(name) is None


def test_the_hour_that_comes_twice_counts_as_the_earlier_one():
    """2026-10-25 03:00 summer time becomes 02:00: a point that may be older than it looks is older."""
    named = read_name("vzdump-qemu-100-2026_10_25-02_30_00.vma.zst")
    assert named is not None
    assert named.begun_at(BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_hour_that_never_was_is_one_instant_all_the_same():
    named = read_name("vzdump-qemu-100-2026_03_29-02_30_00.vma.zst")
    assert named is not None
    assert named.begun_at(BERLIN) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
