"""Nights of real drills in which whoever runs them is killed, frozen, cancelled: nothing twice, nothing left."""

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from drverify.errors import Exit
from drverify.model.booking import BookingState
from tests.support.night_site import Site, backed_up

pytestmark = [pytest.mark.needs_restic, pytest.mark.timeout(180)]
SLOWLY, SLOWER = 500, 80
"""KiB/s: a restore takes about four seconds, or half a minute."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all tests; what was planned for its night is over before they begin."""
    root = tmp_path_factory.mktemp("night")
    made = Site(root / "site", backed_up(root / "stage"))
    made.settle(SLOWLY)
    try:
        made.start()
        made.until("the night is planned", lambda: made.desk_is_there() and made.bookings())
        (planned,) = made.bookings()
        made.ended(planned)
        yield made
    finally:
        made.end()


@pytest.fixture
def site(running: Site) -> Iterator[Site]:
    running.up()
    yield running
    running.settle(SLOWLY)
    running.until("no process of a drill is left", lambda: not any(job.alive() for job in running.jobs()))
    assert (running.sandboxes(), running.ledgers()) == ([], []), running.said()


def test_what_was_planned_was_drilled_without_anybody(site: Site) -> None:
    planned = next(one for one in site.bookings() if one.endswith("/drill"))
    assert site.kinds(planned) == ["concluded"]
    assert len(site.evidence_of(planned)) == 1
    with site.desk() as desk:
        found = desk.booking(planned)
        assert found is not None
        assert (found[0].host, found[0].elsewhere) == ("local", ("spare",))
        assert [one.hosts for one in desk.workers()] == [("local", "spare")]


def test_a_killed_worker_s_drill_goes_on_and_is_found_again(site: Site) -> None:
    booking = site.book()
    job = site.restoring(booking)
    who = job.process()
    worker = site.up()
    worker.kill()
    worker.wait()
    (site.state / "operation" / "engine.sqlite").unlink()  # and nothing rests on the engine's database
    assert job.alive()
    site.up()
    site.ended(booking)
    assert job.process() == who
    assert site.kinds(booking) == ["concluded"]
    assert len(site.evidence_of(booking)) == 1


def test_a_killed_drill_is_taken_back_and_run_again_on_another_host(site: Site) -> None:
    booking = site.book(elsewhere=("spare",))
    job = site.restoring(booking)
    (sandbox,) = site.sandboxes()
    who = job.process()
    assert who is not None
    os.kill(who.pid, signal.SIGKILL)
    site.ended(booking)
    assert site.kinds(booking) == ["died", "concluded"]
    (drill,) = site.evidence_of(booking)
    assert f"sandbox {sandbox} removed" in site.said()
    assert [(one.host, one.placed) for one in site.attempts(booking)] == [
        ("local", ""), ("spare", "another host, after a fault of ours on local")
    ]  # fmt: skip
    plan = json.loads((site.state / "drills" / drill / "plan.json").read_text())
    assert plan["workload"]["host"] == "spare"
    told = json.loads(site.run("tonight", "--json").out)["bookings"]
    assert {one["booking"]: (one["host"], one["planned_on"]) for one in told}[booking] == ("spare", "local")


def test_a_frozen_drill_is_killed_and_taken_back_before_another_begins(site: Site) -> None:
    booking = site.book()
    frozen = site.restoring(booking)
    (sandbox,) = site.sandboxes()
    who = frozen.process()
    assert who is not None
    os.kill(who.pid, signal.SIGSTOP)
    site.until("it is taken over", lambda: len(site.jobs_of(booking)) > 1)
    assert not frozen.alive()
    assert sandbox not in site.sandboxes()
    (second,) = [job for job in site.jobs_of(booking) if job.path != frozen.path]
    site.ended(booking)
    assert frozen.ended() is None
    assert site.kinds(booking) == ["died", "concluded"]
    assert site.evidence_of(booking) == [second.drill()]
    with site.desk() as desk:
        assert "so it was killed" in desk.attempts(booking)[0].ending.why


def test_cancelled_by_a_person(site: Site) -> None:
    site.settle(SLOWER)
    booking = site.book()
    job = site.restoring(booking)
    ran = site.run("tonight", "cancel", booking)
    assert ran.code == Exit.OK, ran.err
    site.ended(booking, BookingState.CANCELLED)
    site.until("its process ends", lambda: not job.alive())
    assert site.kinds(booking) == ["cancelled"]
    assert site.evidence_of(booking) == []
    with site.desk() as desk:
        assert (desk.actions()[0].what, desk.actions()[0].booking) == ("cancel", booking)


@pytest.mark.soak
def test_past_its_deadline_everything_is_taken_back(site: Site) -> None:
    site.settle(SLOWER)
    over = datetime.now(UTC) + timedelta(seconds=20)
    booking = site.book(not_after=over)
    job = site.restoring(booking)
    site.until("its process ends", lambda: not job.alive())
    assert datetime.now(UTC) > over
    site.ended(booking, BookingState.GIVEN_UP)
    assert site.kinds(booking) == ["expired"]
    assert site.evidence_of(booking) == []


@pytest.mark.soak
def test_told_to_end_it_leaves_the_drill_running(site: Site) -> None:
    booking = site.book()
    job = site.restoring(booking)
    worker = site.up()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(40) == Exit.OK
    assert "drills that go on by themselves: 1" in site.said()
    with site.desk() as desk:
        assert desk.workers() == []
    site.until("it ends without a worker", lambda: not job.alive())
    assert site.state_of(booking) is BookingState.DONE
    assert len(site.evidence_of(booking)) == 1


def test_how_it_stands_is_told(site: Site) -> None:
    with site.desk() as desk:
        site.until("a worker lives", lambda: any(site.lives(one) for one in desk.workers()))
    status = site.run("status", "--json")
    assert status.code == Exit.MISSED, status.err  # the repository has one point, and a month is promised
    told = status.json()
    assert told["working"]
    assert {one["clause"]: one["stands"] for one in told["agreements"][0]["promises"]}["2.2"] == "MET"
    night = site.run("tonight", "--json").json()
    assert {"concluded"} <= {one["kind"] for row in night["bookings"] for one in row["attempts"]}
