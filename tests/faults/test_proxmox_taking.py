"""Every fault that meets a disk on its way into a Proxmox cluster: whose it is, and that nothing is left."""

import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters import table
from drverify.adapters.proxmox import gone
from drverify.adapters.proxmox.reclaim import ImageReclaimer
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import SandboxHost, SandboxId
from drverify.engine.reaping import reap
from drverify.errors import DeadlineError, DrverifyError, HostError, IsolationError, TeardownError
from tests.conformance.host_suite import RecordingScope
from tests.faults.test_proxmox_killed import facts_of
from tests.support.doomed_pve import host_of
from tests.support.pve_drills import Bench, Silent, bench
from tests.support.pve_taking import IMPORTS, SMALL, images_left, opened, raw, wanted

pytestmark = pytest.mark.needs_root
ROOT = Path(__file__).parents[2]
STALL = timedelta(seconds=20)
UPLOAD = {"method": "POST", "path": "/upload$"}
CREATE = {"method": "POST", "path": "/qemu$"}


@pytest.fixture
async def one(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    monkeypatch.setattr(gone, "APART", 0.01)
    async with bench() as found:
        yield found
        assert found.left() == []
        assert images_left(found) == []


async def taken(
    found: Bench,
    host: Any,
    *,
    size: int = 1 << 20,
    stall: timedelta = STALL,
    shape: Any = SMALL,
) -> DrverifyError:
    """What sending a disk ends with; everything is taken back."""
    scope = RecordingScope()
    disk = raw(found.root / f"{secrets.token_hex(4)}.raw", size)

    async def sends() -> None:
        async with host.sandbox(wanted(found, scope, shape), scope) as sandbox:
            await sandbox.check_way_in()
            await sandbox.take([disk], stall=stall, progress=Silent())

    with pytest.raises(DrverifyError) as caught:
        await sends()
    assert scope.open == {}
    assert type(caught.value) in {HostError, IsolationError, DeadlineError}
    return caught.value


@pytest.mark.parametrize(
    ("storage", "says"),
    [
        ({"content": ("iso",)}, "takes no disk images"),
        ({"type": "lvmthin"}, "can't upload to storage type 'lvmthin'"),
        (
            {"total": 12 << 20},
            "the disks want 1 MiB on storage imports of node pve1; with a margin of 16 MiB 0 ",
        ),
        ({"enabled": False}, "imports"),
    ],
)
async def test_a_storage_that_cannot_take_it(one: Bench, storage: Mapping[str, Any], says: str):
    error = await taken(one, opened(one, **storage))
    assert isinstance(error, HostError)
    assert says in str(error)


async def test_missing_rights_are_named_before_anything_is_sent(one: Bench):
    error = await taken(one, one.host(import_storage="drill"))
    assert "VM.Config.CPU, VM.Config.Memory on /pool/drverify" in str(error)
    assert "Datastore.AllocateTemplate on /storage/drill" in str(error)
    assert ("POST", "/nodes/pve1/storage/drill/upload") not in one.cluster.world.asked


FAULTS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("forbid", UPLOAD, {"privilege": "Datastore.AllocateTemplate"}, "Datastore.AllocateTemplate"),
    ("http", UPLOAD, {"status": 501, "message": "upload failed"}, "upload failed"),
    ("drop", UPLOAD, {}, "connection broke"),
    ("drop", UPLOAD | {"event": "after"}, {}, "connection broke"),
    (
        "task-fail",
        {"task": "imgcopy"},
        {"at": "target file", "message": "import failed: exit code 1"},
        "import failed",
    ),
    ("storage-full", {}, {"storage": IMPORTS, "at": 1000, "avail": 1 << 30}, "No space left on device"),
    ("storage-full", {}, {"storage": "drill", "at": 1000, "avail": 1 << 30}, "No space left on device"),
    ("task-fail", {"task": "qmcreate"}, {"at": "transferred", "message": "command failed"}, "command failed"),
    ("kill-worker", {"task": "imgcopy"}, {"at": "target file"}, "unexpected status"),
]


@pytest.mark.parametrize(("fault", "match", "parameters", "says"), FAULTS)
async def test_what_the_cluster_fails_with_is_ours_and_leaves_nothing(
    one: Bench, fault: str, match: dict[str, Any], parameters: dict[str, Any], says: str
):
    host = opened(one)
    await one.cluster.inject(fault, match=match, parameters=parameters)
    error = await taken(one, host)
    assert says in str(error), error
    for path in images_left(one):  # of the daemon's own, which forgot it with its worker
        assert fault == "kill-worker"
        path.unlink()


async def test_a_task_that_stands_still_is_stopped(one: Bench):
    host = opened(one)
    await one.cluster.inject("task-hang", match={"task": "imgcopy"}, parameters={"at": "target file"})
    error = await taken(one, host, stall=timedelta(seconds=1))
    assert isinstance(error, DeadlineError)
    assert [task for task in one.cluster.world.tasks.of() if "status" not in task] == []


async def test_a_configuration_that_somebody_changed_is_not_started(one: Bench):
    host = opened(one)
    change = {"vmid": 9000, "set": {"net0": "e1000=52:54:00:00:00:01,bridge=vmbr0"}}
    host.settings = replace(host.settings, last_vmid=9000)
    await one.cluster.inject("config-changed", match={"task": "qmcreate"}, parameters=change)
    error = await taken(one, host)
    assert isinstance(error, IsolationError)
    assert "its bridge is none of the drill's" in str(error)
    assert ("POST", "/nodes/pve1/qemu/9000/status/start") not in one.cluster.world.asked


async def test_cancelled_while_it_is_sent_the_node_forgets_it(one: Bench):
    host, scope = opened(one), RecordingScope()
    disk = raw(one.root / "large.raw", 150 << 20, full=True)

    async def sends() -> None:
        async with host.sandbox(wanted(one, scope, SMALL), scope) as sandbox:
            await sandbox.take([disk], stall=STALL, progress=Silent())

    work = asyncio.create_task(sends())
    await arriving(one)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert scope.open == {}
    assert "imgcopy" not in {task["type"] for task in one.cluster.world.tasks.of()}


async def arriving(one: Bench) -> None:
    """Wait until the node has got something, and not all."""
    async with asyncio.timeout(20):
        while not any(path.stat().st_size for path in (one.cluster.root / "uploads").glob("*")):
            await asyncio.sleep(0.005)


async def task_says(one: Bench, kind: str, words: str) -> None:
    tasks = one.cluster.world.tasks
    async with asyncio.timeout(20):
        while not any(
            words in "\n".join(tasks.lines(task["upid"])) for task in tasks.of() if task["type"] == kind
        ):
            await asyncio.sleep(0.01)


async def asked(one: Bench, path: str) -> None:
    async with asyncio.timeout(20):
        while ("POST", path) not in one.cluster.world.asked:
            await asyncio.sleep(0.01)


STEPS = [
    pytest.param("sending", marks=pytest.mark.soak),
    "placing",
    "between",
    "making",
    pytest.param("made", marks=pytest.mark.soak),
]


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_image_and_machine_are_found_and_removed(one: Bench, step: str):
    opened(one)
    raw(one.root / "disk.raw", (300 << 20) if step == "sending" else (1 << 20), full=True)
    other = one.cluster.root / "storages" / IMPORTS / "template" / "import" / "somebody-elses.raw"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"not ours")
    for name, match, parameters in {
        "placing": [("task-hang", {"task": "imgcopy"}, {"at": "target file"})],
        "between": [("hang", CREATE, {"seconds": 500})],
        "making": [("task-hang", {"task": "qmcreate"}, {"at": "transferred"})],
    }.get(step, []):
        await one.cluster.inject(name, match=match, parameters=parameters, times=1)
    sandbox = SandboxId(secrets.token_hex(4))
    facts = facts_of(one) | {"import_storage": IMPORTS}
    process = await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.support.doomed_pve",
            str(one.root),
            sandbox,
            json.dumps(facts),
            "take",
        ),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    await {
        "sending": lambda: arriving(one),
        "placing": lambda: task_says(one, "imgcopy", "target file"),
        "between": lambda: asked(one, "/nodes/pve1/qemu"),
        "making": lambda: task_says(one, "qmcreate", "transferred"),
        "made": lambda: said(process, "booted"),
    }[step]()
    process.kill()
    assert await process.wait() == -signal.SIGKILL

    def host(name: str) -> SandboxHost:
        assert name == "pve"
        return host_of(facts, one.root / "state")

    kinds = table.reclaimers([*table.RECLAIMERS, *table.RECLAIMERS_ON_HOSTS], host)
    (result,) = await reap(LedgerDirectory(one.root / "ledger"), kinds)
    assert (result.state, result.problems) == ("removed", ())
    assert other.read_bytes() == b"not ours"
    other.unlink()


async def said(process: asyncio.subprocess.Process, words: str) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if line.decode().strip() == words:
                return
    raise AssertionError(f"it ended before {words}")


async def test_an_image_without_our_mark_is_left_alone_whatever_the_ledger_says(one: Bench):
    host = opened(one)
    reclaimer = ImageReclaimer(lambda _: host)
    facts = {"host": "pve", "node": "pve1", "storage": IMPORTS, "image": "production.raw"}
    with pytest.raises(TeardownError, match="which image of ours"):
        await reclaimer.reclaim("pve:x", "drverify:0a1b2c3d", facts)
    assert not one.cluster.world.asked
