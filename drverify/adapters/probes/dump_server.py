"""Runs `dump_child.py`: a throw-away PostgreSQL for one dump, entered in the ledger, gone afterwards."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux.command import last_lines, streaming
from drverify.adapters.linux.processes import ProcessIdentity, identify, lives, marked, marks
from drverify.adapters.probes.dump_header import Form
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope
from drverify.errors import HostError, TeardownError

CHILD = Path(__file__).with_name("dump_child.py")
PROGRAMS = Path("/usr/lib/postgresql")
"""Where Debian keeps the programs of each major version."""
MEMORY = 4 << 30
LEAST, GROWTH = 2 << 30, 12
"""Bytes that a server may take, and how many times the dump's size when that is more."""
ENDED = timedelta(seconds=30)
_SAID = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One dump and one question."""

    programs: Path
    form: Form
    dump: int
    """Open descriptor of the file; unused in directory format, which lies copied in `work / "dump"`."""
    size: int
    query: str
    work: Path
    """Directory of its own, which is removed."""


def programs_of(version: str, base: Path = PROGRAMS) -> Path:
    """The folder of a major version's programs. HostError when it is not installed."""
    folder = base / version / "bin"
    if not (folder / "postgres").exists():
        there = sorted(path.name for path in base.glob("*") if (path / "bin/postgres").exists())
        raise HostError(
            f"PostgreSQL {version} is not installed on the restore host, only {', '.join(there) or 'none'}",
            hint=f"apt-get install postgresql-{version}",
        )
    return folder


async def loaded(job: Job, ledger: ResourceScope) -> Mapping[str, Any]:
    """What the child says. HostError when it cannot be confined or says nothing.

    Ends it, removes its directory and strikes it out of the ledger, also when cancelled.
    """
    name = f"dump {job.work}"
    order = {
        "programs": str(job.programs),
        "form": job.form,
        "dump": job.dump,
        "query": job.query,
        "work": str(job.work),
        "memory": MEMORY,
        "most": max(LEAST, job.size * GROWTH),
    }
    ledger.opening("process", name)
    identity: ProcessIdentity | None = None
    said = bytearray()
    try:
        async with streaming(
            [sys.executable, "-I", "-S", str(CHILD), json.dumps(order)],
            env=marks(ledger.tag, name),
            pass_fds=(job.dump,),
            grace=timedelta(0),
            dies_with_us=True,
        ) as process:
            identity = identify(process.pid)
            if identity is not None:
                ledger.opening("process", name, **identity.facts())
            async for chunk in process.chunks():
                said += chunk[: _SAID - len(said)]
            code = await process.wait()
    finally:
        await finish(_gone(ledger, name, identity, job.work), within=ENDED * 2, what="ending a server")
    if code != 0 or not said:
        why = last_lines(process.stderr_tail()) or f"it ended with {code}"
        raise HostError(f"the throw-away PostgreSQL did not run: {why}")
    return _read(bytes(said))


def _read(said: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(said)
    except ValueError as error:
        raise HostError("the throw-away PostgreSQL gave no readable answer") from error
    if not isinstance(found, dict) or not isinstance(found.get("step"), str):
        raise HostError("the throw-away PostgreSQL gave no readable answer")
    return found


async def _gone(ledger: ResourceScope, name: str, identity: ProcessIdentity | None, work: Path) -> None:
    """See that everything of the server is gone. TeardownError when something still lives."""
    loop = asyncio.get_running_loop()
    until = loop.time() + ENDED.total_seconds()

    def alive() -> bool:
        return (identity is not None and lives(identity)) or bool(marked(ledger.tag, name))

    while await asyncio.to_thread(alive):
        if loop.time() > until:
            raise TeardownError(f"{name} is still there", hint="run `drverify sandbox reap`")
        await asyncio.sleep(0.05)
    await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
    if os.path.lexists(work):
        raise TeardownError(f"{work} cannot be removed", hint="run `drverify sandbox reap`")
    ledger.closed("process", name)
