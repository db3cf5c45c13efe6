"""Restores by the client on the stand-in, with everything that can happen to a task on its way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import (
    ApiError,
    AuthenticationFailed,
    ConfigChanged,
    DamagedArchive,
    LockTimeout,
    NoSpace,
    StorageOffline,
    TaskFailed,
)
from drverify.adapters.proxmox.tasks import Following, TaskResult, Upid
from drverify.adapters.proxmox.upids import TaskProgress
from drverify.errors import DeadlineError
from tests.support.pve_drills import MAC, OURS, SMALL, TOKEN, Bench, archived, bench

VMID = OURS.start
ARCHIVE = "local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst"
POST = {"method": "POST", "path": "/qemu$"}
RESTORING = {"task": "qmrestore"}


@dataclass
class Heard:
    """What a restore said on its way."""

    upids: list[Upid] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    progress: list[TaskProgress] = field(default_factory=list)

    def following(self, **more: Any) -> Following:
        return Following(
            announce=self.upids.append, on_lines=self.lines.extend, on_progress=self.progress.append, **more
        )


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[Bench]:
    disk = bytes(range(256)) * 4096 * 8  # 8 MiB with something everywhere
    config = SMALL.replace("size=1M", "size=8M")
    archive = await asyncio.to_thread(archived, tmp_path / "small.vma.zst", config, {"scsi0": disk})
    async with bench(archive=archive) as found:
        yield found


@pytest.fixture
async def pve(one: Bench) -> AsyncIterator[ProxmoxClient]:
    access = replace(one.access, pauses=(0.02, 0.02))
    async with ProxmoxClient(access, one.resolve) as client:
        await client.qemu.reserve("pve1", VMID, pool="drverify", description="nonce")
        yield client


async def restored(pve: ProxmoxClient, heard: Heard, **more: Any) -> TaskResult:
    return await pve.qemu.restore(
        "pve1", VMID, archive=ARCHIVE, storage="drill", force=True,
        overrides={"net0": f"virtio={MAC},bridge=drill0,firewall=1", "onboot": False, "description": "nonce"},
        following=heard.following(**more),
    )  # fmt: skip


def posts(one: Bench) -> int:
    return [method for method, path in one.cluster.world.asked if path.endswith("/qemu")].count("POST") - 1


async def test_a_restore_tells_how_far_it_is(one: Bench, pve: ProxmoxClient) -> None:
    heard = Heard()
    result = await restored(pve, heard)
    assert result.outcome == "ok"
    assert tuple(heard.lines) == result.log
    assert heard.upids == [result.upid]
    assert heard.progress[-1].percent == 100
    assert heard.progress[-1].done == 8 << 20
    assert [one.percent for one in heard.progress] == sorted(one.percent for one in heard.progress)
    config = await pve.qemu.config("pve1", VMID)
    assert "bridge=drill0" in config.values["net0"]
    assert config.values["scsi0"].startswith("drill:")


@pytest.mark.parametrize("fault", ["drop", "hang"])
async def test_a_restore_whose_announcement_was_lost_is_found(
    one: Bench, pve: ProxmoxClient, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pve.tasks, "_submit", timedelta(seconds=1.5))
    await one.cluster.inject(fault, match=POST | {"event": "after"}, times=1, parameters={"seconds": 5})
    heard = Heard()
    result = await restored(pve, heard)
    assert (result.outcome, result.found_again, heard.upids) == ("ok", True, [result.upid])
    assert posts(one) == 1
    assert len(await pve.tasks.list("pve1", vmid=VMID, kind="qmrestore")) == 1


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("vma: restore failed - detected missing cluster 3 for stream drive-scsi0", DamagedArchive),
        ("blk_pwrite to /dev/drill failed (-28)", NoSpace),
        ("storage 'drill' is not online", StorageOffline),
        ("can't lock file '/var/lock/qemu-server/lock-9000.conf' - got timeout", LockTimeout),
        ("something that nobody has ever seen", TaskFailed),
    ],
)
async def test_a_restore_that_fails_on_its_way(
    one: Bench, pve: ProxmoxClient, message: str, kind: type[ApiError]
) -> None:
    await one.cluster.inject("task-fail", match=RESTORING, parameters={"at": "40%", "message": message})
    heard = Heard()
    with pytest.raises(kind, match="qmrestore 9000 on pve1") as caught:
        await restored(pve, heard)
    assert caught.value.upid == heard.upids[0]
    assert any("progress" in line for line in caught.value.log)
    assert type(caught.value) is kind


async def test_a_restore_whose_worker_is_killed_ended_nobody_knows_how(
    one: Bench, pve: ProxmoxClient
) -> None:
    await one.cluster.inject("kill-worker", match=RESTORING, parameters={"at": "40%"})
    with pytest.raises(TaskFailed) as caught:
        await restored(pve, Heard())
    assert "killed" in caught.value.hint
    assert (await pve.qemu.config("pve1", VMID)).values["lock"] == "create"


async def test_a_cancelled_restore_is_stopped_and_over(one: Bench, pve: ProxmoxClient) -> None:
    await one.cluster.inject("task-hang", match=RESTORING, parameters={"at": "40%"})
    heard = Heard()
    running = asyncio.create_task(restored(pve, heard, stop_when_cancelled=True))
    while not heard.progress:
        await asyncio.sleep(0.02)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    state = await pve.tasks.state(heard.upids[0])
    assert not state.running
    assert state.exit_status not in {"", "OK"}


async def test_a_restore_that_stands_still_is_stopped(one: Bench, pve: ProxmoxClient) -> None:
    await one.cluster.inject("task-hang", match=RESTORING, parameters={"at": "40%"})
    heard = Heard()
    with pytest.raises(DeadlineError, match=r"gave no sign of life for 0\.5 s"):
        await restored(pve, heard, stall=timedelta(seconds=0.5))
    assert not (await pve.tasks.state(heard.upids[0])).running


async def test_a_slow_restore_is_not_one_that_stands_still(one: Bench, pve: ProxmoxClient) -> None:
    await one.cluster.inject("slow", match=RESTORING, parameters={"rate": 6144})
    heard = Heard()
    assert (await restored(pve, heard, stall=timedelta(seconds=1))).outcome == "ok"
    assert len(heard.progress) >= 2


async def test_a_log_that_says_nothing_is_no_failure(one: Bench, pve: ProxmoxClient) -> None:
    await one.cluster.inject("empty-log", match=RESTORING)
    assert (await restored(pve, Heard())).outcome == "ok"


async def test_answers_that_fail_for_a_while_do_not_end_the_following(one: Bench, pve: ProxmoxClient) -> None:
    match = {"method": "GET", "path": "/tasks/.*/status$"}
    await one.cluster.inject("http", match=match, times=10, parameters={"status": 596, "message": "too slow"})
    assert (await restored(pve, Heard())).outcome == "ok"


async def test_a_token_that_is_taken_away_ends_the_following(one: Bench, pve: ProxmoxClient) -> None:
    await one.cluster.inject("task-hang", match=RESTORING, parameters={"at": "40%"})
    heard = Heard()
    running = asyncio.create_task(restored(pve, heard))
    while not heard.progress:
        await asyncio.sleep(0.02)
    await one.cluster.inject("token-revoke", parameters={"token": TOKEN})
    with pytest.raises(AuthenticationFailed):
        await running


async def test_somebody_elses_change_is_not_overwritten(one: Bench, pve: ProxmoxClient) -> None:
    await restored(pve, Heard())
    before = await pve.qemu.config("pve1", VMID)
    foreign = {"vmid": VMID, "set": {"net0": f"virtio={MAC},bridge=vmbr0"}}
    await one.cluster.inject("config-changed", parameters=foreign)
    with pytest.raises(ConfigChanged):
        await pve.qemu.configure("pve1", VMID, {"onboot": True}, digest=before.digest)
    assert "vmbr0" in (await pve.qemu.config("pve1", VMID)).values["net0"]


async def test_a_disk_that_a_destroy_left_is_warned_of_and_can_be_removed(
    one: Bench, pve: ProxmoxClient
) -> None:
    await restored(pve, Heard())
    await one.cluster.inject("destroy-warning", times=1)
    done = await pve.qemu.destroy("pve1", VMID)
    assert done.outcome == "warnings"
    assert done.warnings
    left = await pve.storages.content("pve1", "drill", vmid=VMID)
    assert len(left) == 1
    await pve.storages.remove("pve1", left[0].volid)
    assert await pve.storages.content("pve1", "drill", vmid=VMID) == ()
