"""Makes a sandbox with a real ledger, boots tiny in it, and waits to be killed. A program of its own."""

import asyncio
import sys
from pathlib import Path

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import DiskSource, SandboxId, SandboxSpec
from tests.conformance.host_suite import DRILL, SHAPE
from tests.support.guests import tiny_disk


async def main(base: Path, sandbox_id: SandboxId) -> None:
    directory = base / sandbox_id
    directory.mkdir(mode=0o711)
    disk = await tiny_disk(directory / "disk.raw")
    ledger = LedgerDirectory(base / "ledger").begin(sandbox_id, DRILL, directory)
    spec = SandboxSpec(
        id=sandbox_id, drill_id=DRILL, workload="tiny", guest=SHAPE, dns=(), directory=directory
    )
    async with LibvirtHost(LibvirtSettings()).sandbox(spec, ledger) as sandbox:
        await sandbox.load([DiskSource(path=disk, format="raw")])
        await sandbox.boot()
        await asyncio.sleep(600)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), SandboxId(sys.argv[2])))
