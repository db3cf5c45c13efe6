"""Whether a clause is testable, and why not."""

import pytest

from drverify.model.contract import Kind, Status
from drverify.reading.status import Facts, judged, modality


@pytest.mark.parametrize(
    ("kind", "has_figure", "text", "status", "rule"),
    [
        ("rto", True, "Services are restored within 4 hours.", "defined", ""),
        ("rto", False, "Services are restored as soon as practicable.", "vague", "V-03"),
        ("rto", False, "The RTO is set forth in the Disaster Recovery Plan.", "by_reference", "V-09"),
        ("rpo", False, "The RPO is [●] hours.", "placeholder", "V-10"),
        ("rpo", False, "The RPO is [***].", "redacted", "V-10"),
        ("rto", True, "RTO 4 hours, depending on the size.", "vague", "V-06"),
        ("backup_frequency", False, "Backups are taken regularly.", "vague", "V-02"),
        ("backup_frequency", False, "Backups are taken.", "vague", "V-08"),
        ("backup_frequency", False, "Backups run at times configured by the Customer.", "delegated", "V-08"),
        ("retention", False, "Backups are retained until you delete them.", "defined", ""),
        ("uptime", True, "We use commercially reasonable efforts to reach 99.9%.", "vague", "V-01"),
        ("dr_plan", False, "Supplier shall maintain a disaster recovery plan.", "defined", ""),
        ("backup_monitoring", False, "Management and verification of backups.", "vague", "V-08"),
        ("backup_monitoring", False, "Failures of backups are reported.", "defined", ""),
        ("encryption", False, "Backups are encrypted regularly.", "defined", ""),
    ],
)
def test_status(kind: Kind, has_figure: bool, text: str, status: Status, rule: str) -> None:
    found = judged(text, Facts(kind=kind, has_figure=has_figure))
    assert found.status == status
    assert rule == "" or rule in found.rules
    assert bool(found.why) == (status != "defined")


@pytest.mark.parametrize("problem", ["two_figures", "two_readings", "words_digits"])
def test_two_readings_are_never_guessed(problem: str) -> None:
    found = judged("within four (2) hours", Facts(kind="rto", has_figure=False, problem=problem))
    assert found.status == "needs_review"


def test_a_hedged_figure_is_vague_and_says_by_which_word() -> None:
    found = judged("usually 4 hours", Facts(kind="rto", has_figure=True, hedge="usually"))
    assert (found.status, found.rules) == ("vague", ("V-05",))
    assert "usually" in found.why


@pytest.mark.parametrize(
    ("text", "stem", "expected"),
    [
        ("The Provider shall back up.", "", "must"),
        ("The Provider will back up.", "", "must"),
        ("The Provider shall not delete.", "", "must_not"),
        ("back up daily;", "The Supplier must:", "must"),
        ("Customers should keep copies.", "", "should"),
        ("Users can restore.", "", "may"),
        ("The target availability is 99%.", "", "target"),
        ("Full backups every week.", "", "statement"),
    ],
)
def test_modality(text: str, stem: str, expected: str) -> None:
    assert modality(text, stem) == expected
