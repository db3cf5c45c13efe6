"""`drverify finding` over real evidence: what is opened, what closes it, and what opens it again."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner, create
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.sealing import codec
from tests.support import series
from tests.support.evidence import signer

SETTINGS = """\
state_dir = "state"
register = "acme.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"
sources = {}
hosts = {}

[signing]
key = "file:runner.key"
"""
THREE_HOURS = timedelta(hours=3)
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def runner(tmp_path: Path) -> KeyfileSigner:
    create(tmp_path / "runner.key")
    (tmp_path / "drverify.toml").write_text(SETTINGS)
    return KeyfileSigner.read(tmp_path / "runner.key")


@pytest.fixture
def drills(tmp_path: Path) -> Path:
    made = tmp_path / "state" / "drills"
    made.mkdir(parents=True)
    return made


@pytest.fixture
def say(runner: KeyfileSigner, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["--config", str(tmp_path / "drverify.toml"), "finding", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def listed(say: Say, *words: str) -> dict[tuple[str, str], dict[str, object]]:
    code, out, _ = say("list", "--json", *words)
    assert code == Exit.OK
    found = json.loads(out)["findings"]
    return {(one["subject"]["obligation"], one["subject"]["cause"]): one for one in found}


def test_a_finding_lives_from_the_first_miss_to_the_retest_and_back(
    say: Say, drills: Path, runner: KeyfileSigner
) -> None:
    assert say("list")[1] == "no drill has shown anything to mend\n"
    first = series.lay(drills, 0, runner, newest=THREE_HOURS)
    found = listed(say)
    rpo = found["rpo-shop", "missed"]
    name = str(rpo["id"])
    assert rpo["state"] == "open"
    assert rpo["sightings"][0]["evidence"] == codec.digest(first.statement)
    assert ("rto-shop", "missed") not in found

    assert (
        say("assign", name, "--owner", "A. Person", "--action", "hourly backups", "--due", "2026-12-01")[0]
        == 0
    )
    series.lay(drills, 1, runner, newest=THREE_HOURS)
    again = listed(say)["rpo-shop", "missed"]
    assert (again["id"], again["state"], len(again["sightings"])) == (name, "assigned", 2)

    for retest, why in (
        (series.drill_id(0), "not begun after the finding was last seen"),
        (series.drill_id(1), "not begun after the finding was last seen"),
    ):
        code, _, error = say("close", name, "--retest", retest)
        assert (code, why in error) == (Exit.WRONG_INPUT, True), error
    series.lay(drills, 2, runner, closed=False)
    code, _, error = say("close", name, "--retest", series.drill_id(2))
    assert (code, "verdict on rpo-shop is not MET" in error) == (Exit.WRONG_INPUT, True)
    assert listed(say)["rpo-shop", "unproven"]["state"] == "open"

    good = series.lay(drills, 3, runner)
    assert listed(say)["rpo-shop", "missed"]["retests"] == [series.drill_id(3)]
    assert say("close", name[:6], "--retest", series.drill_id(3))[:2] == (
        Exit.OK,
        f"{name}: closed by drill {series.drill_id(3)}\n",
    )
    assert ("rpo-shop", "missed") not in listed(say)
    closed = listed(say, "--all")["rpo-shop", "missed"]
    assert (closed["state"], closed["closed"]["retest"]["evidence"]) == (
        "closed",
        codec.digest(good.statement),
    )
    assert (
        say("assign", name, "--owner", "B", "--action", "none", "--due", "2026-12-01")[0] == Exit.WRONG_INPUT
    )

    series.lay(drills, 4, runner, newest=THREE_HOURS)
    back = listed(say)["rpo-shop", "missed"]
    assert (back["id"], back["state"], back["reopened"]) == (name, "open", 1)
    text = say("show", name)[1]
    assert all(part in text for part in (series.drill_id(0), "A. Person", "against a limit of 1 h", "sha256"))


def test_a_copy_closes_nothing_that_the_points_before_it_showed(
    say: Say, drills: Path, runner: KeyfileSigner
) -> None:
    series.lay(drills, 0, runner, newest=THREE_HOURS)
    series.lay(drills, 1, runner, copy="vault")
    rpo = listed(say)["rpo-shop", "missed"]
    assert (rpo["retests"], rpo["unmended"]) == (
        [],
        [f"drill {series.drill_id(0)} (the newest point, full restore)"],
    )
    assert f"not mended: drill {series.drill_id(0)}" in say("show", rpo["id"])[1]
    code, _, error = say("close", rpo["id"], "--retest", series.drill_id(1))
    assert (code, "no later drill of the same kind" in error) == (Exit.WRONG_INPUT, True), error
    series.lay(drills, 2, runner)
    code, _, error = say("close", rpo["id"], "--retest", series.drill_id(1))
    assert (code, "it took something else" in error) == (Exit.WRONG_INPUT, True), error
    assert say("close", rpo["id"], "--retest", series.drill_id(2))[0] == Exit.OK


def test_a_retest_must_hold_when_the_finding_is_closed(say: Say, drills: Path, runner: KeyfileSigner) -> None:
    series.lay(drills, 0, runner, newest=THREE_HOURS)
    name = str(listed(say)["rpo-shop", "missed"]["id"])
    good = series.lay(drills, 1, runner)
    assert listed(say)["rpo-shop", "missed"]["retests"] == [series.drill_id(1)]
    directory = drills / series.drill_id(1)
    artefact = directory / "artefacts" / "sha256" / min(good.files)
    artefact.write_bytes(b"changed")
    code, _, error = say("close", name, "--retest", series.drill_id(1))
    assert (code, "the retest's evidence does not hold" in error) == (Exit.EVIDENCE_INVALID, True)
    series.lay(drills, 2, runner)
    for other, why in ((0, "the evidence is of drill"), (2, "the evidence is of drill")):
        source = drills / series.drill_id(other)
        shutil.copytree(source / "artefacts", directory / "artefacts", dirs_exist_ok=True)
        shutil.copy(source / "evidence.dsse.json", directory)
        code, _, error = say("close", name, "--retest", series.drill_id(1))
        assert (code, why in error) == (Exit.WRONG_INPUT, True), error
    assert say("close", name, "--retest", "20260101T000000Z-000000")[0] == Exit.WRONG_INPUT


def test_evidence_of_another_key_concludes_nothing(say: Say, drills: Path) -> None:
    series.lay(drills, 0, signer(7), newest=THREE_HOURS)
    code, out, _ = say("list")
    assert (code, "its evidence does not hold" in out, "F-" in out) == (Exit.OK, True, False)


@pytest.mark.parametrize(
    "words",
    [
        ("show", "F-000000000000"),
        ("show", ""),
        ("assign", "F-", "--owner", "\x1b[2J", "--action", "x", "--due", "2026-12-01"),
        ("open", "--what", "  "),
        ("open", "--audit", "nothing.json"),
    ],
)
def test_wrong_input_is_told_as_such(say: Say, words: tuple[str, ...]) -> None:
    code, _, error = say(*words)
    assert (code, "Traceback" in error) == (Exit.WRONG_INPUT, False)
