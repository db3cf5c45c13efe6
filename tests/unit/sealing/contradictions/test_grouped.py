"""What cannot be true of a drill in a group."""

from dataclasses import replace

import pytest

from drverify.model.drill import DrillPlan, DrillRecord, GaveUp, PhaseName, PhaseRecord
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.steps import StepRecord, StepStatus
from drverify.sealing.contradictions.consistency import contradictions
from tests.support.records import SEC, phases, plan, record, register

MEMBERS = (Member(workload="database"), Member(workload="shop", after=("database",)))
WHY = "database, which it needs, (drill 20260914T120000Z-0a1b2c) did not become healthy: page failed"


def reference(members: tuple[Member, ...] = MEMBERS) -> GroupReference:
    return GroupReference(group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=members)


def planned(members: tuple[Member, ...] = MEMBERS) -> DrillPlan:
    return replace(plan(), group=reference(members))


def waited(names: frozenset[PhaseName] = frozenset(PhaseName), *, at: int = 43) -> tuple[PhaseRecord, ...]:
    """The good drill's phases, of these names, with a wait of no time before the boot."""
    found = [phase for phase in phases() if phase.name in names]
    before = [phase for phase in found if phase.started < 43 * SEC or phase.name is PhaseName.ISOLATE]
    wait = PhaseRecord(name=PhaseName.AWAIT, started=at * SEC, took=0 * SEC)
    return (*before, wait, *(phase for phase in found if phase not in before))


BEFORE = frozenset({PhaseName.SELECT, PhaseName.PROVISION, PhaseName.RESTORE, PhaseName.ISOLATE})


def not_started() -> DrillRecord:
    """A member that was never started."""
    return record(
        phases=waited(BEFORE | {PhaseName.TEARDOWN}),
        probes=(),
        gave_up=WHY,
        gave_up_by=GaveUp.PREDECESSOR,
        gave_up_at=43 * SEC,
    )


def told(of: DrillRecord, by: DrillPlan) -> list[str]:
    return list(contradictions(by, of, register()))


def test_members_that_were_started_and_that_were_not_can_be() -> None:
    assert told(record(phases=waited()), planned()) == []
    assert told(not_started(), planned()) == []


@pytest.mark.parametrize(
    ("of", "by", "what"),
    [
        (record(phases=waited()), plan(), "waited for the systems of a group, and is part of none"),
        (not_started(), plan(), "waited for the systems of a group, and is part of none"),
        (record(), planned(), "was started without waiting for its turn"),
        (record(phases=waited()), planned(MEMBERS[:1]), "the group webshop does not have the workload once"),
        (
            record(phases=waited()),
            planned((Member(workload="database", after=("shop",)), MEMBERS[1])),
            "wait for each other",
        ),
        (record(phases=waited()), planned(MEMBERS[1:]), "shop needs database, no member"),
        (
            not_started(),
            planned((MEMBERS[0], Member(workload="shop"))),
            "was not started for want of another system, and needs none",
        ),
        (
            replace(not_started(), gave_up_at=42 * SEC),
            planned(),
            "given up for want of another system before it had waited for it",
        ),
        (
            replace(not_started(), phases=waited()),
            planned(),
            "was not started for want of another system, and was started",
        ),
    ],
)
def test_what_cannot_be(of: DrillRecord, by: DrillPlan, what: str) -> None:
    assert any(what in one for one in told(of, by)), told(of, by)


def test_nobody_waits_for_a_system_that_was_allowed_a_step() -> None:
    allowed = StepRecord(step="rack", status=StepStatus.ALLOWED, started=63 * SEC, took=0 * SEC)
    of = record(phases=waited(), steps=(allowed,))
    what = "a system that others wait for was allowed a step that nobody did: their time lacks it"
    assert what not in told(of, planned())
    assert what in told(of, planned((Member(workload="shop"), Member(workload="database", after=("shop",)))))
