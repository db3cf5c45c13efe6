"""How the attempt of a group's booking ended, whatever came of its members; and which groups a night takes."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from rich.console import Console

from drverify.engine.drills.drill import Concluded
from drverify.errors import HostError
from drverify.model.booking import Attempt, BookingState, Ending, WorkerId
from drverify.model.drill import DrillId, DrillRecord, Fault, PhaseName
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome, Verdict
from drverify.operation.alternatives import Alternatives
from drverify.operation.estate import Estate
from drverify.operation.grouped import Came, of_dead_group, of_members, worst_of
from drverify.operation.jobs import JobDirectory
from drverify.operation.planner import plan_site
from drverify.planning.tonight.booking import bookings_of
from drverify.planning.tonight.following import follow
from drverify.report import nights as report
from drverify.settings import NightRoom, Nights
from tests.support import records
from tests.support.boards import NIGHTS, contract_for, place
from tests.support.boards import NOW as TONIGHT
from tests.support.bookings import NIGHT, booking

NAMES = ("database", "app")
BOOKED = booking("webshop", members=NAMES)
RPO, RTO = ObligationId("rpo"), ObligationId("rto")
PLAYBOOK = """\
version: 1
name: linux-web
description: a system of the tests
applies_to: disk-image
probes:
  - {id: boot, kind: boot, console: "up"}
  - {id: works, kind: command, access: {via: agent}, command: [works], output: "yes", proves_application: true}
"""


def member(name: str, *outcomes: Outcome, record: DrillRecord | None = None) -> Concluded:
    """A member's drill that shows these of RPO and RTO."""
    register = records.register()
    reference = GroupReference(
        group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=tuple(map(_member, NAMES))
    )
    verdicts = tuple(
        Verdict(obligation=which, outcome=one, limit=None, achieved=None, allowance=timedelta(), reason="")
        for which, one in zip((RPO, RTO), outcomes, strict=False)
    )
    plan = replace(
        records.plan(register), workload=records.workload(name=name), drill_id=DrillId(name), group=reference
    )
    return Concluded(
        register=register,
        plan=plan,
        record=record or records.record(),
        verdicts=verdicts,
        evidence=Path(),
    )


def _member(name: str) -> Member:
    return Member(workload=name)


def shop(sealed: dict[str, Came | None], listed: str = "") -> Any:
    """A workshop with these drills on record, of which one may be listed as left behind."""
    register = replace(records.register(), obligations=tuple(_scoped()))
    return SimpleNamespace(
        sealed=sealed.get,
        agreed=SimpleNamespace(register=lambda _: register),
        ledgers=SimpleNamespace(views=lambda: [SimpleNamespace(drill_id=listed)] if listed else []),
    )


def _scoped() -> Any:
    return (replace(one, scope=NAMES) for one in records.register().obligations)


def attempt(ending: Ending) -> Attempt:
    return Attempt(
        booking=BOOKED.id, number=1, worker=WorkerId("a/b/1"), began=NIGHT, ending=ending, host="local"
    )


def followed(ending: Ending) -> BookingState:
    return follow(BOOKED, [attempt(ending)], at_most=3)


def test_a_promise_is_as_its_worst_member_has_it() -> None:
    met, missed, unproven = Outcome.MET, Outcome.MISSED, Outcome.UNPROVEN
    assert worst_of([(RPO, met), (RTO, unproven), (RPO, missed), (RTO, met)]) == (
        (RPO, missed),
        (RTO, unproven),
    )
    came = [member("database", met, met), member("app", met, missed)]
    ending = of_members(shop({}), NAMES, came, NIGHT)
    assert (ending.kind, ending.verdicts, ending.why) == (
        "concluded",
        ((RPO, met), (RTO, missed)),
        "1 MET, 1 MISSED",
    )
    assert followed(ending) is BookingState.DONE, "a member's own failure is not run until it is green"


def test_our_failure_of_one_member_has_the_whole_group_run_again() -> None:
    fault = Fault(attribution="tool", phase=PhaseName.BOOT, what="no memory left", at=timedelta())  # type: ignore[arg-type]
    ours = member("app", Outcome.UNPROVEN, record=records.record(faults=(fault,)))
    ending = of_members(shop({}), NAMES, [member("database", Outcome.MET), ours], NIGHT)
    assert ending.faults == ("app: boot: no memory left",)
    assert followed(ending) is BookingState.WANTED


def test_what_has_no_result_is_unproven_by_us() -> None:
    ending = of_members(shop({}), NAMES, [member("database", Outcome.MET), HostError("it broke")], NIGHT)
    assert ending.faults == ("app: no result: it broke",)
    assert Outcome.UNPROVEN in {outcome for _, outcome in ending.verdicts}
    assert followed(ending) is BookingState.WANTED
    with pytest.raises(HostError, match="the first"):
        of_members(shop({}), NAMES, [HostError("the first"), HostError("the second")], NIGHT)


def test_a_dead_process_had_signed_all_some_or_nothing(tmp_path: Path) -> None:
    job = JobDirectory.of(tmp_path, BOOKED.id, 1)
    job.make()
    both = {name: member(name, Outcome.MET) for name in NAMES}
    nothing = of_dead_group(shop({}), job, BOOKED, NIGHT)
    assert (nothing.kind, nothing.drills) == ("died", ())
    job.began(*map(DrillId, NAMES))
    died = of_dead_group(shop({}), job, BOOKED, NIGHT)
    assert (died.kind, died.drills, died.faults) == ("died", NAMES, ("its process is gone without a word",))
    whole = of_dead_group(shop({**both}), job, BOOKED, NIGHT)
    assert (whole.kind, whole.drills, whole.left_behind) == ("concluded", NAMES, False)
    assert followed(whole) is BookingState.DONE
    left = of_dead_group(shop({**both}, listed="20260914T120000Z-aaaaaa"), job, BOOKED, NIGHT)
    assert left.left_behind
    some = of_dead_group(shop({"database": both["database"]}), job, BOOKED, NIGHT)
    assert (some.kind, some.drills) == ("concluded", NAMES)
    assert followed(some) is BookingState.WANTED
    missed = of_dead_group(shop({"database": member("database", Outcome.MISSED)}), job, BOOKED, NIGHT)
    assert followed(missed) is BookingState.DONE


# --- what a night takes


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Settings of a site with a group of two, whose host takes two at once."""
    more = """
[hosts.gamma]
kind = "libvirt"
""" + NIGHTS.replace("also = ALSO", "")
    place(tmp_path, contract_for("acme", "Backup", "Acme", ["app", "database", "mail"]), more=more)
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "linux-web.yaml").write_text(PLAYBOOK)
    inventory = tmp_path / "inventory.yaml"
    known = yaml.safe_load(inventory.read_text())
    known["groups"] = [
        {"name": "webshop", "members": [{"workload": "database"}, {"workload": "app", "after": ["database"]}]}
    ]
    inventory.write_text(yaml.safe_dump(known))
    return tmp_path / "drverify.toml"


def test_a_night_books_the_group_once_and_the_rest_alone(site: Path) -> None:
    plan = plan_site(Estate.open(site), TONIGHT, number=2, seed="s").of("acme")
    assert plan.apart == ()
    made = {one.workload: one for one in bookings_of(plan, site="local", agreement="acme")}
    assert made.keys() == {"webshop", "mail"}
    assert (made["webshop"].members, made["webshop"].load.memory_mib) == (NAMES, 4096)
    assert made["webshop"].id.endswith("/drill.group")


def test_a_group_that_cannot_be_one_is_told_and_booked_one_by_one(site: Path) -> None:
    text = site.read_text()
    site.write_text(text.replace("at_once = 2", "at_once = 1"))
    plan = plan_site(Estate.open(site), TONIGHT, number=2, seed="s").of("acme")
    (told,) = plan.apart
    assert (told.agreement, told.group) == ("acme", "webshop")
    assert told.why == "its 2 members stand at once, and host alpha takes 1 at once"
    said = io.StringIO()
    report.show(Console(file=said, width=160), plan, TONIGHT)
    assert f"one by one group webshop: {told.why}\n  -> [nights.hosts.alpha] at_once = 2" in said.getvalue()
    assert {one.due.workload for one in (*plan.planned, *plan.unplanned)} == {"database", "app", "mail"}
    site.write_text(text)
    asks = """steps:
  - {id: rack, kind: ask, party: customer, clause: "7", question: "Plug it in", allowance: 5m}
"""
    (site.parent / "playbooks" / "linux-web.yaml").write_text(PLAYBOOK + asks)
    (told,) = plan_site(Estate.open(site), TONIGHT, number=2, seed="s").of("acme").apart
    assert told.why.startswith("database: an unattended question in a system that others wait for")


def test_a_group_goes_elsewhere_as_a_whole(site: Path) -> None:
    roomy, narrow = NightRoom(memory_mib=8192, at_once=2), NightRoom(memory_mib=8192, at_once=1)
    estate = Estate.open(site)
    booked = booking("webshop", members=NAMES, host="alpha", memory_mib=4096)

    def found(room: NightRoom) -> tuple[str, ...]:
        own = NightRoom(memory_mib=8192, at_once=2, instead=("gamma",))
        chosen: Any = {"alpha": own, "gamma": room}
        nights = Nights(zone="UTC", begins="22:00", ends="06:00", hosts=chosen)  # type: ignore[arg-type]
        return Alternatives(estate.main, nights).of(booked)

    assert found(roomy) == ("gamma",)
    assert found(narrow) == ()
