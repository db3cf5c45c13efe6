"""Kinds of guests that the conformance suite does not boot: SATA, UEFI, overlay, DHCP, damaged, kept."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.reclaim import RECLAIMERS as GUESTS
from drverify.adapters.libvirt.sandbox import LibvirtSandbox
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.adapters.linux.processes import ProcessReclaimer
from drverify.adapters.linux.reclaim import RECLAIMERS as NETWORKS
from drverify.engine.ports import DiskSource
from drverify.errors import HostError
from drverify.model.recovery import GuestShape
from tests.conformance.host_suite import GUEST, SHAPE, RecordingScope, http, spec_of, until, up
from tests.support.guests import dhcp_disk, tiny_disk, traversable

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]


@pytest.fixture
def base():
    with traversable() as folder:
        yield folder


@asynccontextmanager
async def lent(base: Path, shape: GuestShape = SHAPE) -> AsyncIterator[tuple[LibvirtSandbox, Path]]:
    scope = RecordingScope()
    spec = spec_of(scope, base, shape)
    async with LibvirtHost(LibvirtSettings()).sandbox(spec, scope) as sandbox:
        yield sandbox, spec.directory
    assert scope.open == {}


@pytest.mark.soak  # a drill on such hardware is among the others
async def test_a_guest_with_sata_disk_and_e1000e_card_asks_for_its_address(base: Path):
    shape = replace(SHAPE, disk_bus="sata", nic_model="e1000e")
    async with lent(base, shape) as (sandbox, directory):
        disk = await dhcp_disk(directory / "disk.raw")
        await sandbox.load([DiskSource(path=disk, format="raw")])
        await sandbox.boot()
        await up(sandbox)
        assert b"tiny: ok" in await sandbox.vantage.run(lambda: http(GUEST))
        logs = {blob.name: blob.content for blob in await sandbox.collect()}
        assert b"DHCPACK(br0) 10.30.0.10" in logs["dns.log"]


async def test_an_overlay_leaves_the_mounted_backup_as_it_is(base: Path):
    """The base belongs to root, lies read-only elsewhere, and is neither written nor given away."""
    original = await tiny_disk(base / "backup.raw")
    original.chmod(0o444)
    before = (
        original.stat(),
        subprocess.run(["sha256sum", original], capture_output=True, check=True).stdout,
    )
    async with lent(base) as (sandbox, directory):
        overlay = directory / "overlay.qcow2"
        await sandbox.load([DiskSource(path=overlay, format="qcow2", backing=original)])
        await sandbox.boot()
        await up(sandbox)
        assert b"tiny: ok" in await sandbox.vantage.run(lambda: http(GUEST))
    after = original.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before[0].st_uid,
        before[0].st_gid,
        before[0].st_mode,
    )
    assert subprocess.run(["sha256sum", original], capture_output=True, check=True).stdout == before[1]


async def test_a_backup_that_qemu_may_not_read_is_said_so(base: Path):
    original = await tiny_disk(base / "backup.raw")
    original.chmod(0o600)
    async with lent(base) as (sandbox, directory):
        overlay = directory / "overlay.qcow2"
        with pytest.raises(HostError, match=r"cannot read .*Permission denied"):
            await sandbox.load([DiskSource(path=overlay, format="qcow2", backing=original)])
    assert original.stat().st_mode & 0o777 == 0o600


async def test_uefi_firmware_runs_from_its_own_variables(base: Path):
    """tiny has no UEFI loader: the firmware itself must come up and say so on the console."""
    shape = replace(SHAPE, firmware="uefi")
    async with lent(base, shape) as (sandbox, directory):
        disk = await tiny_disk(directory / "disk.raw")
        await sandbox.load([DiskSource(path=disk, format="raw")])
        await sandbox.boot()

        async def spoke() -> bool:
            return b"BdsDxe" in sandbox.console()

        await until(spoke)
        assert (directory / "nvram.fd").stat().st_uid != 0


async def test_a_disk_outside_the_sandbox_is_refused(base: Path):
    stranger = await tiny_disk(base / "stranger.raw")
    async with lent(base) as (sandbox, directory):
        (directory / "link.raw").symlink_to(stranger)
        for path in (stranger, directory / "link.raw", directory / "absent.raw"):
            with pytest.raises(HostError):
                await sandbox.load([DiskSource(path=path, format="raw")])
    assert stranger.stat().st_uid == 0


async def test_what_the_guest_prints_without_end_is_bounded(base: Path):
    async with lent(base) as (sandbox, directory):
        await sandbox.load([DiskSource(path=await tiny_disk(directory / "disk.raw"), format="raw")])
        await sandbox.boot()
        await until(sandbox.guest.ping)
        flood = (
            "dd if=/dev/zero bs=1100k count=2 2>/dev/null | tr '\\0' x > /dev/ttyS0; echo END > /dev/ttyS0"
        )
        await sandbox.guest.run(["/bin/sh", "-c", flood], within=timedelta(seconds=90))

        async def ended() -> bool:
            return b"END" in sandbox.console()

        await until(ended, within=timedelta(seconds=120))
        assert len(sandbox.console()) <= 1024 * 1024
        written = sum(path.stat().st_size for path in directory.glob("console.log*"))
        assert written < 16 * 1024 * 1024


@pytest.mark.soak  # a drill that keeps its sandbox is among the others
async def test_a_kept_sandbox_stays_until_it_is_reclaimed(base: Path):
    scope = RecordingScope()
    spec = spec_of(scope, base)
    async with LibvirtHost(LibvirtSettings()).sandbox(spec, scope) as sandbox:
        await sandbox.load([DiskSource(path=await tiny_disk(spec.directory / "disk.raw"), format="raw")])
        await sandbox.boot()
        await up(sandbox)
        sandbox.keep()
    kinds = {kind for kind, _ in scope.open}
    assert kinds == {"netns", "tap", "process", "domain"}
    fetch = ["ip", "netns", "exec", f"drv-{scope.sandbox_id}", "curl", "-sm5", f"http://{GUEST}/"]
    assert b"tiny: ok" in (await asyncio.to_thread(subprocess.run, fetch, capture_output=True)).stdout
    reclaimers = {**NETWORKS, **GUESTS, "process": ProcessReclaimer()}
    for (kind, name), facts in reversed(list(scope.open.items())):
        await reclaimers[kind].reclaim(name, scope.tag, facts)
        await reclaimers[kind].reclaim(name, scope.tag, facts)  # absent is success
