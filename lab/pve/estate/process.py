"""The process of a stand-in cluster: begun, waited for, ended; whoever began it may be gone since."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux.processes import ProcessIdentity, lives
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.errors import DeadlineError, HostError
from drverify.model.recovery import SecretRef
from lab.estate.life import Say
from lab.pve.estate.layout import NODE, PveEstate
from lab.pve.estate.serving import cluster_of
from lab.settings import ROOT

START = timedelta(seconds=60)
STOP = timedelta(seconds=90)


def runs(estate: PveEstate) -> bool:
    """Say whether the cluster's process runs and is ready."""
    return alive(estate) and estate.tunnels.exists()


def alive(estate: PveEstate) -> bool:
    """Say whether the cluster's process runs, ready or not."""
    identity = _identity(estate)
    return identity is not None and lives(identity)


async def begin(estate: PveEstate, say: Say) -> None:
    """Start the cluster's process, unless a run that was killed has, and wait until it is ready.

    HostError when it ends at once, DeadlineError when it takes too long.
    """
    process = None if alive(estate) else _process(estate)
    async with _within(START, f"the cluster did not come up; see {estate.log}"):
        while not estate.tunnels.exists():
            if process is not None and process.poll() is not None and not alive(estate):
                raise HostError(
                    f"the cluster ended at once: {_last_line(estate.log)}", hint=f"see {estate.log}"
                )
            await asyncio.sleep(0.1)
    say(f"cluster {estate.name} is up")


async def end(estate: PveEstate) -> None:
    """Take the cluster, its guests and its networks away. Idempotent. DeadlineError when it does not end."""
    identity = _identity(estate)
    if identity is not None and lives(identity):
        os.kill(identity.pid, signal.SIGTERM)
        await _until_gone(identity)
    elif estate.cluster.exists():  # it was killed: its guests and its network may still be there
        async with cluster_of(estate.cluster, name=estate.name):
            pass
    for path in (estate.process, estate.addresses, estate.tunnels):
        path.unlink(missing_ok=True)


def administrator(estate: PveEstate) -> ProxmoxClient:
    """A client with every right; the caller closes it."""
    door = json.loads(estate.addresses.read_text())["nodes"][NODE]
    access = Access(
        endpoint=endpoint(f"{door['host']}:{door['port']}", door["fingerprint"]),
        user="root@pam",
        password=SecretRef("root"),
    )
    return ProxmoxClient(access, lambda _: (estate.cluster / "root-password").read_bytes())


def _process(estate: PveEstate) -> subprocess.Popen[bytes]:
    estate.tunnels.unlink(missing_ok=True)
    with estate.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "lab.pve.estate.serving", str(estate.cluster), estate.name],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _identity(estate: PveEstate) -> ProcessIdentity | None:
    try:
        return ProcessIdentity(**json.loads(estate.process.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


async def _until_gone(identity: ProcessIdentity) -> None:
    async with _within(STOP, f"the cluster's process {identity.pid} does not end"):
        while lives(identity):
            with suppress(ChildProcessError):  # it may be our own child
                os.waitpid(identity.pid, os.WNOHANG)
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _within(limit: timedelta, why: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(limit.total_seconds()):
            yield
    except TimeoutError as error:
        raise DeadlineError(why) from error


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
