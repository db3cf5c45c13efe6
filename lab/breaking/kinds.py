"""``break_(kind, estate=...)``: a copy of a good estate with exactly one thing wrong with it.

The good estate is only read. The copy lies in ``<estate>/broken/<kind>`` with settings, inventory and
repository of its own; breaking the same kind again replaces it, ``mend`` removes all of them.
"""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.linux.command import checked
from drverify.adapters.workbench.factory import CACHE
from drverify.errors import InputError
from drverify.model.drill import Attribution
from drverify.model.recovery import DiskImage, Workload
from drverify.model.verdict import Outcome
from lab.breaking import guests, packs, surroundings
from lab.breaking.broken import Broken, Expected
from lab.breaking.repository import leave_exclusive_lock, other_password
from lab.estate import restic
from lab.estate.layout import Estate, make_directories, write_inventory, write_settings
from lab.estate.restic import Repository, Snapshot

STALE = timedelta(days=8)
Facts = dict[str, str]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The copy on which a breaker works, settings and inventory already written."""

    good: Estate
    """The one that it is a copy of, which is only read."""
    estate: Estate
    repository: Repository
    workload: Workload
    newest: Snapshot

    @property
    def image(self) -> str:
        """Path of the disk image inside the point."""
        payload = self.workload.payload
        if not isinstance(payload, DiskImage):
            raise InputError(f"{self.workload.name} is no disk image", hint="choose a workload that is one")
        return payload.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One kind: what it does, in a line for people, and what must come of it."""

    what: str
    act: Callable[[Bench], Awaitable[Facts]]
    expected: Expected


async def break_(kind: str, *, estate: Estate, workload: str = "shop", say: Say = lambda _: None) -> Broken:
    """Break a copy of the estate in one way. Needs root for the kinds that mount.

    Raises InputError for an unknown kind or workload, HostError when the breaking itself fails.
    """
    breaker = KINDS.get(kind)
    if breaker is None:
        raise InputError(f"there is no way to break called {kind}", hint=f"one of: {', '.join(KINDS)}")
    protected = _workload(estate, workload)
    copy = replace(estate, root=estate.root / "broken" / kind)
    await surroundings.remove(copy.root)
    say(f"{kind}: copying the repository")
    bench = await _copied(estate, copy, protected)
    say(f"{kind}: {breaker.what}")
    facts = await breaker.act(bench)
    return Broken(
        kind=kind,
        estate=copy,
        workload=workload,
        what=breaker.what,
        facts=tuple(facts.items()),
        expected=breaker.expected,
    )


async def mend(estate: Estate) -> None:
    """Remove every broken copy of the estate, mounts included. Idempotent."""
    await surroundings.remove(estate.root / "broken")


def _workload(estate: Estate, name: str) -> Workload:
    known = {one.name: one for one in load_inventory(estate.inventory)}
    if name not in known:
        raise InputError(f"{estate.inventory} has no workload {name}", hint=f"one of: {', '.join(known)}")
    if not isinstance(known[name].payload, DiskImage):
        raise InputError(f"{name} is no machine: only disk images can be broken")
    return known[name]


async def _copied(estate: Estate, copy: Estate, workload: Workload) -> Bench:
    """Copy secrets and repository, the newest point's data along with every other's."""
    make_directories_with(copy, estate)
    argv = ["cp", "-a", "--reflink=auto", str(estate.repository), str(copy.repository)]
    await checked(argv, within=restic.WITHIN)
    repository = Repository(path=copy.repository, password=copy.password)
    found = await restic.snapshots(repository, workload.name)
    if not found:
        raise InputError(f"{workload.name} has no recovery point yet", hint="run `drverify lab backup`")
    write_settings(copy)
    write_inventory(copy, [workload])
    return Bench(good=estate, estate=copy, repository=repository, workload=workload, newest=found[0])


def make_directories_with(copy: Estate, estate: Estate) -> None:
    """Make the copy's directories with the secrets of the original: evidence is signed by the same key."""
    secret_files = (
        (copy.password, estate.password),
        (copy.key, estate.key),
        (copy.log_key, estate.log_key),
    )
    copy.password.parent.mkdir(mode=0o700, parents=True)
    for target, source in secret_files:
        shutil.copy(source, target)
    make_directories(copy)


# --- the breakers -----------------------------------------------------------------------------


async def _flip(bench: Bench) -> Facts:
    begins, place = await packs.needed_by(bench.repository, bench.newest, bench.image)
    at = packs.flip_bit(bench.repository, place)
    return {**_place(begins, place), "flipped_at": str(at)}


async def _delete(bench: Bench) -> Facts:
    begins, place = await packs.needed_by(bench.repository, bench.newest, bench.image)
    packs.delete(bench.repository, place)
    return _place(begins, place)


def _place(begins: int, place: packs.Place) -> Facts:
    return {
        "pack": place.pack,
        "blob": place.blob,
        "offset": str(place.offset),
        "length": str(place.length),
        "image_from": str(begins),
        "image_to": str(begins + place.plain),
    }


def _edited(edit: guests.Edit) -> Callable[[Bench], Awaitable[Facts]]:
    """Make a breaker that replaces the newest point by one whose image was edited."""

    async def act(bench: Bench) -> Facts:
        facts, disk = await _with_image(bench, edit)
        await restic.forget(bench.repository, [bench.newest.id])
        point = await _back_up(bench, disk, as_of=bench.newest.as_of)
        return {**facts, "point": point}

    return act


def _looked_into(breaker: Callable[[Bench], Awaitable[Facts]]) -> Callable[[Bench], Awaitable[Facts]]:
    """The same, and a playbook of the copy's own that has the restored disks inspected.

    The workbench's appliance, which is made once for a state directory, is the good estate's.
    """

    async def act(bench: Bench) -> Facts:
        playbooks = bench.estate.root / "playbooks"
        shutil.copytree(bench.estate.playbooks, playbooks)
        playbook = playbooks / f"{bench.workload.playbook}.yaml"
        playbook.write_text(playbook.read_text() + "inspect: true\n")
        write_settings(replace(bench.estate, playbooks=playbooks))
        kept = bench.good.state / CACHE
        kept.mkdir(mode=0o700, exist_ok=True)
        (bench.estate.state / CACHE).symlink_to(kept)
        return await breaker(bench)

    return act


async def _with_image(bench: Bench, edit: guests.Edit) -> tuple[Facts, Path]:
    disk = bench.estate.production / Path(bench.image).name
    await restic.restore_file(bench.repository, bench.newest.id, bench.image, disk)
    return await edit(disk, bench.workload.name, bench.newest.as_of), disk


async def _back_up(bench: Bench, disk: Path, *, as_of: datetime, at: datetime | None = None) -> str:
    point = await restic.backup(
        bench.repository,
        Path(bench.image),
        workload=bench.workload.name,
        as_of=as_of,
        at=at,
        instead=disk.parent,
    )
    disk.unlink()
    return point


async def _stale(bench: Bench) -> Facts:
    """Keep one point only, and an old one, as if the backup job had stopped then."""
    old = bench.newest.as_of - STALE
    _, disk = await _with_image(bench, lambda disk, name, _: guests.age(disk, name, old))
    every = await restic.snapshots(bench.repository, bench.workload.name)
    await restic.forget(bench.repository, [one.id for one in every])
    point = await _back_up(bench, disk, as_of=old, at=old)
    write_inventory(bench.estate, [replace(bench.workload, protected_since=old)])
    return {"point": point, "as_of": old.isoformat()}


async def _password(bench: Bench) -> Facts:
    wrong = other_password(bench.estate.password)
    write_settings(bench.estate, password=wrong)
    return {"password_file": str(wrong)}


async def _lock(bench: Bench) -> Facts:
    return {"lock": await leave_exclusive_lock(bench.repository)}


async def _full(bench: Bench) -> Facts:
    await surroundings.mount_small(bench.estate.state)
    return {"state_dir": str(bench.estate.state), "room_mib": str(surroundings.ROOM_MIB)}


_DEFECT = Expected(outcome=Outcome.MISSED, missed=("rpo", "rto"), defect=True)
_NEVER = Expected(outcome=Outcome.MISSED, missed=("rto",))
KINDS: Mapping[str, Breaker] = MappingProxyType(
    {
        "pack-bit-flip": Breaker(
            what="one bit of a pack that the newest image needs is flipped", act=_flip, expected=_DEFECT
        ),
        "pack-deleted": Breaker(
            what="a pack that the newest image needs is gone", act=_delete, expected=_DEFECT
        ),
        "truncated-image": Breaker(
            what="the newest image was cut off before it was backed up",
            act=_edited(guests.truncated),
            expected=_NEVER,
        ),
        "missing-bootloader": Breaker(
            what="the newest image has no boot code, and its disks are looked into",
            act=_looked_into(_edited(guests.unbootable)),
            expected=_DEFECT,
        ),
        "database-emptied": Breaker(
            what="the newest point holds a working machine without its data",
            act=_edited(guests.emptied),
            expected=_NEVER,
        ),
        "application-disabled": Breaker(
            what="the newest point holds a machine that starts without its application",
            act=_edited(guests.disabled),
            expected=_NEVER,
        ),
        "wrong-machine": Breaker(
            what="the newest point holds another machine", act=_edited(guests.other), expected=_NEVER
        ),
        "stale-point": Breaker(
            what=f"the only point is {STALE.days} days old",
            act=_stale,
            expected=Expected(outcome=Outcome.MISSED, missed=("rpo", "backup-frequency")),
        ),
        "wrong-password": Breaker(
            what="the settings lead to a password that does not open the repository",
            act=_password,
            expected=Expected(outcome=Outcome.UNPROVEN, attribution=Attribution.SOURCE),
        ),
        "repository-locked": Breaker(
            what="a killed restic left its exclusive lock, which no reader needs to mind",
            act=_lock,
            expected=Expected(outcome=Outcome.MET),
        ),
        "sandbox-disk-full": Breaker(
            what="the state directory has no room for the guest's disk",
            act=_full,
            expected=Expected(outcome=Outcome.UNPROVEN, attribution=Attribution.RESTORE_HOST),
        ),
    }
)
"""Every way to break, and what must come of it."""
