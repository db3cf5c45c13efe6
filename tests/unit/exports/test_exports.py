"""Exports, read back by other people's readers: nothing missing, nothing green that is not MET."""

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from importlib import import_module
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Properties, Skipped
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from drverify.annex.model import Annex, FindingLine
from drverify.exports.junit import junit_xml
from drverify.exports.openmetrics import openmetrics_text
from drverify.exports.oscal import assessment_results
from drverify.exports.rows import rows
from drverify.exports.table import COLUMNS, csv_text, guarded
from drverify.model.audit import SlotState
from drverify.model.verdict import Outcome
from tests.support import annexes

HOSTILE = '=cmd|"/c calc"!A1\n\x1b[2J<b>&"\\'


def finding(**changes: object) -> FindingLine:
    made = FindingLine(
        id="F-000000000001",
        opened=annexes.PERIOD.begins,
        obligation="rpo-shop",
        workload="mail-01",
        what="data loss beyond the limit",
        owner="A. Person",
        action="=back up hourly",
        due=date(2026, 11, 1),
        closed=None,
        retest="",
        retest_payload=None,
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def annex() -> Annex:
    """Eight workloads with a fate each, the last slot voided by both parties."""
    fates = [
        annexes.WELL,
        annexes.SLOW,
        annexes.OLD,
        annexes.DEFECT,
        annexes.FAULT,
        annexes.DEAD,
        annexes.DROPPED,
        annexes.NOT_RUN,
        annexes.NOT_RUN,
    ]
    made = annexes.estate(9, fates=fates).annex(findings=(finding(),))
    *slots, last = made.slots
    return replace(made, slots=(*slots, replace(last, state=SlotState.VOIDED)))


@pytest.fixture(scope="module")
def hostile(annex: Annex) -> Annex:
    """Names and reasons as somebody would write them who means harm."""
    drill = annex.drills[0]
    bad = tuple(replace(one, reason=HOSTILE, outcome=Outcome.MISSED) for one in drill.verdicts)
    return replace(
        annex,
        agreement=replace(annex.agreement, id=HOSTILE),
        drills=(replace(drill, workload=HOSTILE, point=HOSTILE, verdicts=bad), *annex.drills[1:]),
        findings=(finding(what=HOSTILE, owner=HOSTILE, action=HOSTILE, workload=HOSTILE),),
    )


def outcomes(annex: Annex) -> Counter[Outcome]:
    return Counter(row.outcome for row in rows(annex))


def test_every_promise_of_every_workload_and_every_lost_slot_has_a_row(annex: Annex) -> None:
    found = list(rows(annex))
    about = {(row.workload, row.obligation.obligation) for row in found if row.obligation}
    promises = [one.obligation for one in annex.obligations]
    assert about == set(product((one.name for one in annex.workloads), promises))
    assert [row.slot.state for row in found if row.slot] == [
        SlotState.FAILED,
        SlotState.NOT_STARTED,
        SlotState.VOIDED,
    ]
    assert set(outcomes(annex)) == set(Outcome)
    assert {row.outcome for row in found if row.drill is None} == {Outcome.UNPROVEN}


def test_junit_fails_what_was_missed_and_errs_on_what_is_unproven(annex: Annex) -> None:
    read = JUnitXml.fromstring(junit_xml(annex).encode())
    cases = [case for suite in read for case in suite]
    kinds = Counter(type(case.result[0]) if case.result else None for case in cases)
    counted = outcomes(annex)
    assert kinds[None] == counted[Outcome.MET]
    assert kinds[Failure] == read.failures == counted[Outcome.MISSED]
    assert kinds[Error] == read.errors == counted[Outcome.UNPROVEN] - 1
    assert kinds[Skipped] == read.skipped == 1
    assert {suite.name for suite in read} == {one.name for one in annex.workloads}
    drills = {drill.payload: drill for drill in annex.drills}
    pointed = 0
    for case in cases:
        found = case.child(Properties)
        properties = {one.name: one.value for one in found} if found is not None else {}
        if "evidence.sha256" in properties:
            pointed += 1
            assert properties["log.index"] == str(drills[properties["evidence.sha256"]].index)
    assert pointed == sum(len(drill.verdicts) for drill in annex.drills)


def test_openmetrics_has_no_figure_of_what_was_not_measured(annex: Annex) -> None:
    text = openmetrics_text(annex)
    families = {one.name: one for one in text_string_to_metric_families(text)}
    states = {
        (one.labels["workload"], one.labels["obligation"], one.labels["drverify_outcome"]): one.value
        for one in families["drverify_outcome"].samples
    }
    measured = {
        (one.labels["workload"], one.labels["obligation"]): one.value
        for name in ("rpo", "rto")
        for one in families[f"drverify_{name}_achieved_seconds"].samples
    }
    for row in rows(annex):
        if row.obligation and row.obligation.metric in {"rpo", "rto"}:
            about = row.workload, row.obligation.obligation
            assert states[*about, row.outcome] == 1.0
            figure = row.verdict.achieved if row.verdict else None
            assert measured.get(about) == (figure.total_seconds() if figure is not None else None)
    assert sum(states.values()) == len(annex.workloads) * len(annex.obligations)
    results = families["drverify_result"].samples
    assert {one.labels["evidence_sha256"] for one in results} == {one.payload for one in annex.drills}
    (opened,) = families["drverify_open_starts"].samples
    assert (opened.value, families["drverify_open_findings"].samples[0].value) == (annex.counts.open, 1.0)
    assert families["drverify_rto_achieved_seconds"].unit == "seconds"


def test_csv_is_one_record_a_row_and_no_formula(annex: Annex) -> None:
    text = csv_text(annex)
    assert text.count("\r\n") == text.count("\n")
    header, *records = list(csv.reader(StringIO(text, newline=""), strict=True))
    assert tuple(header) == COLUMNS
    assert len(records) == len(list(rows(annex)))
    missed = next(
        dict(zip(header, one, strict=True)) for one in records if one[2:4] == ["mail-01", "rpo-shop"]
    )
    assert (missed["verdict"], missed["owner"], missed["due"]) == ("MISSED", "A. Person", "2026-11-01")
    assert missed["corrective_action"] == "'=back up hourly"
    drill = next(one for one in annex.drills if one.workload == "mail-01")
    assert (missed["evidence_sha256"], missed["log_index"]) == (drill.payload, str(drill.index))
    assert all("not evidence" in one[-1] for one in records)


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\N{FULLWIDTH EQUALS SIGN}", "'"]
)
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}1+1").startswith("'")


def test_a_cell_that_it_would_not_run_stays() -> None:
    assert [guarded(text) for text in ("", "1-1", "a=b", "2026-01-01")] == ["", "1-1", "a=b", "2026-01-01"]


def test_oscal_is_read_by_trestle_and_satisfied_only_where_everything_was_kept(
    annex: Annex, hostile: Annex, tmp_path: Path
) -> None:
    reader = import_module("trestle.oscal.assessment_results").AssessmentResults  # slow to import
    made = assessment_results(annex)
    path = tmp_path / "oscal.json"
    for one in (hostile, annex):
        path.write_text(json.dumps(assessment_results(one)))
        read = reader.oscal_read(path)
    assert read is not None
    (result,) = read.results
    states = Counter(one.target.status.state.value for one in result.findings)
    kept = sum(one.outcome is Outcome.MET for line in annex.workloads for one in line.outcomes)
    pairs = len(annex.workloads) * len(annex.obligations)
    assert states == {"satisfied": kept, "not-satisfied": pairs - kept + 2}
    assert made == assessment_results(annex)
    assert read.import_ap.href == f"#{read.back_matter.resources[0].uuid}"
    given = assessment_results(annex, import_ap="https://customer.example/plan.json")
    assert given["assessment-results"]["import-ap"]["href"] == "https://customer.example/plan.json"


def test_every_reference_in_oscal_leads_somewhere(annex: Annex) -> None:
    made = assessment_results(annex)["assessment-results"]
    (result,) = made["results"]
    resources = {one["uuid"]: one for one in made["back-matter"]["resources"]}
    observed = {one["uuid"]: one for one in result["observations"]}
    everything = [*resources, *observed, *(one["uuid"] for one in (*result["findings"], *result["risks"]))]
    assert len(everything) == len(set(everything))
    digests = {drill.payload: drill.index for drill in annex.drills}
    for one in observed.values():
        facts = {fact["name"]: fact["value"] for fact in one["props"]}
        if "relevant-evidence" in one:
            (evidence,) = one["relevant-evidence"]
            (link,) = resources[evidence["href"].removeprefix("#")]["rlinks"]
            assert link["hashes"][0]["value"] == facts["evidence-sha256"]
            assert facts["log-index"] == str(digests[facts["evidence-sha256"]])
    risks = {one["uuid"] for one in result["risks"]}
    related = set()
    for one in result["findings"]:
        assert {two["observation-uuid"] for two in one["related-observations"]} <= set(observed)
        related |= {two["risk-uuid"] for two in one.get("related-risks", ())}
    assert related == risks


def test_hostile_words_stay_words(hostile: Annex) -> None:
    read = JUnitXml.fromstring(junit_xml(hostile).encode())
    assert any("<b>&" in case.result[0].message for suite in read for case in suite if case.result)
    families = list(text_string_to_metric_families(openmetrics_text(hostile)))
    assert any("<b>&" in one.labels.get("workload", "") for family in families for one in family.samples)
    records = list(csv.reader(StringIO(csv_text(hostile), newline=""), strict=True))
    assert {len(one) for one in records} == {len(COLUMNS)}
    assert not [cell for one in records for cell in one if cell.startswith("=") or not cell.isprintable()]


@pytest.mark.parametrize(
    "export", [junit_xml, openmetrics_text, csv_text, lambda it: json.dumps(assessment_results(it))]
)
def test_each_says_that_it_is_no_evidence_and_is_the_same_each_time(annex: Annex, export) -> None:
    assert "not evidence" in export(annex)
    assert export(annex) == export(annex)
