"""Becomes another program that stands apart from this machine: a script on the standard library alone.

    python -I -S apart.py '{"temporary": "/room/tmp", "seen": ["/room"], "nice": 0}' /PROGRAM ARGUMENT

Run as root the program gets a network of its own without any card, and a `/tmp` of its own, which is the
directory `temporary`: libguestfs puts its sockets below `/tmp` when it is root, and only there, and a
program that is killed must leave none of them behind. Directories in `seen` that lie below the machine's
`/tmp` stay where they were. Every capability but those over files is dropped for
good, and none can be gained. The program dies with the thread that started it.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import sys
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CAP_CHOWN, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER = 0, 1, 2, 3
_FILES = {_CAP_CHOWN, _CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_FOWNER}
_NEW_NS, _NEW_IPC, _NEW_NET = 0x00020000, 0x08000000, 0x40000000
_BIND, _REC, _SLAVE = 4096, 16384, 1 << 19
_TMP = Path("/tmp")  # noqa: S108 - it is what is replaced
CANNOT = 125


def main() -> None:
    """Step aside, give up rights, then become the program."""
    wanted = json.loads(sys.argv[1])
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.geteuid() == 0:
        _step_aside(Path(wanted["temporary"]), [Path(one) for one in wanted["seen"]])
        for capability in range(64):
            if capability not in _FILES:
                _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        _give_up("rights can be gained")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(wanted["nice"])
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - becoming it is the point


def _step_aside(temporary: Path, seen: list[Path]) -> None:
    if _LIBC.unshare(_NEW_NS | _NEW_NET | _NEW_IPC) != 0:
        _give_up(f"no namespaces: {os.strerror(ctypes.get_errno())}")
    if _LIBC.mount(b"none", b"/", None, _REC | _SLAVE, None) != 0:
        _give_up("mounts stay shared")
    below = [place for place in map(Path.resolve, seen) if place.is_relative_to(_TMP)]
    held = {place: os.open(place, os.O_PATH | os.O_DIRECTORY) for place in below}
    _bind(str(temporary), _TMP)
    for place, descriptor in held.items():
        place.mkdir(parents=True, exist_ok=True)
        _bind(f"/proc/self/fd/{descriptor}", place)
        os.close(descriptor)


def _bind(source: str, target: Path) -> None:
    if _LIBC.mount(os.fsencode(source), os.fsencode(target), None, _BIND | _REC, None) != 0:
        _give_up(f"{target}: {os.strerror(ctypes.get_errno() or errno.EINVAL)}")


def _give_up(why: str) -> None:
    sys.stderr.write(f"cannot stand apart: {why}\n")
    sys.stderr.flush()
    os._exit(CANNOT)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as problem:
        _give_up(str(problem))
