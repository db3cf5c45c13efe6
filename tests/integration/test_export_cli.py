"""`drverify export` by the command line: every form out of an annex's file, and what is wrong input."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from drverify.cli.main import main
from drverify.errors import Exit
from drverify.sealing import codec
from tests.support import annexes

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def annex(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "annex.json"
    path.write_bytes(codec.encode(annexes.estate(2, fates=(annexes.WELL, annexes.OLD)).annex()))
    return path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*words: object) -> tuple[int, str, str]:
        code = main(["export", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        (("--format", "oscal"), "{"),
        (("--format", "junit"), "<?xml"),
        (("--format", "openmetrics"), "# TYPE"),
        (("--format", "csv"), "agreement,period,"),
        (("--controls", "soc2"), "SOC 2"),
        (("--controls", "soc2", "--format", "json"), "{"),
        (("--controls", "soc2", "--format", "md"), "# SOC 2"),
        (("--controls", "soc2", "--format", "html"), "<!doctype html>"),
    ],
)
def test_every_form_goes_to_standard_output_or_into_a_file(
    say: Say, annex: Path, tmp_path: Path, words: tuple[str, ...], begins: str
) -> None:
    code, out, error = say("--annex", annex, *words)
    assert (code, error) == (Exit.OK, "")
    assert out.startswith(begins)
    to = tmp_path / "out"
    assert say("--annex", annex, *words, "-o", to)[0] == Exit.OK
    assert to.read_bytes().decode() == out.replace("\r\n", "\n").replace(
        "\n", "\r\n" if "csv" in words else "\n"
    )


def test_the_plan_of_an_oscal_export_may_be_named(say: Say, annex: Path) -> None:
    out = say("--annex", annex, "--format", "oscal", "--import-ap", "plan.json")[1]
    assert json.loads(out)["assessment-results"]["import-ap"] == {"href": "plan.json"}


def test_the_packs_are_listed(say: Say) -> None:
    code, out, _ = say("--controls", "list")
    assert (code, len(out.splitlines())) == (Exit.OK, 7)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--format", "csv"), "nothing to export"),
        (("--annex", "ANNEX"), "--format without --controls must be one of"),
        (("--annex", "ANNEX", "--format", "html"), "--format without --controls must be one of"),
        (("--annex", "ANNEX", "--controls", "dora", "--format", "csv"), "--format with --controls"),
        (("--annex", "ANNEX", "--controls", "nothing"), "no control pack"),
        (("--annex", "/nowhere", "--format", "csv"), "cannot be read"),
        (("--annex", __file__, "--format", "csv"), "not an annex"),
        (("--bundle", "/nowhere", "--format", "csv"), "--bundle needs --trust"),
    ],
)
def test_wrong_input_is_told_as_such(say: Say, annex: Path, words: tuple[str, ...], why: str) -> None:
    code, out, error = say(*(annex if word == "ANNEX" else word for word in words))
    assert (code, out) == (Exit.WRONG_INPUT, "")
    assert why in error
