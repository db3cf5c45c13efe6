"""Makes a group's sandbox on a stand-in cluster with real ledgers, starts both guests, and waits to be killed.

A program of its own: BASE (a directory) FACTS, where FACTS is JSON for `settings_of`. Its sandboxes are `IDS`.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import ResourceScope, SandboxId, SandboxSpec
from drverify.engine.sharing import Neighbour, SharedSpec
from drverify.model.recovery import PointFilter
from tests.conformance.host_suite import DRILL
from tests.conformance.sharing_suite import NETWORKS
from tests.support.doomed_pve import host_of, resolved, say
from tests.support.pve_drills import Silent

IDS = {"": SandboxId("0a0a0a01"), "database": SandboxId("0a0a0a02"), "app": SandboxId("0a0a0a03")}
"""Sandbox of the group's ground, and of each member."""
GUESTS = {"database": 100, "app": 101}
"""VMIDs of what is backed up."""


def room(base: Path, name: str) -> tuple[Path, ResourceScope]:
    """A directory and a ledger."""
    directory = base / "sandboxes" / IDS[name]
    directory.mkdir(parents=True)
    return directory, LedgerDirectory(base / "ledger").begin(IDS[name], DRILL, directory)


async def main(base: Path, facts: dict[str, Any]) -> None:
    made = host_of(facts, base / "state")
    source = ProxmoxSource(
        SourceSettings(name="pve", access=made.settings.access, storages=("local",), timezone="UTC"), resolved
    )
    points = {name: (await source.points(PointFilter(host=str(at))))[0] for name, at in GUESTS.items()}
    described = {name: await source.describe(points[name], (NETWORKS[name],)) for name in GUESTS}
    shapes = {name: one.machine.shape for name, one in described.items()}
    directory, ledger = room(base, "")
    members = tuple(
        Neighbour(workload=name, networks=one.networks, memory_mib=one.memory_mib)
        for name, one in shapes.items()
    )
    shared = SharedSpec(id=IDS[""], members=members, dns=(), directory=directory)
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(made.shared(shared, ledger))
        for name, shape in shapes.items():
            own, scope = room(base, name)
            spec = SandboxSpec(
                id=IDS[name], drill_id=DRILL, workload=name, guest=shape, dns=(), directory=own
            )
            place = await stack.enter_async_context(common.sandbox(spec, scope))
            assert isinstance(place, ProxmoxSandbox)
            within = timedelta(seconds=60)
            await place.restore(points[name], described[name], mode="full", stall=within, progress=Silent())
            await place.boot()
        say("both stand")
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
