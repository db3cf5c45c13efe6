"""A disk on its way out of a cluster: backed up by its vzdump, taken out of the archive, and nothing left."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import table
from drverify.adapters.proxmox import gone
from drverify.adapters.proxmox.archived import KIND
from drverify.adapters.proxmox.host_settings import Returns
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.engine.giving import GivingSandbox
from drverify.errors import DrverifyError, HostError, TeardownError
from lab.pve.api.storages import Storage
from tests.conformance.host_suite import RecordingScope
from tests.support.pve_drills import SMALL, TOKEN, USER, Bench, Silent, archived, bench

pytestmark = pytest.mark.needs_root
STALL = timedelta(seconds=20)
STORE = "handover"
ALL = ("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate")


def lay(one: Bench, privileges: tuple[str, ...] = ALL) -> None:
    """A storage to hand over on, and the rights for it."""
    one.cluster.add_storage(Storage(id=STORE, content=("backup",)))
    for role, names, path in (
        ("DrillReturns", privileges, f"/storage/{STORE}"),
        ("DrillBackUp", ("VM.Backup",), "/pool/drverify"),
    ):
        one.cluster.add_role(role, names)
        one.cluster.allow(path, (USER, TOKEN), role)


def dump(one: Bench) -> Path:
    return one.cluster.root / "storages" / STORE / "dump"


@dataclass
class Standing:
    bench: Bench
    host: Any
    scope: RecordingScope
    sandbox: ProxmoxSandbox


@asynccontextmanager
async def standing(one: Bench, **changes: Any) -> AsyncIterator[Standing]:
    """A copy that was restored and never started: it is off."""
    host = one.host(**({"returns": Returns(storage=STORE, directory=dump(one))} | changes))
    scope = RecordingScope()
    point = await one.newest()
    described = await one.described(point)
    async with host.sandbox(one.spec(scope, described), scope) as sandbox:
        await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        yield Standing(bench=one, host=host, scope=scope, sandbox=sandbox)


def archives(one: Bench) -> list[str]:
    return sorted(path.name for path in dump(one).glob("*")) if dump(one).exists() else []


@pytest.fixture
async def still(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(gone, "APART", 0.01)
    async with bench() as one:
        lay(one)
        yield one
        assert one.left() == []


async def test_the_disk_comes_back_byte_by_byte_and_its_archive_goes(still: Bench, tmp_path: Path) -> None:
    disk = tmp_path / "back.raw"
    async with standing(still) as one:
        assert isinstance(one.sandbox, GivingSandbox)
        vmid = one.sandbox._copy.vmid
        there = still.cluster.volume("pve1", f"drill:{vmid}/vm-{vmid}-disk-0.raw")
        written = there.read_bytes()[:-4096] + b"\1" * 4096
        there.write_bytes(written)
        assert await one.sandbox.give_back(disk) == len(written)
        assert archives(still) == []
        assert KIND not in {kind for kind, _ in one.scope.open}
        text = next(blob for blob in await one.sandbox.collect() if blob.name == "tasks.log").content.decode()
        assert "== vzdump UPID" in text
    assert hashlib.sha256(disk.read_bytes()).digest() == hashlib.sha256(written).digest()
    assert [path.name for path in tmp_path.iterdir()] == ["back.raw"]
    assert one.scope.open == {}


async def test_why_no_disk_comes_back_is_said_and_nothing_is_left(still: Bench, tmp_path: Path) -> None:
    disk = tmp_path / "back.raw"

    async def why(one: Standing) -> str:
        with pytest.raises(DrverifyError) as caught:
            await one.sandbox.give_back(disk)
        assert not disk.exists()
        return str(caught.value)

    async with standing(still, returns=None) as one:
        assert "its settings do not say where vzdump writes to" in await why(one)
    async with standing(still, returns=Returns(storage=STORE, directory=tmp_path)) as one:
        assert "it is not to be seen here" in await why(one)
        assert archives(still), "nothing was written"
    assert archives(still) == [], "the sandbox's end does not remove it"
    async with standing(still) as one:
        await one.sandbox.boot()
        assert "the guest still runs" in await why(one)
    failing = {"match": {"task": "vzdump"}, "parameters": {"message": "job errors"}}
    await still.cluster.inject("task-fail", **failing)
    async with standing(still) as one:
        assert "job errors" in await why(one)
        assert (KIND, f"pve:{one.sandbox._copy.vmid}") in one.scope.open
    assert one.scope.open == {}
    assert archives(still) == []


async def test_an_account_that_would_not_see_what_is_left_begins_nothing(tmp_path: Path) -> None:
    async with bench() as still:
        lay(still, ALL[:2])
        async with standing(still) as one:
            with pytest.raises(HostError, match=r"lacks Datastore\.Allocate on /storage/handover"):
                await one.sandbox.give_back(tmp_path / "back.raw")
        assert [task for task in still.cluster.world.tasks.of() if task["type"] == "vzdump"] == []


async def test_the_archive_of_a_killed_drill_is_found_by_its_mark_and_another_one_is_not_touched(
    still: Bench, tmp_path: Path
) -> None:
    foreign = "vzdump-qemu-9000-2026_10_19-02_00_00.vma.zst"
    async with standing(still, returns=Returns(storage=STORE, directory=tmp_path)) as one:
        copy = one.sandbox._copy
        foreign = foreign.replace("9000", str(copy.vmid))
        still.cluster.add_archive("pve1", STORE, archived(tmp_path / foreign, SMALL), name=foreign)
        with pytest.raises(HostError, match="not to be seen here"):
            await one.sandbox.give_back(tmp_path / "back.raw")
        assert len([name for name in archives(still) if name.endswith(".zst")]) == 2
        kinds = table.reclaimers([KIND], lambda _: one.host)
        facts = dict(one.scope.open[KIND, f"pve:{copy.vmid}"])
        with pytest.raises(TeardownError, match="has a mark that is not its own"):
            await kinds[KIND].reclaim("pve:1", "drverify:ffffffff", facts)
        with pytest.raises(TeardownError, match="does not say on which storage"):
            await kinds[KIND].reclaim("pve:1", one.scope.tag, facts | {"storage": ""})
        await kinds[KIND].reclaim("pve:1", one.scope.tag, facts)
        assert [name for name in archives(still) if name.endswith(".zst")] == [foreign]
        await kinds[KIND].reclaim("pve:1", one.scope.tag, facts)
    assert [name for name in archives(still) if name.endswith(".zst")] == [foreign]


async def test_a_backup_under_way_is_ended_by_whoever_takes_it_back(still: Bench, tmp_path: Path) -> None:
    """By the drill that is cancelled, and by the reclaimer after one that was killed."""

    async def begun(number: int) -> None:
        async with asyncio.timeout(20):
            while len([task for task in tasks() if task["type"] == "vzdump"]) < number:
                await asyncio.sleep(0.02)

    def tasks() -> list[dict[str, Any]]:
        return list(still.cluster.world.tasks.of())

    await still.cluster.inject("task-hang", match={"task": "vzdump"})
    async with standing(still) as one:
        copy = one.sandbox._copy
        giving = asyncio.create_task(one.sandbox.give_back(tmp_path / "back.raw"))
        await begun(1)
        giving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await giving
        assert (KIND, f"pve:{copy.vmid}") in one.scope.open
        giving = asyncio.create_task(one.sandbox.give_back(tmp_path / "back.raw"))
        await begun(2)
        kinds = table.reclaimers([KIND], lambda _: one.host)
        facts = dict(one.scope.open[KIND, f"pve:{copy.vmid}"])
        await kinds[KIND].reclaim(f"pve:{copy.vmid}", one.scope.tag, facts)
        with pytest.raises(HostError):
            await giving
    assert one.scope.open == {}
    assert archives(still) == []
    assert [task for task in tasks() if "status" not in task] == []
