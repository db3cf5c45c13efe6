"""A drill takes a lock that is as it was accepted, over documents that are as they were read; nothing else."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.doors.contract import load_contract
from drverify.agreements.locks import load_lock
from drverify.agreements.proposals import accepted, lay_beside, open_register, propose, save
from drverify.errors import InputError
from drverify.model.contract import Contract
from drverify.sealing.agreed import sha256_of

NAME = "tiny-agreement"
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def lock(checkout: Path, tmp_path: Path) -> Path:
    for suffix in (".md", ".lock.yaml"):
        shutil.copy(checkout / "lab" / "estate" / f"{NAME}{suffix}", tmp_path)
    return tmp_path / f"{NAME}.lock.yaml"


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_lock(path)
    return f"{caught.value}\n{caught.value.hint}".replace(f"{path.parent}/", "")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line(path: Path, words: str) -> int:
    return next(number for number, text in enumerate(path.read_text().splitlines(), 1) if words in text)


def test_a_lock_gives_the_register(lock: Path) -> None:
    agreed = load_lock(lock)
    register = agreed.register(AT)
    assert {one.objective.kind for one in register.obligations} == {
        "rpo", "rto", "backup-frequency", "retention", "restore-test-frequency", "application-validation",
    }  # fmt: skip
    assert all(one.scope == ("tiny",) for one in register.obligations)
    assert [paper.name for paper in agreed.papers] == [f"{NAME}.md"]
    assert sha256_of(agreed.papers[0].original) == register.agreement.documents[0].sha256


def test_a_changed_document_is_refused_with_the_difference(lock: Path) -> None:
    edit(
        lock.with_name(f"{NAME}.md"),
        "No more than one (1) hour of data",
        "No more than two (2) hours of data",
    )
    said = refusal(lock)
    assert f"{lock.name}:{line(lock, 'sha256:')}: documents[0].sha256: {NAME}.md is another document" in said
    assert "rpo-2.1 is not quoted word for word" in said
    assert "the document has 'two (2) hours of data" in said
    assert "the quote 'one (1) hour of data" in said


def test_a_document_that_is_gone_is_refused(lock: Path) -> None:
    lock.with_name(f"{NAME}.md").unlink()
    assert f"{NAME}.md" in refusal(lock)


def test_an_edited_figure_is_refused_with_what_the_document_says(lock: Path) -> None:
    edit(lock, "figure: {quantity: {value: 1, unit: hour}", "figure: {quantity: {value: 9, unit: hour}")
    said = refusal(lock)
    assert (
        f"{lock.name}:{line(lock, 'value: 9')}: provisions[0].figure: rpo-2.1: the register says 9 hour"
        in said
    )
    assert "one (1) hour" in said


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("systems: [tiny]", "systems: [other]", "rpo-2.1 was edited after it was accepted"),
        ("comparator: <=, span: [456", "comparator: '>=', span: [456", "rto-2.2 was edited"),
        ("id: tiny-agreement\ntitle", "id: other\ntitle", "something outside of the provisions"),
        ("review: corrected", "review: rejected\n    remark: x", "expected each key once"),
    ],
)
def test_other_edits_are_refused_and_named(lock: Path, old: str, new: str, what: str) -> None:
    edit(lock, old, new)
    said = refusal(lock)
    assert what in said
    assert lock.name in said


def test_a_proposal_is_no_lock(lock: Path) -> None:
    contract = replace(load_contract(lock), accepted=None)
    path = lock.with_name("proposal.yaml")
    save(contract, path)
    assert "a proposal that nobody accepted" in refusal(path)


def reviewed(contract: Contract) -> Contract:
    return replace(
        contract,
        provisions=tuple(
            replace(one, review="accepted" if one.status == "defined" else "rejected")
            for one in contract.provisions
        ),
    )


def test_what_is_read_can_be_accepted_and_taken_by_a_drill(lock: Path, tmp_path: Path) -> None:
    document = lock.with_name(f"{NAME}.md")
    proposal = propose([document])
    assert proposal.contract.accepted is None
    assert proposal.contract.open_points
    with pytest.raises(InputError, match="are undecided"):
        accepted(proposal.contract, by="A. Person", at=AT)
    made = accepted(reviewed(proposal.contract), by="A. Person", at=AT, note="read twice")
    with pytest.raises(InputError, match="was accepted already"):
        accepted(made, by="B. Person", at=AT)
    save(made, tmp_path / "new.lock.yaml")
    assert load_lock(tmp_path / "new.lock.yaml").contract == made
    assert open_register(tmp_path / "new.lock.yaml").contract == made


def test_two_readings_cannot_be_accepted(lock: Path) -> None:
    contract = replace(load_contract(lock), accepted=None)
    unclear = replace(contract.provisions[0], status="needs_review", review="accepted")
    with pytest.raises(InputError, match=r"the reader only asks what these say: rpo-2\.1"):
        accepted(replace(contract, provisions=(unclear,)), by="A. Person", at=AT)


def test_the_same_bytes_are_read_the_same(lock: Path, tmp_path: Path) -> None:
    document = lock.with_name(f"{NAME}.md")
    first, second = propose([document]).contract, propose([document]).contract
    assert first == second


def test_documents_are_laid_beside_the_register(lock: Path, tmp_path: Path) -> None:
    document = lock.with_name(f"{NAME}.md")
    folder = tmp_path / "registers"
    folder.mkdir()
    assert lay_beside([document], folder) == (folder / document.name,)
    assert lay_beside([document], folder) == ()
    assert lay_beside([document], document.parent) == ()
    (folder / document.name).write_text("something else")
    with pytest.raises(InputError, match="is another document"):
        lay_beside([document], folder)
