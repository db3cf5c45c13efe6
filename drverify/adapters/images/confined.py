"""Becomes another program that may do little: run as a script, on the standard library alone.

    python -I -S confined.py '{"memory": ..., "file": ..., "read": [...], "write": [...]}' /PROGRAM ARGUMENT

The program sees only the named files (and the libraries it is made of), has no network, no capability but
that of reading files of other owners, cannot gain rights, and is bounded in memory and in the size of a
file; it dies with the thread that started it. Landlock (kernel 5.13) shuts out the other files: the program
runs without that where the kernel has none.
"""

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_EXECUTE, _WRITE, _READ, _LIST, _TRUNCATE = 1, 2, 4, 8, 1 << 14
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""All rights to files, by the version of the interface from which on they are known."""
_NET_SINCE = 4
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 24, 38
_CAP_DAC_READ_SEARCH = 2
_NEW_NET, _NEW_IPC = 0x40000000, 0x08000000
_LIBRARIES = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")
_CANNOT = 125


def main() -> None:
    """Give up rights, then become the program."""
    bounds = json.loads(sys.argv[1])
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.geteuid() == 0:
        if _LIBC.unshare(_NEW_NET | _NEW_IPC) != 0 and ctypes.get_errno() != errno.EPERM:
            _give_up("no network of its own")
        for capability in range(64):
            if capability != _CAP_DAC_READ_SEARCH:
                _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        _give_up("rights can be gained")
    _shut_in(bounds["read"], bounds["write"])
    for kind, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, bounds["file"]),
        (resource.RLIMIT_AS, bounds["memory"]),
    ):
        resource.setrlimit(kind, (most, most))
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606 - becoming it is the point
    except OSError as error:
        _give_up(f"{sys.argv[2]}: {error.strerror}")


def _shut_in(read: list[str], write: list[str]) -> None:
    version = _LIBC.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return
    rights = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)]
    attributes = struct.pack("QQ", rights, 3) if version >= _NET_SINCE else struct.pack("Q", rights)
    ruleset = _LIBC.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        _give_up("no rules")
    for path in _LIBRARIES:
        with suppress(FileNotFoundError):
            _allow(ruleset, path, rights & (_READ | _EXECUTE | _LIST))
    for path in read:
        _allow(ruleset, path, _READ)
    for path in write:
        _allow(ruleset, path, rights & (_READ | _WRITE | _TRUNCATE))
    if _LIBC.syscall(_RESTRICT, ruleset, 0) != 0:
        _give_up("the rules do not take")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):  # noqa: PTH112 - nothing more is imported here
        rights &= ~_LIST
    rule = struct.pack("=Qi", rights, descriptor)
    if _LIBC.syscall(_ADD, ruleset, 1, rule, 0) != 0:
        _give_up(f"no rule for {path}")
    os.close(descriptor)


def _give_up(why: str) -> None:
    sys.stderr.write(f"cannot be confined: {why}\n")
    os._exit(_CANNOT)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as problem:
        _give_up(str(problem))
