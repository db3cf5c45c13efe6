"""Audits of a period: a good one holds; each thing that a provider may do wrong, or by night, has its finding."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drverify.auditing import layout
from drverify.auditing.attesting import properties
from drverify.auditing.audit import audit
from drverify.auditing.codes import CODES
from drverify.auditing.question import Held, Question
from drverify.errors import EvidenceError, InputError
from drverify.model.audit import Audit, AuditedDrill, SlotState, Weight
from drverify.model.evidence import Revocation, TimeStamp, TrustedAuthority
from drverify.model.records import AgreedRegister, DrillCounts
from drverify.planning.period import period_of
from drverify.sealing import codec
from drverify.sealing.keys import Trust
from drverify.sealing.strict_json import canonical
from drverify.sealing.verification import Report
from drverify.transparency import note
from drverify.transparency.stamping import stamped_bytes
from tests.support import periods, records
from tests.support.evidence import signer
from tests.support.periods import (
    AFTER,
    CUSTOMER,
    KEYS,
    PROVIDER,
    QUARTER,
    RUNNER,
    TRUST,
    Kept,
    MemoryBundle,
    audited,
    codes,
    good,
    slot,
)

USUAL = ["late-schedule", "no-time-stamp", "remark", "unsigned-files", "window-not-shown"]
"""What is noted of `good` when the auditor brings its newest checkpoint: nothing dates it but one cosignature."""


def weighty(of: Audit) -> list[str]:
    return sorted(one.code for one in of.findings if one.weight is not Weight.NOTED)


def of(kept: Kept, **question: object) -> Audit:
    return audited(MemoryBundle.of(kept.gather()), **question)  # type: ignore[arg-type]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """Agreed and planned, and nothing drilled."""
    made = Kept(tmp_path / "state")
    made.register()
    made.schedule([slot(day) for day in range(3)])
    return made


def test_a_good_quarter_holds_and_is_complete(tmp_path: Path) -> None:
    kept = good(tmp_path / "state")
    seen: list[tuple[AuditedDrill, Report]] = []
    found = of(kept, held=(kept.held(),), each=lambda drill, report: seen.append((drill, report)))
    assert (found.holds, found.complete, sorted(codes(found))) == (True, True, USUAL)
    assert found.counts == DrillCounts(
        planned=3,
        started=3,
        finished=3,
        open=0,
        voided=0,
        not_started=0,
        unplanned=0,
        met=15,
        missed=3,
        unproven=0,
    )
    assert [one.state for one in found.slots] == [SlotState.FINISHED] * 3
    assert [(one.index, one.start_index, one.slot) for one, _ in seen] == [
        (2 * day + 3, 2 * day + 2, slot(day).id) for day in range(3)
    ]
    assert {one.workload for one, _ in seen} == {"shop"}
    assert [report.plan.drill_id for _, report in seen] == [one.drills[0] for one in found.slots]
    assert {one.not_after for one, _ in seen} == {None}
    assert (found.agreement, found.size, found.period) == ("A-1", 9, QUARTER)
    assert any("3 results hold: 18 figures" in one for one in found.held)


def test_every_code_has_a_weight_and_a_sentence() -> None:
    assert all(one.sentence.endswith(".") and one.code == name for name, one in CODES.items())
    said = (Path(__file__).parents[3] / "docs" / "evidence.md").read_text()
    missing = [name for name in CODES if f"`{name}`" not in said]
    assert missing == []


# What was not done, or done twice


def test_a_slot_without_a_start_is_missing_when_its_window_is_over(kept: Kept) -> None:
    kept.drill(0)
    found = of(kept)
    assert weighty(found) == ["not-started"] * 2
    assert [one.state for one in found.slots] == [SlotState.FINISHED, *[SlotState.NOT_STARTED] * 2]
    assert (found.holds, found.complete) == (True, False)
    assert (found.counts.planned, found.counts.not_started) == (3, 2)
    early = of(kept, at=slot(1).closes - timedelta(seconds=1))
    assert [one.state for one in early.slots] == [SlotState.FINISHED, *[SlotState.DUE] * 2]
    assert early.complete


def test_a_start_without_a_result_failed(kept: Kept) -> None:
    kept.drill(0)
    kept.start(1)
    kept.drill(2)
    found = of(kept)
    assert weighty(found) == ["open-start"]
    assert [one.state for one in found.slots] == [SlotState.FINISHED, SlotState.FAILED, SlotState.FINISHED]
    early = of(kept, at=slot(1).closes - timedelta(seconds=1))
    assert weighty(early) == []
    assert "maybe-running" in codes(early)
    assert early.slots[1].state is SlotState.DUE


def test_a_drill_that_is_tried_again_until_it_comes_out_right_leaves_its_failure(kept: Kept) -> None:
    kept.start(0)
    again = replace(kept.reference(slot(0)), attempt=2)
    kept.drill(0, slot=again, drill_id="20260914T130001Z-aaaaaa")
    for day in (1, 2):
        kept.drill(day)
    found = of(kept)
    assert weighty(found) == ["open-start"]
    assert "retried" in codes(found)
    assert found.slots[0].state is SlotState.FAILED
    assert len(found.slots[0].drills) == 2


def test_a_slot_that_has_a_result_is_not_drilled_again(kept: Kept) -> None:
    for day in range(3):
        kept.drill(day)
    again = replace(kept.reference(slot(0)), attempt=2)
    kept.drill(0, slot=again, drill_id="20260914T130001Z-aaaaaa")
    assert weighty(of(kept)) == ["repeated-slot"]


def test_a_second_result_of_one_start_is_told(kept: Kept) -> None:
    for day in range(3):
        kept.drill(day)
    plan, begun = kept.start(0, slot=None, drill_id="20260914T130001Z-aaaaaa")
    kept.result(plan, begun, 0)
    kept.result(plan, begun, 0, "second.dsse.json", cleaned_up=False)
    found = of(kept)
    assert weighty(found) == ["second-result"]
    assert "unplanned-start" in codes(found)
    assert found.counts.unplanned == 1


def test_a_result_needs_a_start_that_was_logged_before(kept: Kept) -> None:
    for day in range(3):
        kept.drill(day)
    plan, begun = kept.start(0, slot=None, drill_id="20260914T130001Z-aaaaaa")
    kept.result(plan, replace(begun, index=begun.index + 1), 0)
    assert weighty(of(kept)) == ["open-start", "result-without-start"]


def test_a_void_needs_both_parties(kept: Kept) -> None:
    plan, begun = kept.start(0)
    kept.void(plan, begun)
    for day in (1, 2):
        kept.drill(day)
    found = of(kept)
    assert weighty(found) == []
    assert "voided" in codes(found)
    assert found.slots[0].state is SlotState.VOIDED
    assert found.counts.voided == 1


def test_a_start_for_another_workloads_slot_counts_as_unplanned(kept: Kept) -> None:
    for day in range(3):
        kept.drill(day)
    kept.drill(
        0, slot=replace(kept.reference(slot(0)), slot="2026Q3/other/00"), drill_id="20260914T130001Z-aaaaaa"
    )
    found = of(kept)
    assert "wrong-slot" in codes(found)
    assert (found.complete, found.counts.unplanned) == (True, 1)


# What was agreed


def test_without_register_and_schedule_nothing_says_what_had_to_be_done(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    kept.drill(0)
    found = of(kept)
    assert weighty(found) == ["no-register", "no-schedule"]
    assert "not-closed" in codes(found)
    assert found.counts.started == 1


@pytest.mark.parametrize(
    "by", [(CUSTOMER,), (PROVIDER,), (PROVIDER, PROVIDER), (CUSTOMER, RUNNER), (CUSTOMER, signer(77))]
)
def test_a_register_needs_one_signature_of_each_party(tmp_path: Path, by: tuple[object, ...]) -> None:
    kept = Kept(tmp_path / "state")
    register = kept.agreed.register(records.INCIDENT)
    made = AgreedRegister(
        agreement="A-1", contract=register.contract, documents=register.agreement.documents, revision=1
    )
    kept.party(made, *by)  # type: ignore[arg-type]
    assert weighty(of(kept)) == ["bad-record", "no-register", "no-schedule"]


def test_a_drill_is_judged_by_the_contract_that_both_agreed(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    softer = records.contract(provisions=records.provisions(rpo=records.DAY))
    kept.register()
    kept.schedule([slot(0)])
    kept.agreed = records.agreed(softer)
    register = kept.agreed.register(records.INCIDENT)
    kept.drill(0, register_sha256=codec.digest(register))
    assert weighty(of(kept)) == ["open-start", "other-contract"]


def test_a_new_register_counts_from_its_entry_on(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    first = kept.register()
    kept.schedule([slot(0)])
    kept.drill(0)
    kept.agreed = records.agreed(records.contract(title="Second Edition"))
    kept.register(revision=2, supersedes=first)
    register = kept.agreed.register(records.INCIDENT + timedelta(days=1))
    kept.drill(1, slot=None, register_sha256=codec.digest(register))
    assert weighty(of(kept)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"begin": 1},
        {"root": "0" * 64},
        {"counts": DrillCounts(planned=2, started=2, finished=2, open=0, voided=0, not_started=0, unplanned=0, met=10, missed=2, unproven=0)},
    ],
)  # fmt: skip
def test_a_close_counts_right_or_contradicts(kept: Kept, changes: dict[str, object]) -> None:
    for day in range(3):
        kept.drill(day)
    kept.close(**changes)
    found = of(kept)
    assert set(weighty(found)) == {"contradiction"}
    assert "not-closed" in codes(found)


def test_another_agreement_is_none_of_this_bundles(kept: Kept) -> None:
    kept.drill(0)
    gathered = kept.gather()
    bundle = MemoryBundle.of(gathered)
    bundle.files[layout.INDEX] = codec.encode(replace(gathered.index, agreement="A-2"))
    assert weighty(audited(bundle)).count("other-agreement") == 3


# Log and checkpoints


def test_the_auditors_own_checkpoints_must_be_beginnings(kept: Kept) -> None:
    early = kept.held("early")
    for day in range(3):
        kept.drill(day)
    found = of(kept, held=(early, kept.held("late")))
    assert any("begins with every checkpoint that you hold, of " in one for one in found.held)
    later = kept.gather()
    kept.start(0, slot=None, drill_id="20260914T130001Z-aaaaaa")
    assert "cut-log" in weighty(audited(MemoryBundle.of(later), held=(kept.held(),)))


def test_a_rewritten_log_is_shown_by_a_held_checkpoint(tmp_path: Path) -> None:
    first = good(tmp_path / "first")
    second = Kept(tmp_path / "second")
    second.register()
    second.schedule([slot(day) for day in range(3)])
    for day in (0, 2, 1):
        second.drill(day)
    second.close()
    assert weighty(of(second)) == []
    assert weighty(of(second, held=(first.held(),))) == ["forked-log"]


def test_a_checkpoint_of_another_log_is_the_auditors_own_mistake(kept: Kept) -> None:
    foreign = note.Note(
        text=kept.held().note.text.replace("acme", "evil"), signatures=kept.held().note.signatures
    )
    with pytest.raises(InputError, match="does not hold"):
        of(kept, held=(Held(name="foreign", note=foreign),))


def test_only_a_trusted_logs_checkpoint_counts(kept: Kept) -> None:
    nobody = Trust(keys=tuple(key for key in KEYS if key.role != "log"))
    assert weighty(of(kept, trust=nobody)) == ["untrusted-log"]
    other = Trust(
        keys=(*nobody.keys, replace(periods.LOG_TRUST, public_der=signer(55).public_der)),
    )
    assert weighty(of(kept, trust=other)) == ["untrusted-log"]


def test_a_second_log_that_is_trusted_is_told(kept: Kept) -> None:
    more = replace(
        periods.LOG_TRUST, public_der=signer(66).public_der, name="provider.example/drverify/other"
    )
    assert "further-log" in codes(of(kept, trust=Trust(keys=(*KEYS, more))))


def test_a_witness_with_a_wrong_clock_refutes_nothing(kept: Kept) -> None:
    for day in range(3):
        kept.drill(day)
    kept.cosign(records.STARTED - timedelta(days=30))
    found = audit(MemoryBundle.of(kept.gather()), Question(trust=TRUST, at=AFTER))
    assert weighty(found) == []


def test_a_result_after_the_close_is_none_of_the_period(kept: Kept) -> None:
    plan, begun = kept.start(0)
    for day in (1, 2):
        kept.drill(day)
    kept.close()
    kept.result(plan, begun, 0)
    found = of(kept)
    assert weighty(found) == ["open-start"]
    assert (found.slots[0].state, found.counts.open) == (SlotState.FAILED, 1)


def test_a_provider_cannot_be_its_own_witness(kept: Kept) -> None:
    kept.cosign(AFTER, PROVIDER, "provider")
    assert "no-cosignature" in codes(of(kept))
    both = Trust(keys=(*KEYS, replace(KEYS[2], role="witness")))
    assert "no-cosignature" in codes(of(kept, trust=both))
    kept.cosign(AFTER)
    assert "no-cosignature" not in codes(of(kept))
    gone = [replace(key, revoked=Revocation(at=AFTER, why="lost")) for key in KEYS if key.role == "witness"]
    assert "no-cosignature" in codes(of(kept, trust=Trust(keys=(*KEYS[:-1], *gone))))


# Files


def test_a_file_that_nothing_names_is_refused(tmp_path: Path) -> None:
    gathered = good(tmp_path / "state").gather()
    for name in (
        layout.artefact(records.digest(b"more")),
        "log/tile/0/001",
        "log/more",
        "exports/more.csv",
        "x",
    ):
        bundle = MemoryBundle.of(gathered)
        bundle.files[name] = b"more"
        assert weighty(audited(bundle)) == ["unknown-file"], name


def test_extras_are_compared_and_told(tmp_path: Path) -> None:
    (tmp_path / "annex.pdf").write_bytes(b"%PDF")
    kept = good(tmp_path / "state")
    gathered = kept.gather(extras={"annex.pdf": tmp_path / "annex.pdf"})
    found = audited(MemoryBundle.of(gathered))
    (said,) = (one for one in found.findings if one.code == "unsigned-files")
    assert "annex.pdf" in said.what
    for name in ("annex.pdf", "README.txt"):
        bundle = MemoryBundle.of(gathered)
        bundle.files[name] += b"!"
        assert weighty(audited(bundle)) == ["changed-file"]
        del bundle.files[name]
        assert weighty(audited(bundle)) == ["unreadable"]


def test_every_file_is_missed(tmp_path: Path) -> None:
    gathered = good(tmp_path / "state").gather()
    for name in gathered.files:
        bundle = MemoryBundle.of(gathered)
        del bundle.files[name]
        if name == layout.INDEX:
            with pytest.raises(EvidenceError):
                audited(bundle)
        else:
            assert not audited(bundle).holds, name


def test_what_the_index_says_is_held_against_the_log(tmp_path: Path) -> None:
    gathered = good(tmp_path / "state").gather()
    for changes in ({"size": 8}, {"origin": "provider.example/other"}):
        bundle = MemoryBundle.of(gathered)
        bundle.files[layout.INDEX] = codec.encode(replace(gathered.index, **changes))  # type: ignore[arg-type]
        assert weighty(audited(bundle)) == ["other-log"]
    bundle.files[layout.INDEX] = canonical({**json.loads(codec.encode(gathered.index)), "more": 1})
    with pytest.raises(EvidenceError):
        audited(bundle)


def test_another_quarter_has_no_schedule(tmp_path: Path) -> None:
    gathered = good(tmp_path / "state").gather()
    bundle = MemoryBundle.of(gathered)
    bundle.files[layout.INDEX] = codec.encode(replace(gathered.index, period=period_of("2026Q4")))
    assert weighty(audited(bundle)) == ["no-schedule"]


def test_a_year_holds_its_quarters_and_says_which_of_them_nobody_planned(tmp_path: Path) -> None:
    kept = good(tmp_path / "state")
    found = audited(MemoryBundle.of(kept.gather(period_of("2026"))))
    assert (found.holds, found.complete, found.counts.planned, len(found.slots)) == (True, False, 3, 3)
    told = [one.what for one in found.findings if one.code == "no-schedule"]
    assert len(told) == 2
    assert "no schedule covers the time from 2026-01-01T00:00:00Z to 2026-07-01T00:00:00Z" in told[0]
    assert "no schedule covers the time from 2026-10-01T00:00:00Z to 2026-10-15T00:00:00Z" in told[1]


def test_what_was_logged_after_the_held_checkpoint_is_the_providers_word(kept: Kept) -> None:
    early = kept.held("early")
    for day in range(3):
        kept.drill(day)
    found = of(kept, held=(early,))
    assert "unheld-entries" in codes(found)
    assert "DRVERIFY_LOG_AS_HELD" not in properties(found)
    kept.cosign(AFTER)
    assert "unheld-entries" not in codes(of(kept, held=(early,)))


def test_the_next_quarters_bundle_needs_no_envelopes_of_this_ones_drills(tmp_path: Path) -> None:
    kept = good(tmp_path / "state")
    later = period_of("2026Q4")
    change = {"opens": later.begins, "closes": later.begins + timedelta(days=1), "id": "2026Q4/shop/00"}
    planned = slot(0, **change)
    kept.schedule([planned], later)
    kept.drill(17, slot=kept.reference(planned, period=later))
    gathered = kept.gather(later)
    found = audited(MemoryBundle.of(gathered), at=later.ends)
    assert (weighty(found), found.counts.started, found.counts.unplanned) == ([], 1, 0)
    assert "unaudited-close" in codes(found)
    whole = MemoryBundle.of(kept.gather(period_of("2026")))
    lines = [len(one.files[layout.ENVELOPES].splitlines()) for one in (MemoryBundle.of(gathered), whole)]
    assert lines == [6, 12]


# Times and keys


def stamping(at: datetime) -> Callable[..., TimeStamp]:
    def check(token: bytes, message: bytes, roots: object) -> TimeStamp:
        if token != b"stamp over " + message:
            raise EvidenceError("the imprint is of something else")
        return TimeStamp(at=at, within=timedelta(0))

    return check


FIRST = TrustedAuthority(name="first", certificate_der=b"")


def stamped(kept: Kept, authority: str = "first") -> int:
    head = kept.log.tiles.head()
    assert head is not None
    for folder in ("checkpoints", "timestamps"):
        (kept.log.path / folder).mkdir(exist_ok=True)
    content = stamped_bytes(head[1], kept.log.tiles.key)
    (kept.log.path / "checkpoints" / str(head[0].size)).write_bytes(content)
    path = kept.log.path / "timestamps" / f"{head[0].size}.{authority}.tsr"
    path.write_bytes(b"stamp over " + content)
    return head[0].size


def test_stamps_show_when_entries_were_there(kept: Kept) -> None:
    opens = slot(0).opens
    stamped(kept)
    trust = replace(TRUST, authorities=(FIRST,))
    found = of(kept, trust=trust, check=stamping(opens), at=opens)
    assert "late-schedule" not in codes(found)
    assert any("1 time stamps over 1 of its checkpoints hold, by first" in one for one in found.held)
    assert "late-schedule" in codes(
        of(kept, trust=trust, check=stamping(opens + timedelta(seconds=1)), at=opens)
    )
    assert "unknown-authority" in codes(of(kept, check=stamping(opens), at=opens))
    assert "unread-time-stamps" in codes(of(kept, trust=trust, at=opens))


def test_a_stamp_over_something_else_is_refused(kept: Kept) -> None:
    size = stamped(kept)
    kept.drill(0)
    later = stamped(kept)
    place = kept.log.path / "timestamps"
    (place / f"{size}.first.tsr").rename(place / "x")
    (place / f"{later}.first.tsr").rename(place / f"{size}.first.tsr")
    (place / "x").rename(place / f"{later}.first.tsr")
    found = of(kept, trust=replace(TRUST, authorities=(FIRST,)), check=stamping(AFTER), at=slot(0).opens)
    assert weighty(found) == ["bad-time-stamp"] * 2


def test_a_result_that_was_stamped_before_it_ended_is_refused(kept: Kept) -> None:
    kept.drill(0)
    stamped(kept)
    before = records.STARTED + timedelta(seconds=80)
    found = of(kept, trust=replace(TRUST, authorities=(FIRST,)), check=stamping(before), at=slot(0).opens)
    assert weighty(found) == ["time-contradiction"]


def test_a_start_outside_of_its_window_is_told(kept: Kept) -> None:
    kept.start(1)
    stamped(kept)
    early = slot(1).opens - timedelta(hours=1)
    found = of(kept, trust=replace(TRUST, authorities=(FIRST,)), check=stamping(early), at=early)
    assert weighty(found) == ["outside-window"]


def test_a_key_signs_in_its_time_only(kept: Kept) -> None:
    kept.drill(0)
    stamped(kept)
    at = slot(0).opens

    def trusting(role: str = "runner", **time: object) -> Trust:
        keys = [replace(key, **time) if key.role == role else key for key in KEYS]  # type: ignore[arg-type]
        return Trust(keys=tuple(keys), authorities=(FIRST,))

    def found(stamp: datetime, **time: Any) -> list[str]:
        return weighty(of(kept, trust=trusting(**time), check=stamping(stamp), at=at))

    noon = records.STARTED + timedelta(hours=1)
    assert found(noon, valid_until=noon + timedelta(days=1)) == []
    assert found(noon, valid_from=noon + timedelta(days=1))[0] == "bad-key-time"
    assert found(noon, revoked=Revocation(at=noon, why="stolen"))[0] == "bad-key-time"
    assert found(noon, revoked=Revocation(at=noon + timedelta(days=1), why="stolen")) == []
    for role in ("log", "customer", "provider"):
        assert found(noon, role=role, revoked=Revocation(at=noon, why="stolen"))[0] == "bad-key-time"
        assert found(noon, role=role, valid_until=noon + timedelta(days=1)) == []
    late = of(kept, trust=trusting(valid_until=noon), check=stamping(noon), at=at)
    assert weighty(late) == []
    assert "key-time-not-shown" in codes(late)


def test_an_instant_is_utc() -> None:
    assert period_of("2026-12").ends == datetime(2027, 1, 1, tzinfo=UTC)
    assert period_of("2026Q4").begins == datetime(2026, 10, 1, tzinfo=UTC)
    assert period_of("2026") == period_of("2026")
    for wrong in ("2026Q5", "2026-13", "26", "2026-1", "2026Q", "x2026", "2026Q4 "):
        with pytest.raises(InputError):
            period_of(wrong)


def test_a_drill_that_says_itself_that_it_was_late_is_told(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "state")
    kept.register()
    kept.schedule([slot(0, closes=records.INCIDENT)])
    kept.drill(0)
    found = audit(MemoryBundle.of(kept.gather()), Question(trust=TRUST, at=AFTER))
    assert weighty(found) == ["outside-window"]
    assert "by its own record it was declared at 2026-09-14T12:00:01Z" in found.findings[0].what


def test_a_result_of_another_plan_than_was_logged_is_refused(kept: Kept) -> None:
    plan, begun = kept.start(0)
    kept.result(replace(plan, look_back=plan.look_back, previous_success_at=None), begun, 0)
    for day in (1, 2):
        kept.drill(day)
    assert weighty(of(kept)) == ["open-start", "other-plan"]
