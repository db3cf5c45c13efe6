"""A workload out of a disk image, ready for `drverify drill run`: tiny, as any image backup would leave it."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from lab.estate.layout import Estate
from lab.estate.tiny import NETWORK, stamp
from tests.support.disk_images import settle

AGE = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class ImageEstate:
    """Settings and tiny's disk as of its last backup; another estate lends agreement and playbook."""

    root: Path
    disk: Path
    estate: Estate

    def config(self, state: Path, images: Path) -> Path:
        """Write settings with that state directory, and a source over the directory `images`."""
        config = self.root / f"{state.name}.toml"
        config.write_text(
            f"""\
state_dir = "{state}"
register = "{self.estate.register}"
inventory = "{self.root / "inventory.yaml"}"
playbooks = "{self.estate.playbooks}"

[sources.disks]
kind = "images"
directory = "{images}"

[hosts.local]
kind = "libvirt"

[signing]
key = "file:{self.estate.key}"
"""
        )
        return config


async def image_estate(root: Path, estate: Estate) -> ImageEstate:
    """Build it in the new directory `root` out of the tiny estate's disk."""
    root.mkdir(parents=True)
    disk = root / "tiny.raw"
    await asyncio.to_thread(shutil.copyfile, estate.production / "tiny.raw", disk)
    taken = (datetime.now(UTC) - AGE).replace(microsecond=0)
    await stamp(disk, taken, sequence=77)
    settle(disk, AGE)
    network = {key: getattr(NETWORK, key) for key in ("name", "subnet", "gateway", "dns", "address")}
    workload = {
        "name": "tiny",
        "source": "disks",
        "points": {"path": "tiny.*"},
        "payload": {
            "kind": "disk-image",
            "path": "tiny.*",
            "guest": {"memory_mib": 192, "vcpus": 1, "networks": [network]},
        },
        "playbook": "tiny",
        "protected_since": taken - timedelta(minutes=1),
        "variables": {"address": NETWORK.address},
    }
    (root / "inventory.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))
    return ImageEstate(root=root, disk=disk, estate=estate)
