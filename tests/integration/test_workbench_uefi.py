"""A disk with GPT and an EFI system partition, read by the real libguestfs: what it can be started by."""

import asyncio
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.workbench.inspecting import read
from drverify.adapters.workbench.launching import BenchDisk, Launcher
from drverify.judging.inspection import findings
from drverify.model.inspection import Inspection, Trouble
from drverify.model.recovery import GuestShape
from tests.integration.test_workbench import Scope
from tests.support.workbench import appliance_cache, steps_of_a_system, tcg

pytestmark = [pytest.mark.needs_root, pytest.mark.soak, pytest.mark.timeout(300)]
WITHIN = timedelta(seconds=150)
MIB = 1 << 20
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
SATA = GuestShape(memory_mib=512, vcpus=1, disk_bus="sata", nic_model="e1000e", firmware="uefi")
LOADER = "/EFI/debian/grubx64.efi"


async def look(room: Path) -> tuple[Inspection, Inspection]:
    """With its loader, and without."""
    disk = room / "disk.raw"
    disk.touch()
    os.truncate(disk, 160 * MIB)
    sector = MIB // 512
    root = [
        step for step in steps_of_a_system("/dev/sda2") if not step[0].startswith(("part_", "pv", "vg", "lv"))
    ]
    system = [
        [word.replace("/dev/vault/root", "/dev/sda2") if isinstance(word, str) else word for word in step]
        for step in root
    ]
    steps = [
        ["part_init", "/dev/sda", "gpt"],
        ["part_add", "/dev/sda", "p", sector, 41 * sector - 1],
        ["part_add", "/dev/sda", "p", 41 * sector, 150 * sector],
        ["part_set_gpt_type", "/dev/sda", 1, ESP],
        ["mkfs", "vfat", "/dev/sda1"],
        ["mount", "/dev/sda1", "/"],
        ["mkdir_p", "/EFI/debian"],
        ["write", LOADER, "MZ"],
        ["umount_all"],
        *system,
    ]
    gone = [["mount", "/dev/sda1", "/"], ["rm", LOADER], ["umount_all"]]
    on_bench = [BenchDisk(path=disk, writable=True)]
    async with Launcher(appliance_cache(), tcg).opened(on_bench, scope=Scope(), directory=room) as bench:
        await bench.ask("make", within=WITHIN, steps=steps)
        whole = await read(bench, [], within=WITHIN)
        await bench.ask("make", within=WITHIN, steps=gone)
        return whole, await read(bench, [], within=WITHIN)


def troubles(found: Inspection, shape: GuestShape) -> dict[Trouble, str]:
    """Each with whose it is."""
    return {one.trouble: one.fault for one in findings(found, shape)}


def test_what_starts_by_one_firmware_is_told_from_what_starts_by_none(tmp_path: Path) -> None:
    if shutil.which("supermin") is None:
        pytest.skip("libguestfs is not installed: run lab/bootstrap.sh")
    whole, without = asyncio.run(look(tmp_path))
    assert [one.table for one in whole.disks] == ["gpt"]
    assert whole.system is not None
    assert whole.system.firmware == ("uefi",)
    assert f"EFI {LOADER}" in whole.system.bootloader
    assert {Trouble.OTHER_FIRMWARE, Trouble.NO_BOOTLOADER}.isdisjoint(troubles(whole, SATA))
    assert troubles(whole, replace(SATA, firmware="bios"))[Trouble.OTHER_FIRMWARE] == "hardware"
    assert troubles(without, SATA)[Trouble.NO_BOOTLOADER] == "backup"
