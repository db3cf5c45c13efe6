"""What a kill, a lost answer or a storage that is away leaves of ours: found, or said to be unknown."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import table
from drverify.adapters.proxmox import gone, storages
from drverify.adapters.proxmox.host_settings import Returns
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import SandboxHost, SandboxId
from drverify.engine.reaping import Reaped, reap
from drverify.errors import TeardownError
from tests.conformance.host_suite import RecordingScope
from tests.faults.test_proxmox_killed import facts_of
from tests.integration.test_proxmox_returns import STORE, archives, lay, standing
from tests.support.dead_link import link
from tests.support.doomed_pve import TAKEN, host_of
from tests.support.pve_drills import OURS, SMALL, Bench, Silent, archived, bench
from tests.support.pve_taking import IMPORTS, images_left, opened, raw, wanted

pytestmark = pytest.mark.needs_root
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def still(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(gone, "APART", 0.01)
    async with bench() as one:
        yield one


# -- archives ------------------------------------------------------------------------------------------------


async def test_an_archive_that_lost_its_notes_is_ours_by_its_tasks_word(still: Bench, tmp_path: Path) -> None:
    """The disk comes back, the archive goes; another one of that guest and hour, without notes too, stays."""
    lay(still)
    await still.cluster.inject("notes-fail")
    async with standing(still) as one:
        vmid = one.sandbox._copy.vmid
        foreign = f"vzdump-qemu-{vmid}-2126_10_19-02_00_00.vma.zst"
        still.cluster.add_archive("pve1", STORE, archived(tmp_path / foreign, SMALL), name=foreign)
        assert await one.sandbox.give_back(tmp_path / "back.raw") == 1 << 20
        assert [name for name in archives(still) if name.endswith(".zst")] == [foreign]


async def test_an_archive_whose_task_was_killed_before_its_notes_is_taken_back(
    still: Bench, tmp_path: Path
) -> None:
    lay(still)
    await still.cluster.inject("notes-fail")
    async with standing(still, returns=Returns(storage=STORE, directory=tmp_path)) as one:
        copy = one.sandbox._copy
        with pytest.raises(Exception, match="not to be seen here"):
            await one.sandbox.give_back(tmp_path / "back.raw")
        kinds = table.reclaimers(["pve-archive"], lambda _: one.host)
        facts = dict(one.scope.open["pve-archive", f"pve:{copy.vmid}"])
        assert [name for name in archives(still) if name.endswith(".zst")]
        await kinds["pve-archive"].reclaim("pve:1", one.scope.tag, facts)
        assert [name for name in archives(still) if name.endswith(".zst")] == []


# -- images --------------------------------------------------------------------------------------------------


def image(one: Bench, sandbox: str = "0a1b2c3d") -> tuple[Path, dict[str, str]]:
    """An image of ours on the storage, and what a ledger says of it."""
    name = f"drverify-{sandbox}-{secrets.token_hex(8)}.qcow2"
    path = one.cluster.root / "storages" / IMPORTS / "template" / "import" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"ours")
    return path, {"host": "pve", "node": "pve1", "storage": IMPORTS, "image": name}


async def test_an_image_is_gone_when_two_looks_agree_and_not_when_its_storage_is_away(still: Bench) -> None:
    host = opened(still)
    kinds = table.reclaimers(["pve-image"], lambda _: host)
    tag = "drverify:0a1b2c3d"
    path, facts = image(still)
    await still.cluster.inject("storage-offline", parameters={"storage": IMPORTS, "quiet": True})
    with pytest.raises(TeardownError, match="may still be there: storage imports is not active"):
        await kinds["pve-image"].reclaim("pve:x", tag, facts)
    assert path.exists()
    for fault in list(still.cluster.world.faults.all()):
        still.cluster.world.faults.clear(fault.id)
    await still.cluster.inject("content-empty", match={"storage": IMPORTS}, times=1)
    await still.cluster.inject(
        "http",
        match={"method": "DELETE", "path": "/content/"},
        parameters={"status": 500, "message": "volume 'x' does not exist"},
        times=1,
    )
    await kinds["pve-image"].reclaim("pve:x", tag, facts)
    assert not path.exists()


async def test_cancelled_on_a_dead_link_the_upload_ends_and_its_image_stays_in_the_ledger(
    still: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storages, "ENDING", 0.05)
    direct, scope = opened(still), RecordingScope()
    door = still.access.endpoint
    disk = raw(still.root / "large.raw", 40 << 20, full=True)
    async with link(door.host, door.port) as way:
        through = replace(door, host="127.0.0.1", port=way.port)
        access = replace(still.access, endpoint=through, within=timedelta(seconds=1), pauses=())
        host = still.host(import_storage=IMPORTS, access=access)

        async def sends() -> None:
            async with host.sandbox(wanted(still, scope, TAKEN), scope) as sandbox:
                await sandbox.take([disk], stall=timedelta(minutes=5), progress=Silent())

        work = asyncio.create_task(sends())
        async with asyncio.timeout(30):
            while way.carried < 4 << 20:
                await asyncio.sleep(0.002)
            way.cut()
            work.cancel()
            with pytest.raises((asyncio.CancelledError, TeardownError)):
                await work
    ((kind, entry),) = scope.open
    assert kind == "pve-image"
    kinds = table.reclaimers([kind], lambda _: direct)
    await kinds[kind].reclaim(entry, scope.tag, dict(scope.open[kind, entry]))
    assert images_left(still) == []


# -- machines ------------------------------------------------------------------------------------------------

CREATE = {"method": "POST", "path": "/qemu$", "event": "after"}


async def killed_before_the_answer(one: Bench, **fault: Any) -> tuple[SandboxId, dict[str, Any]]:
    """drverify is killed when the node has begun to make the machine, and has not answered."""
    opened(one)
    raw(one.root / "disk.raw", 1 << 20, full=True)
    if fault:
        await one.cluster.inject(**fault)
    await one.cluster.inject("hang", match=CREATE, parameters={"seconds": 500}, times=1)
    sandbox = SandboxId(secrets.token_hex(4))
    facts = facts_of(one) | {"import_storage": IMPORTS}
    argv = ("-m", "tests.support.doomed_pve", str(one.root), sandbox, json.dumps(facts), "take")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *argv,
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    async with asyncio.timeout(30):
        while not [
            task for task in one.cluster.world.tasks.of() if task["type"] == "qmcreate" and "status" in task
        ]:
            await asyncio.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    return sandbox, facts


async def reaped(one: Bench, facts: dict[str, Any]) -> Reaped:
    def host(_: str) -> SandboxHost:
        return host_of(facts, one.root / "state")

    kinds = table.reclaimers([*table.RECLAIMERS, *table.RECLAIMERS_ON_HOSTS], host)
    (result,) = await reap(LedgerDirectory(one.root / "ledger"), kinds)
    return result


async def test_a_machine_that_was_made_before_the_answer_came_is_ours_by_its_mark(still: Bench) -> None:
    _, facts = await killed_before_the_answer(still)
    assert (await reaped(still, facts)).problems == ()
    assert still.left() == []
    assert images_left(still) == []


async def test_a_machine_that_was_half_made_stays_in_the_ledger_until_root_has_removed_it(
    still: Bench,
) -> None:
    _, facts = await killed_before_the_answer(
        still, name="kill-worker", match={"task": "qmcreate"}, parameters={"at": "transferred"}
    )
    (vmid,) = [vmid for _, _, vmid in still.cluster.world.guests.everywhere() if vmid in OURS]
    result = await reaped(still, facts)
    assert result.state == "left"
    assert str(vmid) in result.problems[0]
    still.cluster.world.guests.drop("pve1", "qemu", vmid)  # as root would
    assert (await reaped(still, facts)).state == "removed"
    assert still.left() == []
    assert images_left(still) == []


# -- what is known of failed backups -------------------------------------------------------------------------


async def test_a_node_that_is_off_is_not_one_without_failed_backups() -> None:
    async with bench(nodes=2) as two:
        await two.cluster.inject("node-down", parameters={"node": "pve2"})
        now = datetime.now(UTC)
        told = await two.source().failures(now - timedelta(days=1), now)
    assert told.failed == ()
    assert told.untold == ("node pve2 is offline, and what failed there it alone knows",)
