"""What can be wrong around drverify: here, a state directory without room. And taking it all away."""

import shutil
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import checked
from drverify.errors import HostError

WITHIN = timedelta(seconds=30)
ROOM_MIB = 12
"""Room for records and evidence, not for any guest's disk."""


async def mount_small(directory: Path) -> None:
    """Mount a file system of ROOM_MIB in memory over the directory."""
    options = f"size={ROOM_MIB}m,mode=0755"
    argv = ["mount", "-t", "tmpfs", "-o", options, "drverify-lab", str(directory)]
    await checked(argv, within=WITHIN, hint="mounting needs root")


def mounts_below(directory: Path, mountinfo: str) -> list[Path]:
    """List the mount points at or below a directory, the innermost first (proc(5), mountinfo)."""
    points = [Path(line.split()[4].encode().decode("unicode_escape")) for line in mountinfo.splitlines()]
    return [point for point in reversed(points) if point == directory or directory in point.parents]


async def remove(directory: Path) -> None:
    """Unmount whatever is mounted in a directory of broken estates, then remove it. Absent is success."""
    for point in mounts_below(directory, Path("/proc/self/mountinfo").read_text()):
        await checked(["umount", str(point)], within=WITHIN)
    if mounts_below(directory, Path("/proc/self/mountinfo").read_text()):
        raise HostError(f"something is still mounted in {directory}", hint=f"umount -R {directory}")
    if directory.exists():
        shutil.rmtree(directory)
