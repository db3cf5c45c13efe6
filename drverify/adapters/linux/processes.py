"""Processes that are named so that a reused pid is never mistaken for them.

A pid alone says nothing after its process ended. An identity here is pid, start time (field 22 of
`/proc/PID/stat`, clock ticks since boot; proc(5)) and the boot id of the kernel.

What drverify leaves running carries two environment variables: `DRVERIFY_TAG` (the sandbox's tag)
and `DRVERIFY_PROCESS` (its name in the ledger). A process that was started just before drverify was
killed, and whose pid never reached the ledger, is found by them.
"""

import asyncio
import os
import select
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.errors import TeardownError

PROC = Path("/proc")
TAG_VARIABLE = "DRVERIFY_TAG"
NAME_VARIABLE = "DRVERIFY_PROCESS"
GRACE = timedelta(seconds=5)
KILL = timedelta(seconds=10)
EXEC_LOOKS = 10
EXEC_WAIT = 0.005
"""Seconds between two looks at a process that may be starting its program just now."""
START_TIME = 19
"""Index of the start time among the fields behind the command name (field 3 of stat is index 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """One process, for ever."""

    pid: int
    start_time: int
    boot_id: str

    def facts(self) -> dict[str, str]:
        """Return the identity in the form of a ledger entry's facts."""
        return {"pid": str(self.pid), "start_time": str(self.start_time), "boot_id": self.boot_id}


def marks(tag: str, name: str) -> dict[str, str]:
    """Return the environment variables that mark a process as ours."""
    return {TAG_VARIABLE: tag, NAME_VARIABLE: name}


def identify(pid: int) -> ProcessIdentity | None:
    """Return the identity of a living process; None when there is none (a zombie is none)."""
    try:
        fields = (PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in {"Z", "X"}:
        return None
    return ProcessIdentity(pid=pid, start_time=int(fields[START_TIME]), boot_id=_boot_id())


def from_facts(facts: Mapping[str, str]) -> ProcessIdentity | None:
    """Read an identity back from a ledger entry; None when it has none (yet)."""
    try:
        return ProcessIdentity(
            pid=int(facts["pid"]), start_time=int(facts["start_time"]), boot_id=facts["boot_id"]
        )
    except (KeyError, ValueError):
        return None


def lives(identity: ProcessIdentity) -> bool:
    """Say whether exactly this process still runs."""
    return identify(identity.pid) == identity


def environment_of(pid: int) -> dict[str, str] | None:
    """Return the environment that a process was started with; None when it is gone or not ours to read.

    For a moment within execve(2), after its descriptors were closed, a process shows no environment yet
    (binfmt_elf sets `env_start` last). An empty one is therefore looked at again; kernel threads, which
    have none and no executable either, are not.
    """
    place = PROC / str(pid)
    try:
        raw = (place / "environ").read_bytes()
        for _ in range(EXEC_LOOKS):
            if raw or not (place / "exe").exists():
                break
            time.sleep(EXEC_WAIT)
            raw = (place / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    pairs = (entry.partition(b"=") for entry in raw.split(b"\0") if entry)
    return {os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}


def marked(tag: str, name: str) -> tuple[ProcessIdentity, ...]:
    """Find the living processes that carry both marks (children inherit them)."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        environment = environment_of(int(entry.name)) or {}
        if environment.get(TAG_VARIABLE) == tag and environment.get(NAME_VARIABLE) == name:
            identity = identify(int(entry.name))
            if identity is not None:
                found.append(identity)
    return tuple(found)


async def end(identity: ProcessIdentity, *, grace: timedelta = GRACE) -> None:
    """Terminate a process, kill it after `grace`, and see that it is gone. Absent is success.

    Raises TeardownError when it still lives. Uses a pidfd, so that no other process is ever hit.
    """
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return
    try:
        for number, within in ((signal.SIGTERM, grace), (signal.SIGKILL, KILL)):
            if not lives(identity):
                return
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
            if await asyncio.to_thread(_ended, descriptor, within):
                return
    finally:
        os.close(descriptor)
    raise TeardownError(f"process {identity.pid} does not end")


def _ended(descriptor: int, within: timedelta) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)  # readable once the process ended (pidfd_open(2))
    return bool(poll.poll(within.total_seconds() * 1000))


def _boot_id() -> str:
    return (PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()


class ProcessReclaimer:
    """Ends the process of a ledger entry of kind `process`, if it carries the entry's tag."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """End it and everything else with the same two marks; TeardownError when it is not ours."""
        known = from_facts(facts)
        if known is not None and lives(known):
            if (environment_of(known.pid) or {}).get(TAG_VARIABLE) != tag and lives(known):
                raise TeardownError(f"process {known.pid} does not carry the mark {tag}; it is not touched")
            await end(known)
        for other in await asyncio.to_thread(marked, tag, name):
            await end(other)
