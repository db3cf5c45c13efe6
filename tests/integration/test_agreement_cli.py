"""`drverify agreement` from documents to a lock, as a person uses it: real files, real rules, real reader."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from drverify.adapters.doors.contract import load_contract
from drverify.agreements.locks import load_lock
from drverify.cli.main import main
from drverify.errors import Exit

AGREEMENT = """\
# Hosting agreement

between Provider Ltd ("Provider") and Customer GmbH ("Customer")

## 1 Backup

1.1 The Provider shall back up the database once every 24 hours.

1.2 The Provider shall retain daily backups for 30 days.

## 2 Recovery

2.1 The recovery point objective for the shop is at most 4 hours.

2.2 The Provider uses commercially reasonable efforts to restore data from backup promptly.
"""


@pytest.fixture
def agreement(tmp_path: Path) -> Path:
    path = tmp_path / "papers" / "hosting.md"
    path.parent.mkdir()
    path.write_text(AGREEMENT, encoding="utf-8")
    return path


@pytest.fixture
def register(agreement: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "registers" / "hosting.register.yaml"
    assert main(["agreement", "read", str(agreement), "-o", str(path)]) == Exit.OK
    capsys.readouterr()
    return path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = Exit.OK) -> str:
    assert main(["agreement", *words]) == code
    return capsys.readouterr().out


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    given = iter(lines)

    def asked(_question: str) -> str:
        try:
            return next(given)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", asked)


def test_reading_shows_what_was_read_and_writes_only_what_was_asked(
    agreement: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    shown = said(capsys, "read", str(agreement))
    assert "at most 4 hours" in shown
    assert "retention" in shown
    assert "nothing was written" in shown
    assert sorted(path.name for path in agreement.parent.iterdir()) == ["hosting.md"]


def test_spans_are_those_of_the_file(agreement: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        json.loads(line) for line in said(capsys, "read", str(agreement), "--format", "spans").splitlines()
    ]
    assert {"rpo", "retention", "backup_frequency"} <= {row["kind"] for row in rows}
    for row in rows:
        assert row["doc"] == "hosting.md"
        assert AGREEMENT[row["start"] : row["end"]] == row["quote"]


def test_a_register_elsewhere_gets_its_documents_beside_it(register: Path) -> None:
    assert (register.parent / "hosting.md").read_text() == AGREEMENT
    assert load_contract(register).documents[0].name == "hosting.md"


def test_reading_twice_gives_the_same_bytes(agreement: Path, register: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.yaml"
    assert main(["agreement", "read", str(agreement), "-o", str(again)]) == Exit.OK
    assert again.read_bytes() == register.read_bytes()


@pytest.mark.parametrize("form", ["text", "json", "sarif", "html", "md"])
def test_lint_takes_registers_and_documents_and_says_by_its_exit_code_that_much_is_open(
    agreement: Path, register: Path, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_register = said(capsys, "lint", str(register), "--format", form, code=Exit.UNPROVEN)
    by_document = said(capsys, "lint", str(agreement), "--format", form, code=Exit.UNPROVEN)
    assert by_register == by_document
    kept = tmp_path / "lint.out"
    said(capsys, "lint", str(register), "--format", form, "-o", str(kept), code=Exit.UNPROVEN)
    assert kept.read_text(encoding="utf-8") == by_register
    assert "V-01" in by_register


def test_lint_holds_it_against_the_inventory(
    agreement: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = str(checkout / "contracts" / "inventory.example.yaml")
    with_it = said(
        capsys, "lint", str(agreement), "--inventory", inventory, "--format", "json", code=Exit.UNPROVEN
    )
    rules = {finding["rule"] for finding in json.loads(with_it)["findings"]}
    assert "G-SCOPE-04" in rules


def test_the_walk_keeps_every_decision_at_once(
    register: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = load_contract(register)
    first, second, third = before.provisions[:3]
    answer(
        monkeypatch,
        "a",
        "c", "party", "nobody", "party", "provider", "systems", "shop", "nonsense", "", "the Provider, see 1.1",
        "r", "", "r", "a definition",
    )  # fmt: skip
    shown = said(capsys, "review", str(register))
    assert f"3 of {len(before.provisions)} decided" in shown
    after = {one.id: one for one in load_contract(register).provisions}
    assert after[first.id].review == "accepted"
    assert after[second.id].review == "corrected"
    assert after[second.id].party == "provider"
    assert after[second.id].scope.systems == ("shop",)
    assert {change.field for change in after[second.id].corrections} == {"party", "systems"}
    assert (after[third.id].review, after[third.id].remark) == ("rejected", "a definition")
    assert "party takes" in shown
    assert "no field 'nonsense'" in shown


def test_going_back_shows_the_decision_and_takes_another(
    register: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load_contract(register).provisions[0].id
    answer(monkeypatch, "a", "b", "r", "misread", "q")
    shown = said(capsys, "review", str(register))
    assert "accepted" in shown
    assert {one.id: one.review for one in load_contract(register).provisions}[first] == "rejected"


def test_from_decisions_to_a_lock_that_drills_take(
    register: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = load_contract(register)
    assert main(["agreement", "accept", str(register), "--by", "J. Doe"]) == Exit.WRONG_INPUT
    assert "undecided" in capsys.readouterr().err
    rows = []
    for one in contract.provisions:
        if one.kind == "rpo":
            rows.append(
                f"- id: {one.id}\n  verdict: correct\n  changes: {{party: provider, systems: shop}}\n  reason: mapped\n"
            )
        else:
            rows.append(f"- id: {one.id}\n  verdict: reject\n  reason: not for this test\n")
    decisions = tmp_path / "decisions.yaml"
    decisions.write_text("version: 1\ndecisions:\n" + "".join(rows), encoding="utf-8")
    said(capsys, "review", str(register), "--decisions", str(decisions))
    shown = said(capsys, "accept", str(register), "--by", "J. Doe", "--note", "for the test")
    assert "Drills will judge 1 of" in shown
    lock = register.parent / "hosting.lock.yaml"
    agreed = load_lock(lock)
    assert agreed.contract.accepted is not None
    assert (agreed.contract.accepted.by, agreed.contract.accepted.note) == ("J. Doe", "for the test")
    before = lock.read_bytes()
    again = said(capsys, "accept", str(register), "--by", "J. Doe", "--note", "for the test")
    assert "unchanged" in again
    assert lock.read_bytes() == before
    assert "wrote" in said(capsys, "accept", str(register), "--by", "Somebody Else")
    assert lock.read_bytes() != before
    assert main(["agreement", "review", str(lock)]) == Exit.WRONG_INPUT
    assert main(["agreement", "read", str(register)]) == Exit.WRONG_INPUT
    assert said(capsys, "diff", str(register), str(lock)).splitlines()[2].endswith("the same")


def test_a_renewal_is_told_by_its_exit_code(agreement: Path, capsys: pytest.CaptureFixture[str]) -> None:
    renewed = agreement.with_name("renewed.md")
    renewed.write_text(AGREEMENT.replace("at most 4 hours", "at most 6 hours"), encoding="utf-8")
    shown = said(capsys, "diff", str(agreement), str(renewed), code=Exit.UNPROVEN)
    assert "at most 4 hours" in shown
    assert "weaker for the customer" in shown
    for form in ("json", "md", "html"):
        assert "at most 6 hours" in said(
            capsys, "diff", str(agreement), str(renewed), "--format", form, code=Exit.UNPROVEN
        )
    same = agreement.with_name("same.md")
    same.write_text(AGREEMENT.replace("\n\n", "\n\n\n"), encoding="utf-8")
    said(capsys, "diff", str(agreement), str(same))


@pytest.mark.parametrize("form", ["text", "json", "md", "html"])
def test_the_matrix_says_what_nobody_owns(
    agreement: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "hypervisor" in said(capsys, "matrix", str(agreement), "--format", form, code=Exit.UNPROVEN)


def test_wrong_files_are_refused_in_one_line_with_advice(
    register: Path, agreement: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "nowhere.md")
    for words in (
        ["read", nowhere],
        ["lint", nowhere],
        ["lint", str(register), str(agreement)],
        ["review", nowhere],
        ["read", str(agreement), "-o", str(tmp_path / "x.lock.yaml")],
        ["accept", str(register), "--by", " "],
        ["lint", str(agreement), "-o", str(tmp_path / "no" / "such" / "folder")],
    ):
        assert main(["agreement", *words]) == Exit.WRONG_INPUT, words
        err = capsys.readouterr().err
        assert err.startswith("drverify: ")
        assert "Traceback" not in err


def test_a_changed_document_is_refused_with_its_name(
    register: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = register.parent / "hosting.md"
    paper.write_text(AGREEMENT.replace("4 hours", "8 hours"), encoding="utf-8")
    for words in (
        ["lint", str(register)],
        ["review", str(register)],
        ["accept", str(register), "--by", "J. Doe"],
    ):
        assert main(["agreement", *words]) == Exit.WRONG_INPUT
        assert "another document" in capsys.readouterr().err


def test_the_walk_works_on_a_real_terminal(register: Path, checkout: Path) -> None:
    """Two decisions typed on a pseudo-terminal; the screen shows colours, and the file keeps them."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "50"}
    process = subprocess.Popen(
        [sys.executable, "-m", "drverify", "agreement", "review", str(register)],
        stdin=slave, stdout=slave, stderr=slave, env=environment, cwd=checkout,
    )  # fmt: skip
    os.close(slave)
    screen = b""
    for keys in (b"a\n", b"s\n", b"q\n"):
        screen += until(master, b"q quit > ")
        os.write(master, keys)
    screen += until(master, b"kept in")
    assert process.wait(timeout=30) == 0
    os.close(master)
    assert b"\x1b[" in screen
    assert sum(one.review == "accepted" for one in load_contract(register).provisions) == 1


def until(master: int, words: bytes) -> bytes:
    seen = b""
    while words not in seen:
        seen += os.read(master, 4096)
    return seen
