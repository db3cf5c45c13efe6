"""A drill whose evidence hides names, hosts and addresses, logged, and verified with and without disclosures."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.storage.disclosures import DisclosureDirectory
from drverify.cli import verify
from drverify.engine.drills.drill import Order, run_drill
from drverify.errors import EvidenceError, Exit
from drverify.sealing.keys import trust_file
from tests.unit.engine.drills.test_journal import RUNNER, TRUST, Bench

HOST = "vault.acme.example"


def order(bench: Bench) -> Order:
    """A drill on a host whose name is nobody's business."""
    made = bench.order(bench.stage.plan())
    return replace(made, workload=replace(made.workload, host=HOST, description=f"as {HOST} restores it"))


@pytest.fixture
async def drill(tmp_path: Path) -> Path:
    """The directory of a drill that was run with something to hide."""
    bench = Bench(tmp_path)
    hides = DisclosureDirectory(tmp_path / "disclosures")
    ports = replace(bench.stage.ports(), store=bench.store, log=bench.log, disclosures=hides)
    done = await run_drill(order(bench), ports, RUNNER)
    assert done.plan.workload.host == HOST, "whoever runs the drill sees everything"
    (tmp_path / "trust.json").write_text(json.dumps(trust_file(TRUST)))
    return done.evidence.parent


def verified(drill: Path, *more: object) -> int:
    parser = argparse.ArgumentParser()
    verify.arguments(parser)
    trust = drill.parent.parent / "trust.json"
    return verify.run(parser.parse_args([str(word) for word in (drill, "--trust", trust, *more)]))


def disclosures(drill: Path) -> Path:
    return drill.parent.parent / "disclosures" / f"{drill.name}.txt"


def test_nothing_of_it_lies_in_the_drills_directory(drill):
    written = [path for path in drill.iterdir() if path.is_file()]
    assert {"plan.json", "evidence.dsse.json", "started.dsse.json"} <= {path.name for path in written}
    assert [path.name for path in written if HOST.encode() in path.read_bytes()] == []
    assert disclosures(drill).stat().st_mode & 0o077 == 0


def test_it_holds_without_disclosures_and_shows_them_with(drill, capsys):
    assert verified(drill) == Exit.OK
    bare = capsys.readouterr().out
    assert HOST not in bare
    assert "0 of them are disclosed" in bare
    assert verified(drill, "--disclosures", disclosures(drill)) == Exit.OK
    shown = capsys.readouterr().out
    assert f"{HOST}  /plan/workload/host" in shown
    assert shown.split("Hidden are")[0].splitlines()[:3] == bare.splitlines()[:3]
    assert "sd:" not in shown
    assert verified(drill, "--disclosures", disclosures(drill), "--json") == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert set(found["disclosed"]) == {f"sd:{digest}" for digest in found["hidden"]}
    assert HOST in found["disclosed"].values()


def test_disclosures_of_another_drill_are_noted_and_false_ones_refused(drill, tmp_path, capsys):
    other = tmp_path / "other.txt"
    other.write_text("bm90aGluZw\n")
    assert verified(drill, "--disclosures", other) == Exit.OK
    assert "1 disclosures belong to nothing that is hidden here" in capsys.readouterr().out
    other.write_bytes(b"\xff")
    with pytest.raises(EvidenceError, match="not a file of disclosures"):
        verified(drill, "--disclosures", other)


async def test_without_the_setting_nothing_is_hidden(tmp_path, capsys):
    bench = Bench(tmp_path)
    ports = replace(bench.stage.ports(), store=bench.store, log=bench.log)
    done = await run_drill(order(bench), ports, RUNNER)
    (tmp_path / "trust.json").write_text(json.dumps(trust_file(TRUST)))
    assert HOST.encode() in (done.evidence.parent / "plan.json").read_bytes()
    assert verified(done.evidence.parent) == Exit.OK
    assert "Hidden" not in capsys.readouterr().out
