"""Differences, responsibilities and proposals as people and programs get them."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from drverify.linting.difference import difference
from drverify.linting.responsibility import responsibility
from drverify.model.contract import OpenPoint, Parties, Scope
from drverify.model.slots import LAYERS, STEPS
from drverify.report.agreement import beside, matrix, proposal, testable
from drverify.report.agreement import difference as changes
from drverify.report.agreement.difference_page import difference_page
from tests.support.proposals import contract, provision, text_of

TEXT = text_of(
    "Data loss is at most 4 hours.\nBackups are encrypted.\nThe Provider rebuilds the hypervisor.\n"
)
RPO = provision(
    TEXT, "Data loss is at most 4 hours.", figure=("4", "hour", "<=", "4 hours"), party="provider", section="5.1",
    scope="the shop",
)  # fmt: skip
SEALED = provision(TEXT, "Backups are encrypted.", "encryption", section="4.4")
REBUILD = provision(
    TEXT, "The Provider rebuilds the hypervisor.", "layer_responsibility", section="8", party="provider",
    slots=[("layer", "hypervisor", "hypervisor"), ("task", "rebuild", "rebuilds")],
)  # fmt: skip
LONGER = provision(
    text_of("Data loss is at most 6 hours."), "Data loss is at most 6 hours.",
    figure=("6", "hour", "<=", "6 hours"), party="provider", section="5.1", scope="the shop",
)  # fmt: skip
OLD = contract(TEXT, [RPO, SEALED])
NEW = contract(
    TEXT,
    [replace(LONGER, id=RPO.id), REBUILD],
    parties=Parties(provider="Evil [red]| Ltd", customer="Customer GmbH"),
)
FOUND = difference(OLD, NEW)


def test_a_difference_in_words_shows_old_and_new_and_who_loses() -> None:
    said = changes.text(OLD, NEW, FOUND)
    assert "1 changed (1 weaker), 1 added, 1 removed" in said
    assert "~ changed  data loss (RPO), 5.1, the shop: at most 6 hours  [weaker for the customer]" in said
    assert "    figure     at most 4 hours\n           ->  at most 6 hours" in said
    assert "- removed  encryption, 4.4: defined" in said
    assert "~ provider: Provider Ltd -> Evil [red]| Ltd" in said


def test_a_difference_as_json_markdown_and_page() -> None:
    value = json.loads(changes.as_json(OLD, NEW, FOUND))
    assert value["promise_changed"] is True
    (changed,) = [one for one in value["changes"] if one["change"] == "changed"]
    assert changed["fields"][0] == {"field": "figure", "old": "at most 4 hours", "new": "at most 6 hours"}
    assert changed["sense"] == "weaker"
    said = changes.markdown(OLD, NEW, FOUND)
    assert "Evil \\[red\\]\\| Ltd" in said
    assert (
        "| data loss (RPO), 5.1 | figure | at most 4 hours | at most 6 hours | weaker for the customer |"
        in said
    )
    html = difference_page(OLD, NEW, FOUND)
    assert "weaker for the customer" in html
    assert "Data loss is at most <del>4</del> hours." in html
    assert "Data loss is at most <ins>6</ins> hours." in html
    assert "<script" not in html


def test_nothing_changed_says_so() -> None:
    same = difference(OLD, OLD)
    assert changes.summary(same) == "2 the same"
    assert changes.text(OLD, OLD, same).count("\n") == 3


def test_the_matrix_marks_owners_gaps_and_what_is_only_implied() -> None:
    runs = replace(
        REBUILD,
        id="runs",
        slots=tuple(slot for slot in REBUILD.slots if slot.name == "layer"),
        party="customer",
    )
    found = responsibility(contract(TEXT, [REBUILD, runs]))
    said = matrix.text(OLD, found)
    row = next(line for line in said.splitlines() if line.startswith("rebuild"))
    assert row.split() == ["rebuild", "OPEN", "P", "OPEN", "OPEN", "OPEN", "OPEN", "OPEN", "OPEN"]
    assert next(line for line in said.splitlines() if line.startswith("failback")).split()[2] == "(C)"
    assert "nobody: application start of database, application" in said
    value = json.loads(matrix.as_json(OLD, found))
    cell = next(one for one in value["cells"] if (one["layer"], one["step"]) == ("hypervisor", "rebuild"))
    assert cell == {
        "layer": "hypervisor", "step": "rebuild", "state": "owned", "parties": ["provider"], "provisions": [REBUILD.id],
    }  # fmt: skip
    lines = [line for line in matrix.markdown(OLD, found).splitlines() if line.startswith("|")]
    assert len(lines) == len(STEPS) + 2
    assert {line.count("|") for line in lines} == {len(LAYERS) + 2}
    html = matrix.matrix_page(OLD, found)
    assert html.count("<tr>") == len(STEPS) + 1
    assert "customer runs it" in html


def test_two_owners_are_named_with_their_clauses() -> None:
    other = replace(REBUILD, id="other", party="customer", citation=replace(REBUILD.citation, section="9"))
    said = matrix.text(OLD, responsibility(contract(TEXT, [REBUILD, other])))
    assert "two accountable: rebuild of hypervisor: provider and customer (8, 9)" in said
    assert "P/C !!" in said


def printed(show, width: int = 120) -> str:
    target = io.StringIO()
    show(Console(file=target, width=width))
    return target.getvalue()


def test_a_proposal_says_what_was_read_what_is_vague_and_what_is_open() -> None:
    vague = replace(SEALED, status="vague", why="“encrypted” without an algorithm", rules=("V-08",))
    points = tuple(
        OpenPoint(rule=f"G-{number:02}", question=f"question {number}", severity="major", status="absent")
        for number in range(20)
    )
    said = printed(lambda console: proposal.show(console, contract(TEXT, [RPO, vague], open_points=points)))
    assert "2 provisions: 1 defined, 1 vague" in said
    assert "at most 4 hours" in said
    assert "“encrypted” without an algorithm [V-08]" in said
    assert "Left open by the agreement: 20 (20 major)" in said
    assert "… and 8 more" in said


@pytest.mark.parametrize("width", [60, 90, 132])
def test_hostile_words_stay_words_on_the_terminal(width: int) -> None:
    hostile = "[bold]x[/bold] \x1b[2J\x07 \u202e"
    one = replace(RPO, scope=Scope(text=hostile), why=hostile, status="vague", remark=hostile)
    made = contract(TEXT, [one], title=hostile)
    for show in (
        lambda console: proposal.show(console, made),
        lambda console: beside.show(console, made, one, TEXT, head="1 of 1"),
    ):
        said = printed(show, width)
        assert "\x1b" not in said
        assert "\x07" not in said
        assert "\u202e" not in said
        assert "[bold]" in said
        assert max(len(line) for line in said.splitlines() if "─" in line) <= width


def test_source_and_reading_stand_side_by_side_and_the_quote_is_marked() -> None:
    said = printed(lambda console: beside.show(console, OLD, RPO, TEXT, head="1 of 2"))
    assert any("⟦Data loss" in line and "kind" in line for line in said.splitlines())
    narrow = printed(lambda console: beside.show(console, OLD, RPO, TEXT, head="1 of 2"), width=60)
    assert not any("⟦Data loss" in line and "kind" in line for line in narrow.splitlines())
    away = printed(lambda console: beside.show(console, OLD, RPO, None, head="1 of 2"))
    assert "Data loss is at most 4 hours." in away


def test_what_can_be_judged_and_what_not_with_the_reason() -> None:
    mapped = replace(RPO, review="accepted", scope=Scope(systems=("shop",)))
    unmapped = replace(RPO, id="rpo-2", review="accepted", scope=Scope())
    away = replace(RPO, id="rpo-3", review="rejected")
    made = contract(TEXT, [mapped, unmapped, away, replace(SEALED, review="accepted")])
    said = printed(lambda console: testable.show(console, made, at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert "Drills will judge 1 of 4 provisions:" in said
    assert "at most 4 hours for shop" in said
    assert "it is mapped to no workload of the inventory" in said
    assert "1 of other kinds are kept for the record, 1 were rejected" in said
