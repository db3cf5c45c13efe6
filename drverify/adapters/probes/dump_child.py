"""Loads a dump into a PostgreSQL of its own and asks it: run as a script, on the standard library alone.

    python -I -S dump_child.py '{"programs": ..., "work": ..., "dump": 5, "form": "plain", ...}'

The dump is hostile: what psql and the server do for it can be anything. So all of it runs in namespaces of
its own (no network, no other process in sight), as a user who owns nothing else, with its working directory
as /tmp and Landlock (kernel 5.13) shutting out every other file, without capabilities, and dies with whoever
started it. The server listens on a socket in there; the role that loads and asks owns the database and is no
superuser, and no other role may log in. Prints one JSON object: what came of which step. Once it is shut in
it can load no module of Python's any more.
"""

import ctypes
import errno
import json
import os
import pwd
import re
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
from typing import IO, Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_READ_FILE, _READ_DIR, _EXECUTE, _WRITE = 1 << 2, 1 << 3, 1, 1 << 1
_FILE_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_SINCE = 4
_PDEATHSIG, _CAPBSET_DROP, _NO_NEW_PRIVS = 1, 24, 38
_NEWNS, _NEWUSER, _NEWIPC, _NEWPID, _NEWNET = 0x20000, 0x10000000, 0x8000000, 0x20000000, 0x40000000
_REC, _PRIVATE, _BIND = 16384, 1 << 18, 4096
_LIBRARIES = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/passwd", "/etc/group",
              "/etc/nsswitch.conf", "/etc/localtime", "/dev/urandom", "/dev/zero")  # fmt: skip
_ROOM = "/tmp"  # noqa: S108 - the working directory is mounted there
_CANNOT = 125
_DATABASE, _ROLE, _OWNER = "restored", "loader", "drverify"
_MOST_ERRORS, _LONGEST = 20, 2000
_ANSWER = 64 * 1024
Order = dict[str, Any]
_PROCESSES = 256
"""Of the user it runs as: a server and psql take some thirty."""
_ERROR = re.compile(r"(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5}): (.*)")
_REFUSED = re.compile(r"error: \\connect: (.*)")
_LOST = "08006"
_OF_HOST = ("08", "53", "57", "58", "XX")
"""Classes of SQLSTATE that speak of the server: connection, resources, operator, system, internal. Kept also
behind many other errors."""


class Stop(Exception):  # noqa: N818 - an end, not a fault
    """The end of a step that went wrong: its name, and what is to be said."""

    def __init__(self, step: str, **said: object) -> None:
        super().__init__(step)
        self.said = {"step": step, **said}


def main() -> None:
    """Give up rights in a process of its own namespaces, and wait for it."""
    order = json.loads(sys.argv[1])
    _dies_with_parent()
    uid, gid = os.geteuid(), os.getegid()
    flags = _NEWNS | _NEWIPC | _NEWPID | _NEWNET | (_NEWUSER if uid else 0)
    if _LIBC.unshare(flags) != 0:
        _give_up(f"no namespaces: {os.strerror(ctypes.get_errno())}")
    if uid:
        for name, content in (
            ("setgroups", "deny"),
            ("uid_map", f"{uid} {uid} 1"),
            ("gid_map", f"{gid} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(content)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    _confined(order, root=uid == 0)
    threading.Thread(target=_watch, args=(order["most"],), daemon=True).start()
    try:
        said: dict[str, object] = _work(order)
    except Stop as stop:
        said = stop.said
    except OSError as error:
        said = {"step": "server", "error": str(error)}
    sys.stdout.write(json.dumps(said))
    sys.stdout.flush()
    os._exit(0)  # the first process of its namespace: everything in it ends with it


def _confined(order: Order, *, root: bool) -> None:
    work = order["work"].encode()
    if _LIBC.mount(b"none", b"/", None, _REC | _PRIVATE, None) or _LIBC.mount(
        work, _ROOM.encode(), None, _BIND, None
    ):
        _give_up(f"no working directory: {os.strerror(ctypes.get_errno())}")
    os.chdir(_ROOM)
    if root:
        nobody = pwd.getpwnam("nobody")
        for folder, folders, files in os.walk("."):
            for name in (".", *folders, *files):
                os.chown(os.path.join(folder, name), nobody.pw_uid, nobody.pw_gid)  # noqa: PTH118
        for capability in range(64):
            _LIBC.prctl(_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)
    _dies_with_parent()
    if _LIBC.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        _give_up("rights can be gained")
    _shut_in()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (order["most"], order["most"]))
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_NPROC, (_PROCESSES, _PROCESSES))


def _dies_with_parent() -> None:
    _LIBC.prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _shut_in() -> None:
    version = _LIBC.syscall(_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        _give_up("this kernel has no Landlock (5.13), or it is switched off")
    rights = _FILE_RIGHTS[max(known for known in _FILE_RIGHTS if known <= version)]
    attributes = struct.pack("QQ", rights, 3) if version >= _NET_SINCE else struct.pack("Q", rights)
    ruleset = _LIBC.syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        _give_up("no rules")
    for path in _LIBRARIES:
        _allow(ruleset, path, rights & (_READ_FILE | _READ_DIR | _EXECUTE))
    _allow(ruleset, "/dev/null", rights & (_READ_FILE | _WRITE))
    _allow(ruleset, _ROOM, rights & ~_EXECUTE)
    if _LIBC.syscall(_RESTRICT, ruleset, 0) != 0:
        _give_up("the rules do not take")
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= _READ_FILE | _EXECUTE | _WRITE
    if _LIBC.syscall(_ADD, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0) != 0:
        _give_up(f"no rule for {path}")
    os.close(descriptor)


def _watch(most: int) -> None:
    """End everything when the working directory grows beyond its limit."""
    while True:
        used = 0
        for folder, _, files in os.walk(_ROOM):
            for name in files:
                try:
                    used += os.lstat(f"{folder}/{name}").st_blocks * 512
                except OSError as error:
                    if error.errno != errno.ENOENT:
                        raise
        if used > most:
            sys.stdout.write(json.dumps({"step": "size"}))
            sys.stdout.flush()
            os._exit(0)
        time.sleep(1)


def _work(order: Order) -> Order:
    programs = order["programs"]
    _server(programs)
    errors = _load(programs, order)
    return {"step": "done", "errors": errors, **_ask(programs, order["query"])}


def _server(programs: str) -> None:
    made = [
        "initdb",
        "-D",
        "data",
        "-U",
        _OWNER,
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--auth=trust",
        "--no-sync",
    ]
    _ours([f"{programs}/{made[0]}", *made[1:]], b"")
    orders = f"CREATE ROLE {_ROLE} LOGIN;\nCREATE DATABASE {_DATABASE} OWNER {_ROLE} TEMPLATE template0;\n"
    _ours([f"{programs}/postgres", "--single", "-D", "data", "template1"], orders.encode())
    with open("data/pg_hba.conf", "w", encoding="utf-8") as file:  # noqa: PTH123
        file.write(f"local {_DATABASE} {_ROLE} trust\n")
    os.mkdir("socket", 0o700)  # noqa: PTH102
    settings = (
        "listen_addresses=", f"unix_socket_directories={_ROOM}/socket", "fsync=off", "full_page_writes=off",
        "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0", "max_connections=8",
        "max_wal_size=256MB", "shared_buffers=64MB", "dynamic_shared_memory_type=mmap", "jit=off",
        "logging_collector=off", "log_min_messages=fatal", "log_min_error_statement=panic",
    )  # fmt: skip
    options = [word for one in settings for word in ("-c", one)]
    with open("log", "wb") as log:  # noqa: PTH123
        subprocess.Popen(
            [f"{programs}/postgres", "-D", "data", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    for _ in range(600):
        answer = subprocess.run(
            [*_psql(programs), "-c", "select 1"], capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        if answer.returncode == 0:
            return
        time.sleep(0.05)
    with open("log", "rb") as log:  # noqa: PTH123
        raise Stop("server", error=log.read(_LONGEST).decode("utf-8", "replace"))


def _ours(argv: list[str], given: bytes) -> None:
    done = subprocess.run(argv, input=given, capture_output=True, check=False)
    if done.returncode != 0:
        raise Stop("server", error=(done.stderr or done.stdout).decode("utf-8", "replace")[-_LONGEST:])


def _psql(programs: str) -> list[str]:
    return [f"{programs}/psql", "-X", "-q", "-h", f"{_ROOM}/socket", "-U", _ROLE, "-d", _DATABASE]


def _load(programs: str, order: Order) -> list[list[str]]:
    """Load it; every error that is more than a right or a role that this server does not give."""
    psql = [*_psql(programs), "-v", "VERBOSITY=verbose", "-f", "-"]
    archive = None
    if order["form"] == "plain":
        source = order["dump"]
    else:
        given = ["dump"] if order["form"] == "directory" else []
        restore = [f"{programs}/pg_restore", "-f", "-", "--no-owner", "--no-acl", *given]
        with open("restore.log", "wb") as said:  # noqa: PTH123
            archive = subprocess.Popen(
                restore,
                stdin=order["dump"] if not given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            )
        source = archive.stdout
    loading = subprocess.Popen(psql, stdin=source, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if archive is not None and archive.stdout is not None:
        archive.stdout.close()
    errors = _errors(loading.stderr)
    code = loading.wait()
    if code not in {0, 3}:  # before the archive's end, which only follows from it
        raise Stop("load", error=f"psql ended with {code}", errors=errors)
    if archive is not None and (ended := archive.wait()) != 0:
        with open("restore.log", "rb") as said:  # noqa: PTH123
            error = said.read(_LONGEST).decode("utf-8", "replace")
        raise Stop("archive", error=error, errors=errors, killed=ended < 0)
    return errors


def _errors(stream: IO[bytes] | None) -> list[list[str]]:
    found: list[list[str]] = []
    for line in stream or ():
        text = line.decode("utf-8", "replace")
        if match := _ERROR.search(text):
            state, said = match[1], match[2]
        elif match := _REFUSED.search(text):
            state, said = _LOST, match[1]
        else:
            continue
        most = _MOST_ERRORS * (2 if state.startswith(_OF_HOST) else 1)
        if len(found) < most and not _harmless(state, said):
            found.append([state, said[:300]])
    return found


def _harmless(state: str, text: str) -> bool:
    """Rights and owners: the role that loads has none of another role's, and there is no other role."""
    if state == "42501":
        return not text.startswith("permission denied to create extension ")
    return state == "42704" and text.startswith("role ")


def _ask(programs: str, query: str) -> Order:
    asked = subprocess.run(
        [*_psql(programs), "-A", "-t", "-F", "\x1f", "-P", "null=\x1e", "-v", "ON_ERROR_STOP=1",
         "-v", "VERBOSITY=verbose", "-c", query],
        stdin=subprocess.DEVNULL, capture_output=True, check=False,
        env={**os.environ, "PGOPTIONS": "-c default_transaction_read_only=on"},
    )  # fmt: skip
    if asked.returncode != 0:
        said = asked.stderr.decode("utf-8", "replace").partition("\nLOCATION:")[0].strip()
        match = _ERROR.search(said)
        state = match[1] if match else _LOST
        return {"failed": said[:_LONGEST], "state": state}
    rows = asked.stdout[:_ANSWER].decode("utf-8", "replace").removesuffix("\n").split("\n")
    return {"rows": [row.split("\x1f")[0] for row in rows[:2]], "none": asked.stdout == b""}


def _give_up(why: str) -> None:
    sys.stderr.write(f"cannot be confined: {why}\n")
    sys.stderr.flush()
    os._exit(_CANNOT)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as problem:
        _give_up(str(problem))
