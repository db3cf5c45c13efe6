"""`drverify finding` and `drverify export` over a whole period in a log: what has no result is found, too."""

import csv
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from drverify.adapters.bundle.writing import write_directory
from drverify.cli.main import main
from drverify.errors import Exit
from tests.support import periods, records, series
from tests.support.offices import AT, WITH_PARTIES, agreed, furnish

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def kept(tmp_path: Path) -> periods.Kept:
    """Both have agreed on the register; nothing is scheduled yet."""
    made = periods.Kept(tmp_path / "state", agreed=agreed())
    made.register()
    furnish(tmp_path, made.agreed, WITH_PARTIES)
    return made


@pytest.fixture
def say(kept: periods.Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["--config", str(tmp_path / "drverify.toml"), *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def scheduled(kept: periods.Kept) -> None:
    """A drill without a result may be in the first slot, and nothing is in the second."""
    kept.schedule(periods.slot(day) for day in range(2))


def listed(say: Say) -> dict[str, dict[str, object]]:
    code, out, error = say("finding", "list", "--json")
    assert code == Exit.OK, error
    assert json.loads(out)["unread"] == []
    return {one["subject"]["cause"]: one for one in json.loads(out)["findings"]}


def finish(kept: periods.Kept, day: int, **changes: object) -> str:
    """A whole drill with the proofs that a runner leaves beside it."""
    register = kept.agreed.register(records.INCIDENT)
    plan, begun = kept.start(
        day,
        register_sha256=periods.codec.digest(register),
        obligations=tuple(one.id for one in register.obligations),
        **changes,
    )
    (kept.root / "drills" / plan.drill_id / "started.tlog-proof").write_bytes(kept.log.proof(begun.index))
    kept.result(plan, begun, day)
    kept.log.mend(kept.root / "drills")
    return plan.drill_id


def test_lost_drills_are_findings_until_a_drill_shows_what_they_were_for(
    say: Say, kept: periods.Kept
) -> None:
    scheduled(kept)
    plan, begun = kept.start(0)
    found = listed(say)
    assert set(found) == {"drill-failed", "drill-not-run"}
    assert found["drill-failed"]["sightings"][0]["index"] == begun.index
    retest = finish(kept, 9, slot=None)
    assert listed(say)["missed"]["subject"]["obligation"] == "retention-shop"
    code, _, error = say("finding", "close", found["drill-not-run"]["id"], "--retest", retest)
    assert (code, "retention-shop is not MET" in error) == (Exit.WRONG_INPUT, True), error
    kept.void(plan, begun)
    assert "drill-failed" not in listed(say)


def test_what_an_audit_found_is_opened_once_and_closed_by_another(
    say: Say, kept: periods.Kept, tmp_path: Path
) -> None:
    kept.start(0)
    write_directory(kept.gather().files, tmp_path / "bundle")
    code, out, error = say(
        "audit", tmp_path / "bundle", "--trust", tmp_path / "trust.json", "--at", AT, "--json"
    )
    assert code == Exit.UNPROVEN, out + error
    (tmp_path / "audit.json").write_text(out)
    for _ in range(2):
        code, out, error = say("finding", "open", "--audit", tmp_path / "audit.json")
        assert (code, out.count("F-")) == (Exit.OK, 1), out + error
    lack = listed(say)["audit"]
    assert (lack["subject"]["code"], len(lack["sightings"])) == ("no-schedule 2026Q3", 1)
    code, _, error = say("finding", "close", lack["id"], "--audit", tmp_path / "bundle")
    assert (code, "finds the same" in error) == (Exit.WRONG_INPUT, True), error
    scheduled(kept)
    write_directory(kept.gather().files, tmp_path / "mended")
    code, out, error = say("finding", "close", lack["id"], "--audit", tmp_path / "mended")
    assert (code, out) == (Exit.OK, f"{lack['id']}: closed by the audit of 2026Q3\n"), error


def test_a_period_is_exported_from_the_own_state_and_from_its_bundle(
    say: Say, kept: periods.Kept, tmp_path: Path
) -> None:
    scheduled(kept)
    kept.start(0)
    finish(kept, 1)
    code, out, error = say("export", "--period", "2026Q3", "--at", AT, "--format", "csv")
    assert code == Exit.OK, error
    own = list(csv.DictReader(StringIO(out)))
    assert {one["verdict"] for one in own} == {"MET", "MISSED", "UNPROVEN"}
    assert any(one["evidence_sha256"] and one["log_index"] for one in own)
    write_directory(kept.gather().files, tmp_path / "bundle")
    code, out, error = say(
        "export",
        "--bundle",
        tmp_path / "bundle",
        "--trust",
        tmp_path / "trust.json",
        "--at",
        AT,
        "--format",
        "csv",
    )
    assert code == Exit.OK, error
    shown = list(csv.DictReader(StringIO(out)))
    assert [(one["drill"], one["verdict"]) for one in shown] == [
        (one["drill"], one["verdict"]) for one in own
    ]
    code, out, _ = say("export", "--period", "2026Q3", "--at", AT, "--controls", "cis")
    assert (code, "not evidence" in out, series.drill_id(1) in out) == (Exit.OK, True, True)
