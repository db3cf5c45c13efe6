"""A guest with UEFI that is started on SATA first and on virtio then: one firmware memory for both."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.ports import DiskSource
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import Disk, GuestShape
from drverify.planning.hardware import SPARE, SPARE_BYTES, first_boot, fit
from lab.images.recipe import ensure_image
from tests.conformance.host_suite import GUEST, SHAPE, http, up
from tests.integration.test_libvirt_guests import lent
from tests.support.guests import CACHE, tiny_disk, traversable
from tests.support.uefi_tiny import uefi_tiny

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]
PROFILE = HardwareProfile(name="kvm", first_boot="sata", disk_bus="virtio", chipset="q35")
REMEMBERED = Path("/usr/share/OVMF/OVMF_VARS.fd")


@pytest.fixture
def base() -> Iterator[Path]:
    with traversable() as folder:
        yield folder


def staged(shape: GuestShape) -> tuple[GuestShape, GuestShape]:
    """The machine of the first boot, and the one that follows."""
    final = fit(PROFILE, shape).shape
    first = first_boot(PROFILE, final)
    assert first is not None
    return first, final


def sources(shape: GuestShape, given: dict[str, Path]) -> list[DiskSource]:
    """Disks in the order of the shape."""
    return [DiskSource(path=given[disk.name], format="raw") for disk in shape.disks]


def spare(directory: Path) -> Path:
    path = directory / "spare.raw"
    with path.open("xb") as file:
        file.truncate(SPARE_BYTES)
    return path


async def test_what_its_firmware_remembers_is_there_at_both_boots(base: Path) -> None:
    """Two disks and the variables of the backup, which choose the firmware; the spare is none of them."""
    own = replace(
        SHAPE,
        firmware="uefi",
        disks=(
            Disk(name="efidisk0", bus="pflash"),
            Disk(name="scsi0", bus="scsi"),
            Disk(name="ide2", bus="ide"),
        ),
    )
    first, final = staged(own)
    async with lent(base, final) as (sandbox, directory):
        given = {name: await tiny_disk(directory / f"{name}.raw") for name in ("scsi0", "ide2")}
        given |= {"efidisk0": directory / "efidisk0.raw", SPARE: spare(directory)}
        shutil.copyfile(REMEMBERED, given["efidisk0"])
        seen = []
        for shape, load in ((first, sandbox.stage), (final, lambda _, disks: sandbox.load(disks))):
            await load(shape, sources(shape, given))
            found = {blob.name: blob.content.decode() for blob in await sandbox.collect()}["domain.xml"]
            seen.append(found.replace("'", '"'))
    for domain, sata, virtio in zip(seen, (2, 0), (1, 2), strict=True):
        assert "OVMF_CODE.fd" in domain
        assert domain.count("nvram.fd") == 1
        assert (domain.count('bus="sata"'), domain.count('bus="virtio"')) == (sata, virtio), domain


@pytest.mark.soak
async def test_it_comes_up_on_both_with_what_the_first_boot_wrote(base: Path) -> None:
    first, final = staged(replace(SHAPE, firmware="uefi", disks=(Disk(name="disk0", bus="virtio"),)))
    async with lent(base, final) as (sandbox, directory):
        disk = await uefi_tiny(await ensure_image("tiny", CACHE), directory / "disk0.raw")
        given = {"disk0": disk, SPARE: spare(directory)}
        await sandbox.stage(first, sources(first, given))
        await sandbox.boot()
        await up(sandbox)
        assert b"UEFI Interactive Shell" in sandbox.console()
        beats = await sandbox.vantage.run(lambda: http(GUEST, "/heartbeat"))
        await sandbox.switch_off(within=timedelta(minutes=3))
        assert sandbox.console() == b""
        await sandbox.load(sources(final, given))
        await sandbox.boot()
        await up(sandbox)
        kept = await sandbox.vantage.run(lambda: http(GUEST, "/heartbeat-restored"))
        assert b"no data disk" not in sandbox.console()
    assert beats.split()[-1] == kept.split()[-1], "another boot wrote what came back"
