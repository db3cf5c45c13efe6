"""The sample agreements, held against all rules: what must be found in each, and what must not be."""

from functools import cache
from pathlib import Path

import pytest

from drverify.agreements.proposals import findings, propose
from drverify.model.rule import Finding

CONTRACTS = Path(__file__).parents[2] / "contracts"

FOUND = {
    "harbour-hybrid-estate": {
        "C-01", "C-06", "C-08", "C-09", "D-05", "G-BKP-16", "G-SCOPE-06", "G-TST-01", "G-LEG-01", "V-01", "V-02",
        "V-09", "V-10", "V-12",
    },
    "granite-bare-metal": {"G-IMP-04", "G-LAY-09", "G-SEC-01", "G-IMP-01", "V-01", "V-12"},
    "northwind-proxmox-cloud": {"D-05", "G-IMP-04", "G-LAY-09", "G-SEC-01", "G-IMP-01"},
    "acme-managed-hosting": {"C-03", "G-BKP-08", "G-BKP-10", "G-EXIT-05", "G-SEV-01"},
}  # fmt: skip
ANSWERED = {
    "granite-bare-metal": {"C-04", "G-BKP-02", "G-BKP-05", "G-BKP-09", "G-REC-02", "G-SCOPE-01", "G-SCOPE-06"},
    "northwind-proxmox-cloud": {
        "C-01", "C-02", "C-04", "G-BKP-02", "G-BKP-07", "G-BKP-08", "G-BKP-16", "G-REC-01", "G-REC-02", "G-SEV-01",
        "G-TST-01", "G-SCOPE-01", "G-SCOPE-06",
    },
    "acme-managed-hosting": {"C-01", "C-04", "G-REC-01", "G-REC-02", "G-TST-01", "G-BKP-07", "G-SCOPE-01"},
}  # fmt: skip


@cache
def found(name: str) -> tuple[Finding, ...]:
    return findings(propose([CONTRACTS / name]))


@pytest.mark.parametrize("name", FOUND)
def test_what_a_sample_leaves_open_is_found(name) -> None:
    assert FOUND[name] - {one.rule for one in found(f"{name}.md")} == set()


@pytest.mark.parametrize("name", ANSWERED)
def test_what_a_sample_answers_is_not_called_open(name) -> None:
    assert ANSWERED[name] & {one.rule for one in found(f"{name}.md")} == set()


@pytest.mark.parametrize("name", FOUND)
def test_where_a_document_is_missing_nothing_is_called_absent(name) -> None:
    absent = {one.rule for one in found(f"{name}.md") if one.status == "absent"}
    missing = {one.rule for one in found(f"{name}.md")} & {"D-05"}
    assert not (absent and missing)


@pytest.mark.parametrize(
    "file",
    [
        "granite-bare-metal.html", "harbour-hybrid-estate.docx", "harbour-hybrid-estate.html",
        "northwind-proxmox-cloud.docx", "northwind-proxmox-cloud.html",
    ],
)  # fmt: skip
def test_another_format_of_the_same_words_gives_the_same_findings(file) -> None:
    """But for what concerns the document itself: those files hold hidden text on purpose."""
    known = {(one.rule, one.status) for one in found(f"{Path(file).stem}.md") if one.family != "document"}
    there = {(one.rule, one.status) for one in found(file) if one.family != "document"}
    assert there == known
