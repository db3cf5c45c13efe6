"""Machines of several disks, of either chipset, with cards and firmware of their own; one out of a real archive."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.sandbox import LibvirtSandbox
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource
from drverify.model.recovery import (
    Bus,
    Disk,
    GuestShape,
    Network,
    NicModel,
    PointFilter,
    ScsiController,
)
from tests.conformance.host_suite import GUEST, SHAPE, RecordingScope, http, spec_of, until, up
from tests.support.dumps import source_of
from tests.support.guests import tiny_disk, traversable
from tests.support.restic import Watched

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]
SAMPLES = Path(__file__).parents[3] / "shared" / "data" / "vma"
SAMPLE = "vzdump-qemu-100-2026_10_19-03_00_00.vma.zst"


@pytest.fixture
def base():
    with traversable() as folder:
        yield folder


@asynccontextmanager
async def lent(base: Path, shape: GuestShape) -> AsyncIterator[tuple[LibvirtSandbox, Path]]:
    scope = RecordingScope()
    spec = spec_of(scope, base, shape)
    async with LibvirtHost(LibvirtSettings()).sandbox(spec, scope) as sandbox:
        yield sandbox, spec.directory
    assert scope.open == {}


EXTRA = 5 * 1024 * 1024 + 512
"""Bytes of the second disk: no multiple of a block, a page or a cluster."""


@pytest.mark.parametrize(
    ("chipset", "buses", "cards", "place"),
    [
        ("pc", ("ide", "scsi"), ("e1000",), b"0000:00:12.0"),
        ("q35", ("scsi", "scsi"), ("virtio",), b"0000:06:12.0"),
    ],
)
async def test_a_guest_of_two_disks_boots_from_the_first_and_sees_the_other(
    base: Path, chipset: Literal["pc", "q35"], buses: tuple[Bus, Bus], cards: tuple[NicModel], place: bytes
):
    """Its card is where it is under Proxmox, and so gets the name there: `ens18`, `enp6s18`."""
    disks = tuple(Disk(name=f"{bus}{number}", bus=bus) for number, bus in enumerate(buses))
    shape = replace(SHAPE, chipset=chipset, disks=disks, nic_models=cards, nic_slots=(18,))
    async with lent(base, shape) as (sandbox, directory):
        extra = directory / "extra.raw"
        extra.touch()
        os.truncate(extra, EXTRA)
        sources = [
            DiskSource(path=path, format="raw") for path in (await tiny_disk(directory / "a.raw"), extra)
        ]
        await sandbox.load(sources)
        await sandbox.boot()
        await up(sandbox)
        assert b"tiny: ok" in await sandbox.vantage.run(lambda: http(GUEST))
        await until(sandbox.guest.ping)
        before = (await sandbox.activity()).disk_bytes
        script = (
            "cat /sys/block/sd*/size; realpath /sys/class/net/eth0/device;"
            f"for d in /sys/block/sd*; do [ $(cat $d/size) = {EXTRA // 512} ] && cat /dev/${{d##*/}} | wc -c; done"
        )
        done = await sandbox.guest.run(["/bin/sh", "-c", script], within=timedelta(seconds=60))
        assert str(EXTRA // 512).encode() in done.stdout.split()
        assert place in done.stdout
        assert (await sandbox.activity()).disk_bytes >= before + EXTRA


@pytest.mark.parametrize(
    ("chipset", "controller", "card"),
    [("pc", "lsi", "vmxnet3"), ("q35", "megasas", "rtl8139"), ("q35", "virtio-scsi", "e1000")],
)
async def test_qemu_takes_disks_on_every_bus_at_once(
    base: Path, chipset: Literal["pc", "q35"], controller: ScsiController, card: NicModel
):
    """Whether a guest has drivers for them is the guest's affair: tiny has not for all."""
    buses: tuple[Bus, ...] = ("scsi", "scsi", "sata", "ide", "virtio", "virtio")
    names = ("scsi0", "scsi9", "sata5", "ide3", "virtio0", "virtio15")
    disks = tuple(
        Disk(name=name, bus=bus, serial=name.upper()) for name, bus in zip(names, buses, strict=True)
    )
    shape = replace(SHAPE, chipset=chipset, disks=disks, scsi_controller=controller, nic_models=(card,))
    shape = replace(shape, nic_slots=(23,))
    async with lent(base, shape) as (sandbox, directory):
        paths = [directory / f"{disk.name}.raw" for disk in disks]
        for number, path in enumerate(paths):
            path.touch()
            os.truncate(path, EXTRA + number)  # QEMU counts in blocks of 512 bytes, archives in bytes
        await sandbox.load([DiskSource(path=path, format="raw") for path in paths])
        await sandbox.boot()
        assert (await sandbox.activity()).running
        described = {blob.name: blob.content for blob in await sandbox.collect()}["domain.xml"]
        assert described.count(b"<disk ") == len(disks)
        assert b"SCSI9" in described


async def test_the_backups_uefi_variables_choose_the_firmware_and_are_used(base: Path):
    """Variables of the small layout, on a volume that was rounded up as an LVM pool does."""
    disks = (Disk(name="sata0", bus="sata"), Disk(name="efidisk0", bus="pflash"))
    async with lent(base, replace(SHAPE, firmware="uefi", disks=disks)) as (sandbox, directory):
        paths = [directory / "sata0.raw", directory / "efidisk0.raw"]
        await tiny_disk(paths[0])
        shutil.copyfile("/usr/share/OVMF/OVMF_VARS.fd", paths[1])
        os.truncate(paths[1], 4 << 20)
        await sandbox.load([DiskSource(path=path, format="raw") for path in paths])
        await sandbox.boot()

        async def spoke() -> bool:
            return b"BdsDxe" in sandbox.console()

        await until(spoke)
        described = {blob.name: blob.content for blob in await sandbox.collect()}["domain.xml"]
        assert b"/usr/share/OVMF/OVMF_CODE.fd" in described
        assert (directory / "nvram.fd").stat().st_size == 131072


async def test_a_machine_out_of_an_archive_of_the_real_tool_boots_and_answers(base: Path):
    """An archive that Proxmox's own `vma` wrote: a Debian kernel, BusyBox httpd, the real guest agent."""
    if not (SAMPLES / SAMPLE).is_file():
        pytest.skip("the shared corpus is not beside this checkout")
    network = Network(
        name="lan", subnet="10.99.0.0/24", gateway="10.99.0.1", dns="10.99.0.1", address="10.99.0.5"
    )
    (base / "dump").mkdir()
    (base / "dump" / SAMPLE).symlink_to(SAMPLES / SAMPLE)
    source = source_of(base / "dump")
    (point,) = await source.points(PointFilter(host="100"))
    described = await source.describe(point, [network])
    assert described.machine.name == "lab01"
    shape = described.machine.shape
    assert (shape.chipset, shape.networks[0].mac) == ("pc", "BC:24:11:00:00:64")
    async with lent(base, shape) as (sandbox, directory):
        restored = await source.restore_machine(
            point, shape.disks, into=directory, stall=timedelta(seconds=60), progress=Watched()
        )
        assert restored.logical_bytes == 48 << 20
        await sandbox.load([DiskSource(path=directory / "virtio0.raw", format="raw")])
        await sandbox.boot()
        await until(sandbox.guest.ping)

        async def healthy() -> bool:
            try:
                return b"ok" in await sandbox.vantage.run(lambda: http("10.99.0.5", "/health"))
            except OSError:
                return False

        await until(healthy)
