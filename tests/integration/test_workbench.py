"""Disks that are broken in known ways, made and read by the real libguestfs: each has its named finding.

No Windows was to be had: its disk is made here, hives and all, and nothing on it starts.

Two appliances are launched for all of it: one makes whole disks and reads them, one reads broken copies.
"""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux.processes import marked
from drverify.adapters.workbench.inspecting import read
from drverify.adapters.workbench.launching import BenchDisk, BenchFailed, Launcher
from drverify.errors import HostError
from drverify.judging.inspection import findings
from drverify.model.inspection import Inspection, InspectionFinding, Trouble
from drverify.model.recovery import GuestShape, Network
from tests.support.windows_disk import HOST, PRODUCT, SIZE, steps_of_windows
from tests.support.windows_disk import VERSION as WINDOWS
from tests.support.workbench import (
    ARRAY,
    KEY,
    SYSTEM,
    VERSION,
    appliance_cache,
    damaged_ext4,
    steps_of_a_system,
    steps_of_an_array,
    steps_of_an_encrypted_disk,
    tcg,
)

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(400)]
WITHIN = timedelta(seconds=150)
MIB = 1 << 20
NETWORK = Network(name="lab", subnet="10.0.0.0/24", gateway="10.0.0.1", dns="10.0.0.1", address="10.0.0.9")
SHAPE = GuestShape(memory_mib=512, vcpus=1, networks=(NETWORK,))


class Scope:
    """A ledger that remembers."""

    sandbox_id = "0badcafe"
    tag = "drverify:0badcafe"

    def __init__(self) -> None:
        self.open: dict[str, dict[str, str]] = {}

    def opening(self, kind: str, name: str, **facts: str) -> None:
        self.open[name] = facts

    def closed(self, kind: str, name: str) -> None:
        del self.open[name]


@dataclass(frozen=True, kw_only=True)
class Seen:
    whole: Inspection
    windows: Inspection | None
    broken: Inspection
    unknown_step: str
    killed: str
    left: tuple[object, ...]
    ledger: dict[str, dict[str, str]]
    files: list[str]


async def look(room: Path) -> Seen:
    launcher, scope = Launcher(appliance_cache(), tcg), Scope()
    disks = [room / f"{name}.raw" for name in "abcd"]
    for disk in disks:
        disk.touch()
        os.truncate(disk, 96 * MIB)
    other = room / "windows.raw"
    other.touch()
    os.truncate(other, SIZE)
    made = [BenchDisk(path=disk, writable=True) for disk in (*disks, other)]
    async with launcher.opened(made, scope=scope, directory=room) as bench:
        steps = [*steps_of_a_system("/dev/sda"), *steps_of_an_array("/dev/sdb", "/dev/sdc")]
        await bench.ask("make", within=WITHIN, steps=[*steps, *steps_of_an_encrypted_disk("/dev/sdd")])
        whole = await read(bench, [b"wrong", KEY], within=WITHIN)
        windows = None
        if shutil.which("mkntfs") is not None:
            await bench.ask("make", within=WITHIN, steps=steps_of_windows("/dev/sde"))
            windows = await read(bench, [KEY], within=WITHIN)
        unknown = ""
        try:
            await bench.ask("make", within=WITHIN, steps=[["mount", "/dev/sdz", "/"]])
        except BenchFailed as error:
            unknown = str(error)
    other.unlink()
    with disks[0].open("r+b") as file:  # the text of the group's metadata, behind the label of its disk
        file.seek(MIB + 4096)
        file.write(b"\xa5" * 512 * 1024)
    damaged_ext4(disks[2])
    on_bench = [BenchDisk(path=disk) for disk in disks]
    before = [disk.read_bytes() for disk in disks]
    killed = ""
    try:
        async with launcher.opened(on_bench, scope=scope, directory=room) as bench:
            broken = await read(bench, [], within=WITHIN)
            assert [disk.read_bytes() for disk in disks] == before, "a disk was written to"
            (facts,) = scope.open.values()
            os.kill(int(facts["pid"]), signal.SIGKILL)
            await bench.ask("versions", within=WITHIN)
    except HostError as error:
        killed = str(error)
    name = f"workbench {room}"
    return Seen(
        whole=whole,
        windows=windows,
        broken=broken,
        unknown_step=unknown,
        killed=killed,
        left=tuple(one for one in marked(scope.tag, name)),
        ledger=scope.open,
        files=sorted(path.name for path in room.iterdir()),
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    if shutil.which("supermin") is None:
        pytest.skip("libguestfs is not installed: run lab/bootstrap.sh")
    return asyncio.run(look(tmp_path_factory.mktemp("workbench")))


def by_trouble(found: Inspection, shape: GuestShape = SHAPE) -> dict[Trouble, InspectionFinding]:
    return {one.trouble: one for one in findings(found, shape)}


def test_every_volume_is_opened_from_the_outside_inwards(seen: Seen) -> None:
    assert {(one.kind, one.name, one.complete, one.missing) for one in seen.whole.volumes} == {
        ("luks", "sdd", True, 0),
        ("raid", ARRAY, True, 0),
        ("lvm", "vault", True, 0),
    }
    assert [disk.table for disk in seen.whole.disks] == ["mbr", *["none"] * 4]
    kinds = {one.device: (one.kind, one.sound) for one in seen.whole.file_systems}
    assert ("ext4", True) in kinds.values()
    assert kinds["mapper/vault-root"] == ("ext4", True)
    assert any("opened" in device for device in kinds), "the encrypted disk's file system was not read"


def test_the_system_is_read_out(seen: Seen) -> None:
    system = seen.whole.system
    assert system is not None
    assert (system.product, system.hostname, system.family) == (SYSTEM, "vault1", "linux")
    assert "10-lan.network: Address=10.0.0.9/24" in system.network
    assert not any("hunter2" in line for line in system.network), "a secret was read out"
    assert system.services == ("shop.service",)
    (kernel,) = system.kernels
    assert (kernel.version, kernel.initramfs, kernel.read) == (VERSION, True, True)
    assert kernel.drivers == ("ahci", "e1000e", "ext4"), "a driver beside the initramfs does not reach a disk"
    found = {(one.at, one.found, one.needed) for one in system.mounts}
    assert found == {
        ("/", True, True),
        ("/srv", False, True),
        ("/opt", False, False),
        ("/proc", True, True),
    } | {("none", False, False)}


def test_missing_bootloader_wrong_uuid_and_missing_drivers_are_named(seen: Seen) -> None:
    found = by_trouble(seen.whole)
    assert set(found) == {
        Trouble.NO_BOOTLOADER,
        Trouble.MOUNT_NOT_FOUND,
        Trouble.NO_DISK_DRIVER,
        Trouble.NO_NIC_DRIVER,
    }
    assert (
        found[Trouble.NO_BOOTLOADER].what == "there is only unknown code"
    )  # parted's, no partition is active
    assert found[Trouble.NO_BOOTLOADER].fault == found[Trouble.MOUNT_NOT_FOUND].fault == "backup"
    assert "/srv" in found[Trouble.MOUNT_NOT_FOUND].what
    assert found[Trouble.NO_DISK_DRIVER].fault == "hardware"
    assert "virtio_blk" in found[Trouble.NO_DISK_DRIVER].what
    sata = GuestShape(memory_mib=512, vcpus=1, disk_bus="sata", nic_model="e1000e", networks=(NETWORK,))
    assert set(by_trouble(seen.whole, sata)) == {Trouble.NO_BOOTLOADER, Trouble.MOUNT_NOT_FOUND}


@pytest.fixture(scope="module")
def windows(seen: Seen) -> Inspection:
    if seen.windows is None:
        pytest.skip("ntfs-3g is not installed, so no Windows was read: run lab/bootstrap.sh")
    return seen.windows


def test_a_windows_is_read_out_of_its_hives(windows: Inspection) -> None:
    system = windows.system
    assert system is not None
    assert (system.product, system.family, system.hostname) == (PRODUCT, "windows", HOST)
    assert (system.architecture, system.firmware) == ("x86_64", ("bios",))
    assert system.bootloader.endswith("Windows, bootmgr and BCD on sde1")
    assert system.network == (
        "Ethernet0: address 10.20.0.40 netmask 255.255.255.0",
        "Ethernet0: gateway 10.20.0.1",
        "Ethernet0: dns 10.20.0.2",
    )
    (kernel,) = system.kernels
    assert (kernel.version, kernel.read) == (WINDOWS, True)
    assert kernel.drivers == ("ahci", "sd_mod", "virtio_net")
    assert system.services == (
        "disk (boot)",
        "lsi_sas (on demand)",
        "netkvm (on demand)",
        "storahci (boot)",
        "vioscsi (boot, its file is missing)",
        "viostor (on demand)",
        "Tcpip (boot)",
        "W32Time (automatic)",
    )


def test_a_driver_of_windows_that_only_lies_ready_reaches_no_disk(windows: Inspection) -> None:
    found = by_trouble(windows)[Trouble.NO_DISK_DRIVER]
    assert (found.fault, found.where) == ("hardware", WINDOWS)
    assert found.what == "no driver for a disk on virtio starts at boot: viostor (on demand)"
    sata = GuestShape(memory_mib=512, vcpus=1, disk_bus="sata", networks=(NETWORK,))
    assert not {Trouble.NO_DISK_DRIVER, Trouble.NO_NIC_DRIVER} & by_trouble(windows, sata).keys()
    scsi = GuestShape(memory_mib=512, vcpus=1, disk_bus="scsi")
    what = by_trouble(windows, scsi)[Trouble.NO_DISK_DRIVER].what
    assert what == "no driver for a disk on scsi starts at boot: vioscsi (boot, its file is missing)"
    megasas = GuestShape(memory_mib=512, vcpus=1, disk_bus="scsi", scsi_controller="megasas")
    assert "megasas is not installed" in by_trouble(windows, megasas)[Trouble.NO_DISK_DRIVER].what


def test_one_disk_of_two_a_damaged_group_and_what_no_key_opens_are_named(seen: Seen) -> None:
    found = by_trouble(seen.broken)
    assert [one.complete for one in seen.broken.volumes] == [False, False, False], seen.broken.volumes
    assert {trouble: one.where for trouble, one in found.items()} == {
        Trouble.LOCKED: "sdd",
        Trouble.PART_MISSING: ARRAY,
        Trouble.VOLUME_DAMAGED: "sda1",
        Trouble.FILE_SYSTEM_DAMAGED: "sdc",
    }
    assert "1 of 2" in found[Trouble.PART_MISSING].what
    assert found[Trouble.LOCKED].fault == "hardware", "no key was given: that is not the backup's fault"


def test_what_cannot_be_done_is_said_and_the_bench_goes_on(seen: Seen) -> None:
    assert "/dev/sdz" in seen.unknown_step


def test_a_killed_child_is_our_fault_and_leaves_nothing(seen: Seen) -> None:
    assert "SIGKILL" in seen.killed
    assert seen.left == ()
    assert seen.ledger == {}
    assert seen.files == ["a.raw", "b.raw", "c.raw", "d.raw"]
