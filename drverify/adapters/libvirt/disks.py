"""The files of a guest in its sandbox's directory: given to the user that QEMU runs as, and no others.

The backing file of an overlay lies on the mounted backup: it is only looked at, never changed.
"""

import os
import shutil
import stat
from datetime import timedelta
from pathlib import Path

from drverify.adapters.libvirt.xml import QemuAccount
from drverify.adapters.linux import command
from drverify.engine.ports import DiskSource
from drverify.errors import HostError

MIB = 1024 * 1024
_QUICK = timedelta(seconds=30)


async def prepare_disk(disk: DiskSource, directory: Path, account: QemuAccount) -> None:
    """Make the disk usable for QEMU: an overlay is made if it is not there, its owner is set.

    HostError when a path leads out of `directory`, or QEMU's user could not get at it.
    """
    _inside(disk.path, directory)
    if disk.backing is not None:
        await _overlay(disk, directory, account)
    if not _is_plain_file(disk.path):
        raise HostError(f"the guest's disk {disk.path} is not a plain file")
    give(disk.path, account)


async def _overlay(disk: DiskSource, directory: Path, account: QemuAccount) -> None:
    backing = disk.backing
    if backing is None or disk.format != "qcow2":
        raise HostError("only a qcow2 disk can be an overlay")
    await _readable(backing, account)
    if not disk.path.exists():
        await command.checked(
            ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", str(backing), str(disk.path)],
            within=_QUICK,
            cwd=directory,
        )


def check_room(directory: Path, *, memory_mib: int, reserve_mib: int, disk_mib: int) -> None:
    """Raise HostError, with figures, unless the guest's memory and some disk space are free."""
    available = _available_mib(Path("/proc/meminfo").read_text())
    if available < memory_mib + reserve_mib:
        raise HostError(
            f"not enough memory: the guest takes {memory_mib} MiB and {reserve_mib} MiB must stay free, "
            f"but {available} MiB are available",
            hint="free memory on the restore host, or lower memory_mib in the inventory",
        )
    free = shutil.disk_usage(directory).free // MIB
    if free < disk_mib:
        raise HostError(
            f"not enough disk space for the sandbox: {disk_mib} MiB are wanted below {directory}, "
            f"but {free} MiB are free",
            hint="free disk space, or set state_dir to a larger file system",
        )


def _available_mib(meminfo: str) -> int:
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    raise HostError("/proc/meminfo does not say how much memory is available")


def _inside(path: Path, directory: Path) -> None:
    real = path.parent.resolve()
    if not real.is_relative_to(directory.resolve()):
        raise HostError(f"{path} lies outside the sandbox's directory {directory}")


def _is_plain_file(path: Path) -> bool:
    return path.exists() and stat.S_ISREG(path.lstat().st_mode)


def give(path: Path, account: QemuAccount) -> None:
    """Give a file of the sandbox to QEMU's user, and to no other."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, account.uid, account.gid)
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def admit(directory: Path, account: QemuAccount) -> None:
    """Let QEMU's group pass through the sandbox's directory, and nobody else: a mounted backup lies below.

    HostError when QEMU's user could not get there from above.
    """
    os.chown(directory, -1, account.gid)
    directory.chmod(0o710)
    for folder in directory.resolve().parents:
        if not _allows(folder.stat(), account, os.X_OK):
            raise HostError(
                f"QEMU's user (uid {account.uid}) may not pass through {folder}",
                hint=f"chmod o+x {folder}, or set state_dir to another place",
            )


async def _readable(backing: Path, account: QemuAccount) -> None:
    """Read a byte of the backup's image as QEMU's user: mode bits mean nothing on a FUSE mount."""
    become = ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--"]
    done = await command.run([*become, "head", "--bytes=1", str(backing)], within=_QUICK)
    if done.exit_code != 0:
        raise HostError(
            f"QEMU's user (uid {account.uid}) cannot read {backing}: {done.error_lines()}",
            hint="the mount must be made with allow_other and show readable files",
        )


def _allows(found: os.stat_result, account: QemuAccount, wanted: int) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode >> 6 & wanted)
    if found.st_gid == account.gid:
        return bool(found.st_mode >> 3 & wanted)
    return bool(found.st_mode & wanted)
