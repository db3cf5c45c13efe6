"""Disks that are carried to a host: when, how often, and what is left to be loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.engine.drills.handing import handing
from drverify.engine.drills.rebuilding import RebuildWay, way_for
from drverify.engine.ports import DiskSource, Progress
from drverify.engine.recovering import ImageWay, Loaded, MachineWay, Standing, Wanted, way_of
from drverify.engine.sources import Restored
from drverify.errors import HostError, InputError
from drverify.model.layout import Rework
from drverify.model.recovery import WholeMachine
from tests.support import records
from tests.support.memory import MemoryHost, MemorySandbox, MemorySource, Silent
from tests.support.memory_machines import MachineMemorySource, RestoringMemoryHost
from tests.unit.engine.drills.test_rebuilding import PAYLOAD, MemoryRebuilder, TreeMemorySource

DISK = DiskSource(path=Path("disk.raw"), format="raw")
STALL = timedelta(seconds=7)


@dataclass
class TakingMemorySandbox(MemorySandbox):
    did: list[str] = field(default_factory=list)
    closed: HostError | None = None

    async def check_way_in(self) -> None:
        self.did.append("asked")
        if self.closed:
            raise self.closed

    async def take(self, disks: Sequence[DiskSource], *, stall: timedelta, progress: Progress) -> None:
        assert (tuple(disks), stall) == ((DISK,), STALL)
        self.did.append("taken")


@dataclass
class TakingMemoryHost(RestoringMemoryHost):
    def takes_disks(self) -> bool:
        return True


def wanted() -> Wanted:
    return Wanted(
        point=None,  # type: ignore[arg-type] # nobody looks at it
        described=None,
        mode="full",
        stall=STALL,
        progress=Silent(),
    )


async def stood(did: list[str], *later: str, opens: bool = True, closed: HostError | None = None) -> Standing:
    """A way that restores at once and leaves work for later phases, on a host that takes disks."""

    def work(name: str) -> Any:
        async def done(within: timedelta, progress: Progress) -> tuple[Rework, ...]:
            did.append(name)
            return (Rework(what=name, change="done", why="a test"),)

        return done

    async def restore(_: Wanted) -> Loaded:
        did.append("restored")
        restored = Restored(logical_bytes=1, allocated_bytes=1, read_bytes=None, files=1)
        return Loaded(disks=(DISK,), restored=restored, **{name: work(name) for name in later})

    spec: Any = None
    sandbox = TakingMemorySandbox(host=MemoryHost(), spec=spec, did=did, closed=closed)
    way: Any = SimpleNamespace(opens=opens)
    return await handing(Standing(sandbox=sandbox, restore=restore), way)


@pytest.mark.parametrize("later", [(), ("rebuild",), ("adapt",), ("rebuild", "adapt")])
async def test_disks_are_taken_once_when_the_last_work_on_them_is_done(later: tuple[str, ...]):
    did: list[str] = []
    standing = await stood(did, *later)
    assert did == ["asked"], "before anything is restored"
    loaded = await standing.restore(wanted())
    for name in later:
        (rework,) = await getattr(loaded, name)(STALL, Silent())
        assert rework.what == name
    assert did == ["asked", "restored", *later, "taken"]
    assert loaded.disks == (DISK,), "the look into them reads them here"
    assert standing.left(loaded.disks) == ()


async def test_a_host_that_would_not_take_them_is_known_before_anything_is_restored():
    did: list[str] = []
    with pytest.raises(HostError, match="no room"):
        await stood(did, closed=HostError("no room"))
    assert did == ["asked"]


async def test_what_the_host_restores_itself_is_not_carried():
    did: list[str] = []
    standing = await stood(did, opens=False)
    loaded = await standing.restore(wanted())
    assert did == ["restored"]
    assert standing.left(loaded.disks) == (DISK,)


def test_a_host_that_takes_disks_can_have_whatever_is_restored_here_and_no_other_can():
    image, machine = records.workload().payload, WholeMachine(networks=())
    takes, own = TakingMemoryHost(), RestoringMemoryHost()

    def rebuilt(host: Any, mode: Any = "full") -> Any:
        return way_for(
            PAYLOAD, TreeMemorySource({}), host, name="files", mode=mode, rebuilder=MemoryRebuilder
        )

    assert type(way_of(image, MemorySource({}), takes, name="disks")) is ImageWay
    assert type(way_of(machine, MachineMemorySource({}), takes, name="dumps")) is MachineWay
    assert type(rebuilt(takes)) is RebuildWay
    for refused in (
        lambda: way_of(image, MemorySource({}), own, name="disks"),
        lambda: way_of(image, MemorySource({}), takes, name="disks", mode="instant"),
        lambda: way_of(machine, MachineMemorySource({}), own, name="dumps"),
        lambda: rebuilt(own),
    ):
        with pytest.raises(InputError):
            refused()
