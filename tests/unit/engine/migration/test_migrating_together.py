"""A cut-over group of systems that need each other is drilled as one on the target, and goes back as one."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.drills.grouping import GroupConcluded, MemberDrill, check_group, run_group
from drverify.engine.drills.hardware import order_on, way_on
from drverify.engine.migration import surveying
from drverify.engine.migration.migrating import verify_plan
from drverify.engine.migration.surveying import OFF, Source
from drverify.engine.migration.wiring import MigrationPorts
from drverify.engine.ports import ProbeScope, Reading
from drverify.engine.wiring import DrillPorts
from drverify.errors import HostError, InputError, TeardownError
from drverify.judging.objectives import shown
from drverify.migrating.deciding import decide
from drverify.model.access import Access
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, PhaseName, ProbeStatus
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    CutoverGroup,
    Decision,
    MigrationFacts,
    MigrationId,
    MigrationPlan,
    Moved,
    Weight,
)
from drverify.model.playbook import Playbook
from drverify.model.steps import AskStep
from drverify.model.verdict import Outcome
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import migrations
from tests.support.evidence import signer
from tests.support.memory import MemoryHost, MemoryProber, MemoryStore, Silent
from tests.unit.engine.drills.test_grouping import GroupStage

SATA = HardwareProfile(name="sata-pc", disk_bus="sata", nic_model="e1000e", adapt=False)
MEMBERS = (
    Member(workload="shop"),
    Member(workload="app", after=("shop",)),
    Member(workload="front", after=("app",)),
)
PLAN = replace(
    migrations.plan(),
    systems=tuple(replace(migrations.plan().systems[0], workload=one.workload) for one in MEMBERS),
    groups=(
        CutoverGroup(
            name="all",
            workloads=("shop", "app", "front"),
            dependencies="webshop",
            window=timedelta(minutes=30),
        ),
    ),
)


@dataclass
class Obeying(MemoryProber):
    """A guest that goes down when it is told to, and answers no question about itself."""

    off: list[str] = field(default_factory=list)
    name: str = ""

    async def read(
        self, access: Access, argv: Sequence[str], scope: ProbeScope, *, within: timedelta
    ) -> Reading:
        if argv == OFF:
            assert self.host is not None
            self.off.append(self.name)
            self.host.dies = True
        if argv[0] != "cat":
            return Reading(exit_code=127, transcript=b"")
        return await super().read(access, argv, scope, within=within)


def proving(one: Playbook) -> Playbook:
    """The playbook whose probe of a port shows that the application works."""
    shown = (replace(probe, proves_application=probe.kind == "tcp") for probe in one.probes)
    return replace(one, probes=tuple(shown))


@dataclass
class KeptStore(MemoryStore):
    """Its evidence can be read again."""

    root: Path = Path()

    def seal(self, drill_id: DrillId, envelope: bytes) -> Path:
        super().seal(drill_id, envelope)
        path = self.root / drill_id
        path.write_bytes(envelope)
        return path


@dataclass
class Moving:
    """A group stage whose systems stand on the target, and then on the source's own shape."""

    there: GroupStage
    back: GroupStage
    off: list[str] = field(default_factory=list)
    found: list[Concluded] = field(default_factory=list)
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        self.back.clock = self.there.clock
        for stage in (self.there, self.back):
            stage.probers = {
                name: Obeying(host, off=self.off, name=name) for name, host in stage.hosts.items()
            }
            stage.playbooks = {name: proving(one) for name, one in stage.playbooks.items()}

    def order(self, moved: Moved) -> Order:
        return order_on(SATA, self.there.order(moved.workload))

    def wired(self, stage: GroupStage, order: Order) -> DrillPorts:
        for host in stage.hosts.values():
            host.dies = False
        ports = replace(stage.ports(order), host=stage.commons)  # type: ignore[arg-type]
        if order.hardware is None:
            return ports
        return replace(ports, way=way_on(order.hardware, ports.way, lambda: None))  # type: ignore[arg-type,return-value]

    def ports(self) -> MigrationPorts:
        async def on_target(order: Order) -> DrillPorts:
            return self.wired(self.there, order)

        async def home(moved: Moved, disk: Path) -> tuple[Order, DrillPorts]:
            assert disk.name == f"{moved.workload}.raw"
            order = self.back.order(moved.workload)
            return order, replace(self.wired(self.back, order), store=self.store)

        @asynccontextmanager
        async def source(moved: Moved) -> AsyncIterator[Source]:
            raise HostError("nobody lets us in")
            yield

        rooms = self.there.ports(self.there.order("shop")).rooms
        return MigrationPorts(
            clock=self.there.clock,
            progress=Silent(),
            signer=signer(),
            rooms=rooms,
            store=self.store,
            order=self.order,
            members=lambda group: MEMBERS if group.dependencies else (),
            ports=on_target,
            back=home,
            source=source,
            history=lambda order, members: (),
        )

    async def verify(self, plan: MigrationPlan = PLAN) -> MigrationFacts:
        migration = MigrationId("20261123T120000Z-0a1b2c")
        return await verify_plan(plan, Sha256("0" * 64), migration, SATA, self.ports())


@pytest.fixture
def moving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Moving:
    monkeypatch.setattr(surveying, "LOOK", timedelta(milliseconds=1))
    stages = [
        GroupStage(tmp_path / name, members=MEMBERS, store=KeptStore(root=tmp_path))
        for name in ("there", "back")
    ]
    return Moving(*stages)


async def test_all_are_drilled_as_one_on_the_target_and_go_back_as_one(moving: Moving) -> None:
    found = await moving.verify()
    assert [one.workload for one in found.systems] == ["shop", "app", "front"]
    runs = [[drill.run for drill in one.drills] for one in found.systems]
    assert runs[0] == runs[1] == runs[2]
    assert len({*runs[0]}) == 2
    recoveries = [drill.recovery for one in found.systems for drill in one.drills]
    assert [one.reason for one in recoveries if one.outcome is not Outcome.MET] == []
    gave = {name: host.gave for name, host in moving.there.hosts.items()}
    assert gave == {name: [f"{name}.raw"] for name in ("shop", "app", "front")}
    for one in found.systems:
        assert one.rollback is not None, one.no_rollback
        assert one.rollback.recovery.outcome is Outcome.MET
        assert one.rollback.plan.group is not None
        assert one.rollback.size_bytes == 7
    references = {one.rollback.plan.group.run for one in found.systems if one.rollback}  # type: ignore[union-attr]
    assert len(references) == 1
    (time,) = decide(found).cutover
    last = [max(one.drills[at].recovery.took for one in found.systems) for at in (0, 1)]  # type: ignore[type-var]
    assert (time.measured, time.shortest, time.longest) == (2, min(last), max(last))  # type: ignore[type-var]
    assert moving.there.nothing_left()
    assert moving.back.nothing_left()


async def test_none_is_switched_off_before_the_last_is_proven(moving: Moving) -> None:
    await moving.verify(replace(PLAN, drills=1))
    assert sorted(moving.off) == ["app", "front", "shop"]
    assert len(moving.there.store.plans) == 3


async def test_what_goes_back_together_is_of_one_run(moving: Moving) -> None:
    """In the first run the front stays away, so nothing of that run is taken home."""
    front, ports = moving.there.probers["front"], moving.ports()
    begun = 0

    async def on_target(order: Order) -> DrillPorts:
        nonlocal begun
        begun += order.workload.name == "front"
        front.answers = {"tcp": ProbeStatus.FAILED} if begun <= 2 else {}  # the first is the look before all
        return moving.wired(moving.there, order)

    moving.there.hosts["front"].on_look = lambda: moving.there.clock.advance(timedelta(milliseconds=20))
    found = await verify_plan(PLAN, Sha256("0" * 64), MigrationId("m"), SATA, replace(ports, ports=on_target))
    outcomes = [[drill.recovery.outcome for drill in one.drills] for one in found.systems]
    assert outcomes == [[Outcome.MET, Outcome.MET]] * 2 + [[Outcome.MISSED, Outcome.MET]]
    assert sorted(moving.off) == ["app", "app", "front", "shop", "shop"]
    assert all(one.rollback is not None for one in found.systems)
    (time,) = decide(found).cutover
    assert time.measured == 1


async def test_a_database_that_stays_away_is_named_and_nobody_goes_back(moving: Moving) -> None:
    moving.there.probers["shop"].answers = {"tcp": ProbeStatus.FAILED}
    moving.there.hosts["shop"].on_look = lambda: moving.there.clock.advance(timedelta(milliseconds=100))
    found = await moving.verify(replace(PLAN, drills=1))
    outcomes = {one.workload: one.drills[0].recovery for one in found.systems}
    assert {one.outcome for one in outcomes.values()} == {Outcome.MISSED}
    for name in ("app", "front"):
        assert "it was not started: " in outcomes[name].reason
        assert "probe tcp failed" in outcomes[name].reason
    assert all(one.rollback is None and one.no_rollback for one in found.systems)
    decided = decide(found)
    assert decided.decision is Decision.NO_GO
    against = [one for one in decided.reasons if one.weight is Weight.AGAINST]
    assert (against[0].where, {one.where for one in against}) == ("shop", {"shop", "app", "front"})
    assert moving.there.nothing_left()


async def test_what_may_be_left_of_the_shared_sandbox_keeps_it_from_a_go(moving: Moving) -> None:
    moving.there.commons.take_down_fails = TeardownError("the namespace is still there")
    found = await moving.verify(replace(PLAN, drills=1))
    (left,) = found.left
    assert "still there" in left
    said = [one.what for one in decide(found).reasons if one.weight is Weight.OPEN]
    assert f"something of a shared sandbox may still exist: {left}" in said


async def test_systems_that_cannot_share_a_sandbox_there_are_refused_before_anything(moving: Moving) -> None:
    moving.there.commons = MemoryHost()  # type: ignore[assignment]
    with pytest.raises(InputError, match="groups on this host are not supported yet"):
        await moving.verify()
    assert moving.there.store.plans == {}


async def run_on(stage: GroupStage, profile: HardwareProfile) -> GroupConcluded:
    members = []
    for one in stage.members:
        order = order_on(profile, stage.order(one.workload))
        ports = stage.ports(order)
        members.append(
            MemberDrill(order=order, ports=replace(ports, way=way_on(profile, ports.way, lambda: None)))  # type: ignore[arg-type,return-value]
        )
    reference = GroupReference(
        group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=stage.members
    )
    return await run_group(reference, members, stage.commons, signer())  # type: ignore[arg-type]


async def test_a_group_comes_back_on_other_hardware(tmp_path: Path) -> None:
    stage = GroupStage(tmp_path, members=MEMBERS)
    done = await run_on(stage, replace(SATA, memory_mib=2048))
    assert len(done.concluded) == 3
    for one in done.concluded:
        assert one.plan.hardware is not None
        assert {phase.name for phase in one.record.phases} >= {PhaseName.AWAIT, PhaseName.BOOT}
        said = contradictions(one.plan, one.record, one.register)
        assert [text for text in said if "obligations" not in text] == []
    assert stage.commons.spec is not None
    assert {one.memory_mib for one in stage.commons.spec.members} == {2048}
    assert stage.nothing_left()


def test_a_question_that_nobody_would_answer_is_seen_before_anything_is_begun(tmp_path: Path) -> None:
    stage = GroupStage(tmp_path, members=MEMBERS)
    ask = AskStep(id="rack", question="Plug it in", allowance=timedelta(hours=2))
    stage.playbooks["app"] = replace(stage.playbooks["app"], steps=(ask,))
    orders = [stage.order(one.workload) for one in MEMBERS]
    drills = [MemberDrill(order=one, ports=stage.ports(one)) for one in orders]
    with pytest.raises(InputError, match="app: an unattended question"):
        check_group(MEMBERS, drills, stage.commons)  # type: ignore[arg-type]
    assert stage.store.plans == {}


async def test_on_foreign_hardware_nobody_breaks_a_promise_by_waiting_in_vain(tmp_path: Path) -> None:
    """All stay away for the database's sake, which the hardware may have kept away: no fault, no breach."""
    stage = GroupStage(tmp_path, members=MEMBERS)
    stage.probers["shop"].answers = {"tcp": ProbeStatus.FAILED}
    stage.hosts["shop"].on_look = lambda: stage.clock.advance(timedelta(milliseconds=100))
    for one in (await run_on(stage, SATA)).concluded:
        assert one.record.faults == ()
        assert shown(one.register, one.plan, one.record)[0] is Outcome.UNPROVEN


async def test_who_stands_on_its_own_hardware_does_not_answer_for_what_another_cannot_drive(
    tmp_path: Path,
) -> None:
    """The profile is the application's own hardware, and not the database's."""
    stage = GroupStage(tmp_path, members=MEMBERS[:2])
    stage.probers["shop"].answers = {"tcp": ProbeStatus.FAILED}
    stage.hosts["shop"].on_look = lambda: stage.clock.advance(timedelta(milliseconds=100))
    stage.disk_buses["app"] = "sata"
    found = (await run_on(stage, HardwareProfile(name="sata", disk_bus="sata", adapt=False))).concluded
    app = found[1]
    assert "is no proof" in app.record.faults[0].what
    assert {one.outcome for one in app.verdicts} <= {Outcome.UNPROVEN, Outcome.MET}
