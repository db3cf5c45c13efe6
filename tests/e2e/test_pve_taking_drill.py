"""A disk image of elsewhere, drilled on a Proxmox cluster by the command line, on hardware that is not its own."""

import asyncio
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.estate.tiny import NETWORK, stamp
from lab.pve.api.storages import Storage
from tests.support.disk_images import settle
from tests.support.estates import Ran
from tests.support.guests import tiny_disk
from tests.support.pve_lanes import AGE, USER, Lane, PveEstate, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(400)]
IMPORTS = "imports"
PROFILE = """version: 1
name: cluster
chipset: pc
disk_bus: scsi
memory_mib: 224
disk_sizes: [67108864]
adapt: false
"""
RIGHTS = {
    f"/storage/{IMPORTS}": ("Datastore.AllocateTemplate", "Datastore.Allocate", "Datastore.Audit"),
    "/pool/drverify": ("VM.Config.CPU", "VM.Config.Memory"),
}


@dataclass(frozen=True, kw_only=True)
class Told:
    """A drill, who checked it, and what was left."""

    ran: Ran
    verified: Ran
    files: dict[str, str]
    tasks: list[str]
    left: list[str]

    @property
    def record(self) -> dict[str, Any]:
        return dict(self.ran.json()["record"])


async def furnish(one: PveEstate) -> Path:
    """A storage for imports, rights for it, and a directory with tiny's image as of its last backup."""
    one.cluster.add_storage(Storage(id=IMPORTS, content=("import",), total=1 << 30))
    for number, privileges in enumerate(RIGHTS.values()):
        one.cluster.add_role(f"Takes{number}", set(privileges))
    images = one.root / "images"
    images.mkdir()
    disk = await tiny_disk(images / "tiny.raw")
    await stamp(disk, datetime.now(UTC) - AGE, sequence=77)
    settle(disk, AGE)
    return images


def imaged(one: PveEstate, lane: Lane, images: Path, *, rights: bool = True) -> None:
    """Let the lane's workload be that image, with a profile of the hardware that it comes to."""
    if rights:
        for number, path in enumerate(RIGHTS):
            one.cluster.allow(path, (USER, lane.token), f"Takes{number}")
    with lane.config.open("a") as file:
        file.write(f'\n[sources.disks]\nkind = "images"\ndirectory = "{images}"\n')
    hardware = Path(f"{lane.state}.playbooks") / "hardware"
    hardware.mkdir()
    (hardware / "cluster.yaml").write_text(PROFILE)
    inventory = Path(f"{lane.state}.yaml")
    body = yaml.safe_load(inventory.read_text())
    network = {key: getattr(NETWORK, key) for key in ("name", "subnet", "gateway", "dns", "address")}
    body["workloads"][0] |= {
        "source": "disks",
        "points": {"path": "tiny.raw"},
        "payload": {
            "kind": "disk-image",
            "path": "tiny.raw",
            "guest": {"memory_mib": 192, "vcpus": 1, "networks": [network]},
        },
    }
    inventory.write_text(yaml.safe_dump(body))


async def drilled(one: PveEstate, images: Path, *, rights: bool = True, **how: Any) -> Told:
    async with one.lane(host={"import_storage": f'"{IMPORTS}"'}, **how) as lane:
        imaged(one, lane, images, rights=rights)
        ran = await one.run(lane, "drill", "run", "tiny", "--hardware", "cluster", "--json")
        listed = json.loads((await one.run(lane, "drill", "list", "--json")).out)
        directory = Path(listed[0]["directory"])
        trust = str(directory.parents[1] / "runner.trust.json")
        stored = {path.name: path for path in (directory / "artefacts" / "sha256").iterdir()}
        sent = [one.cluster.root / "storages" / IMPORTS, one.cluster.root / "uploads"]
        return Told(
            ran=ran,
            verified=await one.run(lane, "verify", str(directory), "--trust", trust),
            files={
                artefact["name"]: stored[artefact["sha256"]].read_text(errors="replace")
                for artefact in ran.json()["record"]["artefacts"]
            },
            tasks=[str(task["type"]) for task in reversed(one.tasks(lane))],
            left=[
                *await one.left(lane),
                *(str(path) for place in sent for path in place.rglob("*") if path.is_file()),
            ],
        )


async def both() -> tuple[Told, Told]:
    async with pve_estate(lanes=2) as one:
        images = await furnish(one)
        good = await drilled(one, images)
        refused = await drilled(one, images, rights=False)
        assert await one.node.sentinel.leaks(range(9000, 10000)) == ()
    return good, refused


@pytest.fixture(scope="module")
def drills() -> tuple[Told, Told]:
    return asyncio.run(both())


def test_an_image_of_elsewhere_is_proven_on_the_cluster(drills: tuple[Told, Told]) -> None:
    found = drills[0]
    outcomes = {name: str(verdict["outcome"]) for name, verdict in found.ran.verdicts().items()}
    assert {outcomes[name] for name in ("rpo", "rto", "application-validation")} == {"MET"}, found.ran.err
    record = found.record
    assert record["faults"] == record["defects"] == []
    assert record["cleanedUp"]
    assert record["reworks"][0]["change"] == "disk grown from 56 to 64 MiB"
    assert [one["name"] for one in record["phases"]][:4] == ["select", "provision", "restore", "isolate"]
    assert found.verified.code == 0, found.verified.out + found.verified.err
    assert found.tasks[:4] == ["imgcopy", "qmcreate", "imgdel", "qmstart"]
    assert found.tasks[-1] == "qmdestroy"
    assert "size=64M" in found.files["guest.conf"]
    assert "memory: 224" in found.files["guest.conf"]
    assert "import" not in found.files["guest.conf"]
    assert found.left == []


def test_without_rights_nothing_is_restored_and_it_is_nobodys_breach(drills: tuple[Told, Told]) -> None:
    found = drills[1]
    assert found.ran.code == 11, found.ran.err
    (fault,) = found.record["faults"]
    assert (fault["attribution"], fault["phase"]) == ("restore-host", "provision")
    assert "VM.Config.CPU, VM.Config.Memory on /pool/drverify" in fault["what"]
    lacking = "Datastore.AllocateTemplate, Datastore.Audit, Datastore.Allocate"
    assert f"{lacking} on /storage/{IMPORTS}" in fault["what"]
    assert found.record["restore"] is None
    assert found.tasks == []
    assert found.left == []
