"""An estate of bare metal: a server as an image of its disk, started by BIOS and by UEFI, and file by file.

Nothing runs in production here: image and files are given the heartbeat that they would have had at the
backup. The files are backed up from the mounted tree, as an agent on the machine would read them.
"""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.doors.inventory import load_inventory
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import (
    Disk,
    DiskImage,
    GuestShape,
    Network,
    Payload,
    PointFilter,
    SystemFiles,
    Workload,
)
from lab.estate import guests, restic
from lab.estate.layout import SOURCE, Estate, make_directories, write_inventory, write_settings
from lab.images.command import run
from lab.images.metal import ADDRESS, ROOT, TREE
from lab.images.variant import sparse_copy, write_file
from lab.settings import lab

BIOS, UEFI, FILES = "metal-bios", "metal-uefi", "metal-files"
AGE = timedelta(minutes=2)
"""How old the data of the points is."""
NETWORK = Network(name="lab", subnet="10.20.0.0/24", gateway="10.20.0.1", dns="10.20.0.2", address=ADDRESS)
_MIB = 1 << 20
_SHAPE = GuestShape(memory_mib=512, vcpus=1, networks=(NETWORK,))
DISK_BYTES = 1400 * _MIB
LAYOUT = Layout(
    table="gpt",
    file_systems=(
        PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=48 * _MIB),
        PlannedFileSystem(at="/", label="root"),
    ),
)
"""Of the rebuilt machine: it can be started by either firmware."""
VOLUMES = Layout(
    table="gpt",
    mirrored=True,
    encrypted=True,
    file_systems=(
        PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=48 * _MIB),
        PlannedFileSystem(at="/boot", size_bytes=200 * _MIB, label="boot"),
        PlannedFileSystem(at="", kind="swap", volume="vg0/swap", size_bytes=64 * _MIB),
        PlannedFileSystem(at="/", volume="vg0/root"),
    ),
)
"""The same machine on a mirror of two disks, encrypted, with logical volumes."""
_HERE = Path(__file__).parent
_OPTIONAL = "    required: false #"


async def metal_estate(
    root: Path, *, cache: Path | None = None, say: Callable[[str], None] = lambda _: None
) -> Estate:
    """Build an estate in the new or empty directory `root`, or back up once more into one that is there.

    The caller owns the directory. `cache` holds guest images (the lab's own unless told); metal is built
    first when it is not in it.
    """
    estate = Estate(root=root, register=root / "metal-agreement.lock.yaml", playbooks=root / "playbooks")
    make_directories(estate)
    _copy_papers(estate)
    image = await guests.image("metal", cache or lab().images, say)
    if image.credentials is None:
        raise FileNotFoundError(f"{image.path} came without its files")
    repository = restic.Repository(path=estate.repository, password=estate.password)
    await restic.init(repository)
    as_of = datetime.now(UTC) - AGE
    line = f"{as_of:%Y-%m-%dT%H:%M:%SZ}\n".encode()
    disk, tree = estate.production / "metal.raw", estate.production / "metal"
    with guests.translated():
        await sparse_copy(image.path, disk)
        await write_file(disk, ROOT, "/srv/data/heartbeat", line)
        if not tree.exists():
            tree.mkdir()
            await run(
                "tar", "-C", tree, "--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls", "-xf",
                image.credentials / TREE,
            )  # fmt: skip
    (tree / "srv/data/heartbeat").write_bytes(line)
    for name, path in ((BIOS, disk), (UEFI, disk), (FILES, tree)):
        await restic.backup(repository, path, workload=name, as_of=as_of)
        say(f"{name}: a recovery point as of {as_of:%H:%M:%S}")
    write_settings(estate)
    write_inventory(estate, workloads(estate, since=as_of))
    return estate


def onto_volumes(estate: Estate) -> None:
    """Have the inventory say that what is rebuilt comes back as VOLUMES on two disks."""
    since = min(one.protected_since for one in load_inventory(estate.inventory))
    write_inventory(estate, workloads(estate, since=since, layout=VOLUMES, disks=2))


def workloads(
    estate: Estate, *, since: datetime, layout: Layout = LAYOUT, disks: int = 1
) -> tuple[Workload, ...]:
    """Describe the three as an inventory does; `layout` and `disks` are of what is rebuilt."""
    disk, tree = str(estate.production / "metal.raw"), str(estate.production / "metal")
    size = DISK_BYTES if disks == 1 else DISK_BYTES + 200 * _MIB
    own = tuple(Disk(name=f"disk{one}", bus="virtio", size_bytes=size) for one in range(disks))
    rebuilt = replace(_SHAPE, disks=own)
    return (
        _workload(BIOS, DiskImage(path=disk, guest=_SHAPE), "an image of its disk, started by BIOS", since),
        _workload(
            UEFI,
            DiskImage(path=disk, guest=replace(_SHAPE, firmware="uefi")),
            "an image of its disk, started by UEFI",
            since,
        ),
        _workload(FILES, SystemFiles(path=tree, guest=rebuilt, layout=layout), "backed up by file", since),
    )


def _workload(name: str, payload: Payload, description: str, since: datetime) -> Workload:
    return Workload(
        name=name,
        description=f"a small Debian server: {description}",
        source=SOURCE,
        points=PointFilter(host=name, tags=(f"workload={name}",)),
        payload=payload,
        playbook="metal-rebuilt" if name == FILES else "metal",
        protected_since=since,
        variables=(("address", NETWORK.address),),
    )


def _copy_papers(estate: Estate) -> None:
    shutil.copy(_HERE / "metal-agreement.lock.yaml", estate.register)
    shutil.copy(_HERE / "metal-agreement.md", estate.root / "metal-agreement.md")
    estate.playbooks.mkdir(exist_ok=True)
    playbook = (_HERE / "metal-playbook.yaml").read_text()
    (estate.playbooks / "metal.yaml").write_text(playbook)
    demanding = playbook.replace("name: metal\n", "name: metal-rebuilt\n").replace(_OPTIONAL, "    #")
    (estate.playbooks / "metal-rebuilt.yaml").write_text(demanding)
