"""Restored disks made ready for other hardware, in the appliance, by the restored system's own programs."""

import asyncio
import subprocess
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource
from drverify.model.hardware import HardwareProfile
from drverify.model.recovery import GuestShape, Network
from drverify.planning.hardware import fit
from drverify.workbenches import Workbenches
from lab.images.metal import ADDRESS
from lab.images.recipe import ensure_image
from tests.conformance.host_suite import RecordingScope, spec_of
from tests.support.guests import CACHE, traversable

STATE = Path("/var/lib/drverify")
WITHIN = timedelta(minutes=20)
CARD = Network(
    name="production", subnet="10.20.0.0/24", gateway="10.20.0.1", dns="10.20.0.2", address=ADDRESS
)
OWN = GuestShape(memory_mib=768, vcpus=1, networks=(CARD,))
SERVER = HardwareProfile(name="server", disk_bus="scsi", scsi_controller="megasas", nic_model="e1000e")
FILES = {
    "etc/os-release": "ID=debian\n",
    "etc/fstab": "LABEL=root / ext4 defaults 0 1\nUUID=gone /srv ext4 defaults 0 2\n",
    "etc/network/interfaces": f"auto eno1\niface eno1 inet static\n  address {ADDRESS}/24\n",
    "boot/vmlinuz-6.1.0-9-amd64": "no kernel at all",
    "lib/modules/6.1.0-9-amd64/modules.builtin": "kernel/drivers/scsi/sd_mod.ko\n",
    "lib/modules/6.1.0-9-amd64/modules.dep": "kernel/drivers/ata/ahci.ko:\n",
}


class Heard:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def phase(self, name, state) -> None: ...
    def bytes(self, done, total) -> None: ...
    def note(self, text: str) -> None:
        self.notes.append(text)


async def adapted(disk: Path, shape: GuestShape, scope: RecordingScope) -> tuple[dict[str, str], list[str]]:
    bench, heard = Workbenches(STATE, lambda _: b"").workbench(), Heard()
    reworks = await bench.adapt(
        [DiskSource(path=disk, format="raw")],
        shape,
        scope=scope,
        directory=disk.parent,
        within=WITHIN,
        progress=heard,
    )
    return {one.what: one.change for one in reworks}, heard.notes


def read(disk: Path, path: str) -> str:
    shown = subprocess.run(["debugfs", "-R", f"cat {path}", disk], capture_output=True, text=True, check=True)
    return shown.stdout


@pytest.mark.needs_root
async def test_a_card_keeps_its_name_and_what_cannot_be_given_is_said(tmp_path: Path) -> None:
    tree, disk = tmp_path / "tree", tmp_path / "disk.raw"
    for name, text in FILES.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    disk.touch()
    subprocess.run(["truncate", "-s", "32M", disk], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-L", "root", "-d", tree, disk], check=True, capture_output=True)
    done, notes = await adapted(disk, fit(SERVER, OWN).shape, RecordingScope())
    assert list(done) == ["network"]
    assert "is named eno1" in done["network"]
    assert notes == [
        "adapt: kernel 6.1.0-9-amd64 has no driver megaraid_sas for this machine's disks",
    ]
    assert "Name=eno1" in read(disk, "/etc/systemd/network/10-drverify-eno1.link")
    assert read(disk, "/etc/fstab") == FILES["etc/fstab"]
    assert {path.name for path in tmp_path.iterdir()} == {"tree", "disk.raw"}


@pytest.mark.needs_root
@pytest.mark.needs_libvirt
@pytest.mark.needs_lab
@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(2400)
async def test_a_server_of_virtio_starts_behind_a_raid_controller() -> None:
    """Its initramfs holds the drivers of its own disk alone, and its configuration knows its card by name."""
    image = await ensure_image("metal", CACHE)
    with traversable() as base:
        shape, scope = fit(SERVER, OWN).shape, RecordingScope()
        spec = spec_of(scope, base, shape)
        async with LibvirtHost(LibvirtSettings()).sandbox(spec, scope) as sandbox:
            disk = spec.directory / "disk.raw"
            subprocess.run(["cp", "--sparse=always", image.path, disk], check=True)
            done, notes = await adapted(disk, shape, scope)
            assert done.keys() == {"network", "initramfs"}, notes
            assert "megaraid_sas" in done["initramfs"]
            await sandbox.load([DiskSource(path=disk, format="raw")])
            await sandbox.boot()
            assert (await sandbox.vantage.run(lambda: greeted(600))).startswith(b"SSH-2.0"), sandbox.console()


async def greeted(within: float) -> bytes:
    """What the guest's SSH server says first; nothing when it says nothing."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(20):
                reader, writer = await asyncio.open_connection(ADDRESS, 22)
                said = await reader.readline()
                writer.close()
                return said
        await asyncio.sleep(2)
    return b""
