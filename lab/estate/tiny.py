"""The smallest whole estate: the tiny guest's image in a repository, ready for a drill in seconds.

Nothing runs in production here: the image is given the heartbeat that it would have had at each
backup, and is backed up as a file. The workhorse of the tests.
"""

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.errors import HostError
from drverify.model.recovery import DiskImage, GuestShape, Network, PointFilter, Workload
from lab.estate import guests, restic
from lab.estate.layout import SOURCE, Estate, make_directories, write_inventory, write_settings
from lab.images.disk import FIRST_PARTITION
from lab.images.tiny import BOOT_BYTES
from lab.images.variant import read_file, sparse_copy, write_file
from lab.settings import lab

WORKLOAD = "tiny"
AGES = (timedelta(minutes=45), timedelta(minutes=2))
"""How old the data of the points is, oldest first: within every limit of the tiny agreement."""
NETWORK = Network(
    name="lab", subnet="10.30.0.0/24", gateway="10.30.0.1", dns="10.30.0.2", address="10.30.0.10"
)
_HERE = Path(__file__).parent
DATA_PARTITION = FIRST_PARTITION + BOOT_BYTES


async def tiny_estate(
    root: Path,
    *,
    cache: Path | None = None,
    ages: Sequence[timedelta] = AGES,
    now: datetime | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Estate:
    """Build an estate with one workload `tiny` in the new or empty directory `root`.

    The caller owns the directory. `cache` holds guest images (the lab's own unless told); tiny is
    built first when it is not in it. `ages` are the ages of the points' data at `now`, oldest first.
    """
    estate = Estate(root=root, register=root / "tiny-agreement.lock.yaml", playbooks=root / "playbooks")
    make_directories(estate)
    _copy_papers(estate)
    image = await guests.image("tiny", cache or lab().images, say)
    with guests.translated():
        disk = await sparse_copy(image.path, disk_of(estate))
    repository = repository_of(estate)
    await restic.init(repository)
    end = now or datetime.now(UTC)
    for number, age in enumerate(sorted(ages, reverse=True)):
        await stamp(disk, end - age, sequence=1000 * (number + 1))
        await restic.backup(repository, disk, workload=WORKLOAD, as_of=end - age)
        say(f"tiny: a recovery point as of {end - age:%H:%M:%S}")
    write_settings(estate)
    write_inventory(estate, [workload(estate, protected_since=end - max(ages))])
    return estate


def workload(estate: Estate, *, protected_since: datetime) -> Workload:
    """Describe tiny as an inventory does."""
    shape = GuestShape(memory_mib=192, vcpus=1, networks=(NETWORK,))
    path = str(disk_of(estate))
    return Workload(
        name=WORKLOAD,
        description="a kernel and BusyBox with one web page and a heartbeat",
        source=SOURCE,
        points=PointFilter(host=WORKLOAD, tags=(f"workload={WORKLOAD}",), path=path),
        payload=DiskImage(path=path, guest=shape),
        playbook="tiny",
        protected_since=protected_since,
        variables=(("address", NETWORK.address),),
    )


def disk_of(estate: Estate, name: str = WORKLOAD) -> Path:
    """Name the disk that is backed up, which is also its stored path."""
    return estate.production / f"{name}.raw"


def repository_of(estate: Estate) -> restic.Repository:
    """Name the estate's repository and its password."""
    return restic.Repository(path=estate.repository, password=estate.password)


def data_partition(disk: Path) -> str:
    """Name the data partition of an image of tiny as the tools of e2fsprogs take it."""
    return f"{disk}?offset={DATA_PARTITION}"


async def stamp(disk: Path, instant: datetime, *, sequence: int) -> None:
    """Give an image of tiny that does not run the heartbeat of an instant."""
    line = f"{sequence} {instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} 00000000-0000-4000-8000-000000000000\n"
    with guests.translated():
        await write_file(disk, DATA_PARTITION, "/heartbeat", line.encode())
        if line not in await read_file(disk, DATA_PARTITION, "/heartbeat"):
            raise HostError(f"{disk}: the data partition did not take the heartbeat")


def _copy_papers(estate: Estate) -> None:
    shutil.copy(_HERE / "tiny-agreement.lock.yaml", estate.register)
    shutil.copy(_HERE / "tiny-agreement.md", estate.root / "tiny-agreement.md")
    estate.playbooks.mkdir(exist_ok=True)
    shutil.copy(_HERE / "tiny-playbook.yaml", estate.playbooks / "tiny.yaml")
