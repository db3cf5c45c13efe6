"""`drverify log` by the command line: what it shows of a log, and what it says of wrong input."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.cli.main import main
from drverify.compose import Workshop
from drverify.errors import Exit
from drverify.sealing.started import seal_start
from drverify.transparency import note
from drverify.transparency.note import KeyType, NoteKey
from tests.support import records
from tests.support.evidence import signer
from tests.support.probing import free_port

ORIGIN = "provider.example/log"
SETTINGS = f"""\
state_dir = "state"
register = "acme.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
sources = {{}}
hosts = {{}}

[signing]
key = "file:runner.key"

[log]
origin = "{ORIGIN}"
key = "file:log.key"
"""
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def log(tmp_path: Path) -> DirectoryLog:
    """Three drills were begun, and nothing came of them."""
    create(tmp_path / "runner.key")
    create(tmp_path / "log.key")
    (tmp_path / "drverify.toml").write_text(SETTINGS)
    made = Workshop.open(tmp_path / "drverify.toml").log()
    assert made is not None
    for number in range(3):
        plan = records.plan(drill_id=f"20260914T12000{number}Z-0a1b2c")
        made.add("drill-started", seal_start(plan, signer()))
    return made


@pytest.fixture
def say(log: DirectoryLog, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["--config", str(tmp_path / "drverify.toml"), "log", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_starts_without_results_are_shown_and_found(say: Say) -> None:
    code, out, _ = say("show")
    assert (code, out.count("open")) == (Exit.OK, 3)
    code, out, _ = say("check", "--json")
    found = json.loads(out)
    assert (code, found["origin"], found["entries"]) == (Exit.UNPROVEN, ORIGIN, 3)
    assert [one["state"] for one in found["doubtful"]] == ["open"] * 3


def test_a_log_without_entries_says_so(say: Say, log: DirectoryLog) -> None:
    for path in sorted(log.path.glob("**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert say("show")[:2] == say("check")[:2] == (Exit.OK, "nothing was logged yet\n")
    code, _, error = say("checkpoint")
    assert (code, error.splitlines()[0]) == (Exit.WRONG_INPUT, "drverify: nothing was logged yet")


@pytest.mark.parametrize("index", [-1, 3, 99])
def test_an_entry_that_is_not_there_is_wrong_input(say: Say, index: int) -> None:
    code, _, error = say("proof", index)
    assert (code, f"there is no entry {index}" in error) == (Exit.WRONG_INPUT, True)


@pytest.mark.parametrize("name", ["tile/0/000.p/3", "tile/entries/000.p/3", "checkpoint"])
def test_a_changed_file_is_evidence_that_does_not_hold(say: Say, log: DirectoryLog, name: str) -> None:
    path = log.path / name
    content = path.read_bytes()
    path.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
    code, out, error = say("check")
    assert (code, out, "Traceback" in error) == (Exit.EVIDENCE_INVALID, "", False)
    assert str(path) in error or "entry" in error


def test_a_log_keeps_its_name(say: Say, tmp_path: Path) -> None:
    path = tmp_path / "drverify.toml"
    path.write_text(path.read_text().replace(ORIGIN, "provider.example/other"))
    code, _, error = say("show")
    assert (code, "one name and key for all time" in error) == (Exit.EVIDENCE_INVALID, True)


def test_a_cosignature_is_added_when_it_is_of_the_newest_checkpoint(
    say: Say, log: DirectoryLog, tmp_path: Path
) -> None:
    witness = signer(5)
    material = witness.public_der[-32:]
    key = NoteKey(name="acme.example/drverify", type=KeyType.COSIGNER, material=material)
    (tmp_path / "acme.vkey").write_text(key.vkey + "\n")
    head = log.tiles.head()
    assert head is not None
    line = note.sign(head[1].text, key, witness.sign, at=datetime(2026, 11, 23, tzinfo=UTC))
    signed = tmp_path / "acme.cosigned"
    signed.write_bytes(note.render(note.Note(text=head[1].text, signatures=(*head[1].signatures, line))))
    given = ("cosign", signed, "--key", tmp_path / "acme.vkey")
    assert say(*given)[:2] == (0, "acme.example/drverify signed the checkpoint of 3 entries\n")
    assert "acme.example/drverify" in say("checkpoint")[1]
    log.add("drill-started", seal_start(records.plan(), signer()))
    code, _, error = say(*given)
    assert (code, "has grown beyond 3 entries" in error) == (Exit.WRONG_INPUT, True)
    (tmp_path / "log.vkey").write_text(say("key")[1])
    code, _, error = say("cosign", signed, "--key", tmp_path / "log.vkey")
    assert (code, "not a cosigner's key" in error) == (Exit.WRONG_INPUT, True)
    signed.write_text("garbage\n")  # a slip, and no forgery
    assert say(*given)[0] == Exit.WRONG_INPUT
    assert say("cosign", tmp_path / "nothing", "--key", tmp_path / "acme.vkey")[0] == Exit.WRONG_INPUT
    assert say("cosign", tmp_path, "--key", tmp_path / "acme.vkey")[0] == Exit.WRONG_INPUT


def test_a_witness_that_does_not_answer_is_told_and_is_no_green(
    say: Say, log: DirectoryLog, tmp_path: Path
) -> None:
    code, _, error = say("witness")
    assert (code, "the settings name no witness" in error) == (Exit.WRONG_INPUT, True)
    theirs = NoteKey(name="acme.example/w", type=KeyType.COSIGNER, material=bytes(range(32)))
    (tmp_path / "acme.vkey").write_text(theirs.vkey)
    witness = (
        f'\n[[log.witnesses]]\nname = "acme"\nurl = "http://127.0.0.1:{free_port()}"\nkey = "acme.vkey"\n'
    )
    (tmp_path / "drverify.toml").write_text(SETTINGS + witness)
    code, out, _ = say("witness")
    assert (code, out.startswith("no cosignature of acme: cannot be asked")) == (Exit.UNPROVEN, True), out
    assert say("check")[0] == Exit.UNPROVEN
    workshop = Workshop.open(tmp_path / "drverify.toml")
    asked = workshop.vouchers(log)
    assert asked is not None
    assert [(one.authority, one.token) for one in asked.stamp(log.proof(0))] == [("acme", None)]
    assert not (tmp_path / "state" / "log" / "cosigned").exists()


def test_what_was_cosigned_is_kept_by_its_size(say: Say, log: DirectoryLog, tmp_path: Path) -> None:
    signed = note.parse(say("checkpoint")[1].encode(), what="checkpoint")
    theirs = signer(44)
    key = NoteKey(
        name="acme.example/w", type=KeyType.COSIGNER, material=theirs._key.public_key().public_bytes_raw()
    )
    line = note.sign(signed.text, key, theirs.sign, at=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    (tmp_path / "cosigned").write_bytes(
        note.render(note.Note(text=signed.text, signatures=(*signed.signatures, line)))
    )
    (tmp_path / "acme.vkey").write_text(key.vkey)
    assert say("cosign", tmp_path / "cosigned", "--key", tmp_path / "acme.vkey")[0] == Exit.OK
    log.tiles.append([b"more"], lambda message: KeyfileSigner.read(tmp_path / "log.key").sign(message))
    kept = note.parse((log.path / "cosigned" / "3").read_bytes(), what="kept")
    assert [one.key for one in note.signers(kept, [key], what="kept")] == [key]
