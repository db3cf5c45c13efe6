"""A guest drilled by night: seen on its console while it runs, and given up by nobody when the worker is killed.

Killed itself while its guest runs, it is taken back by another worker of the site, and run again until the rule
says that it was tried often enough.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt.screen import PNG
from drverify.model.booking import BookingId, BookingState, Live
from drverify.model.nights import Load
from drverify.operation.jobs import JobDirectory
from tests.support.estates import Seen
from tests.support.night_site import RunningSite

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.soak,
    pytest.mark.timeout(600),
]


CURL = ("curl", "-s", "-m", "20", "--retry", "15", "--retry-connrefused", "--retry-delay", "1")
"""The tiny guest answers one after the other, and nobody in between."""


@pytest.fixture
def site(config: Path) -> Iterator[RunningSite]:
    now = datetime.now(UTC)
    config.write_text(
        config.read_text()
        + f"""
[nights]
zone = "UTC"
begins = {now - timedelta(hours=1):%H:%M:00}
ends = {now + timedelta(hours=8):%H:%M:00}

[nights.hosts.local]
at_once = 1
memory_mib = 1024

[operation]
attempts = 2
"""
    )
    made = RunningSite(config)
    yield made
    made.end()


def test_its_console_is_seen_and_it_outlives_its_worker(site: RunningSite) -> None:
    site.start()
    booking = site.book(load=Load(memory_mib=256))
    with site.desk() as desk:
        picture = site.until("its console is seen", lambda: desk.picture(booking), within=240)
        assert picture.startswith(PNG)
        worker = site.up()
        worker.kill()
        worker.wait()
        site.up()
        site.ended(booking, within=400)
        (live,) = [job.drill() for job in site.jobs_of(booking)]
        assert site.evidence_of(booking) == [live]
    assert site.kinds(booking) == ["concluded"]


def test_its_sandbox_stands_for_a_look_when_it_is_signed(site: RunningSite) -> None:
    """Asked for while it runs, entered from its namespace, and gone when it is released."""
    site.start()
    booking = site.book(load=Load(memory_mib=256))
    with site.desk() as desk:
        site.until("it runs", desk.live, within=120)
        assert site.run("tonight", "keep", booking, "--for", "2h").code == 0

        def stands() -> Live | None:
            return next((one for one in desk.live() if one.stands_until), None)

        live = site.until("it stands", stands, within=300)
        assert live.drill in site.evidence_of(booking)
        inside = next(line for line in live.ways_in if line.endswith(" bash")).split()[:-1]
        address = next(line for line in live.ways_in if " ssh " in line).rpartition("@")[2]
        answer = subprocess.run([*inside, *CURL, f"http://{address}/"], capture_output=True, check=True)
        assert b"tiny: ok" in answer.stdout
        outside = subprocess.run(
            [*inside, "ip", "route", "get", "192.0.2.1"], capture_output=True, check=False
        )
        assert outside.returncode != 0
        (lease,) = desk.leases()
        assert (lease.booking, lease.load.memory_mib) == (booking, 256)
        assert "in use" in site.run("sandbox", "reap").out
        assert "its sandbox stands for a look until" in site.run("tonight").out
        assert site.run("tonight", "release", booking).code == 0
        site.ended(booking, within=60)
        assert [one.ending.left_behind for one in desk.attempts(booking)] == [False]
    assert site.kinds(booking) == ["concluded"]
    assert site.run("sandbox", "list").out == "no sandbox exists\n"


class Ground:
    """What a site's drills have on the machine, and in the one place where they may make temporary files."""

    def __init__(self, site: RunningSite, seen: Seen, temporary: Path) -> None:
        self._site, self._seen, self._temporary = site, seen, temporary

    def kinds(self) -> set[str]:
        """Which of domain, netns, tap and mount there are now."""
        alive = [one.split() for one in self._seen.alive()]
        found = {kind for kind, *_ in alive}
        for space in (name for kind, name, *_ in alive if kind == "netns"):
            taps = subprocess.run(["ip", "-n", space, "tuntap", "show"], capture_output=True, check=False)
            found |= {"tap"} if taps.stdout else set()
        mounted = str(self._site.state) in Path("/proc/self/mountinfo").read_text()
        return found | ({"mount"} if mounted else set())

    def left(self) -> list[str]:
        """Everything that is still there."""
        there = [*self._seen.alive(), *self.kinds(), *self._site.sandboxes(), *self._site.ledgers()]
        return there + [path.name for path in self._temporary.iterdir()]


@pytest.fixture
def ground(site: RunningSite, seen: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))  # of every process of the site
    return Ground(site, seen, temporary)


ALL = {"domain", "netns", "tap", "mount"}


def killed(site: RunningSite, booking: BookingId, ground: Ground, *before: subprocess.Popen[bytes]) -> None:
    """Kill a drill's process, and others right before it, as soon as its guest runs; until that is known."""
    ended = len(site.attempts(booking))

    def runs() -> list[JobDirectory]:
        alive = [one for one in site.jobs_of(booking) if one.ended() is None and one.alive()]
        return alive if alive and ground.kinds() >= ALL and desk.picture(booking) else []

    with site.desk() as desk:
        (job,) = site.until("its guest runs", runs, within=240)
    who = job.process()
    assert who is not None
    for one in before:
        one.kill()
    os.kill(who.pid, signal.SIGKILL)
    assert ground.kinds() >= ALL, "what was killed left nothing to take back"
    (sandbox,) = site.sandboxes()
    site.until("its end is known", lambda: len(site.attempts(booking)) > ended)
    assert f"sandbox {sandbox} removed" in site.said()


def test_killed_with_its_worker_another_takes_it_back_and_runs_it_again(
    site: RunningSite, ground: Ground
) -> None:
    """Its guest lives from the mounted backup: domain, namespace, tap and mount outlive the killed process."""
    first = site.start()
    booking = site.book(load=Load(memory_mib=256), mode="instant")
    with site.desk() as desk:
        site.until("it begins", desk.leases)
        site.start("worker")
        killed(site, booking, ground, first)
        first.wait()
        site.until("it is run again", lambda: any(one.attempt == 2 for one in desk.leases()))
        assert first.pid not in {one.pid for one in desk.workers()}
    site.ended(booking, within=400)
    one, other = site.attempts(booking)
    assert [one.ending.kind, other.ending.kind] == ["died", "concluded"]
    assert one.worker != other.worker
    assert site.evidence_of(booking) == [other.ending.drill]
    assert not other.ending.left_behind
    site.until("nothing is left", lambda: not ground.left())


def test_killed_every_time_it_is_given_up_by_the_rule_and_nothing_is_left(
    site: RunningSite, ground: Ground
) -> None:
    site.start()
    booking = site.book(load=Load(memory_mib=256), mode="instant")
    for _ in range(2):
        killed(site, booking, ground)
    site.ended(booking, BookingState.GIVEN_UP, within=60)
    assert site.kinds(booking) == ["died", "died"]
    assert site.evidence_of(booking) == []
    site.until("nothing is left", lambda: not ground.left())
    assert site.run("sandbox", "list").out == "no sandbox exists\n"
