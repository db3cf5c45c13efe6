from dataclasses import replace
from datetime import timedelta

import pytest

from drverify.migrating.deciding import decide, spread
from drverify.migrating.parsing import PARSERS
from drverify.model.drill import ProbeStatus
from drverify.model.migration import (
    CutoverGroup,
    Decision,
    Expected,
    MigrationFacts,
    MissedPromise,
    Recovery,
    SideBySide,
    Weight,
)
from drverify.model.system import Cause, Difference, Part
from drverify.model.verdict import Outcome
from tests.support import records
from tests.support.migrations import (
    MIN,
    SEC,
    answers,
    drill,
    facts,
    plan,
    read,
    rollback,
    system,
    without,
    works,
)

MISSED = Recovery(outcome=Outcome.MISSED, reason="never recovered", took=None)
UNPROVEN = Recovery(outcome=Outcome.UNPROVEN, reason="the host failed", took=None)
PROBE = SideBySide(
    probe="page", kind="http", required=True, source=ProbeStatus.PASSED, source_said="200",
    target=ProbeStatus.FAILED, target_said="500",
)  # fmt: skip


def said(found: MigrationFacts, weight: Weight) -> str:
    return "\n".join(one.what for one in decide(found).reasons if one.weight is weight)


def test_a_migration_that_went_well_is_a_go_and_its_hardware_explains_the_rest() -> None:
    found = facts()
    decided = decide(found)
    assert decided.decision is Decision.GO, decided.reasons
    assert {one.cause for one in found.systems[0].differences} == {Cause.HARDWARE}
    assert {(one.part, one.fact) for one in found.systems[0].differences} == {
        (Part.DISKS, "name"),
        (Part.DISKS, "bus"),
        (Part.MOUNTS, "device"),
        (Part.CARDS, "driver"),
    }


@pytest.mark.parametrize(
    ("tool", "old", "new", "words"),
    [
        ("dpkg-query", b"1.22.1-9", b"1.22.1-8", "packages nginx: version: 1.22.1-8 instead of 1.22.1-9"),
        ("dpkg-query", b"ii \tsystemd\t252.1\n", b"", "packages systemd: not on the target"),
        ("ss", b"0.0.0.0:80 ", b"0.0.0.0:81 ", "listening tcp 0.0.0.0:81: on the target only"),
        ("findmnt", b"rw,relatime", b"ro,relatime", "mounts /: options: relatime,ro instead of relatime,rw"),
        ("findmnt", b"/dev/sda1", b"/dev/sda2", "mounts /: device: /dev/sda2 instead of /dev/vda1"),
        ("findmnt", b"/dev/sda1", b"/dev/nvme0n1p1", "device: /dev/nvme0n1p1 instead of /dev/vda1"),
        ("ip addr", b"10.20.0.10", b"10.20.0.11", "addresses 10.20.0.10/24: not on the target"),
        ("ip link", b"e1000e", b"r8169", "driver: r8169 instead of virtio_net"),
        ("ip link", b"1500", b"9000", "mtu: 9000 instead of 1500"),
        (
            "lsblk",
            b"3221225472",
            b"3221225473",
            "disks disk 73686f70: size: 3221225473 instead of 3221225472",
        ),
        ("lsblk", b"73686f70-0001", b"0", "disks partition 73686f70-01: uuid: 0 instead of 73686f70-0001"),
        ("uname", b"firmware=bios", b"firmware=uefi", "system firmware: value: uefi instead of bios"),
        ("uname", b"cpus=2", b"cpus=1", "processors: 1 instead of 2"),
        ("openssl", b"AA:BB", b"AA:BC", "certificates /etc/nginx/shop.crt: sha256: aabc instead of aabb"),
        ("cron", b"ab" * 32, b"cd" * 32, "jobs cron /etc/crontab: sha256"),
        ("systemctl", b"logrotate.timer", b"other.timer", "jobs timer logrotate.timer: not on the target"),
    ],
)
def test_what_nothing_explains_speaks_against_it(tool: str, old: bytes, new: bytes, words: str) -> None:
    target = answers(sata=True)
    assert old in target[tool]
    target[tool] = target[tool].replace(old, new)
    found = facts(target=read(target))
    assert decide(found).decision is Decision.NO_GO
    assert words in said(found, Weight.AGAINST)


def test_what_the_plan_expects_is_explained_by_it_and_what_it_expects_in_vain_is_noted() -> None:
    target = answers(sata=True)
    target["dpkg-query"] = target["dpkg-query"].replace(b"1.22.1-9", b"1.24")
    moved = replace(
        plan().systems[0],
        expected=(
            Expected(part=Part.PACKAGES, item="ngin?", fact="version", why="updated on the way"),
            Expected(part=Part.JOBS, item="cron *", why="moved to a timer"),
        ),
    )
    found = facts(plan(systems=(moved,)), target=read(target))
    assert decide(found).decision is Decision.GO
    (seen,) = [one for one in found.systems[0].differences if one.part is Part.PACKAGES]
    assert (seen.cause, seen.why) == (Cause.PLAN, "updated on the way")
    assert "expected, and not seen: jobs cron *" in said(found, Weight.NOTE)


@pytest.mark.parametrize("part", list(Part))
@pytest.mark.parametrize("side", ["source", "target"])
def test_nothing_is_a_go_while_a_part_was_not_read(part: Part, side: str) -> None:
    whole = getattr(system(), side)
    found = facts(**{side: without(whole, part)})
    assert decide(found).decision is Decision.UNDECIDED
    assert f"{part} not read on the {side}" in said(found, Weight.OPEN)


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"drills": (drill(1), drill(2, recovery=MISSED))}, Decision.NO_GO),
        ({"drills": (drill(1), drill(2, recovery=UNPROVEN))}, Decision.UNDECIDED),
        ({"drills": (drill(1),)}, Decision.UNDECIDED),
        ({"drills": (drill(1), drill(2, earlier=True))}, Decision.UNDECIDED),
        ({"drills": (drill(1), drill(2, logged=False))}, Decision.UNDECIDED),
        ({"drills": (drill(1), drill(2, cleaned_up=False))}, Decision.UNDECIDED),
        ({"drills": (drill(1), drill(2, start=None, logged=False))}, Decision.GO),
        ({"rollback": None, "no_rollback": "two disks"}, Decision.UNDECIDED),
        ({"rollback": rollback(recovery=MISSED)}, Decision.NO_GO),
        ({"rollback": rollback(recovery=UNPROVEN)}, Decision.UNDECIDED),
        ({"rollback": rollback(converting=29 * MIN + SEC)}, Decision.NO_GO),
        ({"rollback": rollback(converting=29 * MIN)}, Decision.GO),
        ({"rollback": rollback(record=records.record(cleaned_up=False))}, Decision.UNDECIDED),
        ({"probes": (PROBE,)}, Decision.NO_GO),
        ({"probes": (replace(PROBE, target=None),)}, Decision.UNDECIDED),
        ({"probes": (replace(PROBE, source=ProbeStatus.FAILED),)}, Decision.UNDECIDED),
        ({"probes": (replace(PROBE, source=ProbeStatus.ERRORED, required=False),)}, Decision.GO),
        ({"probes": (replace(PROBE, source=None),)}, Decision.UNDECIDED),
        ({"probes": ()}, Decision.UNDECIDED),
        ({"differences": ()}, Decision.UNDECIDED),
    ],
)
def test_each_fact_weighs_as_it_must(changes: dict[str, object], decision: Decision) -> None:
    found = facts(**changes)
    assert decide(found).decision is decision, decide(found).reasons


def test_a_promise_that_was_missed_on_the_target_speaks_against_it() -> None:
    unkept = MissedPromise(clause="4.1", what="rpo", outcome=Outcome.MISSED, reason="2 h of 1 h")
    found = facts(drills=(drill(1, unkept=(unkept,)), drill(2)))
    assert "clause 4.1, rpo: MISSED: 2 h of 1 h" in said(found, Weight.AGAINST)


def test_a_system_of_which_nothing_is_known_is_no_go() -> None:
    found = replace(facts(), systems=())
    assert decide(found).decision is Decision.UNDECIDED


def grouped(window: timedelta) -> CutoverGroup:
    return replace(plan().groups[0], window=window)


def test_the_window_is_inclusive_and_what_is_granted_counts() -> None:
    longest = 62 * SEC + 5 * MIN
    assert decide(facts(plan(groups=(grouped(longest),)))).decision is Decision.GO
    late = facts(plan(groups=(grouped(longest - SEC),)))
    assert decide(late).decision is Decision.NO_GO
    assert "cut-over up to 6 min 2 s of 6 min 1 s allowed" in said(late, Weight.AGAINST)


def test_one_run_says_nothing_of_the_next() -> None:
    found = facts(plan(drills=1), drills=(drill(1),))
    assert decide(found).decision is Decision.UNDECIDED
    assert "one run says nothing of the next" in said(found, Weight.OPEN)
    assert decide(found).cutover[0].chance_permille == 0


def test_earlier_drills_count_for_the_time_and_for_nothing_else() -> None:
    earlier = drill(3, earlier=True, recovery=works(90 * SEC))
    broken = drill(4, earlier=True, recovery=MISSED)
    found = facts(drills=(drill(1), drill(2), earlier, broken))
    (time,) = decide(found).cutover
    assert (time.measured, time.shortest, time.longest) == (3, 61 * SEC, 90 * SEC)
    assert time.chance_permille == 750
    assert "at least 75 %" in spread(time)
    assert decide(found).decision is Decision.GO


def test_systems_of_a_group_are_added_up_with_what_each_adds_to_the_doubt() -> None:
    one, other = plan().systems[0], replace(plan().systems[0], workload="db")
    group = replace(plan().groups[0], workloads=("shop", "db"))
    made = facts(plan(systems=(one, other), groups=(group,)))
    both = replace(made, systems=(made.systems[0], replace(made.systems[0], workload="db")))
    (time,) = decide(both).cutover
    assert (time.shortest, time.longest, time.chance_permille) == (122 * SEC, 124 * SEC, 1000 - 2 * 334)
    (alone,) = decide(made).cutover
    assert (alone.longest, alone.measured) == (None, 0)


def test_a_card_with_another_address_is_the_same_card_and_a_second_one_is_flagged() -> None:
    target = answers(sata=True)
    target["ip link"] = target["ip link"].replace(b"52:54:00:14:00:0a", b"52:54:00:14:00:0b")
    found = facts(target=read(target))
    assert decide(found).decision is Decision.GO
    assert Difference(
        part=Part.CARDS, item="card 52:54:00:14:00:0a", fact="address", source="52:54:00:14:00:0a",
        target="52:54:00:14:00:0b", cause=Cause.HARDWARE, why="the target gives its cards addresses of their own",
    ) in found.systems[0].differences  # fmt: skip
    first, rest = target["ip link"].split(b"]\n", 1)
    more = (
        first
        + b', {"ifname": "enp2s0", "mtu": 1500, "address": "52:54:00:14:00:0c"}]\n'
        + rest
        + b"enp2s0\te1000e\n"
    )
    assert len(list(PARSERS["ip link"](more))) == 2
    two = facts(target=read({**target, "ip link": more}))
    assert decide(two).decision is Decision.NO_GO


def as_one(*times: tuple[int, int]) -> MigrationFacts:
    """A database and a front that were drilled as one so often; seconds of each in each run."""
    group = CutoverGroup(
        name="one", workloads=("shop", "front"), dependencies="webshop", window=timedelta(minutes=30)
    )
    moved = plan().systems[0]
    both = plan(groups=(group,), systems=(moved, replace(moved, workload="front")))
    systems = [
        system(
            workload=name,
            drills=tuple(
                drill(number, run=f"run-{number}", recovery=works(took[at] * SEC))
                for number, took in enumerate(times, 1)
            ),
        )
        for at, name in enumerate(("shop", "front"))
    ]
    return replace(facts(both), systems=tuple(systems))


def test_systems_that_are_drilled_as_one_take_as_long_as_the_last_of_a_run() -> None:
    (time,) = decide(as_one((60, 150), (70, 120), (65, 130))).cutover
    assert (time.measured, time.shortest, time.longest) == (3, 120 * SEC, 150 * SEC)
    assert time.chance_permille == 750


def test_a_run_in_which_one_did_not_come_back_measures_nothing() -> None:
    found = as_one((60, 150), (70, 120))
    shop, front = found.systems
    bad = replace(front, drills=(front.drills[0], replace(front.drills[1], recovery=MISSED)))
    (time,) = decide(replace(found, systems=(shop, bad))).cutover
    assert (time.measured, time.longest) == (1, 150 * SEC)
    alone = replace(front, drills=tuple(replace(one, run="") for one in front.drills))
    (time,) = decide(replace(found, systems=(shop, alone))).cutover
    assert (time.measured, time.longest) == (0, None)
