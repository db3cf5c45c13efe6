"""Network namespaces without any uplink: made with their mark on them, entered by a thread, taken back.

A namespace is born anonymous, gets its mark (the alias of its loopback) and only then its name, so no
moment exists at which a named namespace of ours cannot be told from somebody else's.
"""

import ctypes
import json
import os
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux import command
from drverify.errors import HostError, IsolationError, TeardownError

RUN_NETNS = Path("/run/netns")
CLONE_NEWNET = 0x40000000
QUICK = timedelta(seconds=20)
_MARK_AND_NAME = 'ip link set lo alias "$1" && ip link set lo up && exec ip netns attach "$2" $$'
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


def path_of(name: str) -> Path:
    """Return where the namespace's handle is mounted; ValueError when the name is not plain."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a namespace name of ours: {name!r}")
    return RUN_NETNS / name


def entrances(name: str, guests: Iterable[object]) -> tuple[str, ...]:
    """Commands for people: a shell in the namespace, and the way from there to each guest's address."""
    inside = f"ip netns exec {name}"
    return (f"{inside} bash", *(f"{inside} ssh USER@{guest}" for guest in guests))


async def create(name: str, tag: str) -> None:
    """Make the namespace `name`, marked with `tag`, with nothing but an open loopback in it.

    HostError when it cannot be made, for example because the name is taken.
    """
    path_of(name)
    await command.checked(
        ["unshare", "--net", "sh", "-c", _MARK_AND_NAME, "drverify", tag, name],
        within=QUICK,
        hint="making network namespaces needs root",
    )


def inode_of(path: Path) -> int:
    """Return the number that tells namespaces apart; HostError when there is none at `path`."""
    try:
        return path.stat().st_ino
    except OSError as error:
        raise HostError(f"no network namespace at {path}: {error}") from error


def enter(path: Path) -> None:
    """Move the calling thread, and all that it starts from now on, into the namespace at `path`.

    Raises IsolationError unless the thread then is in that very namespace and not in the host's.
    """
    wanted, before = inode_of(path), inode_of(_current())
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(descriptor)
    finally:
        os.close(descriptor)
    now = inode_of(_current())
    if now != wanted or now in {before, inode_of(Path("/proc/self/ns/net"))}:
        raise IsolationError(f"the thread is in network namespace {now}, not in the sandbox's ({wanted})")


def _current() -> Path:
    return Path("/proc/thread-self/ns/net")


def _setns(descriptor: int) -> None:
    if hasattr(os, "setns"):  # Python 3.12
        os.setns(descriptor, CLONE_NEWNET)
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise HostError(f"cannot enter the sandbox's network namespace: {os.strerror(number)}")


async def links(name: str | None) -> list[dict[str, Any]]:
    """List the network interfaces of a namespace (none: the host's) with all their details."""
    where = ["-n", name] if name else []
    done = await command.checked(["ip", *where, "-d", "-s", "-json", "link", "show"], within=QUICK)
    found = json.loads(done.stdout or b"[]")
    return [link for link in found if link]


async def tag_of(name: str) -> str | None:
    """Return the mark of a namespace, or nothing when it has none."""
    return next((link.get("ifalias") for link in await links(name) if link["ifname"] == "lo"), None)


def exists(name: str) -> bool:
    """Say whether the namespace has a name (mounted or not)."""
    return os.path.lexists(path_of(name))


def is_mounted(name: str) -> bool:
    """Say whether there is a namespace behind the name, and not only the file that it is mounted on."""
    handle = path_of(name)
    return handle.exists() and handle.stat().st_dev != RUN_NETNS.stat().st_dev


async def remove(name: str, tag: str) -> None:
    """Remove the namespace if it carries `tag`, and verify that it is gone. Absent is success.

    Raises TeardownError when it is not ours or still there. Interfaces in it go with it.
    """
    if not exists(name):
        return
    if is_mounted(name) and (found := await tag_of(name)) != tag:
        raise TeardownError(
            f"network namespace {name} is marked {found!r}, not {tag!r}: not ours, left alone",
            hint=f"look at it with `ip -n {name} link` and remove it by hand if it is nobody's",
        )
    done = await command.run(["ip", "netns", "delete", name], within=QUICK)
    if exists(name):
        raise TeardownError(f"network namespace {name} is still there: {done.error_lines()}")
