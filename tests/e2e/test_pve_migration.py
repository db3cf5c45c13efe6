"""A migration from libvirt to a Proxmox cluster and back, by the command line; the tiny guest stands for the system.

The source is this machine, asked over a real sshd: what it has and the tiny guest has not is not read, so that
it can never be a GO. The way back is MET all the same, or not drilled, and says why.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.pve.api.storages import Storage
from tests.e2e.test_pve_taking_drill import IMPORTS, furnish, imaged
from tests.integration.test_migrate_cli import PLAN
from tests.support.estates import Ran
from tests.support.pve_lanes import USER, Lane, PveEstate, pve_estate
from tests.support.sshd import sshd

pytestmark = [pytest.mark.soak, pytest.mark.needs_root, pytest.mark.needs_libvirt, pytest.mark.timeout(500)]
RETURNS = "handover"
RIGHTS = {
    f"/storage/{RETURNS}": ("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"),
    "/pool/drverify": ("VM.Backup",),
}


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A verification, the cluster's tasks for it, and what was left."""

    ran: Ran
    tasks: list[str]
    left: list[str]

    @property
    def system(self) -> dict[str, Any]:
        (found,) = self.ran.json()["facts"]["systems"]
        return dict(found)


async def verified(one: PveEstate, images: Path, lane: Lane, plan: Path) -> Moved:
    imaged(one, lane, images)
    for number, path in enumerate(RIGHTS):
        one.cluster.allow(path, (USER, lane.token), f"Gives{number}")
    directory = one.cluster.root / "storages" / RETURNS / "dump"
    directory.mkdir(parents=True, exist_ok=True)
    with lane.config.open("a") as file:
        file.write(f'\n[hosts.pve.returns]\nstorage = "{RETURNS}"\ndirectory = "{directory}"\n')
    ran = await one.run(lane, "migrate", "verify", str(plan), "--json", within=300)
    archives = [path.name for path in directory.glob("*.zst")]
    tasks = [str(task["type"]) for task in reversed(one.tasks(lane))]
    return Moved(ran=ran, tasks=tasks, left=[*await one.left(lane), *archives])


async def both(folder: Path) -> tuple[Moved, Moved]:
    with sshd(folder) as source:
        known = {
            "port": source.port,
            "user": source.user,
            "key": source.key,
            "host_key": folder / "host.pub",
        }
        plan = folder / "plan.yaml"
        to_cluster = PLAN.replace("{{host: local, hardware: sata-pc}}", "{{host: pve, hardware: cluster}}")
        plan.write_text(to_cluster.format(**known))
        async with pve_estate(lanes=2) as one:
            images = await furnish(one)
            one.cluster.add_storage(Storage(id=RETURNS, content=("backup",), total=1 << 30))
            for number, privileges in enumerate(RIGHTS.values()):
                one.cluster.add_role(f"Gives{number}", set(privileges))
            host = {"import_storage": f'"{IMPORTS}"'}
            async with one.lane(host=host) as lane:
                good = await verified(one, images, lane, plan)
            async with one.lane(host=host) as lane:
                failing = {"match": {"task": "vzdump"}, "parameters": {"message": "job errors"}}
                await one.cluster.inject("task-fail", **failing)
                bad = await verified(one, images, lane, plan)
    return good, bad


@pytest.fixture(scope="module")
def moves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Moved, Moved]:
    return asyncio.run(both(tmp_path_factory.mktemp("move")))


def test_what_ran_on_the_cluster_starts_where_it_came_from(moves: tuple[Moved, Moved]) -> None:
    found = moves[0]
    assert found.ran.code == 11, found.ran.err
    (drill,) = found.system["drills"]
    assert (drill["recovery"]["outcome"], drill["cleanedUp"]) == ("MET", True)
    back = found.system["rollback"]
    assert back is not None, found.system["noRollback"]
    assert (back["recovery"]["outcome"], back["plan"]["hardware"]) == ("MET", None)
    assert back["sizeBytes"] == 64 << 20, "the disk as the cluster had it, grown"
    assert "vzdump" in found.tasks
    assert found.tasks.index("qmstart") < found.tasks.index("vzdump") < found.tasks.index("qmdestroy")
    assert found.left == []


def test_a_backup_that_fails_is_a_gap_and_no_fault_of_the_drill(moves: tuple[Moved, Moved]) -> None:
    found = moves[1]
    assert found.ran.code == 11, found.ran.err
    (drill,) = found.system["drills"]
    assert (drill["recovery"]["outcome"], drill["cleanedUp"]) == ("MET", True)
    assert found.system["rollback"] is None
    assert "its disk could not be taken" in found.system["noRollback"]
    assert "job errors" in found.system["noRollback"]
    assert found.ran.json()["decided"]["decision"] == "UNDECIDED"
    assert found.left == []
