"""A period of drills with steps, in a group: both verifiers make the same of them, hidden or not."""

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest

from drverify.judging import objectives, trust
from drverify.judging.measure import healthy_at
from drverify.model.access import Access
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName, PhaseRecord, ProbeStatus
from drverify.model.group import GroupReference, GroupRunId, Member
from drverify.model.recovery import SecretRef
from drverify.model.steps import AddressStep, AskStep, StepRecord, StepStatus
from drverify.sealing.redaction import SALT_BYTES, Concealer
from tests.support import series
from tests.support.periods import AFTER, Kept, MemoryBundle, audited, codes, slot
from tests.support.records import HOUR, MIN, SEC, with_result

ROOT = Access(address="10.20.0.10", key=SecretRef("file:key"))
STEPS = (
    AddressStep(id="mapping", access=ROOT, mac="52:54:00:aa:00:01", address="10.20.0.10/24"),
    AskStep(id="rack", party="customer", question="Plug vault.acme.example in", allowance=5 * MIN),
)
MEMBERS = (Member(workload="database"), Member(workload="shop", after=("database",)))
DONE = StepRecord(step="mapping", status=StepStatus.DONE, started=63 * SEC, took=SEC)
ALLOWED = StepRecord(step="rack", status=StepStatus.ALLOWED, started=64 * SEC, took=0 * SEC)


def planned(plan: DrillPlan, allowance_hours: int = 0, members: tuple[Member, ...] = MEMBERS) -> DrillPlan:
    ask = replace(STEPS[1], allowance=5 * MIN + allowance_hours * HOUR)
    group = GroupReference(group="webshop", run=GroupRunId("20260914T120000Z-aaaaaa"), members=members)
    return replace(plan, group=group, playbook=replace(plan.playbook, steps=(STEPS[0], ask)))


def recorded(record: DrillRecord, *steps: StepRecord) -> DrillRecord:
    phases: list[PhaseRecord] = []
    for phase in record.phases:
        if phase.name is PhaseName.BOOT:
            phases.append(PhaseRecord(name=PhaseName.AWAIT, started=phase.started, took=0 * SEC))
        if phase.name is PhaseName.APPLICATION:
            phases.append(PhaseRecord(name=PhaseName.CONFIGURE, started=phase.started, took=2 * SEC))
            phase = replace(phase, started=phase.started + 2 * SEC, took=phase.took - 2 * SEC)  # noqa: PLW2901
        phases.append(phase)
    return replace(record, phases=tuple(phases), steps=steps)


def period(
    root: Path,
    *steps: StepRecord,
    allowance_hours: int = 0,
    hide: bool = False,
    members: tuple[Member, ...] = MEMBERS,
    boot_only: bool = False,
    spoil: Callable[[DrillRecord], DrillRecord] = lambda record: record,
) -> MemoryBundle:
    """Three drills with these steps recorded; `spoil` changes each record."""
    kept = Kept(root)
    kept.register()
    days = (0, 1, 2)
    kept.schedule([slot(day) for day in days])
    for day in days:
        plan = planned(series.planned(day), allowance_hours, members)
        if boot_only:
            probes = tuple(replace(one, required=one.id == "boot") for one in plan.playbook.probes)
            plan = replace(plan, playbook=replace(plan.playbook, probes=probes))
        record = spoil(recorded(series.recorded(day), *steps))
        if hide:
            hiding = Concealer(lambda: secrets.token_bytes(SALT_BYTES))
            plan, record = hiding.plan(plan), hiding.record(record)
        begun_plan, begun = kept.start(day, workload=plan.workload, playbook=plan.playbook, group=plan.group)
        record = replace(record, drill_id=begun_plan.drill_id, start=begun)
        listed = replace(record.selection, listed=record.selection.listed[: kept.points])
        record = replace(record, selection=listed)
        kept.result(begun_plan, begun, day, **{one.name: getattr(record, one.name) for one in fields(record)})
    kept.close()
    kept.cosign(AFTER)
    return MemoryBundle.of(kept.gather())


@pytest.mark.parametrize("hide", [False, True])
def test_both_hold_what_was_done_and_what_was_allowed_for(tmp_path: Path, hide: bool) -> None:
    found = audited(period(tmp_path, DONE, ALLOWED, hide=hide))
    assert found.holds, codes(found)


def judged(bundle: MemoryBundle) -> list[dict[str, object]]:
    """What each result says of the time to recover."""
    lines = bundle.files["envelopes.intoto.jsonl"].splitlines()
    said = [json.loads(base64.b64decode(json.loads(line)["payload"])) for line in lines]
    found = [one for result in said for one in result["predicate"].get("obligations", ())]
    return [one for one in found if one["metric"] == "rto"]


def missed(bundle: MemoryBundle) -> int:
    """How many results say that the system came back too late, or never."""
    return sum(one["verdict"] == "MISSED" for one in judged(bundle))


def times(bundle: MemoryBundle) -> list[object]:
    """How long they say it took, in ms."""
    return [one["achievedMs"] for one in judged(bundle)]


def test_an_allowance_beyond_the_limit_is_missed_in_both(tmp_path: Path) -> None:
    within = period(tmp_path / "within", DONE, ALLOWED)
    beyond = period(tmp_path / "beyond", DONE, ALLOWED, allowance_hours=100)
    assert (missed(within), missed(beyond)) == (0, 3)
    assert audited(beyond).holds


@pytest.mark.parametrize(
    "steps",
    [
        (DONE,),
        (),
        (ALLOWED, DONE),
        (replace(DONE, status=StepStatus.ALLOWED), ALLOWED),
        (DONE, replace(ALLOWED, step="other")),
    ],
)
def test_both_refuse_steps_that_are_not_the_playbooks(tmp_path: Path, steps: tuple[StepRecord, ...]) -> None:
    found = audited(period(tmp_path, *steps))
    assert not found.holds


@pytest.mark.parametrize("hide", [False, True])
def test_both_refuse_an_allowance_in_what_others_wait_for(tmp_path: Path, hide: bool) -> None:
    first = (Member(workload="shop"), Member(workload="front", after=("shop",)))
    done = replace(ALLOWED, status=StepStatus.DONE)
    assert audited(period(tmp_path / "done", DONE, done, hide=hide, members=first)).holds
    assert not audited(period(tmp_path / "allowed", DONE, ALLOWED, hide=hide, members=first)).holds


def away(record: DrillRecord) -> DrillRecord:
    """The last required probe answers wrongly to the end."""
    return with_result(record, "web", status=ProbeStatus.FAILED, settled=None)


@pytest.mark.parametrize("status", [StepStatus.ALLOWED, StepStatus.FAILED])
def test_both_let_no_promise_be_broken_by_what_others_left_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: StepStatus
) -> None:
    left = replace(ALLOWED, status=status)
    good = period(tmp_path / "unproven", DONE, left, spoil=away)
    assert missed(good) == 0
    assert audited(good).holds
    monkeypatch.setattr(trust, "left_by_others", lambda *_: "")
    bad = period(tmp_path / "missed", DONE, left, spoil=away)
    assert missed(bad) == 3
    monkeypatch.undo()
    assert not audited(bad).holds


def test_both_count_a_step_that_ends_after_the_probes_had_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = replace(ALLOWED, status=StepStatus.DONE, took=SEC)
    held = period(tmp_path / "held", DONE, done, boot_only=True)
    assert times(held) == [65_000] * 3
    assert audited(held).holds
    monkeypatch.setattr(objectives, "rto_achieved", healthy_at)
    short = period(tmp_path / "short", DONE, done, boot_only=True)
    monkeypatch.undo()
    assert times(short) == [60_000] * 3
    assert not audited(short).holds
