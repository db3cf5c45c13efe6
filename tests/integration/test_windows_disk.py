"""What a look into a disk of Windows says once a driver is bound, and when its boot manager is not whole.

No Windows was to be had: the disk is made here, hives and all, and nothing on it starts. What a restored one
says is asked in `test_workbench`.
"""

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.workbench.adapting import GuestfsWorkbench
from drverify.adapters.workbench.inspecting import read
from drverify.adapters.workbench.launching import BenchDisk, Launcher
from drverify.engine.ports import DiskSource
from drverify.judging.inspection import findings
from drverify.model.inspection import Inspection, Trouble
from drverify.model.layout import Rework
from drverify.model.recovery import GuestShape
from tests.integration.test_workbench import Scope
from tests.support.windows_disk import (
    SIZE,
    steps_of_a_bound_driver,
    steps_of_windows,
    steps_without_a_boot_manager,
)
from tests.support.workbench import appliance_cache, tcg

pytestmark = [pytest.mark.needs_root, pytest.mark.soak, pytest.mark.timeout(300)]
WITHIN = timedelta(seconds=150)
VIRTIO = GuestShape(memory_mib=2048, vcpus=2)


@dataclass(frozen=True, kw_only=True)
class Seen:
    bound: Inspection
    headless: Inspection
    damaged: Inspection
    reworks: tuple[Rework, ...]
    notes: list[str]
    untouched: bool


class Heard:
    """Progress that remembers what was noted."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def phase(self, name: Any, state: Any) -> None: ...
    def bytes(self, done: int, total: int | None) -> None: ...
    def note(self, text: str) -> None:
        self.notes.append(text)


async def look(room: Path) -> Seen:
    disk = room / "windows.raw"
    disk.touch()
    os.truncate(disk, SIZE)
    launcher, on_bench = Launcher(appliance_cache(), tcg), [BenchDisk(path=disk, writable=True)]
    found = []
    torn = [["mount", "/dev/sda1", "/"], ["truncate", "/Windows/System32/config/SYSTEM"], ["umount_all"]]
    async with launcher.opened(on_bench, scope=Scope(), directory=room) as bench:
        made = [*steps_of_windows("/dev/sda"), *steps_of_a_bound_driver("/dev/sda")]
        for steps in (made, steps_without_a_boot_manager("/dev/sda"), torn):
            await bench.ask("make", within=WITHIN, steps=steps)
            found.append(await read(bench, [], within=WITHIN))
    before, heard = disk.read_bytes(), Heard()
    reworks = await GuestfsWorkbench(launcher).adapt(
        [DiskSource(path=disk, format="raw")],
        VIRTIO,
        scope=Scope(),
        directory=room,
        within=WITHIN,
        progress=heard,
    )
    return Seen(
        bound=found[0],
        headless=found[1],
        damaged=found[2],
        reworks=reworks,
        notes=heard.notes,
        untouched=disk.read_bytes() == before,
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    if shutil.which("supermin") is None:
        pytest.skip("libguestfs is not installed: run lab/bootstrap.sh")
    return asyncio.run(look(tmp_path_factory.mktemp("windows")))


def test_a_driver_that_starts_at_boot_reaches_its_disk(seen: Seen) -> None:
    assert seen.bound.system is not None
    assert "viostor (boot)" in seen.bound.system.services
    assert findings(seen.bound, VIRTIO) == ()
    uefi = GuestShape(memory_mib=2048, vcpus=2, firmware="uefi")
    assert [one.trouble for one in findings(seen.bound, uefi)] == [Trouble.OTHER_FIRMWARE]


def test_on_other_hardware_nothing_is_done_to_it_and_that_is_said(seen: Seen) -> None:
    """Its own first boot has to do it; where that is not asked for, the boot shows what comes of it."""
    assert (seen.reworks, seen.untouched) == ((), True)
    assert seen.notes == ["adapt: no single Linux system is found on the disks: nothing is done to them"]


def test_a_boot_manager_without_its_store_is_none(seen: Seen) -> None:
    (found,) = findings(seen.headless, VIRTIO)
    assert (found.trouble, found.what) == (Trouble.NO_BOOTLOADER, "there is only Windows")


def test_a_registry_that_cannot_be_read_is_said_and_blames_nobody(seen: Seen) -> None:
    assert seen.damaged.system is None
    assert "the operating system could not be read to the end: hivex_open" in seen.damaged.not_read
    assert findings(seen.damaged, VIRTIO) == ()
