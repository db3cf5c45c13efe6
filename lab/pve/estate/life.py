"""The stand-in cluster as a person uses it: ``up``, ``backup``, ``down``, ``status``.

It is a stand-in for the published API, with real guests and real archives, and not Proxmox VE. Every
function can be called again at any time, and after a run that was killed.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.linux.command import checked
from drverify.adapters.linux.processes import ProcessIdentity, lives
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.adapters.proxmox.tasks import Following
from drverify.adapters.proxmox.upids import Submission
from drverify.compose import Workshop
from drverify.errors import DeadlineError, HostError
from drverify.model.recovery import PointFilter, RecoveryPoint, SecretRef
from lab.estate import production
from lab.estate.layout import make_directories, write_inventory
from lab.estate.life import Held, Point, Say, Status, lay_agreement, protect
from lab.estate.machine import SHOP
from lab.pve.estate.furnishing import ACCOUNT, furnish
from lab.pve.estate.layout import CLUSTER, NODE, SOURCE, VMID, PveEstate, estate_of, workload, write_settings
from lab.pve.estate.serving import cluster_of
from lab.pve.muscle.names import Names
from lab.settings import ROOT, Lab

START = timedelta(seconds=60)
STOP = timedelta(seconds=90)
BACKUP = timedelta(minutes=10)
NAMESPACE = Names(cluster=CLUSTER, node=NODE).namespace


async def up(lab: Lab, *, say: Say = lambda _: None) -> PveEstate:
    """Run the cluster and its production guest until its application answers; see to a first backup.

    Idempotent. Needs root. HostError, DeadlineError. What was made stays until `down`.
    """
    estate = estate_of(lab)
    make_directories(estate.files)
    lay_agreement(estate.files)
    async with production.only_one(estate.files, say):
        if not runs(estate):
            if not _lives(estate):
                await furnish(estate, lab.images, say)
            await _serve(estate, say)
        write_settings(estate, ACCOUNT)
        await production.until_healthy(SHOP, NAMESPACE, say)
    if not estate.files.inventory.exists():
        await backup(lab, say=say)
    return estate


async def backup(lab: Lab, *, say: Say = lambda _: None) -> Point:
    """Let the cluster back its production guest up (vzdump), as a backup job would.

    HostError when the cluster does not run or the task fails, DeadlineError when it takes too long.
    """
    estate = estate_of(lab)
    async with production.only_one(estate.files, say):
        if not runs(estate):
            raise HostError("the cluster does not run", hint="run `drverify lab up --pve`")
        began = datetime.now(UTC)
        async with _administrator(estate) as client:
            await client.tasks.run(_vzdump(), Following(stall=BACKUP))
        points = await _points(estate)
        if not points:
            raise HostError("the cluster wrote a backup that drverify does not see")
        point = Point(
            workload=SHOP.name,
            id=points[0].id,
            as_of=points[0].consistent_as_of,
            paused=timedelta(0),
            copy_took=timedelta(0),
            backup_took=datetime.now(UTC) - began,
        )
        say(f"{SHOP.name}: vzdump wrote {point.id} in {point.backup_took.total_seconds():.1f} s")
        since = protect(estate.files, [point], say)[SHOP.name]
        write_inventory(estate.files, [workload(estate, since)])
    return point


async def down(lab: Lab, *, purge: bool = False, say: Say = lambda _: None) -> None:
    """Take the cluster, its guests and its networks away. Archives and secrets stay unless `purge`."""
    estate = estate_of(lab)
    if not estate.files.root.exists():
        return
    async with production.only_one(estate.files, say):
        identity = _identity(estate)
        if identity is not None and lives(identity):
            os.kill(identity.pid, signal.SIGTERM)
            await _until_gone(identity)
        elif estate.cluster.exists():  # it was killed: its guests and its network may still be there
            async with cluster_of(estate.cluster):
                pass
        for path in (estate.process, estate.addresses, estate.tunnels):
            path.unlink(missing_ok=True)
        say("the cluster is down")
    if purge:
        await checked(["rm", "-rf", "--one-file-system", str(estate.files.root)], within=timedelta(minutes=2))
        say("its guests' disks, archives and secrets are gone")


async def status(lab: Lab) -> Status:
    """Look at the cluster; changes nothing."""
    estate = estate_of(lab)
    running = runs(estate)
    held = await _held(estate) if running and estate.files.config.exists() else ()
    return Status(
        root=estate.files.root,
        config=estate.files.config,
        running=running,
        answers=running and await production.answers(SHOP, NAMESPACE),
        held=held,
        broken=(),
    )


async def _held(estate: PveEstate) -> tuple[Held, ...]:
    points = await _points(estate)
    book = estate.files.production / "protection.json"
    since = json.loads(book.read_text()).get(SHOP.name, {}).get("since") if book.exists() else None
    return (
        Held(
            workload=SHOP.name,
            count=len(points),
            newest=points[0].consistent_as_of if points else None,
            protected_since=datetime.fromisoformat(since) if since else None,
        ),
    )


def runs(estate: PveEstate) -> bool:
    """Say whether the cluster's process runs and is ready."""
    return _lives(estate) and estate.tunnels.exists()


def _lives(estate: PveEstate) -> bool:
    identity = _identity(estate)
    return identity is not None and lives(identity)


async def _serve(estate: PveEstate, say: Say) -> None:
    """Start the cluster's process, unless a run that was killed has, and wait until it is ready."""
    process = None if _lives(estate) else _process(estate)
    async with _within(START, f"the cluster did not come up; see {estate.log}"):
        while not estate.tunnels.exists():
            if process is not None and process.poll() is not None and not _lives(estate):
                raise HostError(
                    f"the cluster ended at once: {_last_line(estate.log)}", hint=f"see {estate.log}"
                )
            await asyncio.sleep(0.1)
    say(f"cluster {CLUSTER} is up; its guest {VMID} is booting")


def _process(estate: PveEstate) -> subprocess.Popen[bytes]:
    estate.tunnels.unlink(missing_ok=True)
    with estate.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lab.pve.estate.serving", str(estate.cluster)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _identity(estate: PveEstate) -> ProcessIdentity | None:
    try:
        return ProcessIdentity(**json.loads(estate.process.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


async def _until_gone(identity: ProcessIdentity) -> None:
    async with _within(STOP, f"the cluster's process {identity.pid} does not end"):
        while lives(identity):
            with suppress(ChildProcessError):  # it may be our own child
                os.waitpid(identity.pid, os.WNOHANG)
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _within(limit: timedelta, why: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            yield
    except TimeoutError as error:
        raise DeadlineError(why) from error


def _administrator(estate: PveEstate) -> ProxmoxClient:
    door = json.loads(estate.addresses.read_text())["nodes"][NODE]
    access = Access(
        endpoint=endpoint(f"{door['host']}:{door['port']}", door["fingerprint"]),
        user="root@pam",
        password=SecretRef("root"),
    )
    return ProxmoxClient(access, lambda _: (estate.cluster / "root-password").read_bytes())


def _vzdump() -> Submission:
    return Submission(
        node=NODE,
        method="POST",
        path=("nodes", NODE, "vzdump"),
        params={"vmid": str(VMID), "storage": "backup", "mode": "snapshot", "compress": "zstd"},
        kind="vzdump",
        id=str(VMID),
    )


async def _points(estate: PveEstate) -> Sequence[RecoveryPoint]:
    """Backups of the production guest, newest first, as drverify's own source sees them."""
    return await Workshop.open(estate.files.config).source(SOURCE).points(PointFilter(host=str(VMID)))


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
