"""An application in three tiers: PostgreSQL, a web application that asks it, a front that asks that.

One image, three roles: what each machine is lies in its configuration alone. Production is a namespace of its
own with one bridge; each tier is backed up while it runs.
"""

import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.libvirt import acceleration
from drverify.adapters.libvirt.daemon import ensure_running
from drverify.adapters.linux.command import checked
from drverify.errors import HostError
from drverify.model.group import Group, Member
from drverify.model.recovery import Network, Workload
from lab.estate import guests, production, restic, snapshot
from lab.estate.layout import SOURCE, Estate, write_inventory, write_settings
from lab.estate.machine import Machine
from lab.estate.production import Say
from lab.estate.site import agree
from lab.images.edit import mounted
from lab.images.variant import sparse_copy
from lab.settings import Lab

GROUP = "webshop"
_PLAYBOOKS = Path(__file__).parent / "tier-playbooks"
_UNITS = ("postgresql", "shop-heartbeat", "shop-orders", "shop", "nginx")
_DATA = "var/lib/postgresql/*/main/global/pg_control"
_HISTORY = ("drills", "log", "migrations")
"""What drverify keeps of earlier drills. Not its ledgers: they say what is still to be taken back."""


def _machine(name: str, number: int, *, port: str = "") -> Machine:
    return Machine(
        name=name,
        image="shop",
        namespace="lab-tiers",
        network=Network(
            name="production",
            subnet="10.20.0.0/24",
            gateway="10.20.0.1",
            dns="10.20.0.2",
            address=f"10.20.0.{number}",
            mac=f"52:54:00:14:00:{number:02x}",
        ),
        memory_mib=768,
        vcpus=1,
        health=f"{port}/health",
        beat=f"{port}/health",
    )


DATABASE, APP, FRONT = (
    _machine("database", 41),
    _machine("app", 42, port=":8080"),
    _machine("front", 43),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One machine of the application."""

    machine: Machine
    runs: tuple[str, ...]
    """Units of the image that it runs; the others are masked."""
    after: tuple[str, ...] = ()


TIERS = (
    Tier(machine=DATABASE, runs=("postgresql", "shop-heartbeat", "shop-orders")),
    Tier(machine=APP, runs=("shop",), after=("database",)),
    Tier(machine=FRONT, runs=("nginx",), after=("app",)),
)
MACHINES = tuple(one.machine for one in TIERS)


def estate_of(lab: Lab) -> Estate:
    """Where the three live."""
    root = lab.root / "tiers"
    return Estate(root=root, register=root / "agreement.lock.yaml", playbooks=root / "playbooks")


async def up(lab: Lab, *, say: Say = lambda _: None) -> Estate:
    """Run all three until the front answers out of the database. Idempotent; they stay until `down`.

    HostError when something cannot be made, DeadlineError when the front does not get healthy.
    """
    estate = estate_of(lab)
    await ensure_running()
    async with production.only_one(estate, say):
        _papers(estate)
        if not all([await production.still_runs(estate, one) for one in MACHINES]):
            await production.stop(estate, *MACHINES)
            await _disks(estate, lab.images, say)
            await production.wire(MACHINES)
            chosen = await acceleration.measured(
                estate.production / "acceleration.json",
                await acceleration.qemu_version(),
                Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            )
            for one in MACHINES:
                await production.launch(estate, one, acceleration=chosen, say=say)
        await production.until_healthy(FRONT, FRONT.namespace, say)
    return estate


async def down(lab: Lab) -> None:
    """Take production away; disks and backups stay. Idempotent. TeardownError when something remains."""
    estate = estate_of(lab)
    if not estate.root.exists():
        return
    await ensure_running()
    async with production.only_one(estate, lambda _: None):
        await production.stop(estate, *MACHINES)
        for one in MACHINES:
            snapshot.discard(estate, one)


async def backup(lab: Lab, *, say: Say = lambda _: None) -> None:
    """Make the first recovery point of each running machine, the database last: what asks it is never newer.

    Backups and drills of an earlier run are dropped: between two runs nobody backs up, and of a gap of hours
    every drill would rightly say that it was promised otherwise. The machines' disks stay.
    """
    estate = estate_of(lab)
    repository = restic.Repository(path=estate.repository, password=estate.password)
    async with production.only_one(estate, say):
        for old in (estate.repository, *(estate.state / name for name in _HISTORY)):
            await checked(["rm", "-rf", "--one-file-system", str(old)], within=timedelta(minutes=2))
        await restic.init(repository)
        since = datetime.now(UTC)
        for one in reversed(MACHINES):
            await _backed_up(estate, one, repository, say)
        write_inventory(estate, _workloads(estate, since), [_group()])
        agree(estate, [one.name for one in MACHINES], since)


async def damage_database(lab: Lab, *, say: Say = lambda _: None) -> None:
    """Make a point of the database from which PostgreSQL does not start: its control file is missing."""
    estate = estate_of(lab)
    repository = restic.Repository(path=estate.repository, password=estate.password)
    async with production.only_one(estate, say):

        async def damage(disk: Path) -> None:
            with guests.translated():
                async with mounted(disk) as root:
                    for file in root.glob(_DATA):
                        file.unlink()

        await _backed_up(estate, DATABASE, repository, say, damage)


async def _backed_up(
    estate: Estate,
    machine: Machine,
    repository: restic.Repository,
    say: Say,
    change: Callable[[Path], Awaitable[None]] | None = None,
) -> None:
    try:
        copy = await snapshot.copy_disk(estate, machine)
        disk = machine.copy(estate)
        if change is not None:
            await change(disk)
        point = await restic.backup(repository, disk, workload=machine.name, as_of=copy.as_of)
    finally:
        snapshot.discard(estate, machine)
    say(f"{machine.name}: recovery point {point} as of {copy.as_of:%H:%M:%S}")


def _group() -> Group:
    members = tuple(Member(workload=one.machine.name, after=one.after) for one in TIERS)
    return Group(name=GROUP, description="the web shop in three tiers", members=members)


def _workloads(estate: Estate, since: datetime) -> Sequence[Workload]:
    return [
        Workload(
            name=one.name,
            description=f"the web shop's {one.name}",
            source=SOURCE,
            points=one.points(estate),
            payload=one.payload(estate),
            playbook=f"tier-{one.name}",
            protected_since=since,
            variables=(("address", one.network.address), ("credentials", str(_credentials(estate)))),
        )
        for one in MACHINES
    ]


def _credentials(estate: Estate) -> Path:
    return estate.password.parent / "shop"


def _papers(estate: Estate) -> None:
    write_settings(estate)
    estate.playbooks.mkdir(exist_ok=True)
    for file in _PLAYBOOKS.glob("*.yaml"):
        shutil.copy(file, estate.playbooks / file.name)


async def _disks(estate: Estate, images: Path, say: Say) -> None:
    """Give each its disk, unless it has one of this image: the image, configured for its role."""
    image = await guests.image("shop", images, say)
    if image.credentials is None:
        raise HostError(f"{image.path} came without its secrets")
    made_of = estate.production / "made-of"
    if made_of.exists() and made_of.read_text() == image.path.name:
        return
    shutil.rmtree(_credentials(estate), ignore_errors=True)
    shutil.copytree(image.credentials, _credentials(estate))
    password = (image.credentials / "probe-password").read_text().strip()
    for one in TIERS:
        disk = one.machine.disk(estate)
        with guests.translated():
            await sparse_copy(image.path, disk)
            async with mounted(disk) as root:
                _configured(root, one, password)
        say(f"{one.machine.name}: production has its disk")
    made_of.write_text(image.path.name)


def _configured(root: Path, tier: Tier, password: str) -> None:
    """Make the tier of the mounted image: its name and address, what it runs, whom it asks."""
    name, network = tier.machine.name, tier.machine.network
    (root / "etc/hostname").write_text(f"{name}\n")
    (root / "etc/machine-id").write_text(f"{name.encode().hex():0<32}\n")
    known = "".join(f"{one.network.address} {one.name}\n" for one in MACHINES)
    (root / "etc/hosts").write_text(f"127.0.0.1 localhost\n{known}")
    _replaced(root / "etc/systemd/network/10-production.network", "10.20.0.10/24", f"{network.address}/24")
    for unit in _UNITS:
        if unit not in tier.runs:
            link = root / f"etc/systemd/system/{unit}.service"
            link.unlink(missing_ok=True)
            link.symlink_to("/dev/null")
    if tier.machine is APP:
        secret = root / "etc/shop-database.env"
        secret.write_text(f"PGHOST={DATABASE.network.address}\nPGUSER=probe\nPGPASSWORD={password}\n")
        secret.chmod(0o600)
        drop_in = root / "etc/systemd/system/shop.service.d"
        drop_in.mkdir()
        (drop_in / "database.conf").write_text(
            "[Unit]\nWants=\n[Service]\nEnvironmentFile=/etc/shop-database.env\n"
        )
        _replaced(root / "usr/local/lib/shop/shop.py", '"127.0.0.1", 8080', '"0.0.0.0", 8080')
    if tier.machine is FRONT:
        site = root / "etc/nginx/sites-available/shop"
        _replaced(site, "http://127.0.0.1:8080", f"http://{APP.network.address}:8080")


def _replaced(file: Path, old: str, new: str) -> None:
    """Change one thing in a file. HostError when it is not there."""
    text = file.read_text()
    if old not in text:
        raise HostError(f"{file.name} of the image has no {old}")
    file.write_text(text.replace(old, new))
