"""Disks that were restored elsewhere become machines of the stand-in cluster, and leave nothing there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.ports import DiskSource
from tests.conformance.host_suite import RecordingScope
from tests.support.guests import tiny_disk
from tests.support.pve_drills import OURS, Bench, Silent, bench
from tests.support.pve_taking import SMALL, TINY, images_left, opened, raw, wanted

pytestmark = pytest.mark.needs_root
STALL = timedelta(seconds=20)


@pytest.fixture
async def still() -> AsyncIterator[Bench]:
    async with bench() as one:
        yield one
        assert one.left() == []
        assert images_left(one) == []


async def test_a_disk_becomes_a_machine_of_our_own_making_and_its_image_goes(still: Bench, tmp_path: Path):
    host, scope, progress = opened(still), RecordingScope(), Silent()
    disk = raw(tmp_path / "disk.raw")
    async with host.sandbox(wanted(still, scope, SMALL), scope) as sandbox:
        await sandbox.check_way_in()
        await sandbox.take([disk], stall=STALL, progress=progress)
        vmid = sandbox._copy.vmid
        assert images_left(still) == [], "gone as soon as the machine has its disk"
        assert "pve-image" not in {kind for kind, _ in scope.open}
        config = still.cluster.world.guests.load("pve1", "qemu", vmid)
        assert config.notes.startswith(scope.tag)
        assert config.options["net0"].startswith("e1000=52:54:00:")
        assert config.options["net0"].endswith(",bridge=drill0,firewall=1")
        assert config.options["machine"] == "q35"
        assert config.options["onboot"] == config.options["protection"] == "0"
        assert config.options["tags"] == "drverify"
        volume = still.cluster.volume("pve1", config.options["sata0"].partition(",")[0])
        assert volume.read_bytes() == disk.path.read_bytes()
        assert (1 << 20, 1 << 20) in progress.done
        assert sandbox.planted().medium == "SMBIOS family"
        await sandbox.load([])
        await sandbox.boot()
        assert (await sandbox.activity()).running
        told = {blob.name: blob.content.decode() for blob in await sandbox.collect()}
        assert "== upload UPID:pve1:" in told["tasks.log"]
        assert "finished file import successfully" in told["tasks.log"]
        assert "transferred 1.0 MiB of 1.0 MiB (100.00%)" in told["tasks.log"]
    assert scope.open == {}


@pytest.mark.soak
async def test_tiny_boots_from_the_disk_that_was_sent(tmp_path: Path):
    async with bench(real=True) as real:
        host, scope = opened(real), RecordingScope()
        disk = DiskSource(path=await tiny_disk(tmp_path / "tiny.raw"), format="raw")
        async with host.sandbox(wanted(real, scope, TINY), scope) as sandbox:
            await sandbox.take([disk], stall=STALL, progress=Silent())
            await sandbox.boot()
            async with asyncio.timeout(60):
                while not (await sandbox.activity()).agent:
                    await asyncio.sleep(0.5)
            assert [one for one in (await sandbox.isolation()).checks if not one.closed] == []
        assert scope.open == {}
        assert real.left() == []
        assert images_left(real) == []
        assert await real.node.sentinel.leaks(OURS) == ()
