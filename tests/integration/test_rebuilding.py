"""Files become a machine in the real appliance: mirrored, encrypted, on volumes, and made to start.

The system is a small one whose programs are scripts that write down how they were called; whole ones are
rebuilt and booted by `make demo-metal` and by `test_rebuilt_boots`. One appliance is launched for all of it.
"""

import asyncio
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.workbench.launching import Launcher
from drverify.adapters.workbench.rebuilding import GuestfsRebuilder
from drverify.engine.preparing import LaidOut
from drverify.engine.sources import Restored
from drverify.errors import DefectError, DrverifyError, HostError
from drverify.model.layout import Layout, PlannedFileSystem, Rework
from drverify.model.recovery import Disk, GuestShape, Network
from tests.support.restic import STALL, Ledger, Repository, newest
from tests.support.workbench import VERSION, appliance_cache, kernel, tcg

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_restic, pytest.mark.timeout(400)]
WITHIN = timedelta(minutes=3)
MIB = 1 << 20
NETWORK = Network(
    name="lab",
    subnet="10.0.0.0/24",
    gateway="10.0.0.1",
    dns="10.0.0.1",
    address="10.0.0.9",
    mac="52:54:00:00:00:09",
)
SHAPE = GuestShape(
    memory_mib=512,
    vcpus=1,
    disks=tuple(Disk(name=f"disk{one}", bus="sata", size_bytes=200 * MIB) for one in range(2)),
    networks=(NETWORK,),
)
LAYOUT = Layout(
    mirrored=True,
    encrypted=True,
    file_systems=(
        PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=34 * MIB),
        PlannedFileSystem(at="/boot", size_bytes=40 * MIB, label="boot"),
        PlannedFileSystem(at="/", volume="vg0/root", size_bytes=48 * MIB),
        PlannedFileSystem(at="", kind="swap", volume="vg0/swap", size_bytes=8 * MIB),
        PlannedFileSystem(at="/srv", volume="vg0/srv"),
    ),
)
SCRIPT = '#!/bin/sh\necho "$0 $*" >> /var/log/called\n'
PROGRAMS = ("grub-install", "grub-mkconfig", "update-initramfs", "mdadm", "lvm", "cryptsetup")


class Told:
    """Progress that remembers what was noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def phase(self, name: Any, state: Any) -> None:
        raise AssertionError("a rebuilder has no phases")

    def bytes(self, done: int, total: int | None) -> None:
        del done, total

    def note(self, text: str) -> None:
        self.notes.append(text)


def small_system(root: Path) -> None:
    """A tree with what a rebuild looks at; the rest is BusyBox."""
    for place in ("bin", "usr/sbin", "usr/lib/grub/i386-pc", "var/log", "srv/data", "boot", "etc"):
        (root / place).mkdir(parents=True)
    shutil.copy("/bin/busybox", root / "bin/busybox")
    for name in ("sh", "tail", "echo"):
        (root / "bin" / name).symlink_to("busybox")
    for name in PROGRAMS:
        (root / "usr/sbin" / name).write_text(SCRIPT)
        (root / "usr/sbin" / name).chmod(0o755)
    (root / f"boot/vmlinuz-{VERSION}").write_bytes(kernel())
    modules = root / f"lib/modules/{VERSION}"
    modules.mkdir(parents=True)
    drivers = ("ahci", "sd_mod", "ext4", "dm-mod", "dm-crypt", "raid1")
    (modules / "modules.dep").write_text("".join(f"kernel/{one}.ko:\n" for one in drivers))
    (root / "etc/os-release").write_text("ID=debian\n")
    (root / "etc/fstab").write_text("UUID=a / ext4 noatime 0 1\nUUID=b /home ext4 defaults 0 2\n")
    network = root / "etc/systemd/network"
    network.mkdir(parents=True)
    (network / "lan.network").write_text("[Match]\nName=ens18\n[Network]\nAddress=10.0.0.9/24\n")
    data = root / "srv/data/set-id"
    data.write_text("owned")
    os.chown(data, 33, 34)
    data.chmod(0o4750)
    os.setxattr(data, "user.drverify", b"kept")
    subprocess.run(["setfacl", "-m", "u:7:r", str(data)], check=True)
    (root / "srv/data/a 'b' $(c)\n").write_text("odd name")
    (root / "srv/data/link").symlink_to("/etc/passwd")


@dataclass(frozen=True, kw_only=True)
class Made:
    restored: Restored
    reworks: tuple[Rework, ...]
    notes: list[str]
    seen: dict[str, Any]
    left: set[tuple[str, str]]
    files: list[str]
    refused: DrverifyError
    without_kernel: DrverifyError


LOOKS: dict[str, list[Any]] = {
    "owner": ["lstatns", "/srv/data/set-id"],
    "xattr": ["getxattr", "/srv/data/set-id", "user.drverify"],
    "acl": ["acl_get_file", "/srv/data/set-id", "access"],
    "names": ["ls", "/srv/data"],
    "link": ["readlink", "/srv/data/link"],
    "top": ["ls", "/"],
    "fstab": ["cat", "/etc/fstab"],
    "crypttab": ["cat", "/etc/crypttab"],
    "mdadm": ["cat", "/etc/mdadm/mdadm.conf"],
    "modules": ["cat", "/etc/initramfs-tools/modules"],
    "link-file": ["cat", "/etc/systemd/network/10-drverify-ens18.link"],
    "called": ["cat", "/var/log/called"],
    "mounts": ["mountpoints"],
    "proc": ["is_dir", "/proc"],
    "keys": ["ls", "/etc/drverify"],
    "arrays": ["list_md_devices"],
    "volumes": ["lvs"],
}


async def make(room: Path) -> Made:
    tree = room / "production/metal"
    tree.mkdir(parents=True)
    small_system(tree)
    repository = Repository(path=room / "repo", image=tree, files=tree)
    repository.initialise()
    repository.restic("backup", "--host", "docs", str(tree))
    source = repository.source()
    point = await newest(source, "docs")
    ledger, told = Ledger(), Told()
    rebuilder = GuestfsRebuilder(Launcher(appliance_cache(), tcg))
    place = room / "room"
    place.mkdir()
    disks = [place / f"{disk.name}.raw" for disk in SHAPE.disks]
    async with rebuilder.lay_out(disks, SHAPE, LAYOUT, scope=ledger, directory=place) as laid_out:
        restored = await laid_out.fill(source, point, str(tree), stall=STALL, progress=told)
        rebuilt = await laid_out.rebuild(within=WITHIN, progress=told)
        answers = await laid_out.bench.ask("make", within=WITHIN, steps=[*LOOKS.values()])
        failing = ["write", "/usr/sbin/grub-install", "#!/bin/sh\necho no room for it >&2\nexit 3\n"]
        await laid_out.bench.ask("make", within=WITHIN, steps=[failing])
        refused = await failure(laid_out)
        await laid_out.bench.ask("make", within=WITHIN, steps=[["rm", f"/boot/vmlinuz-{VERSION}"]])
        without_kernel = await failure(laid_out)
    return Made(
        restored=restored,
        reworks=rebuilt.reworks,
        notes=told.notes,
        seen=dict(zip(LOOKS, answers, strict=True)),
        left=ledger.left(),
        files=sorted(path.name for path in place.iterdir()),
        refused=refused,
        without_kernel=without_kernel,
    )


async def failure(laid_out: LaidOut) -> DrverifyError:
    with pytest.raises(DrverifyError) as caught:
        await laid_out.rebuild(within=WITHIN, progress=Told())
    return caught.value


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return asyncio.run(make(tmp_path_factory.mktemp("rebuilt")))


def test_every_file_is_counted(made: Made) -> None:
    assert made.restored.files == len(PROGRAMS) + 8
    assert made.restored.allocated_bytes > made.restored.logical_bytes > MIB


def test_what_belongs_to_a_file_comes_back(made: Made) -> None:
    status = made.seen["owner"]
    assert (status["st_uid"], status["st_gid"], status["st_mode"] & 0o7777) == (33, 34, 0o4750)
    assert made.seen["xattr"] == "kept"
    assert "user:7:r--" in made.seen["acl"].replace("daemon", "7")
    assert made.seen["names"] == ["a 'b' $(c)\n", "link", "set-id"]
    assert made.seen["link"] == "/etc/passwd"


def test_the_path_of_the_backup_is_not_there_any_more(made: Made) -> None:
    assert {"bin", "boot", "etc", "srv", "usr"} <= set(made.seen["top"])
    assert not {"production", "tmp_path", ".drverify-restored"} & set(made.seen["top"])


def test_mirror_encryption_and_volumes_are_below(made: Made) -> None:
    assert len(made.seen["arrays"]) == 2, "/boot and the volumes; the EFI system partition is none"
    assert sorted(made.seen["volumes"]) == ["/dev/vg0/root", "/dev/vg0/srv", "/dev/vg0/swap"]
    assert set(made.seen["mounts"].values()) == {"/", "/boot", "/boot/efi", "/srv"}


def test_the_system_knows_its_new_disks(made: Made) -> None:
    lines = made.seen["fstab"].splitlines()
    assert [line.split()[1] for line in lines if not line.startswith("#")] == [
        "/",
        "/boot/efi",
        "/boot",
        "none",
        "/srv",
    ]
    assert "# drverify: UUID=b /home ext4 defaults 0 2" in lines
    assert made.seen["crypttab"].split()[2] == f"/etc/drverify/{made.seen['keys'][0]}"
    assert made.seen["mdadm"].count("ARRAY UUID=") == 2
    assert made.seen["modules"].split() == ["ahci", "sd_mod", "ext4", "dm_mod", "dm_crypt", "raid1"]
    assert "MACAddress=52:54:00:00:00:09" in made.seen["link-file"]
    assert made.seen["proc"]


def test_its_own_programs_did_the_rest_on_every_disk(made: Made) -> None:
    called = [line.removeprefix("/usr/sbin/") for line in made.seen["called"].splitlines()]
    assert (called[0], called[3:5]) == (
        f"update-initramfs -c -k {VERSION}",
        ["grub-mkconfig -o /boot/grub/grub.cfg"],
    )
    installed, disks = zip(*(line.rsplit(" ", 1) for line in called[1:3]), strict=True)
    assert set(installed) == {"grub-install --target=i386-pc --recheck --no-floppy"}
    assert len(set(disks)) == 2  # by the names that the appliance's kernel gave its three disks
    assert set(disks) < {"/dev/sda", "/dev/sdb", "/dev/sdc"}


def test_everything_done_is_in_the_reworks(made: Made) -> None:
    kinds = {one.what for one in made.reworks}
    assert kinds == {"directories", "fstab", "network", "crypttab", "mdadm", "initramfs", "bootloader"}
    assert all(one.why for one in made.reworks)
    assert made.notes == [f"rebuild: {one.change}" for one in made.reworks[-4:]]


def test_files_without_a_kernel_are_a_defect(made: Made) -> None:
    assert isinstance(made.without_kernel, DefectError)
    assert "hold no kernel" in str(made.without_kernel)


def test_a_program_of_theirs_that_fails_is_not(made: Made) -> None:
    assert isinstance(made.refused, HostError)
    assert "grub-install exited with 3: no room for it" in str(made.refused)


def test_nothing_is_left_but_the_disks(made: Made) -> None:
    assert not made.left
    assert [name for name in made.files if not name.startswith("workbench-")] == ["disk0.raw", "disk1.raw"]
