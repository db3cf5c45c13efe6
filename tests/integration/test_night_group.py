"""A dependency group booked once at night: planned, admitted, drilled and signed as one by a real worker."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from drverify.adapters.desk.sites import prepare_site, role_of
from drverify.model.booking import BookingState
from lab.estate.layout import Estate, write_secret
from tests.support.bookings import admin_url
from tests.support.databases import Server, programs
from tests.support.estates import left_on_machine, tell_acceleration, traversable_directory
from tests.support.group_drills import GROUP, tiers
from tests.support.night_site import RunningSite

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.soak,
    pytest.mark.timeout(600),
]
MEMBERS = ("database", "app")


@pytest.fixture
def on_server(request: pytest.FixtureRequest) -> str:
    """URL of a site's own database on a PostgreSQL; empty where desk and engine are files."""
    if not getattr(request, "param", False):
        return ""
    server: Server = request.getfixturevalue("shared_postgres")
    site = f"g{os.getpid()}"
    prepare_site(admin_url(server), site, "word")
    return f"postgresql://{role_of(site)}:word@127.0.0.1:{server.port}/postgres"


@pytest.fixture
def site(tiny: Estate, on_server: str) -> Iterator[RunningSite]:
    """A site whose only promise due tonight is the restore test of a group of two."""
    now = datetime.now(UTC)
    with traversable_directory("night-group") as root:
        shop = asyncio.run(tiers(root / "tiers", tiny))
        state = root / "state"
        asyncio.run(tell_acceleration(state))
        config = shop.config(state, MEMBERS)
        inventory = config.parent / "inventory.yaml"
        known = yaml.safe_load(inventory.read_text())
        for one in known["workloads"]:
            one["protected_since"] = now - timedelta(days=200)
        inventory.write_text(yaml.safe_dump(known))
        operation = ""
        if on_server:
            write_secret(config.parent / "desk.url", on_server.encode())
            operation = (
                f'[operation]\nsite = "g{os.getpid()}"\ndatabase = "file:{config.parent / "desk.url"}"\n'
            )
        config.write_text(
            config.read_text()
            + f"""
[nights]
zone = "UTC"
begins = {now - timedelta(hours=1):%H:%M:00}
ends = {now + timedelta(hours=8):%H:%M:00}

[nights.hosts.local]
at_once = 2
memory_mib = 1024

[controls]
kinds = ["no-boot-code"]
{operation}"""
        )
        made = RunningSite(config)
        yield made
        made.end()
        assert left_on_machine(state) == []


def test_a_group_is_one_booking_and_one_drill_of_each_member(site: RunningSite, tmp_path: Path) -> None:
    planned = json.loads(site.run("plan", "--nights", "2", "--json").out)
    assert [(one["workload"], one["members"]) for one in planned["planned"]][:1] == [(GROUP, [*MEMBERS])]
    assert planned["apart"] == []
    site.start()
    site.until("the night is booked", lambda: site.desk_is_there() and site.bookings())
    with site.desk() as desk:
        booking = next(one for one, _ in desk.bookings() if one.members)
        assert [one.id for one, _ in desk.bookings() if one.kind == "drill"] == [booking.id]
        assert (booking.workload, booking.members, booking.slots) == (GROUP, MEMBERS, 2)
        assert [one.id for one, _ in desk.bookings(workload="app", states=(BookingState.RUNNING,))] in (
            [booking.id],
            [],
        )
        site.until(
            "both were begun", lambda: [one for one in desk.live() if len(one.drills) == 2], within=120
        )
        (lease,) = desk.leases()
        assert (lease.slots, lease.load) == (2, booking.load)
        site.ended(booking.id, within=400)
        (attempt,) = desk.attempts(booking.id)
    ending = attempt.ending
    assert (ending.kind, ending.left_behind, ending.faults) == ("concluded", False, ())
    assert len(ending.drills) == len(MEMBERS)
    found = {}
    for drill in ending.drills:
        shown = json.loads(site.run("drill", "show", drill, "--json").out)
        found[shown["plan"]["workload"]["name"]] = shown
    assert tuple(found) == MEMBERS
    database, app = found.values()
    assert database["plan"]["group"] == app["plan"]["group"]
    assert database["record"]["startedAt"] == app["record"]["startedAt"]
    reached = next(one for one in app["record"]["probes"] if one["probe"] == "reaches")
    assert reached["status"] == "passed"
    assert len({name for name, _ in ending.verdicts}) == len(ending.verdicts)
    assert site.run("sandbox", "list").out == "no sandbox exists\n"
    assert f"{GROUP}" in site.run("tonight").out


def test_killed_it_is_run_again_as_a_whole_and_cancelled_it_takes_everything_back(site: RunningSite) -> None:
    site.start()
    site.until("the night is booked", lambda: site.desk_is_there() and site.bookings())
    with site.desk() as desk:
        booking = next(one for one, _ in desk.bookings() if one.members).id

        def boots(attempt: int) -> bool:
            return any(
                one.attempt == attempt and len(one.drills) == len(MEMBERS) and len(one.phases) > len(MEMBERS)
                for one in desk.live()
            )

        site.until("both are drilled", lambda: boots(1), within=120)
        (job,) = site.jobs_of(booking)
        who = job.process()
        assert who is not None
        os.kill(who.pid, signal.SIGKILL)
        site.until("both are drilled again", lambda: boots(2), within=180)
        (died,) = desk.attempts(booking)
        assert (died.ending.kind, len(died.ending.drills)) == ("died", len(MEMBERS))
        assert site.run("tonight", "cancel", booking).code == 0
        site.ended(booking, BookingState.CANCELLED, within=120)
        last = desk.attempts(booking)[-1].ending
    assert (last.kind, last.left_behind) == ("cancelled", False)
    assert site.evidence() == []
    assert site.run("sandbox", "list").out == "no sandbox exists\n"


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
@pytest.mark.parametrize("on_server", [True], indirect=True)
def test_on_a_server_it_stands_for_a_look_as_long_as_was_asked(site: RunningSite) -> None:
    site.start()
    site.until("the night is booked", site.bookings, within=60)
    with site.desk() as desk:
        booking = next(one for one, _ in desk.bookings() if one.members).id
        site.until(
            "both are drilled", lambda: [one for one in desk.live() if len(one.drills) == 2], within=120
        )
        assert site.run("tonight", "keep", booking, "--for", "30m").code == 0
        site.until("both are signed", lambda: len(site.evidence()) == len(MEMBERS), within=300)
        standing = json.loads(site.run("sandbox", "list", "--json").out)
        assert [one["state"] for one in standing] == ["in use"] * len(standing)
        assert standing
        assert site.state_of(booking) is BookingState.RUNNING
        assert site.run("tonight", "release", booking).code == 0
        site.ended(booking, within=120)
        (attempt,) = desk.attempts(booking)
    assert (attempt.ending.kind, attempt.ending.left_behind) == ("concluded", False)
    assert site.run("sandbox", "list").out == "no sandbox exists\n"
