"""The stand-in cluster as a person uses it: ``up``, ``backup``, ``down``, ``status``.

It is a stand-in for the published API, with real guests and real archives, and not Proxmox VE. Every
function can be called again at any time, and after a run that was killed.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from drverify.adapters.linux.command import checked
from drverify.adapters.proxmox.tasks import Following
from drverify.adapters.proxmox.upids import Submission
from drverify.compose import Workshop
from drverify.errors import HostError
from drverify.model.recovery import PointFilter, RecoveryPoint
from lab.estate import production
from lab.estate.layout import make_directories, write_inventory
from lab.estate.life import Held, Point, Say, Status, lay_agreement, protect
from lab.estate.machine import SHOP
from lab.pve.estate import process
from lab.pve.estate.furnishing import ACCOUNT, furnish
from lab.pve.estate.layout import CLUSTER, NODE, SOURCE, VMID, PveEstate, estate_of, workload, write_settings
from lab.pve.muscle.names import Names
from lab.settings import Lab

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
        if not process.runs(estate):
            if not process.alive(estate):
                await furnish(estate, lab.images, say)
            await process.begin(estate, say)
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
        if not process.runs(estate):
            raise HostError("the cluster does not run", hint="run `drverify lab up --pve`")
        began = datetime.now(UTC)
        async with process.administrator(estate) as client:
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
        await process.end(estate)
        say("the cluster is down")
    if purge:
        await checked(["rm", "-rf", "--one-file-system", str(estate.files.root)], within=timedelta(minutes=2))
        say("its guests' disks, archives and secrets are gone")


async def status(lab: Lab) -> Status:
    """Look at the cluster; changes nothing."""
    estate = estate_of(lab)
    running = process.runs(estate)
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
