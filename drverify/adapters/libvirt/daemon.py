"""libvirt's daemons: started where nobody else does, asked for where somebody else should.

Only on a machine without systemd does drverify start them; they stay up, as they would at boot.
"""

import asyncio
import grp
import os
import shutil
import socket
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux import command
from drverify.adapters.linux.programs import PATH, require
from drverify.errors import HostError

SOCKETS = (Path("/run/libvirt/libvirt-sock"), Path("/run/libvirt/virtqemud-sock"))
LOG_SOCKET = Path("/run/libvirt/virtlogd-sock")
DAEMONS = ("libvirtd", "virtlogd")
SYSTEMD = Path("/run/systemd/system")
START = "systemctl start virtlogd.socket libvirtd.socket"
KVM = Path("/dev/kvm")
_START = timedelta(seconds=30)
_SOON = timedelta(seconds=10)
_POLL = 0.1


async def ensure_running() -> bool:
    """See that libvirt answers; start its daemons if nobody does that here. True when we started them.

    HostError, with the command to run, when it does not answer and is not ours to start.
    """
    if not SYSTEMD.is_dir():
        _mend_kvm()
    if _answers():
        return False
    if SYSTEMD.is_dir():
        raise HostError("libvirt does not answer", hint=START)
    for program in DAEMONS:
        require(program)
    if not _accepts(LOG_SOCKET):
        await _start("virtlogd", lambda: _accepts(LOG_SOCKET))
    await _start("libvirtd", _answers)
    return True


def started_by_drills() -> bool:
    """Whether libvirt does not answer now, and the next drill starts it by itself."""
    there = all(shutil.which(program, path=PATH) for program in DAEMONS)
    return there and not _answers() and not SYSTEMD.is_dir()


def _answers() -> bool:
    return any(_accepts(path) for path in SOCKETS)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


async def _start(program: str, answers: Callable[[], bool]) -> None:
    """Start a daemon and wait until it answers.

    If it refuses to start, somebody else's start may have come first (two drills begin at the same
    moment): then that one answers soon.
    """
    refused: HostError | None = None
    try:
        await command.checked([program, "--daemon"], within=_START)
    except HostError as error:
        refused = error
    deadline = asyncio.get_running_loop().time() + (_SOON if refused else _START).total_seconds()
    while not answers():
        if asyncio.get_running_loop().time() > deadline:
            raise refused or HostError(
                f"{program} was started and does not answer", hint="see /var/log/libvirt/"
            )
        await asyncio.sleep(_POLL)


def _mend_kvm() -> None:
    """Give /dev/kvm the group and mode that udev's rule gives it, where no udev of this system did.

    In a container it belongs to root, or to a group that only the machine around it knows.

    libvirt probes QEMU as root and later finds the device closed to QEMU's user: it then throws its
    knowledge of QEMU away and gathers it anew at each start of a guest, which takes seconds.
    """
    if shutil.which("udevadm") and Path("/run/udev/control").exists():
        return
    try:
        found = KVM.stat()
        group = grp.getgrnam("kvm").gr_gid
    except (OSError, KeyError):
        return
    if stat.S_ISCHR(found.st_mode) and not found.st_mode & 0o006 and _is_nobodys(found):
        os.chown(KVM, 0, group)
        KVM.chmod(0o660)


def _is_nobodys(device: os.stat_result) -> bool:
    """Whether a device's group lets nobody in: root's own without a right, or one without a name here."""
    if device.st_gid == 0:
        return not device.st_mode & 0o060
    try:
        grp.getgrgid(device.st_gid)
    except KeyError:
        return True
    return False
