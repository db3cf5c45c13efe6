"""Findings in every form: what was asked, what was searched, the nearest clause, the wording that closes it."""

import json
import re
from dataclasses import replace

import pytest

from drverify.model.agreement import Sha256
from drverify.model.document import DocumentId
from drverify.model.rule import Finding, Rule, Rulebook, Searched
from drverify.report.agreement import findings as report
from drverify.report.agreement.findings_page import findings_page
from drverify.report.agreement.sarif import sarif
from tests.support.proposals import MAIN, contract, provision, text_of

TEXT = text_of(
    "# Terms\n4.1 Backups run daily.\n\n7.2 Support is given in business hours. Größe: 5 MB.\n",
    name="my terms.md",
)
DAILY = provision(TEXT, "4.1 Backups run daily.", "backup_frequency", section="4.1", heading="Terms")
SUPPORT = provision(TEXT, "Support is given in business hours.", "response_time", section="7.2", page=3)
CONTRACT = contract(TEXT, [DAILY, SUPPORT])
ABSENT = Finding(
    rule="G-BKP-10",
    family="gap",
    group="backup",
    severity="critical",
    status="absent",
    question="Who monitors backup jobs for failures?",
    detail="No clause says it.",
    searched=Searched(documents=(MAIN,), not_supplied=("dr-plan.pdf",), segments=3, provisions=1),
    nearest=DAILY.citation,
    wording="The Provider shall monitor every backup job.",
)
CLASH = Finding(
    rule="C-02",
    family="consistency",
    group="",
    severity="major",
    status="inconsistent",
    question="Do the hours fit?",
    detail="Recovery runs around the clock, support does not.",
    nearest=SUPPORT.citation,
    related=(DAILY.citation,),
    provisions=(SUPPORT.id, DAILY.id),
    systems=("shop",),
)
NOWHERE = replace(ABSENT, rule="G-X-01", severity="minor", nearest=None)
FOUND = (ABSENT, CLASH, NOWHERE)
RULES = Rulebook(
    rules=tuple(
        Rule(
            id=one.rule,
            severity=one.severity,
            question=one.question,
            source="brief",
            asks="x",
            wording=one.wording,
        )
        for one in FOUND[:2]
    ),
    digest=Sha256("0" * 64),
)


def test_text_shows_everything_that_is_known() -> None:
    said = report.text(CONTRACT, FOUND)
    assert "3 findings: 1 critical, 1 major, 1 minor" in said
    for words in (
        "CRITICAL G-BKP-10  Who monitors backup jobs for failures?: not there",
        "my terms.md: 3 passages, 1 provisions; not supplied: dr-plan.pdf",
        "nearest   4.1 (Terms) of my terms.md: “4.1 Backups run daily.”",
        "wording   “The Provider shall monitor every backup job.”",
        "clause    7.2, page 3 of my terms.md: “Support is given in business hours.”",
        "against   4.1 (Terms) of my terms.md",
        "systems   shop",
    ):
        assert words in said


def test_no_finding_says_so_in_every_form() -> None:
    assert "no finding" in report.text(CONTRACT, ())
    assert "no finding" in report.markdown(CONTRACT, ())
    assert "Every question of the rules is answered." in findings_page(CONTRACT, ())
    assert json.loads(report.as_json(CONTRACT, ()))["findings"] == []


def test_json_keeps_offsets_and_quotes() -> None:
    value = json.loads(report.as_json(CONTRACT, FOUND))
    assert value["summary"] == {"critical": 1, "major": 1, "minor": 1}
    nearest = value["findings"][0]["nearest"]
    assert TEXT.content[nearest["start"] : nearest["end"]] == nearest["quote"]
    assert value["findings"][2]["nearest"] is None
    assert value["findings"][1]["related"][0]["section"] == "4.1"


def test_markdown_shows_hostile_text_and_obeys_none_of_it() -> None:
    hostile = replace(ABSENT, question="a | b <img src=x> [x](javascript:1) `c`", detail="**bold** ![i](u)")
    said = report.markdown(CONTRACT, (hostile,))
    assert "\\<img src=x\\>" in said
    assert "\\[x\\]" in said
    assert "\\!\\[i\\]" in said
    rows = [line for line in said.splitlines() if line.startswith("| critical")]
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 5


def test_the_page_escapes_and_filters_without_a_script() -> None:
    html = findings_page(CONTRACT, (replace(ABSENT, detail="<b onclick=x>"), CLASH))
    assert "<b onclick" not in html
    assert "&lt;b onclick=x&gt;" in html
    assert "<script" not in html
    assert "body:has(#f-critical:not(:checked)) .finding.critical" in html


def sarif_of(found=FOUND) -> dict:
    return json.loads(sarif(CONTRACT, {MAIN: TEXT}, found, RULES))


def test_sarif_has_what_the_standard_requires() -> None:
    """SARIF 2.1.0: 3.13 log, 3.14 run, 3.19 toolComponent, 3.27 result, 3.30 region, 3.49 descriptor."""
    log = sarif_of()
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "drverify"
    assert [rule["id"] for rule in driver["rules"]] == ["G-BKP-10", "C-02"]
    assert all(rule["shortDescription"]["text"] and rule["help"]["text"] for rule in driver["rules"])
    for rule in driver["rules"]:
        tags = rule["properties"]["tags"]
        assert len(tags) == len(set(tags))
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    for result in run["results"]:
        assert result["message"]["text"]
        assert result["locations"]
        assert re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["drverify/1"])
        if "ruleIndex" in result:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert "ruleIndex" not in run["results"][2]


def test_sarif_regions_are_lines_columns_and_offsets_of_the_file() -> None:
    (run,) = sarif_of()["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "my%20terms.md", "index": 0}
    region = place["region"]
    line = TEXT.content.splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "Support is given in business hours."
    assert region["charOffset"] == TEXT.content.index("Support")
    assert region["charLength"] == len("Support is given in business hours.")
    assert region["snippet"]["text"] == "Support is given in business hours."
    assert "region" not in run["results"][2]["locations"][0]["physicalLocation"]
    (other,) = run["results"][1]["relatedLocations"]
    assert other["physicalLocation"]["region"]["startLine"] == 2
    assert run["artifacts"][0]["hashes"]["sha-256"] == TEXT.sha256


def test_a_fingerprint_outlives_a_move_and_not_another_rule() -> None:
    moved = replace(ABSENT, nearest=replace(DAILY.citation, span=SUPPORT.citation.span, section="9.9"))
    one, other, third = (
        sarif_of((finding,))["runs"][0]["results"][0]["partialFingerprints"]["drverify/1"]
        for finding in (ABSENT, moved, replace(ABSENT, rule="C-02"))
    )
    assert one == other
    assert one != third


def test_a_document_that_is_not_at_hand_gets_no_region() -> None:
    away = replace(ABSENT, nearest=replace(DAILY.citation, document=DocumentId("plan")))
    place = sarif_of((away,))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "plan"}}


@pytest.mark.parametrize("form", [report.text, report.markdown, report.as_json, findings_page])
def test_every_form_is_the_same_twice(form) -> None:
    assert form(CONTRACT, FOUND) == form(CONTRACT, FOUND)


def test_json_and_sarif_reach_a_terminal_without_control_characters() -> None:
    hostile = replace(ABSENT, detail="\x1b[2J \x9b31m \u202e ß", wording="\x07")
    for said in (report.as_json(CONTRACT, (hostile,)), sarif(CONTRACT, {MAIN: TEXT}, (hostile,), RULES)):
        assert all(char == "\n" or char.isprintable() for char in said)
    assert json.loads(report.as_json(CONTRACT, (hostile,)))["findings"][0]["detail"] == hostile.detail
