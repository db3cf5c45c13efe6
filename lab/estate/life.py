"""The lab as a person uses it: ``up``, ``backup``, ``down``, ``status``.

Production is the shop, with a tree of files beside it. Every function can be called again at any
time, and after a run that was killed.
"""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.doors.contract import LOCK
from drverify.adapters.libvirt import acceleration
from drverify.adapters.libvirt.daemon import ensure_running
from drverify.adapters.libvirt.xml import Acceleration
from drverify.errors import HostError
from drverify.model.recovery import FileSet, PointFilter, Workload
from lab.breaking.kinds import mend
from lab.estate import beats, files, production, restic, snapshot
from lab.estate.layout import (
    SOURCE,
    Estate,
    rfc3339,
    write_inventory,
    write_settings,
    write_text,
)
from lab.estate.machine import SHOP, Machine
from lab.settings import ROOT, Lab

Say = Callable[[str], None]
FILES = "shop-files"
OWED = {"shop": timedelta(hours=1), "tiny": timedelta(hours=1), FILES: timedelta(hours=24)}
"""How often the sample agreement wants a recovery point (clauses 4.1 and 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A recovery point that `backup` made. The guest stood still for `paused`; files do not need to."""

    workload: str
    id: str
    as_of: datetime
    paused: timedelta
    copy_took: timedelta
    backup_took: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The recovery points of one workload."""

    workload: str
    count: int
    newest: datetime | None
    protected_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What there is of the lab."""

    root: Path
    config: Path
    running: bool
    answers: bool
    held: tuple[Held, ...]
    broken: tuple[str, ...]
    """Kinds whose broken copy exists."""


AGREEMENT = ROOT / "contracts" / "acme-managed-hosting.md"
"""The agreement under which the lab's production runs."""


def estate_of(lab: Lab, *, register: Path | None = None) -> Estate:
    """The lab's estate: the sample agreement's lock, in the lab's own folder, and the shipped playbooks."""
    return Estate(
        root=lab.root,
        register=register or lab.root / "agreement" / AGREEMENT.with_suffix(LOCK).name,
        playbooks=ROOT / "playbooks",
    )


def lay_agreement(estate: Estate) -> None:
    """Lay the sample agreement and its shipped lock into the lab, unless the lab accepted its own."""
    folder = estate.register.parent
    folder.mkdir(parents=True, exist_ok=True)
    document = folder / AGREEMENT.name
    if estate.register.exists() and document.exists() and document.read_bytes() == AGREEMENT.read_bytes():
        return
    shutil.copyfile(AGREEMENT, document)
    shutil.copyfile(AGREEMENT.with_suffix(LOCK), estate.register)


async def up(lab: Lab, *, machine: Machine = SHOP, say: Say = lambda _: None) -> Estate:
    """Run production until its application answers, and see that a first recovery point exists.

    Idempotent: what runs goes on running. Needs root. HostError when something cannot be made,
    DeadlineError when the guest does not get healthy. What was made stays until `down`.
    """
    estate = estate_of(lab)
    lay_agreement(estate)
    await ensure_running()
    async with production.only_one(estate, say):
        chosen = await _acceleration(estate)
        await production.start(estate, machine, lab.images, acceleration=chosen, say=say)
        write_settings(estate)
    if not estate.inventory.exists():
        await backup(lab, machine=machine, say=say)
    return estate


async def backup(lab: Lab, *, machine: Machine = SHOP, say: Say = lambda _: None) -> tuple[Point, ...]:
    """Make a recovery point of the running machine and one of the files.

    If nobody asked for points for longer than the agreement allows, the time that backups are owed
    begins anew with these (`protected_since`): the lab has no backup job of its own, and says so.
    Raises HostError when production does not run or the backup fails; nothing is left running.
    """
    estate = estate_of(lab)
    async with production.only_one(estate, say):
        if not await production.is_running(estate, machine):
            raise HostError("production does not run", hint="run `drverify lab up`")
        repository = restic.Repository(path=estate.repository, password=estate.password)
        await restic.init(repository)
        made = (
            await _back_up_machine(estate, machine, repository, say),
            await _back_up_files(estate, repository),
        )
        for point in made:
            took = point.backup_took.total_seconds()
            say(f"{point.workload}: recovery point {point.id} as of {rfc3339(point.as_of)}, {took:.1f} s")
        since = protect(estate, made, say)
        write_inventory(estate, workloads(estate, machine, since))
    return made


async def down(lab: Lab, *, machine: Machine = SHOP, purge: bool = False, say: Say = lambda _: None) -> None:
    """Take production and every broken copy away. Disks, repository and secrets stay unless `purge`.

    Idempotent. The cache of guest images stays in any case. TeardownError when something remains.
    """
    estate = estate_of(lab)
    await ensure_running()
    async with production.only_one(estate, say):
        await production.stop(estate, machine)
        snapshot.discard(estate, machine)
        await mend(estate)
        say(f"{machine.name}: production is down")
        if purge:
            await production.purge(estate)
            say("disks, repository and secrets are gone")


async def status(lab: Lab, *, machine: Machine = SHOP) -> Status:
    """Look at the lab; changes nothing. HostError when libvirt does not answer."""
    estate = estate_of(lab)
    running = await production.is_running(estate, machine)
    answers = running and await production.ask(machine, machine.health) == 200
    broken = estate.root / "broken"
    return Status(
        root=estate.root,
        config=estate.config,
        running=running,
        answers=answers,
        held=await _held(estate, (machine.name, FILES)),
        broken=tuple(sorted(path.name for path in broken.iterdir())) if broken.is_dir() else (),
    )


def workloads(estate: Estate, machine: Machine, since: dict[str, datetime]) -> tuple[Workload, ...]:
    """Describe what the estate protects, as an inventory does."""
    secrets = estate.password.parent / machine.name
    tree = str(files_of(estate))
    return (
        Workload(
            name=machine.name,
            description="the web shop: a whole server as a disk image",
            source=SOURCE,
            points=machine.points(estate),
            payload=machine.payload(estate),
            playbook="postgres-web" if machine is SHOP else machine.name,
            protected_since=since[machine.name],
            variables=(
                ("address", machine.network.address),
                ("server_name", "shop.example"),
                ("credentials", str(secrets)),
            ),
        ),
        Workload(
            name=FILES,
            description="invoices and article pictures",
            source=SOURCE,
            points=PointFilter(host=FILES, tags=(f"workload={FILES}",), path=tree),
            payload=FileSet(path=tree),
            playbook="file-set-heartbeat",
            protected_since=since[FILES],
            variables=(
                ("manifest", files.MANIFEST),
                ("min_files", str(files.FIRST)),
                ("workload", FILES),
                ("heartbeats", beats.FILE),
                ("customer_key", beats.public_key(estate)),
            ),
        ),
    )


def files_of(estate: Estate) -> Path:
    """The tree of files, which is also its stored path."""
    return estate.production / "files"


async def _acceleration(estate: Estate) -> Acceleration:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    known = estate.production / "acceleration.json"
    return await acceleration.measured(known, await acceleration.qemu_version(), boot)


async def _back_up_machine(
    estate: Estate, machine: Machine, repository: restic.Repository, say: Say
) -> Point:
    try:
        copy = await snapshot.copy_disk(estate, machine)
        say(f"{machine.name}: copied in {copy.took.total_seconds():.1f} s")
        began = time.monotonic()
        point = await restic.backup(repository, machine.copy(estate), workload=machine.name, as_of=copy.as_of)
    finally:
        snapshot.discard(estate, machine)
    return Point(
        workload=machine.name,
        id=point,
        as_of=copy.as_of,
        paused=copy.paused,
        copy_took=copy.took,
        backup_took=timedelta(seconds=time.monotonic() - began),
    )


async def _back_up_files(estate: Estate, repository: restic.Repository) -> Point:
    """Back up the tree; nobody else writes to it, so it is consistent once its manifest is written."""
    files.grow(files_of(estate))
    beats.beat(estate, FILES, files_of(estate))
    as_of, began = datetime.now(UTC), time.monotonic()
    point = await restic.backup(repository, files_of(estate), workload=FILES, as_of=as_of)
    return Point(
        workload=FILES,
        id=point,
        as_of=as_of,
        paused=timedelta(0),
        copy_took=timedelta(0),
        backup_took=timedelta(seconds=time.monotonic() - began),
    )


def protect(estate: Estate, made: Sequence[Point], say: Say) -> dict[str, datetime]:
    """Keep the book of when backups were first owed and last made; return the former."""
    book = estate.production / "protection.json"
    before: dict[str, dict[str, str]] = json.loads(book.read_text()) if book.exists() else {}
    after: dict[str, dict[str, str]] = {}
    for point in made:
        entry, now = before.get(point.workload), rfc3339(point.as_of)
        lapsed = entry and point.as_of - datetime.fromisoformat(entry["last"]) > OWED[point.workload]
        if lapsed:
            say(f"{point.workload}: no backup was asked for in a while; protection begins anew now")
        after[point.workload] = {"since": now if lapsed or not entry else entry["since"], "last": now}
    write_text(book, json.dumps(after, indent=2) + "\n")
    return {name: datetime.fromisoformat(entry["since"]) for name, entry in after.items()}


async def _held(estate: Estate, names: Sequence[str]) -> tuple[Held, ...]:
    book = estate.production / "protection.json"
    since = json.loads(book.read_text()) if book.exists() else {}
    repository = restic.Repository(path=estate.repository, password=estate.password)
    found = []
    for name in names:
        points = await restic.snapshots(repository, name) if (estate.repository / "config").exists() else []
        found.append(
            Held(
                workload=name,
                count=len(points),
                newest=points[0].as_of if points else None,
                protected_since=datetime.fromisoformat(since[name]["since"]) if name in since else None,
            )
        )
    return tuple(found)
