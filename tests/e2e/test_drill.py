"""Whole drills of the tiny guest by the command line: restored, booted, probed, judged, signed."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from drverify.errors import EvidenceError
from drverify.sealing.keys import parse_trust
from drverify.sealing.verification import verify
from tests.support.estates import Ran, Seen, drverify, started
from tests.support.evidence import RESULT_PROOF, START, START_PROOF, Sealed
from tests.support.mutations import mutated

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(300),
]


@pytest.fixture
def drilled(config: Path) -> Ran:
    return drverify(config, "drill", "run", "tiny", "--json")


def outcome_of(ran: Ran, obligation: str) -> str:
    return str(ran.verdicts()[obligation]["outcome"])


def test_a_good_backup_is_proven_and_what_was_not_measured_is_not(config: Path, drilled: Ran) -> None:
    assert drilled.code == 11, drilled.err
    outcomes = {name: verdict["outcome"] for name, verdict in drilled.verdicts().items()}
    assert outcomes == {
        "rpo": "MET",
        "rto": "MET",
        "backup-frequency": "MET",
        "restore-test": "MET",
        "application-validation": "MET",
        "retention": "UNPROVEN",
    }
    record = drilled.json()["record"]
    assert record["faults"] == record["defects"] == []
    assert all(control["status"] != "passed" for control in record["controls"])
    assert record["controls"]
    assert all(check["closed"] for check in record["isolation"]["checks"])
    assert record["restore"]["restoredBytes"] > 0
    assert record["cleanedUp"]
    names = {artefact["name"] for artefact in record["artefacts"]}
    assert any(name.endswith(".png") for name in names), names
    assert any("console" in name for name in names)

    listed = json.loads(drverify(config, "drill", "list", "--json").out)
    assert [entry["outcome"] for entry in listed] == ["recovered"]
    directory = Path(listed[0]["directory"])
    trust = directory.parents[1] / "runner.trust.json"
    checked = drverify(config, "verify", str(directory), "--trust", str(trust))
    assert checked.code == 0, checked.err
    assert "holds the start as entry 0, the result as 1" in checked.out
    whole = drverify(config, "log", "check")
    assert (whole.code, whole.out.splitlines()[1:]) == (
        0,
        ["every drill that was started has its one result"],
    ), whole.err
    shown = drverify(config, "drill", "show", listed[0]["drill"], "--json")
    assert shown.json()["verdicts"] == drilled.json()["verdicts"]

    files = {path.name: path.read_bytes() for path in (directory / "artefacts" / "sha256").iterdir()}
    logged = {name: (directory / name).read_bytes() for name in (START, START_PROOF, RESULT_PROOF)}
    real = Sealed((directory / "evidence.dsse.json").read_bytes(), files, logged)
    keys = parse_trust(trust.read_bytes(), what="trust")
    assert verify(real.envelope, real.load, keys, real.beside).verdicts
    accepted = []
    for name, copy in mutated(real, 200):
        try:
            verify(copy.envelope, copy.load, keys, copy.beside)
        except EvidenceError:
            continue
        accepted.append(name)
    assert accepted == []


def test_two_drills_at_once_use_the_same_production_addresses(config: Path) -> None:
    """One keeps its sandbox, which lives on until it is reaped by name; an instant restore proves no full one."""

    async def both() -> list[Ran]:
        words = ("drill", "run", "tiny", "--json")
        running = [await started(config, *words, *more) for more in (["--keep"], ["--mode", "instant"])]
        said = await asyncio.gather(*(process.communicate() for process in running))
        return [
            Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())
            for process, (out, err) in zip(running, said, strict=True)
        ]

    full, instant = asyncio.run(both())
    lives_on_until_it_is_reaped_by_name(config)
    for ran in (full, instant):
        assert ran.code == 11, ran.err
        assert outcome_of(ran, "application-validation") == "MET", ran.verdicts()["rto"]["reason"]
    assert outcome_of(full, "rto") == "MET"
    assert outcome_of(instant, "rto") == "UNPROVEN"
    assert "instant" in instant.verdicts()["rto"]["reason"]
    assert instant.json()["record"]["restore"]["mode"] == "instant"


def lives_on_until_it_is_reaped_by_name(config: Path) -> None:
    (kept,) = json.loads(drverify(config, "sandbox", "list", "--json").out)
    assert kept["state"] == "kept"
    assert any(name.startswith("domain ") for name in kept["resources"])
    running = subprocess.run(
        ["virsh", "-c", "qemu:///system", "domstate", f"drverify-{kept['sandbox']}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert running.stdout.strip() == "running"
    assert Path("/dev/null").stat().st_uid == 0, "a kept sandbox's dnsmasq must not take over a device"
    assert "kept" in drverify(config, "sandbox", "reap").out
    assert drverify(config, "sandbox", "reap", kept["sandbox"]).code == 0
    assert drverify(config, "sandbox", "list").out == "no sandbox exists\n"


@pytest.mark.soak  # what follows from an older point is judged without a guest, too
def test_an_older_point_says_nothing_about_the_rpo(config: Path, tiny) -> None:
    listing = subprocess.run(
        [
            "restic",
            "-r",
            str(tiny.repository),
            "--password-file",
            str(tiny.password),
            "snapshots",
            "--json",
            "--no-lock",
        ],
        capture_output=True,
        check=True,
    )
    oldest = min(
        json.loads(listing.stdout),
        key=lambda snapshot: next(t for t in snapshot["tags"] if t.startswith("as-of")),
    )
    ran = drverify(config, "drill", "run", "tiny", "--point", oldest["id"][:12], "--json")
    assert ran.json()["record"]["selection"]["point"]["id"] == oldest["id"]
    assert outcome_of(ran, "rpo") == "UNPROVEN"
    assert outcome_of(ran, "rto") == "MET"


def test_a_dry_run_touches_nothing(config: Path, seen: Seen) -> None:
    ran = drverify(config, "drill", "run", "tiny", "--dry-run")
    assert ran.code == 0, ran.err
    assert "would drill  tiny" in ran.out
    assert "clause 2.2" in ran.out
    assert seen.ids == set()
    assert drverify(config, "drill", "list").out == "no drill has been run yet\n"


WRONG = {
    ("drill", "run", "nobody"): "no workload 'nobody'",
    ("drill", "run", "tiny", "--point", "ffffffffffff"): "no recovery point",
    ("drill", "run", "tiny", "--point", "yesterday?"): "",
    ("drill", "run", "tiny", "--mode", "instant", "--keep"): "--keep",
    ("drill", "show", "nothing"): "no drill 'nothing'",
}


def test_wrong_input_is_told_in_one_line_with_what_to_do(config: Path) -> None:
    for words, says in WRONG.items():
        ran = drverify(config, *words)
        assert ran.code == 2, (words, ran.err)
        assert says in ran.err, words
        assert "-> " in ran.err, words
    assert drverify(config, "drill", "list").out == "no drill has been run yet\n"
