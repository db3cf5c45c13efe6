"""A stand-in cluster that takes disks: rights and a storage for that, a machine's shape, a disk."""

import secrets
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.engine.ports import DiskSource, SandboxSpec
from drverify.model.recovery import GuestShape
from lab.pve.api.storages import Storage
from tests.conformance.host_suite import DRILL, RecordingScope
from tests.support.pve_drills import NETWORK, TOKEN, USER, Bench

IMPORTS = "imports"
RIGHTS = ("Datastore.AllocateTemplate", "Datastore.Allocate", "Datastore.Audit")
SMALL = GuestShape(memory_mib=32, vcpus=1, disk_bus="sata", nic_model="e1000", networks=(NETWORK,))
TINY = GuestShape(memory_mib=192, vcpus=1, disk_bus="scsi", networks=(NETWORK,))


def opened(one: Bench, **storage: Any) -> ProxmoxHost:
    """Give the cluster a storage for imports, and its account what sending disks there needs."""
    one.cluster.add_storage(Storage(**{"id": IMPORTS, "content": ("import",), "total": 1 << 30} | storage))
    one.cluster.add_role("DrillImports", set(RIGHTS))
    one.cluster.allow(f"/storage/{IMPORTS}", (USER, TOKEN), "DrillImports")
    one.cluster.add_role("DrillMakes", {"VM.Config.CPU", "VM.Config.Memory"})
    one.cluster.allow("/pool/drverify", (USER, TOKEN), "DrillMakes")
    return one.host(import_storage=IMPORTS)


def wanted(one: Bench, scope: RecordingScope, shape: GuestShape) -> SandboxSpec:
    """A sandbox for a machine of this shape."""
    directory = one.root / "sandboxes" / scope.sandbox_id
    directory.mkdir(parents=True)
    return SandboxSpec(
        id=scope.sandbox_id,
        drill_id=DRILL,
        workload="web shop",
        guest=shape,
        dns=(),
        challenge="c0ffee",
        directory=directory,
    )


def raw(path: Path, size: int = 1 << 20, *, full: bool = False) -> DiskSource:
    """A disk with something at both ends, and a hole between them unless it is `full`."""
    with path.open("wb") as file:
        file.write(secrets.token_bytes(300_000))
        if full:
            file.write(bytes(size - file.tell() - 4))
        file.seek(size - 4)
        file.write(b"last")
    return DiskSource(path=path, format="raw")


def images_left(one: Bench) -> list[Path]:
    """Whatever lies on the storage for imports, or in the daemon's own folder for uploads."""
    places = (one.cluster.root / "storages" / IMPORTS, one.cluster.root / "uploads")
    return [path for place in places for path in place.rglob("*") if path.is_file()]
