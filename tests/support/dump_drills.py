"""A workload out of a vzdump archive, ready for `drverify drill run`: tiny, as a Proxmox node would back it up."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import yaml

from lab.estate.layout import Estate
from lab.estate.tiny import NETWORK, stamp
from lab.vma.writer import write
from tests.support.dumps import MAC, mapped, name_of, settle

AGE = timedelta(minutes=2)
EXTRA = 3 * 1024 * 1024 + 512
"""Bytes of the second disk."""
CONFIG = f"""\
#The smallest server%3A one page
agent: 1
args: -device vfio-pci,host=01:00.0
boot: order=virtio0
cores: 1
hookscript: local:snippets/hook.pl
hostpci0: 0000:01:00.0
memory: 192
name: tiny
net0: virtio={MAC},bridge=vmbr0,firewall=1
onboot: 1
scsi1: local-lvm:vm-100-disk-1,size=3M
scsihw: virtio-scsi-single
smbios1: uuid=0f9f4d8e-2f53-4c5b-9a3c-6a1d2b3c4d5e
virtio0: local-lvm:vm-100-disk-0,size=56M
"""


@dataclass(frozen=True, kw_only=True)
class DumpEstate:
    """Settings and a dump directory with one archive; another estate lends agreement and playbook."""

    root: Path
    archive: Path
    extra: Path
    """The second disk as it was when it was backed up."""
    estate: Estate

    def config(self, state: Path, *, host: str = "") -> Path:
        """Write settings with that state directory, and further ones of the host."""
        config = self.root / f"{state.name}.toml"
        config.write_text(
            f"""\
state_dir = "{state}"
register = "{self.estate.register}"
inventory = "{self.root / "inventory.yaml"}"
playbooks = "{self.estate.playbooks}"

[sources.dumps]
kind = "vzdump"
directory = "{self.archive.parent}"
timezone = "Europe/Berlin"

[hosts.local]
kind = "libvirt"
{host}

[signing]
key = "file:{self.estate.key}"
"""
        )
        return config


async def dump_estate(root: Path, estate: Estate) -> DumpEstate:
    """Build it in the new directory `root` out of the tiny estate's disk."""
    dumps = root / "dump"
    dumps.mkdir(parents=True)
    disk, extra = root / "disk.raw", root / "extra.raw"
    await asyncio.to_thread(shutil.copyfile, estate.production / "tiny.raw", disk)
    begun = (datetime.now(UTC) - AGE).replace(microsecond=0)
    await stamp(disk, begun, sequence=77)
    extra.write_bytes(b"second disk".ljust(EXTRA, b"\0"))
    archive = dumps / name_of(begun)
    write(
        archive,
        configs={"qemu-server.conf": mapped(CONFIG, ["virtio0", "scsi1"])},
        devices={"drive-virtio0": disk, "drive-scsi1": extra},
        ctime=begun,
        uuid=uuid4(),
        compression="zstd",
    )
    settle(archive)
    disk.unlink()
    network = {key: getattr(NETWORK, key) for key in ("name", "subnet", "gateway", "dns", "address")}
    workload = {
        "name": "tiny",
        "source": "dumps",
        "points": {"host": "100"},
        "payload": {"kind": "machine", "networks": [network]},
        "playbook": "tiny",
        "protected_since": begun,
        "variables": {"address": NETWORK.address},
    }
    (root / "inventory.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))
    return DumpEstate(root=root, archive=archive, extra=extra, estate=estate)
