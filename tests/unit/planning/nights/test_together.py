"""When a group is one drill of a night, when its members are drilled one by one, and what it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from drverify.model.group import Group, Member
from drverify.model.nights import Due, Load, Room
from drverify.model.obligation import Register, Retention
from drverify.model.records import Slot
from drverify.planning.nights.due import ASSUMED, Known, dues, every_of
from drverify.planning.nights.lanes import lanes_of
from drverify.planning.nights.together import hindrance, takes_together
from tests.support.records import DAY, register

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
NAMES = ("database", "app")
SHOP = Group(
    name="webshop", members=(Member(workload="database"), Member(workload="app", after=("database",)))
)


def promised(*names: str, kept: bool = False) -> Register:
    """The register of the tests for these workloads; `kept`: with what it says of retention."""
    made = register()
    return replace(
        made,
        obligations=tuple(
            replace(one, scope=names)
            for one in made.obligations
            if kept or not isinstance(one.objective, Retention)
        ),
    )


def known(name: str, **changes: Any) -> Known:
    said: dict[str, Any] = {
        "workload": name, "host": "local", "load": Load(memory_mib=512), "protected_since": NOW - 400 * DAY, "reads": 5,
    }  # fmt: skip
    return Known(**{**said, **changes})


def planned(
    *members: Known,
    of: Register | None = None,
    slots: Mapping[str, Sequence[Slot]] | None = None,
    days: int = 1,
) -> list[Due]:
    owed = of or promised(*NAMES)
    return list(dues(owed, members, slots or {}, now=NOW, until=NOW + days * DAY, groups=[SHOP]))


def test_a_group_is_due_once_with_the_sum_of_its_members() -> None:
    (one,) = planned(known("database", takes=timedelta(minutes=4)), known("app"))
    assert (one.workload, one.members, one.mode, one.point) == ("webshop", NAMES, "full", "latest")
    assert (one.load.memory_mib, one.reads, one.takes) == (1024, 10, ASSUMED + timedelta(minutes=4))
    assert not one.measured
    assert len(set(one.obligations)) == len(one.obligations) > 0
    assert lanes_of(one, Room(host="local", at_once=4, memory_mib=8192)) == 2
    assert lanes_of(one, Room(host="local", at_once=4, memory_mib=1024)) == 4


def test_what_was_measured_in_the_group_is_the_whole_of_it() -> None:
    took = [known(name, takes=timedelta(minutes=4 + at), in_group=True) for at, name in enumerate(NAMES)]
    (one,) = planned(*took)
    assert (one.takes, one.measured) == (timedelta(minutes=5), True)


def test_all_are_drilled_when_the_first_is_due() -> None:
    every = every_of(promised(*NAMES).obligations)
    assert every is not None
    lately, long_ago = (
        known("database", tested_at=NOW - 5 * DAY),
        known("app", tested_at=NOW - every + 3 * DAY),
    )
    (one,) = planned(lately, long_ago)
    assert (one.opens, one.closes) == (NOW, NOW + 3 * DAY)
    assert f"tested last on {NOW - every + 3 * DAY:%Y-%m-%d}" in one.why
    assert planned(lately, known("app", tested_at=NOW - 5 * DAY)) == []


def test_a_member_of_which_nothing_is_promised_comes_along_and_never_alone() -> None:
    of = promised("app", kept=True)
    (one,) = planned(*map(known, NAMES), of=of)
    assert one.members == NAMES
    (alone,) = planned(known("database"), known("app", drilled=3), of=of)
    assert (alone.workload, alone.members, alone.point) == ("app", (), "oldest")
    assert planned(*map(known, NAMES), of=promised("mail")) == []


def test_another_turn_of_any_member_is_its_own_and_all_are_drilled_one_by_one() -> None:
    found = planned(known("database", drilled=3), known("app"), of=promised(*NAMES, kept=True))
    assert [(one.workload, one.point) for one in found] == [("database", "oldest"), ("app", "latest")]
    assert all("not with webshop as one: database takes another turn" in one.why for one in found)
    copies = planned(known("database", drilled=1, copies=("vault2",)), known("app", drilled=1))
    assert [one.point for one in copies] == ["copy:vault2", "latest"]


def slot(workload: str, opens: int, closes: int) -> Slot:
    return Slot(
        id=f"Q4/{workload}/1",  # type: ignore[arg-type]
        workload=workload,
        opens=NOW + opens * DAY,
        closes=NOW + closes * DAY,
        obligations=(),
    )


def test_agreed_slots_have_to_overlap() -> None:
    both = {"database": [slot("database", 0, 5)], "app": [slot("app", 2, 9)]}
    (one,) = planned(*map(known, NAMES), slots=both, days=3)
    assert (one.opens, one.closes, one.slot) == (NOW + 2 * DAY, NOW + 5 * DAY, None)
    apart = {"database": [slot("database", 0, 2)], "app": [slot("app", 2, 9)]}
    found = planned(*map(known, NAMES), slots=apart, days=3)
    assert [(one.workload, one.slot) for one in found] == [("database", "Q4/database/1"), ("app", "Q4/app/1")]
    assert "their slots do not overlap" in found[0].why
    lone = planned(
        *map(known, NAMES), slots={"database": [*both["database"], slot("database", 6, 8)]}, days=7
    )
    assert "app has no slot then" in lone[-1].why


def test_why_a_host_can_never_take_it() -> None:
    room, night = Room(host="local", at_once=2, memory_mib=1024), timedelta(hours=8)

    def why(room: Room, memory_mib: int = 1024, takes: timedelta = night) -> str:
        found = hindrance(SHOP, load=Load(memory_mib=memory_mib), takes=takes, room=room, longest=night)
        return f"{found.why} -> {found.remedy}" if found is not None else ""

    assert why(room) == ""
    assert why(replace(room, at_once=1)) == (
        "its 2 members stand at once, and host local takes 1 at once -> [nights.hosts.local] at_once = 2"
    )
    assert why(room, 1025).startswith(
        "its drill takes 1025 MiB of memory, and host local has 1024 for drills"
    )
    assert why(room, takes=night + timedelta(minutes=1)).startswith("its drill takes 8 h 1 min")
    assert takes_together([night, night], in_group=False) == 2 * night
