"""Reading the beginning of a backup, wherever it is kept, with the faults that stand against it."""

from pathlib import Path

from lab.pve.api.problems import failed
from lab.pve.api.snapshots import facts_of
from lab.pve.api.volumes import read_volume
from lab.pve.api.world import World
from lab.pve.seam import ArchiveHead, RestoreError


def archive_path(world: World, node: str, volid: str) -> Path:
    """Return what a backup is restored from. Raises ApiError when it is not there."""
    path = world.storages.path(volid, node)
    if not path.exists():
        raise failed(f"volume '{volid}' does not exist")
    return path


async def archive_head(world: World, node: str, volid: str) -> ArchiveHead:
    """Read a backup's beginning. Raises ApiError when it is not there, RestoreError for no archive."""
    path = archive_path(world, node, volid)
    volume = read_volume(volid)
    if volume.form.startswith("pbs-"):
        key = facts_of(path if path.is_dir() else path.parent).get("encrypted")
        if key and world.faults.stands("no-key", vmid=volume.owner, node=node) is not None:
            raise RestoreError(f"Error: missing key - manifest was created with key {key}")
    return await world.muscle(node).head(path)
