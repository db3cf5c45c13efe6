"""A condition that no drill can see stands beside the verdict, wherever a person reads it."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from drverify.cli.main import main
from drverify.engine.drills.drill import Concluded
from drverify.judging.objectives import judge_all
from drverify.report.terminal import show
from drverify.sealing.agreed import Agreed
from tests.support.evidence import sealed, signer, trusted, write_trust
from tests.support.records import INCIDENT, agreed, contract, plan, provisions, record

CONDITION = "time that the Customer takes to decide [6.4] does not count"
GOOD = agreed()
CONDITIONAL = agreed(
    contract(
        provisions=tuple(
            replace(one, party="customer", conditions=(CONDITION, "and more")) if one.kind == "rto" else one
            for one in provisions()
        )
    )
)
WORDS = ("the customer's part", f"on condition: {CONDITION}", "on condition: and more")


def shown(promised: Agreed) -> str:
    register = promised.register(INCIDENT)
    planned, found = plan(register), record()
    target = io.StringIO()
    verdicts = judge_all(register, planned, found)
    done = Concluded(register=register, plan=planned, record=found, verdicts=verdicts, evidence=Path("e"))
    show(Console(file=target, width=400), done)
    return target.getvalue()


def verified(folder: Path, promised: Agreed, capsys, *words: str) -> str:
    evidence = sealed(plan(promised.register(INCIDENT)), record(), promised).write(folder / "drill")
    trust = write_trust(folder / "trust.json", trusted(signer()))
    assert main(["verify", str(evidence), "--trust", str(trust), *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("words", WORDS)
def test_a_drills_table_says_so_once(words: str) -> None:
    assert shown(CONDITIONAL).count(words) == 1
    assert words not in shown(GOOD)


def test_verify_says_so_below_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.strip() for line in verified(tmp_path, CONDITIONAL, capsys).splitlines()]
    (at,) = [number for number, line in enumerate(lines) if "rto-shop" in line]
    below = lines[at : lines.index("", at)]
    assert below[-3:] == list(WORDS)
    assert sum(line in WORDS for line in lines) == 3


def test_verify_says_so_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(verified(tmp_path, CONDITIONAL, capsys, "--json"))
    beside = {one["obligation"]: (one["party"], one["conditions"]) for one in said["verdicts"]}
    assert beside.pop("rto-shop") == ("customer", [CONDITION, "and more"])
    assert set(map(str, beside.values())) == {"('provider', [])"}
