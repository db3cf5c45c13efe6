"""What every source of recovery points must do, whatever is behind it.

`PointsSuite` is for every source; `ImagesSuite` and `FilesSuite` for those that hold files by path,
`OpenedSuite` for those that can be read in place, `DescribingSuite` for those that hold whole machines, and
`MachinesSuite` for those of them that hand out their disks.
Inherit what applies, give the fixture `held`, and name the class `Test...`.
"""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.errors import DefectError, DrverifyError, InputError
from drverify.model.recovery import Disk, Network, PointFilter, PointId
from tests.support.restic import Ledger, Watched, names

STALL = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A source and what is in it: at least two points under one host name, one under another."""

    source: Any
    """A `RecoverySource` at least."""
    name: str
    host: str
    other: str


@dataclass(frozen=True, kw_only=True)
class HeldImages(Held):
    """`host` has points of an image, `other` points of files."""

    image_path: str
    newest_image: bytes
    files_path: str
    files: dict[str, bytes]
    """Relative path to content of every regular file in the newest point of files."""


@dataclass(frozen=True, kw_only=True)
class HeldMachines(Held):
    """`host` is a machine."""

    machine: str
    """The name that it has in its newest backup."""
    networks: tuple[Network, ...]
    """As many as it has cards."""
    macs: tuple[str, ...]
    disks: dict[str, bytes]
    """Content of its disks in the newest point, in the order of booting."""


def _written(directory: Path) -> int:
    """Bytes of the files below a directory, while somebody else makes and removes them."""
    total = 0
    for path in directory.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


class PointsSuite:
    """The contract of `RecoverySource`."""

    @pytest.fixture
    def held(self) -> Held:
        raise NotImplementedError

    async def test_points_come_newest_first_and_aware(self, held: Held) -> None:
        points = await held.source.points(PointFilter(host=held.host))
        assert len(points) >= 2
        instants = [point.consistent_as_of for point in points]
        assert instants == sorted(instants, reverse=True)
        assert all(instant.tzinfo is UTC for instant in instants)
        assert len({point.id for point in points}) == len(points)
        assert {point.source for point in points} == {held.name}
        assert {point.host for point in points} == {held.host}

    async def test_listing_twice_gives_the_same(self, held: Held) -> None:
        assert await held.source.points(PointFilter()) == await held.source.points(PointFilter())

    async def test_filters_narrow_and_no_point_is_an_answer(self, held: Held) -> None:
        everything = await held.source.points(PointFilter())
        assert {point.host for point in everything} >= {held.host, held.other}
        assert list(await held.source.points(PointFilter(host="nobody-has-this-name"))) == []
        assert list(await held.source.points(PointFilter(tags=("nobody-has-this-tag",)))) == []

    async def test_it_names_its_tool_and_its_cache(self, held: Held) -> None:
        tool = await held.source.tool()
        assert tool.name
        assert tool.version
        assert await held.source.cache_state() in {"cold", "warm", "unknown"}


METADATA = 64 * 1024
"""Bytes by which a file's room on disk may change while the file system writes it out."""


class ImagesSuite:
    """The contract of `ImageSource.restore_image`."""

    @pytest.fixture
    def held(self) -> HeldImages:
        raise NotImplementedError

    async def test_an_image_comes_back_whole_and_sparse(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        watched = Watched()
        into = tmp_path / "disk.raw"
        restored = await held.source.restore_image(
            point, held.image_path, into=into, stall=STALL, progress=watched
        )
        assert into.read_bytes() == held.newest_image
        assert restored.logical_bytes == len(held.newest_image)
        blocks = into.stat().st_blocks * 512  # the file system may place them, and its own, only now
        assert abs(restored.allocated_bytes - blocks) <= METADATA
        zeros = held.newest_image.count(bytes(1 << 20))
        assert zeros == 0 or restored.allocated_bytes < len(held.newest_image)
        assert restored.read_bytes is None or restored.read_bytes > 0
        assert watched.seen[-1] == (len(held.newest_image), len(held.newest_image))
        assert names(tmp_path) == ["disk.raw"]

    async def test_progress_never_goes_back(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        watched = Watched()
        await held.source.restore_image(
            point, held.image_path, into=tmp_path / "disk", stall=STALL, progress=watched
        )
        done = [count for count, _ in watched.seen]
        assert done == sorted(done)

    async def test_an_existing_file_is_not_overwritten(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        into = tmp_path / "disk.raw"
        into.write_text("precious")
        with pytest.raises(DrverifyError):
            await held.source.restore_image(
                point, held.image_path, into=into, stall=STALL, progress=Watched()
            )
        assert into.read_text() == "precious"

    async def test_a_path_that_is_not_in_the_point_is_a_defect(
        self, held: HeldImages, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        with pytest.raises(DefectError):
            await held.source.restore_image(
                point, "/not/there", into=tmp_path / "disk", stall=STALL, progress=Watched()
            )
        assert names(tmp_path) == []

    async def test_a_point_that_is_not_there_is_no_defect(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        absent = replace(point, id=PointId("ab" * 32))
        with pytest.raises(DrverifyError) as caught:
            await held.source.restore_image(
                absent, held.image_path, into=tmp_path / "disk", stall=STALL, progress=Watched()
            )
        assert not isinstance(caught.value, DefectError)
        assert names(tmp_path) == []

    @pytest.mark.parametrize("after", [0.0, 0.05, None], ids=["at-once", "soon", "in-the-middle"])
    async def test_cancelling_leaves_no_file(
        self, held: HeldImages, tmp_path: Path, after: float | None
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
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


class FilesSuite:
    """The contract of `FileSource`."""

    @pytest.fixture
    def held(self) -> HeldImages:
        raise NotImplementedError

    async def test_files_come_back_below_the_directory(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.other)))[0]
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

    async def test_files_that_are_not_there_are_a_defect(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.other)))[0]
        with pytest.raises(DefectError):
            await held.source.restore_files(
                point, "/not/there", into=tmp_path, stall=STALL, progress=Watched()
            )
        assert names(tmp_path) == []


class OpenedSuite:
    """The contract of `ImageSource.opened_image`."""

    @pytest.fixture
    def held(self) -> HeldImages:
        raise NotImplementedError

    @pytest.mark.needs_root
    async def test_an_opened_image_reads_the_same_and_is_taken_back(
        self, held: HeldImages, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
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
        self, held: HeldImages, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        ledger = Ledger()
        with pytest.raises(ZeroDivisionError):
            async with held.source.opened_image(point, held.image_path, at=tmp_path, scope=ledger):
                raise ZeroDivisionError
        assert ledger.left() == set()
        assert names(tmp_path) == []

    @pytest.mark.needs_root
    async def test_opening_what_is_not_there_is_a_defect(self, held: HeldImages, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        ledger = Ledger()
        with pytest.raises(DefectError):
            async with held.source.opened_image(point, "/not/there", at=tmp_path, scope=ledger):
                pytest.fail("it was opened")
        assert ledger.left() == set()


class DescribingSuite:
    """The contract of `DescribingSource`."""

    @pytest.fixture
    def held(self) -> HeldMachines:
        raise NotImplementedError

    async def test_a_machine_states_itself(self, held: HeldMachines) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        described = await held.source.describe(point, held.networks)
        assert described.machine.name == held.machine
        assert {one.name: one.size_bytes for one in described.machine.shape.disks} == {
            name: len(content) for name, content in held.disks.items()
        }
        assert [one.name for one in described.machine.shape.disks] == list(held.disks)
        assert [one.mac for one in described.machine.shape.networks] == list(held.macs)
        assert described.statement.name == "machine.conf"
        assert held.machine.encode() in described.statement.content

    async def test_networks_that_do_not_fit_its_cards_are_wrong_input(self, held: HeldMachines) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        more = (*held.networks, replace(held.networks[0], name="one too many"))
        with pytest.raises(InputError):
            await held.source.describe(point, more)


class MachinesSuite(DescribingSuite):
    """The contract of `MachineSource`."""

    async def test_every_disk_comes_back_whole_and_sparse(self, held: HeldMachines, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        disks = (await held.source.describe(point, held.networks)).machine.shape.disks
        watched = Watched()
        restored = await held.source.restore_machine(
            point, disks, into=tmp_path, stall=STALL, progress=watched
        )
        assert names(tmp_path) == sorted(f"{name}.raw" for name in held.disks)
        for name, content in held.disks.items():
            assert (tmp_path / f"{name}.raw").read_bytes() == content
        assert restored.files == len(held.disks)
        assert restored.logical_bytes == sum(map(len, held.disks.values()))
        taken = sum(path.stat().st_blocks * 512 for path in tmp_path.iterdir())
        assert abs(restored.allocated_bytes - taken) < 1 << 20  # a file system settles a moment later
        assert restored.allocated_bytes < restored.logical_bytes
        assert restored.read_bytes is None or restored.read_bytes > 0
        done = [count for count, _ in watched.seen]
        assert done == sorted(done)
        assert watched.seen[-1][0] == watched.seen[-1][1]

    async def test_an_existing_disk_is_not_overwritten(self, held: HeldMachines, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        disks = (await held.source.describe(point, held.networks)).machine.shape.disks
        there = tmp_path / f"{disks[-1].name}.raw"
        there.write_text("precious")
        with pytest.raises(DrverifyError):
            await held.source.restore_machine(point, disks, into=tmp_path, stall=STALL, progress=Watched())
        assert there.read_text() == "precious"
        assert names(tmp_path) == [there.name]

    async def test_a_disk_that_is_not_in_the_point_is_a_defect(
        self, held: HeldMachines, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        wanted = [Disk(name="sata5", bus="sata")]
        with pytest.raises(DefectError, match="sata5"):
            await held.source.restore_machine(point, wanted, into=tmp_path, stall=STALL, progress=Watched())
        assert names(tmp_path) == []

    async def test_a_machine_that_is_not_there_is_no_defect(self, held: HeldMachines, tmp_path: Path) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        absent = replace(point, id=PointId("ab" * 32))
        with pytest.raises(DrverifyError) as caught:
            await held.source.describe(absent, held.networks)
        assert not isinstance(caught.value, DefectError)

    @pytest.mark.parametrize("after", [0.0, 0.01, 0.05])
    async def test_cancelled_early_or_late_it_leaves_every_disk_or_none(
        self, held: HeldMachines, tmp_path: Path, after: float
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        disks = (await held.source.describe(point, held.networks)).machine.shape.disks
        task = asyncio.create_task(
            held.source.restore_machine(point, disks, into=tmp_path, stall=STALL, progress=Watched())
        )
        await asyncio.sleep(after)
        in_time = task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            assert names(tmp_path) == []
        else:
            assert not in_time
            assert names(tmp_path) == sorted(f"{disk.name}.raw" for disk in disks)

    async def test_cancelled_in_the_middle_it_leaves_no_disk(
        self, held: HeldMachines, tmp_path: Path
    ) -> None:
        point = (await held.source.points(PointFilter(host=held.host)))[0]
        disks = (await held.source.describe(point, held.networks)).machine.shape.disks

        class Impatient(Watched):
            def bytes(self, done: int, total: int | None) -> None:
                task.cancel()

        task = asyncio.create_task(
            held.source.restore_machine(point, disks, into=tmp_path, stall=STALL, progress=Impatient())
        )
        with pytest.raises(asyncio.CancelledError):
            await task
        assert names(tmp_path) == []
