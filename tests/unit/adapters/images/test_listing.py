"""From files to images: when they were taken, which belong together, what is a point."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from drverify.adapters.images.listing import Image, Images
from drverify.adapters.stored import StoredFile
from drverify.errors import DefectError, SourceError
from drverify.model.recovery import PointFilter

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def file(name: str, *, size: int = 10, age: timedelta | None = HOUR) -> StoredFile:
    path = f"/images/{name}"
    modified = None if age is None else NOW - age
    return StoredFile(name=name, key=path, path=path, size=size, modified=modified)


async def listed(
    *files: StoredFile, zone: ZoneInfo | None = None, wanted: PointFilter | None = None
) -> tuple[Image, ...]:
    class Store:
        async def files(self) -> Any:
            return files

    images = Images("disks", Store(), zone, lambda: NOW)  # type: ignore[arg-type]
    return await images.listed(wanted or PointFilter())


async def test_the_newest_comes_first_whatever_says_when():
    found = await listed(
        file("web01-20261122T031500Z.raw"),
        file("web01.qcow2", age=2 * HOUR),
        file("web01-2026-11-23_05-00.raw.zst", age=3 * HOUR),
        zone=ZoneInfo("Europe/Berlin"),
    )
    assert [(one.name, one.origin, one.taken_at.hour) for one in found] == [
        ("web01.qcow2", "source-time", 10),
        ("web01-2026-11-23_05-00.raw.zst", "tag", 4),
        ("web01-20261122T031500Z.raw", "tag", 3),
    ]


async def test_a_name_cannot_claim_data_from_after_the_last_writing():
    (found,) = await listed(file("web01-20261123T113000Z.raw", age=2 * HOUR))
    assert (found.taken_at, found.origin) == (NOW - 2 * HOUR, "source-time")


async def test_what_is_being_written_is_no_point():
    assert await listed(file("web01.raw", age=timedelta(seconds=59))) == ()
    parts = (file("web01.raw.000"), file("web01.raw.001", age=timedelta(seconds=5)))
    assert await listed(*parts) == ()


@pytest.mark.parametrize(
    ("name", "age", "says"),
    [("web01.raw", None, "nothing says when"), ("web01-202611220315.raw", HOUR, "in which zone")],
)
async def test_an_unknown_instant_is_no_silence_for_those_who_want_it(name, age, says):
    with pytest.raises(SourceError, match=says):
        await listed(file(name, age=age))
    assert await listed(file(name, age=age), wanted=PointFilter(host="db01")) == ()


@pytest.mark.parametrize(
    ("path", "count"),
    [("web01-*", 1), ("*.raw", 2), ("/images", 2), ("/images/web01-*", 1), ("/not/there", 0), ("web01", 0)],
)
async def test_a_path_is_a_name_a_glob_or_a_directory(path, count):
    files = (file("web01-20261122T031500Z.raw"), file("db01-20261122T031500Z.raw"))
    assert len(await listed(*files, wanted=PointFilter(path=path))) == count


@pytest.mark.parametrize(
    ("numbers", "sizes", "says"),
    [
        ((0, 1, 2), (10, 10, 3), ""),
        ((1, 2), (10, 10), ""),
        ((0, 2), (10, 10), "part 001 is missing"),
        ((2, 3), (10, 10), "part 001 is missing"),
        ((0, 1, 2), (10, 9, 3), r"x\.raw\.001 has 9 bytes"),
        ((0, 1), (10, 11), "larger"),
    ],
)
async def test_parts_are_complete_or_damage(numbers, sizes, says):
    parts = [file(f"x.raw.{number:03d}", size=size) for number, size in zip(numbers, sizes, strict=True)]
    (found,) = await listed(*parts)
    assert [one.name for one in found.files] == [f"x.raw.{number:03d}" for number in numbers]
    if not says:
        found.check_whole()
        return
    with pytest.raises(DefectError, match=says):
        found.check_whole()


async def test_the_same_name_with_another_content_is_another_point():
    (before,) = await listed(file("web01.raw", age=2 * HOUR))
    (after,) = await listed(file("web01.raw", age=HOUR))
    assert before.id != after.id
