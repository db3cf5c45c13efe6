"""`drverify sandbox`: a wrong name is wrong input, and a damaged ledger hides no other one."""

import json
from pathlib import Path

import pytest

from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.cli.main import main
from drverify.engine.ports import SandboxId
from drverify.model.drill import DrillId

DRILL = DrillId("20260914T120000Z-abcdef")
GOOD, BAD = SandboxId("aaaaaaaa"), SandboxId("bbbbbbbb")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    config = tmp_path / "drverify.toml"
    config.write_text(
        'state_dir = "state"\nregister = "none"\ninventory = "none"\nplaybooks = "none"\n'
        '[sources]\n[hosts]\n[signing]\nkey = "file:none"\n'
    )
    return config


@pytest.fixture
def two(tmp_path: Path, config: Path) -> Path:
    """The ledgers of a dead drill's sandbox and of one that cannot be read. Returns the latter."""
    ledgers = LedgerDirectory(tmp_path / "state" / "ledger")
    for one in (GOOD, BAD):
        ledger = ledgers.begin(one, DRILL, tmp_path)
        ledger.opening("directory", str(tmp_path / "state" / "sandboxes" / one))
        ledger.release()
    path = tmp_path / "state" / "ledger" / f"{BAD}.jsonl"
    path.write_bytes(path.read_bytes() + b'{"do":"op{"do":"close"}\n')
    return path


def test_a_sandbox_that_does_not_exist_is_wrong_input(config: Path, capsys) -> None:
    assert main(["--config", str(config), "sandbox", "reap", "nosuch"]) == 2
    assert capsys.readouterr().err == (
        "drverify: there is no sandbox nosuch\n  -> see `drverify sandbox list`\n"
    )
    assert main(["--config", str(config), "sandbox", "reap"]) == 0
    assert capsys.readouterr().out == "nothing to take back\n"


def test_a_damaged_ledger_is_listed_among_the_others(config: Path, two: Path, capsys) -> None:
    assert main(["--config", str(config), "sandbox", "list", "--json"]) == 0
    good, bad = json.loads(capsys.readouterr().out)
    assert (good["sandbox"], good["state"], good["problem"]) == (GOOD, "ownerless", "")
    assert (bad["sandbox"], bad["state"], bad["resources"]) == (BAD, "unreadable", [])
    assert main(["--config", str(config), "sandbox", "list"]) == 0
    assert f"PROBLEM line 3 of the ledger {two} is damaged" in capsys.readouterr().out


def test_reaping_takes_the_sound_one_and_tells_of_the_damaged(config: Path, two: Path, capsys) -> None:
    assert main(["--config", str(config), "sandbox", "reap"]) == 13
    out = capsys.readouterr().out
    assert f"{GOOD}  removed" in out
    assert f"{BAD}  left\n    PROBLEM line 3" in out
    assert [path.name for path in two.parent.iterdir()] == [two.name]


@pytest.fixture
def other(tmp_path: Path, config: Path) -> Path:
    """A further agreement's settings, with the ledger of a dead drill's sandbox in its state directory."""
    config.write_text(config.read_text() + '[operation]\nalso = ["gone.toml", "other.toml"]\n')
    path = tmp_path / "other.toml"
    path.write_text(config.read_text().partition("[operation]")[0].replace('"state"', '"theirs"'))
    ledger = LedgerDirectory(tmp_path / "theirs" / "ledger").begin(GOOD, DRILL, tmp_path)
    ledger.opening("directory", str(tmp_path / "theirs" / "sandboxes" / GOOD))
    ledger.release()
    return path


def test_every_agreement_of_the_site_is_reaped(config: Path, other: Path, tmp_path: Path, capsys) -> None:
    """One whose settings are wrong keeps no other from it, and is told."""
    assert main(["--config", str(config), "sandbox", "list", "--json"]) == 2
    (found,) = json.loads(capsys.readouterr().out)
    assert found["sandbox"] == GOOD
    assert main(["--config", str(config), "sandbox", "reap"]) == 2
    told = capsys.readouterr()
    assert f"{GOOD}  removed" in told.out
    assert "gone.toml" in told.err
    assert not list((tmp_path / "theirs" / "ledger").iterdir())
    (tmp_path / "gone.toml").write_text(other.read_text())
    assert main(["--config", str(config), "sandbox", "reap"]) == 0
    assert capsys.readouterr().out == "nothing to take back\n"


def test_a_dead_machines_sandbox_waits_for_it_and_that_is_said(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = LedgerDirectory(tmp_path / "state" / "ledger", machine="another").begin(GOOD, DRILL, tmp_path)
    ledger.opening("tap", "tap0")
    ledger.release()
    assert main(["--config", str(config), "sandbox", "reap"]) == 0
    assert f"{GOOD}  elsewhere: only the machine that made it sees it" in capsys.readouterr().out
