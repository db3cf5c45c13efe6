"""Production: the running guest, in a network namespace of its own that leads nowhere.

Everything here can be killed at any moment: `up` and `down` first look at what there is, put right
what an earlier run left half done (a paused guest, a backup job, a tap in the host's network) and go
on from there.
"""

import asyncio
import fcntl
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.libvirt.calls import Calls, NoDomain
from drverify.adapters.libvirt.xml import Acceleration
from drverify.adapters.linux import links, netns
from drverify.adapters.linux.command import checked, run
from drverify.errors import DeadlineError, HostError
from lab.estate import guests
from lab.estate.layout import Estate, make_directories
from lab.estate.machine import TAG, Machine, console, domain_xml, owner_of
from lab.images.variant import sparse_copy

Say = Callable[[str], None]
PAUSED = 3
"""VIR_DOMAIN_PAUSED of libvirt."""
START_PAUSED = 1
"""VIR_DOMAIN_START_PAUSED of libvirt."""
HEALTHY_WITHIN = timedelta(minutes=15)
LOCK_POLL_S = 0.25
OK = 200
_ASK = """
import hashlib, sys, urllib.error, urllib.request
try:
    answer = urllib.request.urlopen(sys.argv[1], timeout=float(sys.argv[2]))
    print(answer.status, hashlib.sha256(answer.read()).hexdigest())
except urllib.error.HTTPError as error:
    print(error.code, "")
except OSError:
    sys.exit(1)
"""


@asynccontextmanager
async def only_one(estate: Estate, say: Say) -> AsyncIterator[None]:
    """Let one process at a time work on the estate; the kernel frees the lock if we die."""
    make_directories(estate)
    with (estate.production / ".lock").open("w") as lock:
        waiting = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not waiting:
                    say("another `drverify lab` is at work, waiting for it")
                waiting = True
                await asyncio.sleep(LOCK_POLL_S)
        yield


async def start(
    estate: Estate, machine: Machine, images: Path, *, acceleration: Acceleration, say: Say
) -> None:
    """Run the machine and wait until its application answers. Idempotent. The caller holds the lock.

    HostError when it cannot be run, DeadlineError when it does not get healthy in time.
    """
    if not await still_runs(estate, machine):
        await stop(estate, machine)
        await _disk(estate, machine, images, say)
        await wire([machine])
        await launch(estate, machine, acceleration=acceleration, say=say)
    await until_healthy(machine, machine.namespace, say)


async def still_runs(estate: Estate, machine: Machine) -> bool:
    """Whether the machine runs in its network; what a killed backup left in it is put right then."""
    calls = Calls()
    if not (await _runs(calls, estate, machine) and await _is_wired(machine)):
        return False
    await settle(calls, machine)
    return True


async def stop(estate: Estate, *machines: Machine) -> None:
    """Take the domains and taps of one namespace back, and the namespace; disks stay. Idempotent.

    HostError when a domain belongs to another estate, TeardownError when something stays.
    """
    calls = Calls()
    for machine in machines:
        if await _exists(calls, estate, machine):
            with suppress(NoDomain):  # it may end by itself meanwhile
                await calls.domain(machine.domain, lambda domain: domain.destroy(), what="stopping")
            await _gone(calls, estate, machine)
        await links.remove_tap(machine.segment.tap, TAG, machine.namespace)
    for namespace in {machine.namespace for machine in machines}:
        await netns.remove(namespace, TAG)


async def settle(calls: Calls, machine: Machine) -> None:
    """Put right what a killed backup left in the running domain: its job, its pause."""

    def work(domain: Any) -> None:
        _end_job(domain)
        if domain.state()[0] == PAUSED:
            domain.resume()

    await calls.domain(machine.domain, work, what="looking after")


def _end_job(domain: Any) -> None:
    """End the job that still runs, if one does: it may complete between the look and the call."""
    if int(domain.jobInfo()[0]) == 0:
        return
    try:
        domain.abortJob()
    except Exception:  # libvirt's own type, whose module this package does not load
        if int(domain.jobInfo()[0]) != 0:
            raise


async def is_running(estate: Estate, machine: Machine) -> bool:
    """Say whether the domain of this estate runs."""
    return await _runs(Calls(), estate, machine)


async def ask(machine: Machine, path: str, *, within: timedelta = timedelta(seconds=5)) -> int | None:
    """Ask for a page from inside production; the HTTP status, or none when nothing answered."""
    return await _status(machine, machine.namespace, path, within)


async def answers(machine: Machine, namespace: str) -> bool:
    """Say whether the machine's application works, asked from inside that namespace."""
    return await _status(machine, namespace, machine.health, timedelta(seconds=5)) == OK


async def _status(machine: Machine, namespace: str, path: str, within: timedelta) -> int | None:
    answer = await _answer(machine, namespace, path, within)
    return None if answer is None else answer[0]


async def _answer(machine: Machine, namespace: str, path: str, within: timedelta) -> tuple[int, str] | None:
    """Status and digest of a page."""
    url, limit = f"http://{machine.network.address}{path}", f"{within.total_seconds():g}"
    inside = ["nsenter", f"--net={netns.path_of(namespace)}", sys.executable, "-Ic", _ASK, url, limit]
    done = await run(inside, within=within + timedelta(seconds=15))
    if done.exit_code != 0:
        return None
    status, _, digest = done.stdout.decode().strip().partition(" ")
    return int(status), digest


async def until_healthy(machine: Machine, namespace: str, say: Say) -> None:
    """Wait until the application answers and its heartbeat beats: a backup before it holds old data.

    DeadlineError when it does not.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    beat = ""
    while loop.time() - began < HEALTHY_WITHIN.total_seconds():
        answer = await _answer(machine, namespace, machine.beat, timedelta(seconds=5))
        if answer is not None and answer[0] == OK:
            if beat not in {"", answer[1]} and await answers(machine, namespace):
                say(f"{machine.name}: healthy after {loop.time() - began:.1f} s")
                return
            beat = answer[1]
        await asyncio.sleep(0.5)
    raise DeadlineError(
        f"{machine.name} did not answer {machine.health}, or its heartbeat stood still, for "
        f"{HEALTHY_WITHIN.total_seconds():.0f} s",
        hint=f"see {machine.name}-console.log in the lab's production directory",
    )


async def _exists(calls: Calls, estate: Estate, machine: Machine) -> bool:
    try:
        xml = await calls.domain(machine.domain, lambda domain: str(domain.XMLDesc()), what="looking for")
    except NoDomain:
        return False
    if (owner := owner_of(xml)) != str(estate.root):
        raise HostError(
            f"the domain {machine.domain} belongs to {owner or 'nobody we know'}",
            hint=f"take that lab down first (DRVERIFY_LAB_DIR={owner})" if owner else "",
        )
    return True


async def _runs(calls: Calls, estate: Estate, machine: Machine) -> bool:
    return await _exists(calls, estate, machine) and bool(
        await calls.domain(machine.domain, lambda domain: domain.isActive(), what="looking at")
    )


async def _gone(calls: Calls, estate: Estate, machine: Machine) -> None:
    for _ in range(100):
        if not await _exists(calls, estate, machine):
            return
        await asyncio.sleep(0.1)
    raise HostError(f"the domain {machine.domain} does not go away")


async def _is_wired(machine: Machine) -> bool:
    """Whether the namespace is there, is ours, and holds the tap."""
    if not (netns.exists(machine.namespace) and netns.is_mounted(machine.namespace)):
        return False
    present = {link["ifname"]: link for link in await netns.links(machine.namespace)}
    tap = present.get(machine.segment.tap)
    return present["lo"].get("ifalias") == TAG and tap is not None and tap.get("master") == "br0"


async def wire(machines: Sequence[Machine]) -> None:
    """Make the network of machines that share a namespace."""
    namespace = machines[0].namespace
    await netns.create(namespace, TAG)
    await links.make(namespace, TAG, [machine.segment for machine in machines])


async def _disk(estate: Estate, machine: Machine, images: Path, say: Say) -> None:
    """Give production a disk of its own, and the secrets that belong to it, unless it has them."""
    disk = machine.disk(estate)
    if disk.exists():
        return
    image = await guests.image(machine.image, images, say)
    if image.credentials is not None:
        secrets = estate.password.parent / machine.name
        shutil.rmtree(secrets, ignore_errors=True)
        shutil.copytree(image.credentials, secrets)
    draft = disk.with_suffix(".draft")
    with guests.translated():
        await sparse_copy(image.path, draft)
    draft.rename(disk)
    say(f"{machine.name}: production has its disk, {disk.stat().st_blocks * 512 >> 20} MiB")


async def launch(estate: Estate, machine: Machine, *, acceleration: Acceleration, say: Say) -> None:
    """Start the domain paused, bring its tap home, and let it run. Its disk and network are there."""
    calls = Calls()
    xml = domain_xml(machine, estate, acceleration)
    log = console(machine, estate)
    log.unlink(missing_ok=True)
    await links.lend(machine.namespace, machine.segment.tap)
    await calls.call(
        lambda connection: connection.createXML(xml, START_PAUSED), what=f"starting {machine.domain}"
    )
    await links.take_in(machine.namespace, machine.segment)
    await calls.domain(machine.domain, lambda domain: domain.resume(), what="starting")
    say(f"{machine.name}: booting under {acceleration}")


async def purge(estate: Estate) -> None:
    """Remove every file of the estate but the cache of guest images."""
    for name in (
        "production",
        "repos",
        "credentials",
        "state",
        "agreement",
        "customer",
        "parties",
        "tiers",
        "inventory.yaml",
        "drverify.toml",
    ):
        await checked(
            ["rm", "-rf", "--one-file-system", str(estate.root / name)], within=timedelta(minutes=2)
        )
