"""What a group's run is when its members succeed, fail by the backup or by us, or are interrupted."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills import grouping
from drverify.engine.drills.drill import Begun, Concluded, Order, abandon, begin
from drverify.engine.drills.grouping import GroupConcluded, MemberDrill, run_group
from drverify.engine.keeping import Signer
from drverify.engine.ports import ResourceScope, SandboxSpec
from drverify.engine.recovering import way_of
from drverify.engine.sharing import SharedSpec
from drverify.engine.staying import Standing, Stay
from drverify.engine.wiring import DrillPorts
from drverify.errors import EvidenceError, HarnessError, HostError, InputError, SupersededError, TeardownError
from drverify.judging.grouped import whole
from drverify.judging.objectives import shown
from drverify.model.drill import GaveUp, PhaseName, ProbeStatus, ToolFact
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.playbook import BootProbe, DnsAnswer, Limits, Playbook, TcpProbe
from drverify.model.recovery import Bus, DiskImage, PointFilter, PointId, RecoveryPoint
from drverify.model.steps import AskStep
from drverify.model.verdict import Outcome
from drverify.planning.selection import select
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import records
from tests.support.evidence import signer
from tests.support.memory import (
    NOON,
    MemoryHost,
    MemoryProber,
    MemorySandbox,
    MemorySource,
    MemoryStore,
    Silent,
    SteppingClock,
)

OFTEN = timedelta(milliseconds=1)
MEMBERS = (
    Member(workload="shop"),
    Member(workload="app", after=("shop",)),
    Member(workload="front", after=("app",)),
    Member(workload="mail"),
)


def playbook(name: str) -> Playbook:
    return Playbook(
        name=name,
        applies_to="disk-image",
        probes=(
            BootProbe(id="boot", console="login:", every=OFTEN),
            TcpProbe(id="tcp", address="10.20.0.10", port=80, every=OFTEN),
        ),
        limits=Limits(
            settle=timedelta(milliseconds=5),
            boot_stall=timedelta(minutes=1),
            healthy=timedelta(milliseconds=400),
        ),
    )


@dataclass
class MemoryCommons:
    """A host on which guests share a ground: each member's own memory host does the rest."""

    hosts: dict[str, MemoryHost]
    shared_fails: Exception | None = None
    take_down_fails: Exception | None = None
    stands: bool = False
    spec: SharedSpec | None = None
    alive: list[set[str]] = field(default_factory=list)
    """Who had a sandbox when one was given up."""

    @asynccontextmanager
    async def shared(self, spec: SharedSpec, scope: ResourceScope) -> AsyncIterator["MemoryCommons"]:
        scope.opening("netns", spec.id)
        self.spec = spec
        await asyncio.sleep(0)
        if self.shared_fails:
            scope.closed("netns", spec.id)
            raise self.shared_fails
        self.stands = True
        try:
            yield self
        finally:
            assert not any(host.living for host in self.hosts.values()), "the ground went before a guest"
            self.stands = False
            if self.take_down_fails:
                raise self.take_down_fails
            scope.closed("netns", spec.id)

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[MemorySandbox]:
        assert self.stands
        async with self.hosts[spec.workload].sandbox(spec, scope) as made:
            yield made
            self.alive.append({name for name, host in self.hosts.items() if host.living})

    async def tools(self) -> tuple[ToolFact, ...]:
        return ()


@dataclass
class GroupStage:
    """A group on memory ports."""

    root: Path
    members: tuple[Member, ...] = MEMBERS
    clock: SteppingClock = field(default_factory=lambda: SteppingClock(NOON))
    store: MemoryStore = field(default_factory=MemoryStore)
    disk_buses: dict[str, Bus] = field(default_factory=dict)
    """Of a member's own machine, where it is not as usual."""

    def __post_init__(self) -> None:
        self.hosts = {one.workload: MemoryHost() for one in self.members}
        self.probers = {name: MemoryProber(host) for name, host in self.hosts.items()}
        self.commons = MemoryCommons(self.hosts)
        self.ledgers = LedgerDirectory(self.root / "ledger")
        self.playbooks = {name: playbook(name) for name in self.hosts}

    def ports(self, order: Order) -> DrillPorts:
        name = order.workload.name
        point = RecoveryPoint(
            id=PointId(f"{len(name)}" * 64),
            source="memory",
            consistent_as_of=NOON - timedelta(minutes=5),
            as_of_origin="tag",
            host=name,
            paths=("/shop.raw",),
        )
        source, host = MemorySource({point: b"disk"}), self.hosts[name]
        return DrillPorts(
            clock=self.clock,
            progress=Silent(),
            source=source,
            host=host,
            way=way_of(order.workload.payload, source, host, name="memory"),
            rooms=RoomDirectory(self.root / "sandboxes", self.ledgers),
            store=self.store,
            prober=self.probers[name],
            secret=lambda _: b"",
            select=select,
            own_tools=(),
        )

    def order(self, name: str) -> Order:
        workload = records.workload(name=name, points=PointFilter())
        if name in self.disk_buses:
            assert isinstance(workload.payload, DiskImage)
            guest = replace(workload.payload.guest, disk_bus=self.disk_buses[name])
            workload = replace(workload, payload=replace(workload.payload, guest=guest))
        return Order(
            workload=workload,
            playbook=self.playbooks[name],
            agreed=records.agreed(),
            requested_point="latest",
            mode="full",
        )

    async def run(self, host: object = None, stay: Stay | None = None) -> GroupConcluded:
        orders = [self.order(one.workload) for one in self.members]
        reference = GroupReference(
            group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=self.members
        )
        members = [MemberDrill(order=one, ports=replace(self.ports(one), stay=stay)) for one in orders]
        return await run_group(reference, members, host or self.commons, signer())  # type: ignore[arg-type]

    def nothing_left(self) -> bool:
        sandboxes = self.root / "sandboxes"
        return not self.ledgers.ids() and not (sandboxes.exists() and list(sandboxes.iterdir()))


@pytest.fixture
def stage(tmp_path: Path) -> GroupStage:
    return GroupStage(tmp_path)


def by_name(done: GroupConcluded) -> dict[str, Concluded]:
    assert done.left is None
    return {one.plan.workload.name: one for one in done.concluded}


def told(one: Concluded) -> tuple[Outcome, str]:
    """Whether it came back, and nothing that its evidence says can be untrue."""
    said = list(contradictions(one.plan, one.record, one.register))
    assert [text for text in said if "obligations" not in text] == []
    return shown(one.register, one.plan, one.record)


async def test_each_starts_when_those_it_needs_are_healthy(stage: GroupStage) -> None:
    found = by_name(await stage.run())
    assert {name: told(one)[0] for name, one in found.items()} == dict.fromkeys(found, Outcome.MET)
    assert len({one.record.started_at for one in found.values()}) == 1
    assert len({one.plan.drill_id for one in found.values()}) == 4
    for first, then in (("shop", "app"), ("app", "front")):
        settled = max(one.settled for one in found[first].record.probes if one.settled is not None)
        boot = next(one for one in found[then].record.phases if one.name is PhaseName.BOOT)
        assert boot.started >= settled
    assert stage.nothing_left()


async def test_all_guests_stay_up_until_the_last_is_done(stage: GroupStage) -> None:
    await stage.run()
    assert stage.commons.alive[0] == set(stage.hosts)


async def test_no_guest_starts_before_everybody_has_looked_at_the_sandbox(stage: GroupStage) -> None:
    up: list[bool] = []
    for name, host in stage.hosts.items():
        looked = iter([True])

        def look(name: str = name, looked: "iter[bool]" = looked) -> None:  # type: ignore[valid-type]
            if next(looked, False):
                up.append(any(one.up for one in stage.hosts.values()))

        host.on_isolation = look
    await stage.run()
    assert up == [False] * 4


async def test_what_needs_a_bad_backup_is_not_started_and_missed(stage: GroupStage) -> None:
    stage.probers["shop"].answers = {"tcp": ProbeStatus.FAILED}
    stage.hosts["shop"].on_look = lambda: stage.clock.advance(timedelta(milliseconds=100))
    found = by_name(await stage.run())
    outcomes = {name: told(one) for name, one in found.items()}
    assert {name: one[0] for name, one in outcomes.items()} == {
        "shop": Outcome.MISSED,
        "app": Outcome.MISSED,
        "front": Outcome.MISSED,
        "mail": Outcome.MET,
    }
    app, shop = found["app"].record, found["shop"].record
    assert app.gave_up_by is GaveUp.PREDECESSOR
    assert app.probes == app.faults == ()
    assert outcomes["app"][1].startswith(
        "never recovered: it was not started: shop, which it needs, did not become healthy "
        f"(drill {shop.drill_id}): never recovered: probe tcp failed"
    )
    assert "app, which it needs," in outcomes["front"][1]
    assert stage.nothing_left()


async def test_what_needs_a_system_that_we_failed_is_not_started_and_unproven(stage: GroupStage) -> None:
    stage.hosts["shop"].boot_fails = HostError("no memory left")
    found = by_name(await stage.run())
    outcomes = {name: told(one) for name, one in found.items()}
    assert outcomes["mail"][0] is Outcome.MET
    for name in ("shop", "app", "front"):
        assert outcomes[name][0] is Outcome.UNPROVEN
        assert "no memory left" in outcomes[name][1]
    (fault,) = found["app"].record.faults
    assert fault.phase is PhaseName.AWAIT
    assert PhaseName.BOOT not in {one.name for one in found["app"].record.phases}


async def test_a_sandbox_that_one_finds_open_starts_nobody(stage: GroupStage) -> None:
    stage.hosts["mail"].open_when = "before"
    found = by_name(await stage.run())
    assert {told(one)[0] for one in found.values()} == {Outcome.UNPROVEN}
    for name in ("shop", "app", "front"):
        assert PhaseName.BOOT not in {one.name for one in found[name].record.phases}
    assert "for another member the sandbox is open" in found["shop"].record.faults[0].what


async def test_a_ground_that_cannot_be_made_is_everybodys_fault_of_ours(stage: GroupStage) -> None:
    stage.commons.shared_fails = HostError("no namespace")
    found = by_name(await stage.run())
    assert {told(one)[0] for one in found.values()} == {Outcome.UNPROVEN}
    assert all("no namespace" in one.record.faults[0].what for one in found.values())
    assert stage.nothing_left()


async def test_a_ground_that_stays_is_said_beside_the_results(stage: GroupStage) -> None:
    stage.commons.take_down_fails = TeardownError("the namespace is still there")
    done = await stage.run()
    assert len(done.concluded) == 4
    assert isinstance(done.left, TeardownError)


@pytest.mark.parametrize("pause", [0.0, 0.01, 0.05, 0.15])
async def test_interrupted_it_takes_everything_back(stage: GroupStage, pause: float) -> None:
    stage.playbooks["shop"] = replace(
        stage.playbooks["shop"], limits=Limits(settle=timedelta(hours=1), healthy=timedelta(hours=2))
    )
    running = asyncio.create_task(stage.run())
    await asyncio.sleep(pause)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert stage.nothing_left()
    assert not any(host.living for host in stage.hosts.values())


async def test_a_host_that_cannot_hold_several_is_refused_before_anything_begins(stage: GroupStage) -> None:
    with pytest.raises(InputError, match="groups on this host are not supported yet"):
        await stage.run(MemoryHost())
    assert stage.store.plans == {}


async def test_members_whose_names_lead_elsewhere_are_refused(stage: GroupStage) -> None:
    for name, address in (("shop", "10.20.0.10"), ("app", "10.20.0.11")):
        answers = (DnsAnswer(name="db.example", address=address),)
        stage.playbooks[name] = replace(stage.playbooks[name], dns=answers)
    with pytest.raises(InputError, match=r"declares db\.example as 10\.20\.0\.11"):
        await stage.run()
    assert stage.store.plans == {}


async def test_a_question_that_nobody_answers_keeps_nobody_waiting(stage: GroupStage) -> None:
    ask = AskStep(id="rack", party="customer", question="Plug it in", allowance=timedelta(hours=2))
    stage.playbooks["app"] = replace(stage.playbooks["app"], steps=(ask,))
    with pytest.raises(InputError, match="app: an unattended question in a system that others wait for"):
        await stage.run()
    assert stage.store.plans == {}
    stage.playbooks["app"] = playbook("app")
    stage.playbooks["mail"] = replace(stage.playbooks["mail"], steps=(ask,))
    assert len(by_name(await stage.run())) == 4


async def test_members_already_begun_have_a_result_when_another_cannot_begin(
    stage: GroupStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = []

    async def begins(order: Order, ports: DrillPorts, by: Signer) -> Begun:
        if order.workload.name == "front":
            raise EvidenceError("the log cannot be written")
        return await begin(order, ports, by)

    async def abandons(begun: Begun, ports: DrillPorts, why: HarnessError) -> Concluded:
        sealed.append(await abandon(begun, ports, why))
        return sealed[-1]

    monkeypatch.setattr(grouping, "begin", begins)
    monkeypatch.setattr(grouping, "abandon", abandons)
    with pytest.raises(EvidenceError, match="the log cannot be written"):
        await stage.run()
    assert [one.plan.workload.name for one in sealed] == ["shop", "app"]
    for one in sealed:
        assert one.plan.drill_id in stage.store.plans
        outcome, why = told(one)
        assert outcome is Outcome.UNPROVEN
        assert "restore-host failed" in why
        assert "the group's drill was not begun: the log cannot be written" in why
        assert all(verdict.outcome is Outcome.UNPROVEN for verdict in one.verdicts)
    assert stage.nothing_left()


async def test_a_promise_is_kept_for_the_whole_when_it_is_for_each(stage: GroupStage) -> None:
    done = await stage.run()
    register = records.register()
    theirs = [one for one in register.obligations if "shop" in one.scope]
    both = replace(register, obligations=tuple(replace(one, scope=("shop", "app")) for one in theirs))
    (shop, app, *_) = done.concluded
    verdicts = {"shop": shop.verdicts, "app": shop.verdicts}
    rows = list(whole(both, ["shop", "app"], verdicts))
    assert [row.outcome for row in rows] == [one.outcome for one in shop.verdicts]
    lacking = list(whole(both, ["shop", "app"], {"shop": shop.verdicts}))
    assert all(row.outcome is not Outcome.MET for row in lacking)
    assert {row.decided_by for row in lacking if row.outcome is Outcome.UNPROVEN} >= {"app"}
    assert app.plan.workload.name == "app"


class Everybody:
    """Lets the group stand until all its members do."""

    def __init__(self, members: int) -> None:
        self.members, self.standing = members, list[str]()
        self.there = asyncio.Event()

    def wanted(self) -> bool:
        return True

    async def over(self, standing: Standing) -> None:
        self.standing.append(standing.workload)
        if len(self.standing) == self.members:
            self.there.set()
        await self.there.wait()


async def test_a_group_stands_as_one_when_all_are_signed(stage: GroupStage) -> None:
    stay = Everybody(len(stage.members))
    done = await stage.run(stay=stay)
    assert sorted(stay.standing) == sorted(one.workload for one in stage.members)
    assert all(one.stood and not one.left_behind for one in done.concluded)
    assert done.left is None
    assert stage.nothing_left()


async def test_a_group_whose_sandbox_one_finds_open_does_not_stand(stage: GroupStage) -> None:
    name = stage.members[-1].workload
    stage.hosts[name].open_when = "during"
    stay = Everybody(len(stage.members))
    done = await stage.run(stay=stay)
    assert stay.standing == []
    assert not any(one.stood for one in done.concluded)
    assert stage.nothing_left()


async def test_it_is_signed_as_a_whole_or_by_nobody(stage: GroupStage) -> None:
    """Nobody asks whether the attempt still counts while another member drills."""
    begun: list[str] = []
    living: list[bool] = []

    async def still_mine() -> bool:
        living.append(any(host.living for host in stage.hosts.values()))
        return False

    stage.probers["shop"].answers = {"tcp": ProbeStatus.FAILED}  # app and front are not started
    orders = [stage.order(one.workload) for one in stage.members]
    members = [MemberDrill(order=one, ports=replace(stage.ports(one), fence=still_mine)) for one in orders]
    reference = GroupReference(
        group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=stage.members
    )
    host: object = stage.commons
    done = await run_group(reference, members, host, signer(), begun=begun.append)  # type: ignore[arg-type]
    assert begun == list(stage.store.plans)
    assert living == [False] * 4
    assert all(isinstance(one, SupersededError) for one in done.members)
