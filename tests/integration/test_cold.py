"""Drills from nothing but the escrow: complete, incomplete, and with another key than was put there."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drverify.adapters.doors.cold import load_cold
from drverify.adapters.storage.controls import own_keys
from drverify.errors import InputError
from drverify.model.cold import COLD_TYPE, Asked, ColdResult
from drverify.sealing.beside import read
from tests.support.controlled import STRICT, WORKLOAD, FileEstate, file_estate
from tests.support.estates import Ran, drverify
from tests.support.restic import PASSWORD

pytestmark = [pytest.mark.needs_restic, pytest.mark.needs_root]
DIGEST = hashlib.sha256(PASSWORD.encode()).hexdigest()
COMPLETE = f"""
cold:
  keys:
    - {{ref: "file:password", escrow: "file:envelope/password", sha256: {DIGEST}, kept: "envelope 12"}}
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileEstate]:
    """On an ordinary day its password opens nothing any more: whoever reads it is found out."""
    made = file_estate(tmp_path_factory.mktemp("cold"))
    (made.root / "envelope").mkdir()
    (made.root / "envelope" / "password").write_text(PASSWORD)
    (made.root / "envelope" / "password").chmod(0o600)
    (made.root / "password").write_text("changed last week")
    yield made
    assert not (made.state / "cold" / "home").exists()
    assert not list(made.state.glob("sandboxes/*"))


def cold(estate: FileEstate, section: str, *words: str) -> Ran:
    (estate.root / "playbooks" / "strict.yaml").write_text(STRICT + section)
    return drverify(estate.config, "drill", "run", WORKLOAD, "--cold", *words)


def stated(estate: FileEstate, drill: str) -> ColdResult:
    content = (estate.state / "cold" / f"{drill}.dsse.json").read_bytes()
    return read(content, COLD_TYPE, ColdResult, own_keys(estate.state))


def test_a_complete_escrow_recovers_and_its_drill_is_like_any_other(estate: FileEstate) -> None:
    ran = cold(estate, COMPLETE, "--json")
    found = ran.json()
    drill = found["record"]["drillId"]
    assert found["record"]["faults"] == [], ran.err
    assert {one["outcome"] for one in ran.verdicts().values()} <= {"MET", "UNPROVEN"}
    assert "cold" not in found["plan"]["playbook"]
    result = stated(estate, drill)
    assert (result.recovered, result.missing) == (True, ())
    assert result.asked == (Asked(what="file:password", answer="given"),)
    assert set(result.environment) <= {"PATH", "LANG", "LC_ALL", "TERM", "TZ", "HOME"}
    evidence = estate.state / "drills" / drill
    assert result.evidence == hashlib.sha256((evidence / "evidence.dsse.json").read_bytes()).hexdigest()
    trust = estate.state / "runner.trust.json"
    assert drverify(estate.config, "verify", str(evidence), "--trust", str(trust)).code == 0
    assert PASSWORD not in (estate.state / "cold" / f"{drill}.dsse.json").read_text()


@pytest.mark.parametrize(
    ("section", "answer", "said"),
    [
        ("\ncold: {keys: []}\n", "not in escrow", "the escrow is incomplete: file:password is not in it"),
        pytest.param(
            COMPLETE.replace(DIGEST, "0" * 64),
            "another than was put there",
            "is not the one that was put there",
            marks=pytest.mark.soak,
        ),
        pytest.param(
            COMPLETE.replace("envelope/", "lost/"),
            "cannot be read",
            "cannot be read: No such file",
            marks=pytest.mark.soak,
        ),
    ],
)
def test_what_the_escrow_lacks_is_named_and_is_no_breach(
    estate: FileEstate, section: str, answer: str, said: str
) -> None:
    ran = cold(estate, section)
    assert ran.code == 11, ran.err
    assert "ESCROW INCOMPLETE" in ran.out
    (newest,) = sorted(estate.state.glob("cold/*.dsse.json"))[-1:]
    result = stated(estate, newest.name.removesuffix(".dsse.json"))
    assert not result.recovered
    assert [one.answer for one in result.missing] == [answer]
    evidence = estate.state / "drills" / result.drill / "evidence.dsse.json"
    faults = _record(evidence)["faults"]
    assert any(said in one["what"] for one in faults), faults


def test_a_playbook_that_names_no_escrow_is_wrong_input(estate: FileEstate) -> None:
    ran = cold(estate, "")
    assert ran.code == 2
    assert "does not say what lies in escrow" in ran.err
    path = estate.root / "playbooks" / "twice.yaml"
    path.write_text(STRICT + COMPLETE + COMPLETE.split("keys:\n")[1])
    with pytest.raises(InputError, match="expected each key and file once"):
        load_cold(path)


def _record(evidence: Path) -> dict:  # type: ignore[type-arg]
    payload = base64.b64decode(json.loads(evidence.read_text())["payload"])
    found: dict = json.loads(payload)["predicate"]["record"]  # type: ignore[type-arg]
    return found
