"""A guest's disk as a raw image: what qemu-img makes of any format that it reads."""

from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.command import checked
from drverify.engine.ports import DiskSource

WITHIN = timedelta(hours=2)


async def copied(disk: DiskSource, into: Path) -> int:
    """Write the guest's disk to the new file `into` as a raw image, sparse; return its size in bytes.

    The guest must be off. HostError when qemu-img cannot do it.
    """
    argv = ["qemu-img", "convert", "-f", disk.format, "-O", "raw", "-S", "64k", str(disk.path), str(into)]
    try:
        await checked(argv, within=WITHIN, hint="is there room for the disk in state_dir?")
    except BaseException:
        into.unlink(missing_ok=True)
        raise
    return into.stat().st_size
