"""What a drill records when its parts succeed, fail, hang, leak or die."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.conductor import conduct
from drverify.engine.recovering import way_of
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, HostError, SourceError, TeardownError
from drverify.judging.trust import untrusted
from drverify.model.agreement import Sha256
from drverify.model.drill import Attribution, DrillId, DrillPlan, DrillRecord, GaveUp, PhaseName, ProbeStatus
from drverify.model.playbook import FreshnessProbe, Limits, NewestFile, Playbook, TcpProbe
from drverify.model.recovery import (
    DiskImage,
    FileSet,
    GuestShape,
    PointFilter,
    PointId,
    RecoveryPoint,
    Workload,
)
from drverify.planning.selection import select
from tests.support.memory import (
    NOON,
    MemoryHost,
    MemoryProber,
    MemorySource,
    MemoryStore,
    Silent,
    SteppingClock,
)

POINT = RecoveryPoint(
    id=PointId("a" * 64),
    source="memory",
    consistent_as_of=NOON - timedelta(minutes=5),
    as_of_origin="tag",
    host="web",
    paths=("/disk.raw",),
)
QUICK = Limits(settle=timedelta(0), boot_stall=timedelta(seconds=5), healthy=timedelta(minutes=5))
PROBES = (
    TcpProbe(id="tcp", address="10.0.0.1", port=80, every=timedelta(milliseconds=1)),
    TcpProbe(id="extra", address="10.0.0.1", port=81, required=False, every=timedelta(milliseconds=1)),
)


@dataclass
class Stage:
    """A whole drill on memory ports."""

    root: Path
    source: MemorySource = field(default_factory=lambda: MemorySource({POINT: b"disk"}))
    host: MemoryHost = field(default_factory=MemoryHost)
    clock: SteppingClock = field(default_factory=lambda: SteppingClock(NOON))
    progress: Silent = field(default_factory=Silent)
    prober: MemoryProber = field(init=False)
    store: MemoryStore = field(default_factory=MemoryStore)
    limits: Limits = QUICK
    mode: str = "full"

    def __post_init__(self) -> None:
        self.prober = MemoryProber(self.host)
        self.ledgers = LedgerDirectory(self.root / "ledger")

    def plan(self) -> DrillPlan:
        return DrillPlan(
            drill_id=DrillId("20260914T120000Z-abcdef"),
            workload=Workload(
                name="web",
                source="memory",
                points=PointFilter(),
                payload=DiskImage(path="/disk.raw", guest=GuestShape(memory_mib=64, vcpus=1)),
                playbook="web",
                protected_since=NOON - timedelta(days=1),
            ),
            playbook=Playbook(name="web", applies_to="disk-image", probes=PROBES, limits=self.limits),
            register_sha256=Sha256("0" * 64),
            obligations=(),
            requested_point="latest",
            mode="instant" if self.mode == "instant" else "full",
            incident_at=NOON,
            look_back=timedelta(days=1),
            previous_success_at=None,
        )

    def ports(self, plan: DrillPlan | None = None) -> DrillPorts:
        return DrillPorts(
            clock=self.clock,
            progress=self.progress,
            source=self.source,
            host=self.host,
            way=way_of((plan or self.plan()).workload.payload, self.source, self.host, name="memory"),
            rooms=RoomDirectory(self.root / "sandboxes", self.ledgers),
            store=self.store,
            prober=self.prober,
            secret=lambda _: b"",
            select=select,
            own_tools=(),
        )

    async def conduct(self, plan: DrillPlan | None = None, *, keep: bool = False) -> DrillRecord:
        return await conduct(plan or self.plan(), self.ports(plan), keep=keep)

    def nothing_left(self) -> bool:
        sandboxes = self.root / "sandboxes"
        return not self.ledgers.ids() and not self.host.living and not list(sandboxes.iterdir())


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


async def test_a_good_backup_recovers_and_leaves_nothing(stage: Stage) -> None:
    record = await stage.conduct()
    assert record.faults == ()
    assert record.defects == ()
    assert [result.status for result in record.probes] == [ProbeStatus.PASSED, ProbeStatus.PASSED]
    assert all(result.settled is not None for result in record.probes if result.probe == "tcp")
    assert {control.status for control in record.controls} == {ProbeStatus.UNANSWERED}
    assert [check.name for check in record.isolation.checks] == ["before: wall", "during: wall"]
    assert record.restore is not None
    assert record.restore.restored_bytes == 4
    assert {artefact.name for artefact in record.artefacts} >= {"console.log", "probes/tcp.txt"}
    assert record.cleaned_up
    assert stage.nothing_left()


@pytest.mark.parametrize("mode", ["full", "instant"])
async def test_phases_follow_each_other_on_one_clock(stage: Stage, mode: str) -> None:
    stage.mode = mode
    record = await stage.conduct()
    assert record.defects == record.faults == ()
    for earlier, later in zip(record.phases, record.phases[1:], strict=False):
        assert earlier.started + earlier.took <= later.started
    names = [phase.name for phase in record.phases]
    assert names[0] is PhaseName.SELECT
    assert names[-1] is PhaseName.TEARDOWN
    assert {PhaseName.PROVISION, PhaseName.RESTORE, PhaseName.BOOT, PhaseName.APPLICATION} <= set(names)


async def test_damage_is_a_defect_of_the_backup(stage: Stage) -> None:
    stage.source.held[POINT] = DefectError("pack 1f is damaged")
    record = await stage.conduct()
    assert [defect.what for defect in record.defects] == ["pack 1f is damaged"]
    assert record.defects[0].phase is PhaseName.RESTORE
    assert record.faults == ()
    assert stage.nothing_left()


@pytest.mark.parametrize(
    ("break_it", "attribution", "phase"),
    [
        (
            lambda s: s.source.held.__setitem__(POINT, HostError("disk full")),
            Attribution.RESTORE_HOST,
            "restore",
        ),
        (lambda s: s.source.held.__setitem__(POINT, SourceError("cut off")), Attribution.SOURCE, "restore"),
        (
            lambda s: setattr(s.source, "listing_fails", SourceError("wrong password")),
            Attribution.SOURCE,
            "select",
        ),
        (
            lambda s: setattr(s.host, "create_fails", HostError("no memory")),
            Attribution.RESTORE_HOST,
            "provision",
        ),
        (lambda s: setattr(s.host, "boot_fails", HostError("no qemu")), Attribution.RESTORE_HOST, "boot"),
        (lambda s: setattr(s.host, "open_when", "before"), Attribution.SANDBOX, "isolate"),
        (lambda s: s.source.held.__setitem__(POINT, KeyError("bug")), Attribution.TOOL, "restore"),
    ],
)
async def test_a_failure_of_ours_is_a_fault_with_its_attribution(stage, break_it, attribution, phase) -> None:
    break_it(stage)
    record = await stage.conduct()
    assert record.defects == ()
    assert [(fault.attribution, fault.phase) for fault in record.faults] == [(attribution, phase)]
    assert not any(result.settled for result in record.probes)
    assert not stage.ledgers.ids()


async def test_a_leak_while_the_guest_runs_is_a_fault(stage: Stage) -> None:
    stage.host.open_when = "during"
    record = await stage.conduct()
    assert [fault.attribution for fault in record.faults] == [Attribution.SANDBOX]
    assert not record.isolation.checks[-1].closed


async def test_a_probe_that_passes_on_nothing_is_recorded(stage: Stage) -> None:
    stage.prober.vacuous = frozenset({"tcp"})
    record = await stage.conduct()
    assert {c.probe for c in record.controls if c.status is ProbeStatus.PASSED} == {"tcp"}


async def test_a_failing_application_is_given_up_after_the_playbooks_limit(stage: Stage) -> None:
    stage.prober.answers = {"tcp": ProbeStatus.FAILED}
    stage.host.on_look = lambda: stage.clock.advance(timedelta(minutes=6))
    record = await stage.conduct()
    assert record.faults == ()
    assert "not healthy within" in record.gave_up or "no sign of life" in record.gave_up
    tcp = next(result for result in record.probes if result.probe == "tcp")
    assert tcp.status is ProbeStatus.FAILED
    assert tcp.settled is None
    assert stage.nothing_left()


async def test_a_guest_that_our_host_did_not_let_run_is_our_fault(stage: Stage) -> None:
    began = stage.clock.monotonic()
    stage.prober.answers = {"tcp": ProbeStatus.UNANSWERED}
    stage.host.on_look = lambda: stage.clock.advance(timedelta(minutes=1))
    stage.host.starved = lambda: (stage.clock.monotonic() - began) * 0.95
    record = await stage.conduct()
    assert record.gave_up
    (fault,) = record.faults
    assert fault.attribution is Attribution.RESTORE_HOST
    assert "had no processor for the guest" in fault.what
    assert stage.nothing_left()


async def test_a_guest_that_dies_ends_the_wait(stage: Stage) -> None:
    stage.host.dies = True
    record = await stage.conduct()
    assert record.gave_up == "the guest is not running any more"
    assert record.gave_up_by is GaveUp.GUEST_STOPPED
    boot = next(phase for phase in record.phases if phase.name is PhaseName.BOOT)
    assert record.gave_up_at is not None
    assert record.gave_up_at >= boot.started
    assert record.faults == ()


async def test_no_recovery_point_is_a_fact_not_a_fault(stage: Stage) -> None:
    stage.source.held.clear()
    record = await stage.conduct()
    assert record.selection.point is None
    assert record.faults == record.defects == ()


async def test_a_point_that_is_not_there_any_more_is_no_finding_about_the_backup(stage: Stage) -> None:
    """Its drill has begun, so it has a result."""
    record = await stage.conduct(replace(stage.plan(), requested_point="bbbbbbbb"))
    assert (record.selection.point, record.defects) == (None, ())
    assert "no recovery point has the id 'bbbbbbbb'" in record.selection.why
    assert [fault.attribution for fault in record.faults] == [Attribution.TOOL]


async def test_a_hanging_probe_is_our_fault_not_the_guests(stage: Stage, monkeypatch) -> None:
    monkeypatch.setattr("drverify.engine.drills.probing.GRACE", timedelta(milliseconds=10))
    stage.prober.hangs = frozenset({"tcp"})
    plan = stage.plan()
    probes = (replace(PROBES[0], within=timedelta(milliseconds=10)), PROBES[1])
    stage.host.on_look = lambda: stage.clock.advance(timedelta(seconds=4))
    record = await stage.conduct(replace(plan, playbook=replace(plan.playbook, probes=probes)))
    assert next(result for result in record.probes if result.probe == "tcp").status is ProbeStatus.ERRORED


async def test_what_cannot_be_taken_down_stays_in_the_ledger(stage: Stage) -> None:
    stage.host.take_down_fails = TeardownError("domain will not go")
    record = await stage.conduct()
    assert not record.cleaned_up
    assert PhaseName.TEARDOWN in {fault.phase for fault in record.faults}
    (sandbox_id,) = stage.ledgers.ids()
    assert {found.kind for found in stage.ledgers.read(sandbox_id)[2]} == {"directory", "domain"}


async def test_a_kept_sandbox_is_left_and_said_to_be(stage: Stage) -> None:
    record = await stage.conduct(keep=True)
    assert not record.cleaned_up
    assert record.faults == ()
    (sandbox_id,) = stage.ledgers.ids()
    assert stage.ledgers.read(sandbox_id)[1], "marked as kept"
    assert stage.host.living == {sandbox_id}


async def test_cancelled_in_the_middle_everything_is_taken_back(stage: Stage) -> None:
    stage.prober.answers = {"tcp": ProbeStatus.FAILED}
    drill = asyncio.create_task(stage.conduct())
    while not stage.host.up:
        await asyncio.sleep(0.001)
    drill.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drill
    assert stage.nothing_left()


async def test_the_drills_own_limit_is_our_fault(stage: Stage) -> None:
    stage.prober.answers = {"tcp": ProbeStatus.FAILED}
    stage.limits = replace(QUICK, drill=timedelta(milliseconds=100))
    record = await stage.conduct()
    (fault,) = record.faults
    assert fault.attribution is Attribution.TOOL
    assert fault.phase is not PhaseName.TEARDOWN, "where the time ran out, not where it was noted"
    assert "a limit of its own" in record.faults[0].what
    assert "our tool failed" in untrusted(stage.plan(), record), "never a breach of theirs"
    assert stage.nothing_left()


async def test_a_look_that_fails_while_the_guest_runs_shows_nothing_closed(stage: Stage) -> None:
    stage.host.look_fails = HostError("nft is gone")
    record = await stage.conduct()
    assert not record.isolation.checks[-1].closed
    assert record.isolation.checks[-1].name == "during: look"
    assert untrusted(stage.plan(), record)


async def test_a_room_that_cannot_be_made_is_no_failed_listing(stage: Stage) -> None:
    (stage.root / "sandboxes").write_text("in the way")
    record = await stage.conduct()
    assert [fault.phase for fault in record.faults] == [PhaseName.PROVISION]


async def test_interrupted_with_something_left_it_does_not_say_that_all_is_well(stage: Stage) -> None:
    stage.host.take_down_fails = TeardownError("domain will not go")
    stage.prober.answers = {"tcp": ProbeStatus.FAILED}
    drill = asyncio.create_task(stage.conduct())
    while not stage.host.up:
        await asyncio.sleep(0.001)
    drill.cancel()
    with pytest.raises(TeardownError, match="not everything"):
        await drill


async def test_a_file_set_is_probed_where_it_was_restored(stage: Stage) -> None:
    plan = stage.plan()
    workload = replace(plan.workload, payload=FileSet(path="/disk.raw"))
    probe = FreshnessProbe(id="newest", newest=NewestFile())
    playbook = replace(plan.playbook, applies_to="file-set", probes=(probe,))
    stage.prober.newest = NOON - timedelta(minutes=6)
    record = await stage.conduct(replace(plan, workload=workload, playbook=playbook))
    assert record.faults == record.defects == ()
    assert record.probes[0].newest == stage.prober.newest
    assert record.controls[0].status is ProbeStatus.UNANSWERED
    assert stage.nothing_left()


async def test_a_probe_that_fails_after_it_settled_has_not_settled(stage: Stage) -> None:
    """Everything is asked once more at the end: an application that came up and fell over is no success."""
    answers = stage.prober.answers = {}
    ask = stage.prober.ask

    async def falling(spec, scope):
        answer = await ask(spec, scope)
        if spec.id == "tcp" and answer.status is ProbeStatus.PASSED:
            answers["tcp"] = ProbeStatus.FAILED
        return answer

    stage.prober.ask = falling  # type: ignore[method-assign]
    stage.host.on_look = lambda: stage.clock.advance(timedelta(seconds=4))
    record = await stage.conduct()
    tcp = next(result for result in record.probes if result.probe == "tcp")
    assert tcp.status is ProbeStatus.FAILED
    assert tcp.settled is None
    assert record.gave_up


async def test_the_counters_are_those_of_the_end(stage: Stage) -> None:
    record = await stage.conduct()
    assert [(counter.name, counter.value) for counter in record.isolation.counters] == [("looks", 2)]


async def test_the_guests_isolation_is_looked_at_while_probes_settle(stage: Stage) -> None:
    seen: list[bool] = []
    stage.host.on_isolation = lambda: seen.append((PhaseName.PROBE, "ended") in stage.progress.phases)
    record = await stage.conduct()
    assert seen == [False, False]
    assert [tool.name for tool in record.tools] == ["memory", "memory-host"]
