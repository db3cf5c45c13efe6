"""What becomes of a playbook's steps: done, refused, allowed for, or not possible for us."""

import asyncio
import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from drverify.engine.drills import stepping
from drverify.engine.drills.conductor import conduct
from drverify.engine.drills.probing import Probing
from drverify.engine.drills.stepping import PIECE, Nobody, Operator, Stepping
from drverify.engine.drills.vigil import Watch
from drverify.engine.ports import Activity, Blob, ProbeScope, Reading
from drverify.errors import GuestError, InputError
from drverify.model.access import Access
from drverify.model.drill import Artefact, Attribution, DrillRecord, GaveUp, PhaseName, ProbeStatus
from drverify.model.playbook import Limits
from drverify.model.steps import (
    AddressStep,
    AskStep,
    MountStep,
    PutStep,
    RunStep,
    StepRecord,
    StepSpec,
    StepStatus,
    WaitStep,
)
from drverify.sealing.contradictions.consistency import contradictions
from tests.support import records
from tests.support.memory import NOON, HereVantage, MemoryProber, Silent, SteppingClock
from tests.unit.engine.drills.test_conductor import Stage

AGENT = Access(via="agent")
RUN = RunStep(id="run", party="provider", access=AGENT, command=("systemctl", "start", "shop"))
ASK = AskStep(id="rack", party="customer", question="Plug it in", allowance=timedelta(minutes=20))


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try the way in again at once."""
    monkeypatch.setattr(stepping, "AGAIN", timedelta(0))


@dataclass
class ScriptedProber(MemoryProber):
    """Answers commands one after the other with what stands in `script`; `true` as long as it is let in."""

    script: list[Reading] = field(default_factory=list)
    deaf: int = 0
    """How many times nobody answers first."""
    ran: list[tuple[str, ...]] = field(default_factory=list)

    async def read(
        self, access: Access, argv: Sequence[str], scope: ProbeScope, *, within: timedelta
    ) -> Reading:
        if argv[0] == "cat":
            return await super().read(access, argv, scope, within=within)
        await asyncio.sleep(0)
        if self.deaf:
            self.deaf -= 1
            return Reading(exit_code=None, why="nobody there", transcript=b"silence")
        self.ran.append(tuple(argv))
        if argv == ("true",):
            return Reading(exit_code=0, transcript=b"")
        return self.script.pop(0) if self.script else Reading(exit_code=0, last_line="ok", transcript=b"t")


@dataclass
class Somebody:
    """An operator with one answer."""

    answer: str | None
    present: bool = True

    async def ask(self, question: str) -> str:
        assert question == ASK.question
        if self.answer is None:
            await asyncio.sleep(3600)
        return self.answer or ""


@dataclass
class Hands:
    """Stepping over scripted commands."""

    prober: ScriptedProber = field(default_factory=lambda: ScriptedProber(None))
    kept: list[Blob] = field(default_factory=list)
    content: bytes = b"key = value\n"
    records: list[StepRecord] = field(default_factory=list)

    def keep(self, blob: Blob) -> Artefact:
        self.kept.append(blob)
        return Artefact(name=blob.name, sha256=records.digest(blob.content), size_bytes=0, media_type="")

    async def run(self, *steps: StepSpec, operator: Operator | None = None) -> list[StepRecord]:
        tick = count()
        scope = ProbeScope(guest=None, console=lambda: b"", files=None, secret=lambda _: b"")

        def offset() -> timedelta:
            return timedelta(milliseconds=next(tick))

        probing = Probing(
            vantage=HereVantage(),
            prober=self.prober,
            scope=scope,
            offset=offset,
            keep=self.keep,
            progress=Silent(),
            settle=timedelta(0),
        )
        hands = Stepping(
            probing=probing,
            operator=operator or Nobody(),
            file=lambda _: self.content,
            offset=offset,
            keep=self.keep,
            progress=Silent(),
            records=self.records,
        )
        await hands.run(steps)
        return self.records


async def test_a_command_runs_once_after_the_way_in_has_answered() -> None:
    hands = Hands(ScriptedProber(None, deaf=2))
    (one,) = await hands.run(RUN)
    assert (one.step, one.status, one.said) == ("run", StepStatus.DONE, "ok")
    assert hands.prober.ran == [("true",), RUN.command]
    assert [blob.name for blob in hands.kept] == ["steps/run.txt"]


async def test_the_same_way_in_is_tried_once() -> None:
    hands = Hands()
    await hands.run(RUN, replace(RUN, id="again"))
    assert hands.prober.ran == [("true",), RUN.command, RUN.command]


async def test_a_step_that_the_guest_refuses_is_recorded_and_the_next_follows() -> None:
    refusal = Reading(exit_code=5, last_line="Unit shop.service not found.", transcript=b"t")
    hands = Hands(ScriptedProber(None, script=[refusal]))
    first, second = await hands.run(RUN, replace(RUN, id="next"))
    assert (first.status, first.said) == (StepStatus.FAILED, "exit 5: Unit shop.service not found.")
    assert second.status is StepStatus.DONE
    assert first.started + first.took <= second.started


@pytest.mark.parametrize(
    "step",
    [RUN, PutStep(id="run", access=AGENT, source="app.conf", path="/etc/app.conf")],
    ids=["run", "put"],
)
async def test_a_guest_that_never_lets_us_in_has_not_failed_the_step(step: StepSpec) -> None:
    hands = Hands(ScriptedProber(None, deaf=10**6))
    with pytest.raises(GuestError, match="step run: the way into the guest never answered: nobody there"):
        await hands.run(replace(step, within=timedelta(milliseconds=20)))
    assert [one.status for one in hands.records] == [StepStatus.ERRORED]
    assert hands.prober.ran == []


async def test_our_own_failure_is_recorded_and_raised() -> None:
    ours = Reading(exit_code=None, why="the private key cannot be used", ours=True, transcript=b"")
    hands = Hands(ScriptedProber(None, script=[ours]))
    with pytest.raises(GuestError, match="step run: the private key cannot be used"):
        await hands.run(RUN, replace(RUN, id="never"))
    assert [(one.step, one.status) for one in hands.records] == [("run", StepStatus.ERRORED)]


async def test_a_file_is_put_in_pieces_beside_its_place_and_moved_there() -> None:
    hands = Hands(content=bytes(range(256)) * 400)
    step = PutStep(id="conf", access=AGENT, source="app.conf", path="/etc/app.conf", sha256="5" * 64)
    (one,) = await hands.run(step)
    assert one.status is StepStatus.DONE
    assert one.said == f"102400 bytes, sha256 {'5' * 64}"
    _, begin, *appended, end = hands.prober.ran
    assert begin[-2:] == ("/etc/app.conf", "0644")
    assert end[2:] == ('mv -f "$1.drverify" "$1"', "drverify", "/etc/app.conf")
    assert b"".join(base64.b64decode(command[4]) for command in appended) == hands.content
    assert max(len(command[4]) for command in appended) == PIECE * 4 // 3 < 128 * 1024
    assert hands.kept == [], "the file's content must stand in no transcript"


async def test_volumes_and_addresses_reach_the_guest_as_words_not_as_shell() -> None:
    hands = Hands()
    mount = MountStep(id="data", access=AGENT, device="/dev/vdb1", path="/srv/$(reboot)")
    address = AddressStep(id="nic", access=AGENT, mac="52:54:00:AA:00:01", address="10.20.0.10/24")
    done = await hands.run(mount, address)
    assert [one.status for one in done] == [StepStatus.DONE] * 2
    assert hands.prober.ran[1][4:] == ("/dev/vdb1", "/srv/$(reboot)")
    assert hands.prober.ran[2][4:] == ("52:54:00:aa:00:01", "10.20.0.10/24")


async def test_nobody_there_is_allowed_for_and_takes_no_time() -> None:
    (one,) = await Hands().run(ASK)
    assert (one.status, one.said) == (StepStatus.ALLOWED, "nobody to ask: 20 min allowed")


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ("", StepStatus.DONE, "confirmed"),
        ("moved to rack 7\x1b[2J", StepStatus.DONE, "moved to rack 7 [2J"),
        ("no", StepStatus.FAILED, "no"),
    ],
)
async def test_an_operator_answers(answer: str, status: StepStatus, said: str) -> None:
    (one,) = await Hands().run(ASK, operator=Somebody(answer))
    assert (one.status, one.said) == (status, said)


async def test_an_operator_who_is_there_and_never_answers_is_our_fault() -> None:
    hands = Hands()
    with pytest.raises(GuestError, match="gave no answer within 10 ms"):
        await hands.run(replace(ASK, within=timedelta(milliseconds=10)), operator=Somebody(None))
    assert hands.records[0].status is StepStatus.ERRORED


class Stepped(Stage):
    """A whole drill on memory ports with steps."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.prober = ScriptedProber(self.host)

    async def with_steps(self, *steps: StepSpec) -> DrillRecord:
        plan = self.plan()
        plan = replace(plan, playbook=replace(plan.playbook, steps=steps))
        record = await conduct(plan, self.ports(plan))
        told = list(contradictions(plan, record, records.register()))
        assert [one for one in told if "step" in one or "phase" in one] == []
        return record


@pytest.fixture
def stage(tmp_path: Path) -> Stepped:
    return Stepped(tmp_path)


async def test_a_drill_does_its_steps_between_boot_and_the_application(stage: Stepped) -> None:
    record = await stage.with_steps(RUN, WaitStep(id="pause", time=timedelta(milliseconds=5)), ASK)
    names = [phase.name for phase in record.phases]
    assert names[names.index(PhaseName.BOOT) :][:3] == [
        PhaseName.BOOT,
        PhaseName.CONFIGURE,
        PhaseName.APPLICATION,
    ]
    assert [one.status for one in record.steps] == [StepStatus.DONE, StepStatus.DONE, StepStatus.ALLOWED]
    assert record.faults == ()
    assert all(one.status is ProbeStatus.PASSED for one in record.probes)


async def test_a_step_of_ours_that_fails_leaves_the_application_unasked(stage: Stepped) -> None:
    def gone(_: PutStep) -> bytes:
        raise InputError("app.conf is not the file that was planned")

    put = PutStep(id="conf", access=AGENT, source="app.conf", path="/etc/app.conf")
    plan = stage.plan()
    plan = replace(plan, playbook=replace(plan.playbook, steps=(put,)))
    record = await conduct(plan, replace(stage.ports(plan), put=gone))
    (fault,) = record.faults
    assert (fault.phase, fault.attribution) == (PhaseName.CONFIGURE, Attribution.TOOL)
    assert fault.what == "step conf: app.conf is not the file that was planned"
    assert [one.status for one in record.steps] == [StepStatus.ERRORED]
    assert PhaseName.APPLICATION not in {phase.name for phase in record.phases}
    assert stage.nothing_left()


async def test_a_guest_that_stops_in_a_step_is_given_up(stage: Stepped) -> None:
    stage.host.on_look = lambda: setattr(stage.host, "dies", True)
    record = await stage.with_steps(WaitStep(id="pause", time=timedelta(hours=1)))
    assert record.gave_up_by is GaveUp.GUEST_STOPPED
    assert record.steps == ()


def test_time_in_which_we_do_something_is_none_that_the_guest_stood_still() -> None:
    clock = SteppingClock(NOON)
    watch = Watch(clock, Limits(boot_stall=timedelta(seconds=5), healthy=timedelta(minutes=1)))
    still = Activity(running=True, console_bytes=0, disk_bytes=0, agent=True)
    assert watch.verdict(still, 0) is None
    with watch.busy():
        clock.advance(timedelta(hours=1))
        assert watch.verdict(still, 0) is None
    assert watch.verdict(still, 0) is None
    clock.advance(timedelta(seconds=6))
    ending = watch.verdict(still, 0)
    assert ending is not None
    assert ending.by is GaveUp.STALL
