"""`drverify simulate` by the command line: a real run side by side, and what it says of wrong input."""

import asyncio
import json
from pathlib import Path

import pytest

from drverify.cli.main import main
from drverify.cli.simulate import is_within
from drverify.errors import Exit
from drverify.simulating.foreseeing import Spread
from lab.estate.site import site_estate
from lab.settings import ROOT
from tests.support.estates import traversable_directory

SETTINGS = f"""\
state_dir = "state"
register = "{ROOT}/contracts/acme-managed-hosting.lock.yaml"
inventory = "{ROOT}/contracts/inventory.example.yaml"
playbooks = "{ROOT}/playbooks"
sources = {{}}
hosts = {{}}

[signing]
key = "file:runner.key"
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "drverify.toml"
    path.write_text(SETTINGS)
    return str(path)


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], Exit.UNPROVEN, "shop was never recovered in a drill that ran alone"),
        (["nobody"], Exit.WRONG_INPUT, "no workload 'nobody'"),
        (["--at-once", "0"], Exit.WRONG_INPUT, "--at-once must be 1 at least"),
        (["--host", "x"], Exit.WRONG_INPUT, "expected NAME=MIB[,N[,POWER]]"),
        (["--host", "spare=1024"], Exit.WRONG_INPUT, "no workload has the host 'spare'"),
        (["--calibrate", "1"], Exit.WRONG_INPUT, "expected 2 to 2"),
        (["--validate", "--at-once", "1"], Exit.WRONG_INPUT, "recovers everything at once"),
        (["--within", "15"], Exit.WRONG_INPUT, "needs --validate"),
        (["--validate", "--within", "0"], Exit.WRONG_INPUT, "a percentage over 0"),
        (["--validate", "--within", "nan"], Exit.WRONG_INPUT, "a percentage over 0"),
    ],
)
def test_says_what_is_wrong(
    config: str, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", config, "simulate", "site-loss", *words]) == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(("middle", "kept"), [(85.0, True), (115.0, True), (84.9, False), (115.1, False)])
def test_so_close_is_close_enough_on_either_side(middle: float, kept: bool) -> None:
    foretold = Spread(low=0, middle=middle, high=200)
    assert is_within(foretold, {"first": 20.0, "last": 100.0}, 15) is kept


@pytest.mark.soak
@pytest.mark.needs_lab
@pytest.mark.needs_libvirt
@pytest.mark.needs_restic
@pytest.mark.needs_root
@pytest.mark.timeout(600)
def test_a_site_is_calibrated_and_foretold_out_of_real_drills(capsys: pytest.CaptureFixture[str]) -> None:
    with traversable_directory("site") as root:
        estate = asyncio.run(site_estate(root, 2))
        words = ["--config", str(estate.config), "simulate", "site-loss", "--json"]
        assert main([*words, "--calibrate", "2", "--validate"]) == Exit.OK
        told = json.loads(capsys.readouterr().out)
        assert set(told["systems"]) == {"tiny-1", "tiny-2"}
        assert all(one["measured"] > 1 for one in told["systems"].values())
        assert told["calibration"]["runs"] >= 1
        assert {one["prospect"] for one in told["promises"]} == {"kept"}
        assert told["systems"]["tiny-2"]["times_of"] == "tiny-1"
        assert main(words) == Exit.OK  # the drills are on record now
        assert main([*words, "--validate", "--within", "0.000001"]) == Exit.UNPROVEN
