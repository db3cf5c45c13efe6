"""Broken copies of vzdump archives: the copy is found out, the original stays as it was."""

from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters import table
from drverify.engine.sources import MachineSource
from drverify.engine.trials.control import BrokenCopy
from drverify.errors import DefectError, InputError
from drverify.model.controls import ControlKind
from drverify.model.recovery import PointFilter, WholeMachine
from tests.support.dumps import NETWORK, dump_directory, record_digest
from tests.support.memory import Silent

STALL = timedelta(seconds=20)


async def broken(dumps: Path, kind: ControlKind, into: Path) -> BrokenCopy:
    options = {"directory": str(dumps), "timezone": "Europe/Berlin"}
    source = table.load(table.SOURCES, "vzdump", "source")("dumps", options, lambda _: b"")
    point = (await source.points(PointFilter(host="100")))[0]
    breaker = table.load(table.BREAKERS, "vzdump", "source")("dumps", options, lambda _: b"")
    into.mkdir()
    copy: BrokenCopy = await breaker(kind, point, WholeMachine(), into=into, progress=Silent())
    assert copy.point.consistent_as_of == point.consistent_as_of
    return copy


async def restored(copy: BrokenCopy, into: Path) -> None:
    source = copy.source
    assert isinstance(source, MachineSource)
    into.mkdir()
    disks = (await source.describe(copy.point, (NETWORK,))).machine.shape.disks
    await source.restore_machine(copy.point, disks, into=into, stall=STALL, progress=Silent())


@pytest.mark.parametrize("kind", ["flipped-bit", "truncated"])
@pytest.mark.parametrize("recorded", [False, True])
async def test_a_broken_archive_is_found_out(tmp_path: Path, kind: ControlKind, recorded: bool) -> None:
    dumps = dump_directory_in(tmp_path)
    if recorded:
        record_digest(max(dumps.glob("vzdump-qemu-100-*.vma.zst")))
    before = {path: path.read_bytes() for path in dumps.iterdir() if path.is_file()}
    copy = await broken(dumps, kind, tmp_path / "copy")
    with pytest.raises(DefectError):
        await restored(copy, tmp_path / "disks")
    assert {path: path.read_bytes() for path in dumps.iterdir() if path.is_file()} == before


async def test_a_kind_that_no_archive_is_broken_by(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not broken in the way emptied"):
        await broken(dump_directory_in(tmp_path), "emptied", tmp_path / "copy")


def dump_directory_in(root: Path) -> Path:
    dumps = root / "dumps"
    dump_directory(dumps)
    return dumps
