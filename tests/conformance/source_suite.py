"""What every source of recovery points must do, whatever is behind it.

Inherit `RecoverySourceSuite`, give the fixture `held`, and name the class `Test...`.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from drverify.engine.ports import RecoverySource
from drverify.errors import DefectError, DrverifyError
from drverify.model.recovery import PointFilter, PointId
from tests.support.restic import Ledger, Watched, names

STALL = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A source and what is in it: at least two points of one image under one host name, and files."""

    source: RecoverySource
    name: str
    image_host: str
    image_path: str
    newest_image: bytes
    files_host: str
    files_path: str
    files: dict[str, bytes]
    """Relative path to content of every regular file in the newest point of files."""


def _written(directory: Path) -> int:
    """Bytes of the files below a directory, while somebody else makes and removes them."""
    total = 0
    for path in directory.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


class RecoverySourceSuite:
    """The contract of `RecoverySource`."""

    @pytest.fixture
    def held(self) -> Held:
        raise NotImplementedError

    async def test_points_come_newest_first_and_aware(self, held: Held) -> None:
        points = await held.source.points(PointFilter(host=held.image_host))
        assert len(points) >= 2
        instants = [point.consistent_as_of for point in points]
        assert instants == sorted(instants, reverse=True)
        assert all(instant.tzinfo is UTC for instant in instants)
        assert len({point.id for point in points}) == len(points)
        assert {point.source for point in points} == {held.name}
        assert {point.host for point in points} == {held.image_host}

    async def test_listing_twice_gives_the_same(self, held: Held) -> None:
        assert await held.source.points(PointFilter()) == await held.source.points(PointFilter())

    async def test_filters_narrow_and_no_point_is_an_answer(self, held: Held) -> None:
        everything = await held.source.points(PointFilter())
        assert {point.host for point in everything} >= {held.image_host, held.files_host}
        assert list(await held.source.points(PointFilter(host="nobody-has-this-name"))) == []
        assert list(await held.source.points(PointFilter(tags=("nobody-has-this-tag",)))) == []

    async def test_an_image_comes_back_whole_and_sparse(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        watched = Watched()
        into = tmp_path / "disk.raw"
        restored = await held.source.restore_image(
            point, held.image_path, into=into, stall=STALL, progress=watched
        )
        assert into.read_bytes() == held.newest_image
        assert restored.logical_bytes == len(held.newest_image)
        assert restored.allocated_bytes == into.stat().st_blocks * 512
        zeros = held.newest_image.count(bytes(1 << 20))
        assert zeros == 0 or restored.allocated_bytes < len(held.newest_image)
        assert restored.read_bytes is None or restored.read_bytes > 0
        assert watched.seen[-1] == (len(held.newest_image), len(held.newest_image))
        assert names(tmp_path) == ["disk.raw"]

    async def test_progress_never_goes_back(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        watched = Watched()
        await held.source.restore_image(
            point, held.image_path, into=tmp_path / "disk", stall=STALL, progress=watched
        )
        done = [count for count, _ in watched.seen]
        assert done == sorted(done)

    async def test_an_existing_file_is_not_overwritten(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        into = tmp_path / "disk.raw"
        into.write_text("precious")
        with pytest.raises(DrverifyError):
            await held.source.restore_image(
                point, held.image_path, into=into, stall=STALL, progress=Watched()
            )
        assert into.read_text() == "precious"

    async def test_a_path_that_is_not_in_the_point_is_a_defect(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        with pytest.raises(DefectError):
            await held.source.restore_image(
                point, "/not/there", into=tmp_path / "disk", stall=STALL, progress=Watched()
            )
        assert names(tmp_path) == []

    async def test_a_point_that_is_not_there_is_no_defect(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        absent = replace(point, id=PointId("ab" * 32))
        with pytest.raises(DrverifyError) as caught:
            await held.source.restore_image(
                absent, held.image_path, into=tmp_path / "disk", stall=STALL, progress=Watched()
            )
        assert not isinstance(caught.value, DefectError)
        assert names(tmp_path) == []

    async def test_files_come_back_below_the_directory(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.files_host)))[0]
        restored = await held.source.restore_files(
            point, held.files_path, into=tmp_path, stall=STALL, progress=Watched()
        )
        found = {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file() and not path.is_symlink()
        }
        assert found == held.files
        assert restored.files == len(held.files)
        assert restored.logical_bytes == sum(map(len, held.files.values()))

    async def test_files_that_are_not_there_are_a_defect(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.files_host)))[0]
        with pytest.raises(DefectError):
            await held.source.restore_files(
                point, "/not/there", into=tmp_path, stall=STALL, progress=Watched()
            )
        assert names(tmp_path) == []

    @pytest.mark.parametrize("after", [0.0, 0.05, None], ids=["at-once", "soon", "in-the-middle"])
    async def test_cancelling_leaves_no_file(self, held: Held, tmp_path: Path, after: float | None) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        task = asyncio.create_task(
            held.source.restore_image(
                point, held.image_path, into=tmp_path / "disk", stall=STALL, progress=Watched()
            )
        )
        while after is None and not _written(tmp_path):
            assert not task.done(), "it ended before it was seen to write"
            await asyncio.sleep(0.001)
        await asyncio.sleep(after or 0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert names(tmp_path) == []

    @pytest.mark.needs_root
    async def test_an_opened_image_reads_the_same_and_is_taken_back(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        ledger = Ledger()
        async with held.source.opened_image(point, held.image_path, at=tmp_path, scope=ledger) as opened:
            image = opened.path
            assert image.read_bytes() == held.newest_image
            assert image.is_relative_to(tmp_path)
            assert ledger.left()
            with pytest.raises(OSError):
                image.write_bytes(b"x")
        assert ledger.left() == set()
        assert names(tmp_path) == []

    @pytest.mark.needs_root
    async def test_an_opened_image_is_taken_back_when_the_body_fails(
        self, held: Held, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        ledger = Ledger()
        with pytest.raises(ZeroDivisionError):
            async with held.source.opened_image(point, held.image_path, at=tmp_path, scope=ledger):
                raise ZeroDivisionError
        assert ledger.left() == set()
        assert names(tmp_path) == []

    @pytest.mark.needs_root
    async def test_opening_what_is_not_there_is_a_defect(self, held: Held, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.image_host)))[0]
        ledger = Ledger()
        with pytest.raises(DefectError):
            async with held.source.opened_image(point, "/not/there", at=tmp_path, scope=ledger):
                pytest.fail("it was opened")
        assert ledger.left() == set()

    async def test_it_names_its_tool_and_its_cache(self, held: Held) -> None:
        tool = await held.source.tool()
        assert tool.name
        assert tool.version
        assert await held.source.cache_state() in {"cold", "warm", "unknown"}
