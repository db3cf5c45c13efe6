"""Control packs: what they name exists, what they claim follows from facts, and gaps are said."""

import dataclasses
import json
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from jsonschema import Draft202012Validator

from drverify.adapters.doors import schema
from drverify.adapters.doors.controls import FOLDER, load_pack, pack_names
from drverify.adapters.doors.shape import as_written
from drverify.adapters.doors.yaml import load
from drverify.annex.model import Annex
from drverify.errors import InputError
from drverify.exports.controls import Status, held_against
from drverify.exports.facts import look
from drverify.exports.pages import as_html, as_markdown, as_text
from drverify.exports.rows import rows
from drverify.model.audit import Audit, AuditFinding, Weight
from drverify.model.contract import Contract
from drverify.model.control import Condition, Fact
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.finding import Finding
from drverify.model.obligation import Register
from drverify.model.records import AgreedRegister, PeriodClose, Schedule
from drverify.model.verdict import Outcome, Verdict
from drverify.sealing import codec
from tests.support import annexes
from tests.unit.exports.test_exports import finding

ROOTS = {
    "plan": DrillPlan,
    "record": DrillRecord,
    "register": Register,
    "contract": Contract,
    "verdict": Verdict,
    "annex": Annex,
    "audit": Audit,
    "agreed": AgreedRegister,
    "schedule": Schedule,
    "close": PeriodClose,
    "finding": Finding,
}
FIELDS = sorted(
    {
        (pack, field)
        for pack in pack_names()
        for control in load_pack(pack).controls
        for one in control.requirements
        for field in one.fields
    }
)


def models(form: Any) -> list[type]:
    """The dataclasses that a field's type leads to, through tuples and unions."""
    if dataclasses.is_dataclass(form):
        return [form]
    if get_origin(form) in (tuple, Union, UnionType):
        return [found for part in get_args(form) for found in models(part)]
    return []


@pytest.mark.parametrize(("pack", "field"), FIELDS)
def test_every_field_that_a_pack_names_exists(pack: str, field: str) -> None:
    root, *names = field.split(".")
    here = [ROOTS[root]]
    assert names, field
    for name in names:
        forms = [hints[name] for cls in here if name in (hints := get_type_hints(cls))]
        assert forms, f"{pack}: {field}: no {name} in {[cls.__name__ for cls in here]}"
        here = [found for form in forms for found in models(form)]


def test_the_frameworks_that_were_asked_for_are_there() -> None:
    ids = {one.id for pack in pack_names() for one in load_pack(pack).controls}
    assert {"CP-4", "CP-9", "CP-10", "A.8.13", "A.5.30", "A1.2", "A1.3", "Art. 11", "Art. 12"} <= ids
    assert {"Art. 21(2)(c)", "4.1", "4.2", "11.4", "11.5", "164.308(a)(7)(ii)(D)"} <= ids
    assert all(load_pack(name).name == name and load_pack(name).notice for name in pack_names())


@pytest.mark.parametrize("name", pack_names())
def test_packs_are_as_their_published_schema_says(name: str) -> None:
    committed = json.loads((schema.FOLDER / "controls.schema.json").read_text())
    written = as_written(load(FOLDER / f"{name}.yaml").data)
    assert not list(Draft202012Validator(committed).iter_errors(written))
    written["controls"][0]["requirements"][0]["covered"] = True
    assert list(Draft202012Validator(committed).iter_errors(written))


@pytest.fixture(scope="module")
def good() -> Annex:
    return annexes.estate(3).annex()


BAD = (annexes.SLOW, annexes.OLD, annexes.DROPPED)


@pytest.fixture(scope="module")
def bad() -> Annex:
    return annexes.estate(3, fates=BAD).annex()


def fact(name: Fact, *metrics: str, days: int = 0) -> Condition:
    return Condition(fact=name, metrics=metrics, within=timedelta(days=days) if days else None)


@pytest.mark.parametrize(
    "condition",
    [
        fact(Fact.PROMISED, "rpo", "rto"),
        fact(Fact.TESTED, "rpo", "rto"),
        fact(Fact.KEPT, "rpo", "rto"),
        fact(Fact.DRILLED),
        fact(Fact.DRILLED_WITHIN, days=92),
        fact(Fact.SAMPLED),
        fact(Fact.SAMPLED, days=92),
        fact(Fact.RECOVERED),
        fact(Fact.FULL),
        fact(Fact.SCHEDULED),
        fact(Fact.ISOLATED),
        fact(Fact.LOGGED),
        fact(Fact.AUDITED),
    ],
    ids=lambda one: f"{one.fact}",
)
def test_what_holds_of_a_good_period_and_fails_of_none(good: Annex, condition: Condition) -> None:
    found = look(condition, good)
    assert found.holds, found.why
    empty = annexes.estate(3, fates=(annexes.NOT_RUN,) * 3).annex()
    empty = replace(empty, basis=replace(empty.basis, audited=False))
    if condition.fact is not Fact.PROMISED:
        assert not look(condition, empty).holds


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (fact(Fact.PROMISED, "nothing"), "no testable promise"),
        (fact(Fact.TESTED, "rpo"), "not shown for every workload"),
        (fact(Fact.KEPT, "rto"), "is MISSED"),
        (fact(Fact.KEPT, "nothing"), "no testable promise"),
        (fact(Fact.DRILLED), "mail-01"),
        (fact(Fact.DRILLED_WITHIN, days=1), "at most 1 d"),
        (fact(Fact.SAMPLED, days=3), "without a result"),
        (fact(Fact.SCHEDULED), "without a result: 1"),
        (fact(Fact.AUDITED), "the audit found"),
        (fact(Fact.CORRECTED), "have no finding"),
        (fact(Fact.TRENDED), "0 earlier periods"),
    ],
    ids=lambda one: one if isinstance(one, str) else f"{one.fact}",
)
def test_what_does_not_hold_says_why(bad: Annex, condition: Condition, why: str) -> None:
    audit = AuditFinding(code="open-start", weight=Weight.FAILED, what="a start has no result")
    found = look(condition, replace(bad, basis=replace(bad.basis, findings=(audit,))))
    assert (found.holds, why in found.why) == (False, True), found.why


def test_what_was_kept_is_named_since_other_promises_were_not(good: Annex) -> None:
    missed = tuple(
        replace(one, outcome=Outcome.MISSED) if one.metric == "rto" else one for one in good.obligations
    )
    found = look(fact(Fact.KEPT, "rpo"), replace(good, obligations=missed))
    names = [one.obligation for one in missed if one.metric == "rpo"]
    assert (found.holds, "every" in found.why, bool(names)) == (True, False, True)
    assert all(name in found.why for name in names), found.why


def test_a_period_that_is_not_over_is_not_said_to_have_ended(good: Annex) -> None:
    within = fact(Fact.DRILLED_WITHIN, days=92)
    early = replace(good, basis=replace(good.basis, at=good.period.ends - timedelta(days=3)))
    over = replace(good, basis=replace(good.basis, at=good.period.ends + timedelta(days=3)))
    assert "the period not being over" in look(within, early).why
    assert look(within, over).why.endswith("at the end of the period")


def test_corrected_asks_for_a_finding_each_with_owner_action_date_and_punctuality(bad: Annex) -> None:
    broken = {
        (row.workload, row.obligation.obligation if row.obligation else "")
        for row in rows(bad)
        if row.outcome is not Outcome.MET and (row.drill or row.slot)
    }
    assert len(broken) > 3
    every = [finding(workload=workload, obligation=name) for workload, name in sorted(broken)]

    def corrected(*findings: Any) -> tuple[bool, str]:
        found = look(fact(Fact.CORRECTED), replace(bad, findings=findings))
        return found.holds, found.why

    assert corrected(*every)[0]
    for lost in range(len(every)):
        assert "have no finding" in corrected(*every[:lost], *every[lost + 1 :])[1]
    for lack in ({"owner": ""}, {"action": ""}, {"due": None}):
        assert corrected(*every, finding(**lack))[0] is False
    late = finding(due=bad.basis.at.date() - timedelta(days=1))
    assert "overdue" in corrected(*every, late)[1]
    assert corrected(*every, replace(late, closed=bad.basis.at))[0]


def test_isolation_that_was_not_asked_for_is_not_shown(good: Annex) -> None:
    files = replace(good, isolation=replace(good.isolation, booted=0, booted_closed=0))
    assert "nothing to contain" in look(fact(Fact.ISOLATED), files).why
    leaky = replace(good, isolation=replace(good.isolation, booted_closed=good.isolation.booted - 1))
    assert not look(fact(Fact.ISOLATED), leaky).holds


@pytest.mark.parametrize("name", pack_names())
def test_nothing_is_shown_by_a_period_without_a_drill(name: str) -> None:
    planned = annexes.estate(2, fates=(annexes.NOT_RUN,) * 2).annex()
    for empty in (
        planned,
        replace(planned, slots=(), counts=replace(planned.counts, planned=0, not_started=0)),
    ):
        answer = held_against(load_pack(name), empty)
        shown = [one for control in answer.controls for one in control.answers if one.status is Status.SHOWN]
        for one in shown:
            assert all(why.startswith("promised: ") for why in one.why), one
        assert not [one for one in shown if one.evidence]


@pytest.mark.parametrize("name", pack_names())
def test_pages_name_the_evidence_and_say_what_they_are(name: str, good: Annex) -> None:
    answer = held_against(load_pack(name), good)
    pages = [as_text(answer), as_markdown(answer), as_html(answer)]
    for page in pages:
        assert "not evidence" in page
        assert "ot covered" in page
    evidence = [one for control in answer.controls for each in control.answers for one in each.evidence]
    known = {drill.payload: drill.index for drill in good.drills}
    assert all(known[one.sha256] == one.index for one in evidence)
    if evidence:
        assert all(good.drills[0].payload in page for page in pages)
    assert codec.to_json(answer)["period"] == good.period.id
    HTMLParser().feed(pages[2])
    assert "http" not in pages[2]


def test_hostile_names_are_words_in_every_page(good: Annex) -> None:
    name = "<script>alert(1)</script>[x](javascript:1)\x1b[2J"
    other = replace(good, agreement=replace(good.agreement, id=name))
    answer = held_against(load_pack("cis"), other)
    assert "<script" not in as_html(answer)
    assert "\\<script" in as_markdown(answer)
    assert "](" not in as_markdown(answer).replace("\\](", "")
    assert all("\x1b" not in page for page in (as_text(answer), as_markdown(answer), as_html(answer)))


@pytest.mark.parametrize(
    ("requirement", "why"),
    [
        ("{id: a, asks: b}", "expected what is not covered"),
        ("{id: a, asks: b, shown_when: [{fact: drilled}]}", "expected the fields"),
        ("{id: a, asks: b, shown_when: [{fact: kept}], fields: [plan.mode]}", "expected some metrics"),
        (
            "{id: a, asks: b, shown_when: [{fact: drilled, metrics: [rpo]}], fields: [x]}",
            "expected no metrics",
        ),
        ("{id: a, asks: b, shown_when: [{fact: drilled-within}], fields: [x]}", "expected a time span"),
        ("{id: a, asks: b, shown_when: [{fact: drilled, within: 1d}], fields: [x]}", "expected no time span"),
        ("{id: a, asks: b, shown_when: [{fact: green}], fields: [x]}", "green"),
        ("{id: a, asks: b, not_covered: c}, {id: a, asks: b, not_covered: c}", "expected each id once"),
    ],
)
def test_a_pack_that_claims_too_much_is_refused(tmp_path: Path, requirement: str, why: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "name: own\nframework: f\nedition: e\npublisher: p\n"
        f"controls:\n  - {{id: c, title: t, requirements: [{requirement}]}}\n"
    )
    with pytest.raises(InputError, match=why):
        load_pack(str(path))


def test_an_unknown_pack_names_the_known_ones() -> None:
    for name in ("nothing", "../rules/dr", "/etc/passwd"):
        with pytest.raises(InputError, match="no control pack"):
            load_pack(name)


def test_outcomes_of_the_bad_period_are_bad(bad: Annex) -> None:
    assert {one.outcome for one in bad.obligations} > {Outcome.MISSED}
