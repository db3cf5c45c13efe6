"""What names of disk images say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from drverify.adapters.images.names import read_name

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 22, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "host", "form", "part", "stated"),
    [
        ("web01-20261122T031500Z.vmdk.zst", "web01", "vmdk", None, NIGHT),
        ("web01_2026-11-22_03-15-00.raw.000", "web01", "raw", 0, NIGHT.replace(tzinfo=None)),
        ("web01-202611220315.img.xz.part07", "web01", "", 7, NIGHT.replace(tzinfo=None)),
        ("web01.example.com-2026-11-22T04:15+01:00.qcow2", "web01.example.com", "qcow2", None, NIGHT),
        ("web01-20261122T031500Z.disk0.vhdx", "web01", "vhdx", None, NIGHT),
        ("tiny.qcow2.gz", "tiny", "qcow2", None, None),
        ("TINY.QCOW2", "TINY", "qcow2", None, None),
        ("tiny.raw.part1", "tiny", "raw", 1, None),
        ("db-100200300400.dd", "db-100200300400", "raw", None, None),  # the year 1002
        ("db-20261322T031500Z.raw", "db-20261322T031500Z", "raw", None, None),  # month 13
        ("web01-20261122.raw", "web01-20261122", "raw", None, None),  # a day is no instant
    ],
)
def test_a_name_says_whose_image_it_is_and_when_it_was_taken(name, host, form, part, stated):
    named = read_name(name)
    assert named is not None
    assert (named.host, named.form, named.part, named.stated) == (host, form, part, stated)


@pytest.mark.parametrize(
    "name",
    [
        "readme.txt", "web01.raw.sha256", ".web01.raw", "web01.raw.tmp", "web01.000", "web01.tar.zst",
        "web01-flat.vmdk", "web01-s001.vmdk", "web01-000001-delta.vmdk", "web01.raw\n", "web01.raw.20261122",
    ],
)  # fmt: skip
def test_other_files_are_no_images(name):
    assert read_name(name) is None


def test_local_time_is_read_in_the_zone_and_the_earlier_of_two():
    named = read_name("web01-2026-10-25_02-30-00.raw")
    assert named is not None
    assert named.taken_at(BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
