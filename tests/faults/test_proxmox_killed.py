"""drverify killed at every step of a drill on a Proxmox cluster: the next reap takes back all of ours."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import table
from drverify.adapters.linux import netns
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import SandboxId
from drverify.engine.reaping import Reaped, reap
from tests.support.doomed_pve import host_of
from tests.support.pve_drills import OURS, TOKEN, Bench, bench

pytestmark = pytest.mark.needs_root
ROOT = Path(__file__).parents[2]


@pytest.fixture
async def real() -> AsyncIterator[Bench]:
    async with bench(real=True) as one:
        yield one


def facts_of(one: Bench) -> dict[str, Any]:
    """The settings' table of the host."""
    settings = one.settings()
    door = settings.access.endpoint
    return {
        "address": f"{door.host}:{door.port}",
        "fingerprint": door.fingerprint,
        "token": TOKEN,
        "token_secret": f"plain:{one.secret}",
        "run_on": ["pve1"],
        "vmids": [OURS.start, OURS.stop - 1],
        "pool": "drverify",
        "storage": "drill",
        "restores_from": ["pve"],
        "vantage": one.vantage,
        "bridges": [
            {
                key: value
                for key, value in (("bridge", b.bridge), ("tap", b.tap), ("key", b.key))
                if value is not None
            }
            for b in settings.bridges
        ],
        "ssh": {
            name: {"address": ssh.address, "port": ssh.port, "key": ssh.key, "host_key": ssh.host_key}
            for name, ssh in settings.ssh.items()
        },
        "reserve_mib": 64,
        "margin_mib": 16,
    }


async def doomed(one: Bench, sandbox: SandboxId, *more: str) -> asyncio.subprocess.Process:
    argv = [
        sys.executable,
        "-m",
        "tests.support.doomed_pve",
        str(one.root),
        sandbox,
        json.dumps(facts_of(one)),
    ]
    return await asyncio.create_subprocess_exec(
        *argv, *more, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


async def said(process: asyncio.subprocess.Process, wanted: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if line.decode().strip() == wanted:
                return
    raise AssertionError(f"it ended before {wanted}")


async def task_of(one: Bench, kind: str) -> None:
    async with asyncio.timeout(30):
        while not [task for task in one.cluster.world.tasks.of() if task["type"] == kind]:
            await asyncio.sleep(0.01)


async def reaped(one: Bench) -> tuple[Reaped, ...]:
    def host(name: str) -> Any:
        assert name == "pve"
        return host_of(facts_of(one), one.root / "state")

    kinds = table.reclaimers([*table.RECLAIMERS, *table.RECLAIMERS_ON_HOSTS], host)
    return await reap(LedgerDirectory(one.root / "ledger"), kinds)


STEPS = ["qmcreate", "qmrestore", "restored", "qmstart", "booted", "qmdestroy"]


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_everything_of_ours_is_found_and_removed(real: Bench, step: str):
    sandbox = SandboxId(secrets.token_hex(4))
    if step == "qmrestore":
        await real.cluster.inject("task-hang", match={"task": "qmrestore"})
    process = (
        await doomed(real, sandbox, "leave")
        if step in {"qmstop", "qmdestroy"}
        else await doomed(real, sandbox)
    )
    await (task_of(real, step) if step.startswith("qm") else said(process, step))
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    (result,) = await reaped(real)
    assert (result.state, result.problems) == ("removed", ())
    assert real.left() == []
    assert not netns.exists(f"drv-{sandbox}")
    assert [task for task in real.cluster.world.tasks.of() if "status" not in task] == []
    assert await real.node.sentinel.leaks(OURS) == ()


async def test_what_is_not_ours_is_left_alone_whatever_the_ledger_says(real: Bench):
    sandbox = SandboxId(secrets.token_hex(4))
    ledger = LedgerDirectory(real.root / "ledger").begin(sandbox, "drill", real.root)  # type: ignore[arg-type]
    facts = {"host": "pve", "node": "pve1", "mark": f"drverify:{sandbox} 00", "claimed": "yes"}
    real.cluster.add_guest("pve1", OURS[0], "name: foreign\nscsi0: drill:9000/vm-9000-disk-0.raw,size=1M\n")
    real.cluster.world.rights.join("drverify", guest=OURS[0])
    ledger.opening("pve-guest", "pve:9000", vmid="9000", **facts)
    ledger.opening("pve-guest", "pve:100", vmid="100", **facts)
    ledger.release()
    (result,) = await reaped(real)
    assert result.state == "left"
    assert any("does not carry our mark" in problem for problem in result.problems)
    assert any("outside of the range" in problem for problem in result.problems)
    assert real.cluster.world.guests.find(OURS[0]) is not None
