"""Makes a sandbox on a stand-in cluster with a real ledger, says how far it is, and waits to be killed.

A program of its own: BASE (a directory) SANDBOX FACTS, where FACTS is JSON for `settings_of`. With the word
`take` the guest is no backup of the cluster's: it is made of the disk BASE/disk.raw.
"""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_factory import host
from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import DiskSource, SandboxId, SandboxSpec
from drverify.model.recovery import GuestShape, PointFilter, SecretRef
from tests.conformance.host_suite import DRILL
from tests.support.pve_drills import NETWORK, SOURCE, Silent

TAKEN = GuestShape(memory_mib=32, vcpus=1, networks=(NETWORK,))


def resolved(reference: SecretRef) -> bytes:
    """Secrets are files, or stand in the reference itself."""
    kind, _, rest = reference.partition(":")
    return rest.encode() if kind == "plain" else Path(rest).read_bytes()


def host_of(facts: dict[str, Any], state: Path) -> ProxmoxHost:
    """The host of the settings' raw table."""
    return host("pve", facts, state, resolved)


async def main(base: Path, sandbox_id: SandboxId, facts: dict[str, Any]) -> None:
    directory = base / "sandboxes" / sandbox_id
    directory.mkdir(parents=True)
    made = host_of(facts, base / "state")
    source = ProxmoxSource(
        SourceSettings(name="pve", access=made.settings.access, storages=("local",), timezone="UTC"), resolved
    )
    point = (await source.points(PointFilter(host=str(SOURCE))))[0]
    described = await source.describe(point, (NETWORK,))
    ledger = LedgerDirectory(base / "ledger").begin(sandbox_id, DRILL, directory)
    spec = SandboxSpec(
        id=sandbox_id,
        drill_id=DRILL,
        workload="small",
        guest=TAKEN if "take" in sys.argv else described.machine.shape,
        dns=(),
        directory=directory,
    )
    async with made.sandbox(spec, ledger) as sandbox:
        say("standing")
        if "take" in sys.argv:
            disk = DiskSource(path=base / "disk.raw", format="raw")
            await sandbox.take([disk], stall=timedelta(seconds=60), progress=Silent())
        else:
            await sandbox.restore(
                point, described, mode="full", stall=timedelta(seconds=60), progress=Silent()
            )
        say("restored")
        await sandbox.boot()
        say("booted")
        if "leave" not in sys.argv:
            await asyncio.sleep(600)
        say("leaving")
    say("left")


def say(what: str) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), SandboxId(sys.argv[2]), json.loads(sys.argv[3])))
