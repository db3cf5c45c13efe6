"""Production runs as a real guest, is backed up as it stood at one instant, and goes away without a trace.

The tiny guest stands for the shop: the same code, names of its own.
"""

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_inventory
from drverify.adapters.libvirt.calls import Calls, NoDomain
from drverify.adapters.linux import netns
from drverify.adapters.linux.command import checked, run
from drverify.errors import HostError
from lab import settings
from lab.estate import life, production, restic, snapshot
from lab.estate.machine import TINY, backup_xml
from lab.estate.tiny import DATA_PARTITION, repository_of
from lab.settings import Lab
from tests.support import estates

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.timeout(240),
]
WITHIN = timedelta(minutes=2)
FIRST_UP = """
import asyncio
from pathlib import Path
from lab.estate import life
from lab.estate.machine import TINY
from lab.settings import Lab
asyncio.run(life.up(Lab(root=Path("{root}")), machine=TINY))
"""


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with estates.traversable_directory("lab") as root:
        place = Lab(root=root)
        place.images.symlink_to(settings.lab().images)
        settings.lab().images.mkdir(parents=True, exist_ok=True)
        yield place
        asyncio.run(life.down(place, machine=TINY, purge=True))
        assert_nothing_left(root)
        left = {path.name for path in root.iterdir()}
        assert left <= {"images"}, left


@pytest.fixture
async def running(lab: Lab) -> Lab:
    await life.up(lab, machine=TINY)
    return lab


def assert_nothing_left(root: Path) -> None:
    domains = subprocess.run(["virsh", "list", "--all", "--name"], capture_output=True, text=True, check=True)
    assert TINY.domain not in domains.stdout.split()
    assert not netns.exists(TINY.namespace)
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    assert TINY.segment.tap not in links
    assert str(root) not in Path("/proc/self/mountinfo").read_text()


async def domain_id() -> int:
    return int(await Calls().domain(TINY.domain, lambda domain: domain.ID(), what="looking at"))


async def heartbeat(disk: Path) -> tuple[int, datetime]:
    """Read the heartbeat out of a crash-consistent disk, after the replay of the journal in a copy."""
    partition = disk.with_suffix(".data")
    partition.write_bytes(disk.read_bytes()[DATA_PARTITION:])
    replay = ["e2fsck", "-y", "-E", "journal_only", str(partition)]
    assert (await run(replay, within=WITHIN)).exit_code in {0, 1}
    said = await checked(["debugfs", "-R", "cat /heartbeat", str(partition)], within=WITHIN)
    partition.unlink()
    number, at, _ = said.stdout.decode().split()
    return int(number), datetime.fromisoformat(at)


async def test_up_runs_it_once_and_has_a_first_point(running: Lab) -> None:
    before = await domain_id()
    estate = await life.up(running, machine=TINY)
    assert await domain_id() == before
    found = await life.status(running, machine=TINY)
    assert (found.running, found.answers, found.broken) == (True, True, ())
    assert {held.workload: held.count >= 1 for held in found.held} == {"tiny": True, "shop-files": True}
    assert {one.name for one in load_inventory(estate.inventory)} == {"tiny", "shop-files"}


async def test_production_has_no_uplink_and_leaves_nothing_in_the_hosts_network(running: Lab) -> None:
    inside = await netns.links(TINY.namespace)
    assert {link["ifname"] for link in inside} == {"lo", "br0", TINY.segment.tap}
    assert TINY.segment.tap not in {link["ifname"] for link in await netns.links(None)}
    routes = await checked(["ip", "-n", TINY.namespace, "route", "show", "default"], within=WITHIN)
    assert routes.stdout == b""


async def test_the_copy_is_the_disk_as_it_stood_at_the_stated_instant(running: Lab) -> None:
    estate = life.estate_of(running)
    async with production.only_one(estate, print):
        copy = await snapshot.copy_disk(estate, TINY)
        number, at = await heartbeat(TINY.copy(estate))
        assert copy.paused < timedelta(seconds=10)
        assert at <= copy.as_of, "the copy holds data from after its instant"
        assert copy.as_of - at < timedelta(seconds=30), "the copy lacks data from before its instant"
        first = hashlib.sha256(TINY.copy(estate).read_bytes()).hexdigest()
        await asyncio.sleep(3)  # production goes on writing, and the copy does not follow
        assert hashlib.sha256(TINY.copy(estate).read_bytes()).hexdigest() == first
        await snapshot.copy_disk(estate, TINY)
        later, _ = await heartbeat(TINY.copy(estate))
        snapshot.discard(estate, TINY)
    assert later > number
    assert not TINY.copy(estate).exists()


async def test_a_backup_stores_that_copy_and_says_its_instant(running: Lab) -> None:
    estate = life.estate_of(running)
    machine, files = await life.backup(running, machine=TINY)
    newest, *_ = await restic.snapshots(repository_of(estate), "tiny")
    assert newest.id.startswith(machine.id)
    assert newest.as_of == machine.as_of.replace(microsecond=machine.as_of.microsecond // 1000 * 1000)
    assert newest.paths == (TINY.points(estate).path,)
    disk = estate.root / "production" / "restored.raw"
    await restic.restore_file(repository_of(estate), newest.id, TINY.points(estate).path, disk)
    _, at = await heartbeat(disk)
    assert timedelta(0) <= machine.as_of - at < timedelta(seconds=30)
    disk.unlink()
    assert files.workload == "shop-files"
    assert not TINY.copy(estate).exists()


async def test_protection_begins_anew_when_nobody_asked_for_backups(running: Lab) -> None:
    estate, said = life.estate_of(running), []
    book = estate.production / "protection.json"
    kept = json.loads(book.read_text())
    old = kept["tiny"] | {"since": "2026-01-01T00:00:00.000Z", "last": "2026-01-02T00:00:00.000Z"}
    book.write_text(json.dumps(kept | {"tiny": old}))
    machine, _ = await life.backup(running, machine=TINY, say=said.append)
    since = {one.name: one.protected_since for one in load_inventory(estate.inventory)}
    assert since["tiny"] == machine.as_of.replace(microsecond=machine.as_of.microsecond // 1000 * 1000)
    assert since["shop-files"] == datetime.fromisoformat(kept["shop-files"]["since"])
    assert any("begins anew" in line for line in said)


async def test_a_backup_killed_in_its_pause_is_put_right(running: Lab) -> None:
    estate, calls = life.estate_of(running), Calls()
    TINY.copy(estate).parent.mkdir(exist_ok=True)
    await calls.domain(TINY.domain, lambda domain: domain.suspend(), what="suspending")
    await calls.domain(
        TINY.domain, lambda domain: domain.backupBegin(backup_xml(TINY, estate), None, 0), what="copying"
    )
    await life.backup(running, machine=TINY)
    assert await calls.domain(TINY.domain, lambda domain: domain.state()[0], what="looking at") == 1
    assert await production.ask(TINY, TINY.health) == 200


async def test_reaping_sandboxes_does_not_touch_the_lab(running: Lab) -> None:
    before = await domain_id()
    ran = await asyncio.to_thread(estates.drverify, life.estate_of(running).config, "sandbox", "reap")
    assert ran.code == 0, ran.err
    assert await domain_id() == before
    assert await production.ask(TINY, TINY.health) == 200


async def test_another_estate_keeps_its_hands_off(running: Lab) -> None:
    with estates.traversable_directory("other-lab") as root, pytest.raises(HostError, match="belongs to"):
        await life.down(Lab(root=root), machine=TINY)
    assert await production.ask(TINY, TINY.health) == 200


@pytest.mark.parametrize("pauses", [(0.5, 1.6), pytest.param((1.0, 2.4), marks=pytest.mark.soak)])
async def test_up_killed_anywhere_is_taken_up_again_and_down_leaves_nothing(
    lab: Lab, pauses: tuple[float, ...]
) -> None:
    await life.down(lab, machine=TINY)
    assert_nothing_left(lab.root)
    for pause in pauses:
        code = FIRST_UP.format(root=lab.root)
        process = subprocess.Popen([sys.executable, "-c", code], cwd=estates.ROOT, start_new_session=True)
        await asyncio.sleep(pause)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        await asyncio.sleep(1)  # a command that it had just started ends by itself
        if pause == 1.6:
            await life.up(lab, machine=TINY)
        await life.down(lab, machine=TINY)
        assert_nothing_left(lab.root)
        with pytest.raises(NoDomain):
            await domain_id()
    await life.down(lab, machine=TINY)
