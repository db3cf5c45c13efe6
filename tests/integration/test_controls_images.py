"""Broken copies of disk images in a real restic repository, without a guest: what a drill would be given."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.broken import ResticBreaker
from drverify.engine.sources import ImageSource
from drverify.engine.trials.control import OneImage, only
from drverify.engine.trials.harm import BOOT_CODE, HARMS
from drverify.errors import DefectError, HostError
from drverify.model.recovery import DiskImage, GuestShape, PointFilter
from tests.support.memory import Silent
from tests.support.restic import PASSWORD, STALL, Repository, make_repository, newest

pytestmark = pytest.mark.needs_restic


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("images"))


def payload(repository: Repository) -> DiskImage:
    return DiskImage(path=str(repository.image), guest=GuestShape(memory_mib=64, vcpus=1))


async def test_a_flipped_bit_in_the_middle_of_the_image(repository: Repository, tmp_path: Path) -> None:
    before, point = repository.everything(), await newest(repository.source())
    breaker = ResticBreaker(repository.settings(), lambda _: PASSWORD.encode())
    copy = await breaker("flipped-bit", point, payload(repository), into=tmp_path, progress=Silent())
    assert isinstance(copy.source, ImageSource)
    assert (await copy.source.points(PointFilter(host="shop")))[0].id == point.id
    with pytest.raises(DefectError):
        await copy.source.restore_image(
            point, str(repository.image), into=tmp_path / "disk", stall=STALL, progress=Silent()
        )
    assert repository.everything() == before
    elsewhere = replace(payload(repository), path="/nowhere/disk.raw")
    (tmp_path / "again").mkdir()
    with pytest.raises(HostError, match="is not in point"):
        await breaker("flipped-bit", point, elsewhere, into=tmp_path / "again", progress=Silent())


async def test_a_restored_image_is_harmed_and_listed_older(repository: Repository, tmp_path: Path) -> None:
    point = await newest(repository.source())
    size = repository.image.stat().st_size
    for kind in ("truncated", "no-boot-code"):
        one = only(repository.source(), point, payload(repository), older=timedelta(days=8), harm=HARMS[kind])
        assert isinstance(one, OneImage)
        (listed,) = await one.points(PointFilter())
        assert point.consistent_as_of - listed.consistent_as_of == timedelta(days=8)
        into = tmp_path / kind
        await one.restore_image(listed, str(repository.image), into=into, stall=STALL, progress=Silent())
        assert one.damage is not None
        if kind == "truncated":
            assert into.stat().st_size == size // 3 // 512 * 512
        else:
            assert into.stat().st_size == size
            assert into.read_bytes()[:BOOT_CODE] == bytes(BOOT_CODE)
