"""An estate for whole nights: two customers with an agreement each, guests and file sets, some in trouble.

    <root>/acme/      drverify.toml, which names the other one: it is the site's
    <root>/harbour/   drverify.toml
    <root>/operation  one host for both

What goes wrong is meant to: a recovery point with a damaged pack, and a backup job that is late.
"""

import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from drverify.adapters.doors.contract import dump_contract
from drverify.adapters.doors.decisions import load_decisions
from drverify.agreements.proposals import Opened, accepted, decided, propose, relinted
from drverify.model.recovery import DiskImage, FileSet, PointFilter, Workload
from lab.breaking.packs import flip_bit, needed_by
from lab.estate import files, guests, parties, restic, tiny
from lab.estate.layout import (
    HOST,
    SOURCE,
    Estate,
    make_directories,
    write_inventory,
    write_settings,
    write_text,
)
from lab.images.variant import sparse_copy
from lab.settings import ROOT, lab

BY = "the authors of drverify, for its lab"
RECENT, LATE = timedelta(minutes=2), timedelta(hours=3)
"""Ages of the newest points; the agreement allows an hour."""
IMAGES = "images"
"""Name of the source that is a directory of images."""
DAMAGED, OVERDUE = "ledgers", "orders"
"""Names of the file set whose newest point is damaged, and of the one whose backup job is late."""
OWN = "pictures/front.jpg"
"""A file that no other file set has: repositories keep what is the same once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One of the two, and what is protected for it."""

    name: str
    title: str
    guests: int
    file_sets: tuple[str, ...]
    images: bool = False
    """Whether its guests are backed up as images in a directory; else with restic."""


CUSTOMERS = (
    Customer(
        name="acme",
        title="Acme Shop GmbH",
        guests=3,
        file_sets=("invoices", "pictures", "contracts", DAMAGED),
    ),
    Customer(
        name="harbour",
        title="Harbour Freight Line AG",
        guests=2,
        file_sets=("manifests", "bookings", "customs", OVERDUE),
        images=True,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the host may give to drills, and when."""

    begins: time
    ends: time
    at_once: int = 3
    memory_mib: int = 512
    silent_after_s: int = 5
    others: tuple[str, ...] = ()
    """Further hosts, of the agreements that are handed over with `also`."""


async def night_estate(
    root: Path,
    room: Room,
    *,
    customers: Sequence[Customer] = CUSTOMERS,
    cache: Path | None = None,
    also: Sequence[Path] = (),
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Estate, ...]:
    """Build everything in the new or empty directory `root`; the first estate is the site's own.

    The caller owns the directory. `also` are settings of further agreements. With guests it needs root.
    """
    now = datetime.now(UTC)
    estates = []
    for one in customers:
        estates.append(await _customer(root / one.name, one, cache=cache, now=now))
        say(f"{one.title}: {one.guests} guests, {len(one.file_sets)} file sets, agreement accepted")
    for estate in estates:
        others = [other.config for other in estates[1:]] + list(also) if estate is estates[0] else []
        with estate.config.open("a", encoding="utf-8") as file:
            file.write(_night(room, others))
    return tuple(estates)


async def damage(estate: Estate, workload: str) -> None:
    """Flip one bit in a pack that the newest point of a file set needs."""
    repository = tiny.repository_of(estate)
    snapshot = (await restic.snapshots(repository, workload))[0]
    tree = estate.production / workload
    _, place = await needed_by(repository, snapshot, str(tree / OWN))
    flip_bit(repository, place)


async def _customer(root: Path, customer: Customer, *, cache: Path | None, now: datetime) -> Estate:
    root.mkdir(mode=0o755, parents=True, exist_ok=True)
    estate = Estate(root=root, register=root / f"{customer.name}.lock.yaml", playbooks=root / "playbooks")
    make_directories(estate)
    _playbooks(estate)
    repository = tiny.repository_of(estate)
    await restic.init(repository)
    workloads = []
    if customer.guests:
        image = await guests.image("tiny", cache or lab().images, lambda _: None)
        with guests.translated():
            disk = await sparse_copy(image.path, tiny.disk_of(estate))
        await tiny.stamp(disk, now - RECENT, sequence=1000)
        first = tiny.workload(estate, protected_since=now - RECENT)
        for number in range(1, customer.guests + 1):
            name = f"{customer.name}-web-{number}"
            if customer.images:
                kept = _images(estate) / f"{name}-{now - RECENT:%Y%m%dT%H%M%SZ}.raw"
                await sparse_copy(disk, kept)
                os.utime(kept, times=((now - RECENT).timestamp(),) * 2)  # written then: whole since
                workloads.append(_imaged(first, name))
            else:
                await restic.backup(repository, disk, workload=name, as_of=now - RECENT)
                workloads.append(_guest(first, name))
    for name in customer.file_sets:
        tree = estate.production / name
        files.grow(tree)
        (tree / OWN).write_bytes(random.Random(name).randbytes(64 * 1024))
        files.grow(tree)  # some more business, and the manifest with that file
        age = LATE if name == OVERDUE else RECENT
        await restic.backup(repository, tree, workload=name, as_of=now - age)
        workloads.append(_file_set(name, tree, since=now - age))
        if name == DAMAGED:
            await damage(estate, name)
    parties.make_keys(estate)
    write_settings(estate)
    if customer.images:
        with estate.config.open("a", encoding="utf-8") as file:
            file.write(f'\n[sources.{IMAGES}]\nkind = "images"\ndirectory = "{_images(estate)}"\n')
    write_inventory(estate, workloads)
    _agree(estate, customer, [one.name for one in workloads], now)
    return estate


def _guest(like: Workload, name: str) -> Workload:
    if not isinstance(like.payload, DiskImage):
        raise TypeError("tiny is a disk image")
    points = PointFilter(host=name, tags=(f"workload={name}",), path=like.payload.path)
    return replace(like, name=name, points=points)


def _imaged(like: Workload, name: str) -> Workload:
    payload = like.payload
    if not isinstance(payload, DiskImage):
        raise TypeError("tiny is a disk image")
    pattern = f"{name}-*.raw"
    return replace(
        like,
        name=name,
        source=IMAGES,
        points=PointFilter(host=name, path=pattern),
        payload=replace(payload, path=pattern),
    )


def _images(estate: Estate) -> Path:
    folder = estate.root / "images"
    folder.mkdir(exist_ok=True)
    return folder


def _file_set(name: str, tree: Path, *, since: datetime) -> Workload:
    return Workload(
        name=name,
        description=f"files: {name}",
        source=SOURCE,
        points=PointFilter(host=name, tags=(f"workload={name}",), path=str(tree)),
        payload=FileSet(path=str(tree)),
        playbook="file-set",
        protected_since=since,
        variables=(("manifest", files.MANIFEST), ("min_files", str(files.FIRST))),
    )


def _playbooks(estate: Estate) -> None:
    estate.playbooks.mkdir(exist_ok=True)
    shutil.copy(Path(tiny.__file__).parent / "tiny-playbook.yaml", estate.playbooks / "tiny.yaml")
    shutil.copy(ROOT / "playbooks" / "file-set.yaml", estate.playbooks / "file-set.yaml")


def _agree(estate: Estate, customer: Customer, names: Sequence[str], at: datetime) -> None:
    """The tiny guest's agreement, about this customer's systems; decided on and accepted as that one was."""
    folder = Path(tiny.__file__).parent
    document = estate.root / f"{customer.name}.md"
    text = (folder / "tiny-agreement.md").read_text(encoding="utf-8")
    text = text.replace("the Tiny Guest", customer.title).replace("Acme Shop GmbH", customer.title)
    text = text.replace(
        "The only Covered System is `tiny`, a server with one web page and a heartbeat.",
        f"The Covered Systems, together called `{customer.name}`, are {', '.join(names)}.",
    )
    write_text(document, text.replace("`tiny`", f"`{customer.name}`"))
    review = estate.root / f"{customer.name}.review.yaml"
    decisions = (folder / "tiny-agreement.review.yaml").read_text(encoding="utf-8")
    decisions = decisions.replace("systems: tiny", f'systems: "{", ".join(names)}"')
    write_text(review, decisions.replace("`tiny`", f"`{customer.name}`"))
    proposal = propose([document])
    contract = decided(proposal, load_decisions(review))
    contract = relinted(Opened(contract=contract, texts=proposal.texts)).contract
    write_text(estate.register, dump_contract(accepted(contract, by=BY, at=at)))


def _night(room: Room, others: Sequence[Path]) -> str:
    also = ", ".join(f'"{path}"' for path in others)
    more = "".join(f"\n[nights.hosts.{name}]\nat_once = 1\nmemory_mib = 2048\n" for name in room.others)
    return f"""
[nights]
zone = "UTC"
begins = {room.begins:%H:%M:%S}
ends = {room.ends:%H:%M:%S}

[nights.hosts.{HOST}]
at_once = {room.at_once}
memory_mib = {room.memory_mib}
{more}
[operation]
site = "lab"
also = [{also}]
silent_after_s = {room.silent_after_s}
"""
