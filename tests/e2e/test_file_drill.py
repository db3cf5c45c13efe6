"""A file set with a dump in it: sampled, held against its manifest, loaded, judged, signed, verified twice."""

import json
import os
import shutil
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

import lab.estate
from drverify.adapters.filesets.making import make
from drverify.model.files import LISTING
from lab.estate.layout import write_secret
from tests.support import second
from tests.support.databases import postgres, programs
from tests.support.estates import ROOT, drverify
from tests.support.file_drills import FileStage, many_files
from tests.support.restic import PASSWORD

pytestmark = [
    pytest.mark.needs_restic,
    pytest.mark.needs_root,
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL server"),
]
LAB = Path(lab.estate.__file__).parent
FILES = 400


def make_dump(into: Path) -> None:
    """A table of 25 rows, in pg_dump's custom format."""
    program = programs()
    assert program is not None
    with postgres() as server:
        server.sql("CREATE TABLE orders AS SELECT generate_series(1, 25) AS id")
        subprocess.run(
            [program / "pg_dump", "-h", server.socket, "-p", str(server.port), "-U", "postgres", "-F", "c", "-f", into],
            check=True,
        )  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> FileStage:
    """400 files and a dump, their manifest among them, backed up."""
    made = FileStage(tmp_path_factory.mktemp("set"))
    many_files(made.files, FILES)
    make_dump(made.files / "shop.dump")
    os.utime(made.files / "shop.dump", (1.7e9, 1.7e9))
    manifest = made.files / "MANIFEST.mtree"
    with (made.root / "draft").open("wb") as file:
        make(os.fsencode(made.files), file, made_at=datetime.now(UTC), complain=print, stop=threading.Event())
    shutil.copyfile(made.root / "draft", manifest)
    made.back_up()
    return made


def config(stage: FileStage, state: Path, *, redact: bool = False) -> Path:
    """Settings, inventory and papers in a directory of their own."""
    root = state.parent
    shutil.copy(LAB / "tiny-agreement.lock.yaml", root / "agreement.lock.yaml")
    shutil.copy(LAB / "tiny-agreement.md", root / "tiny-agreement.md")
    write_secret(root / "password", PASSWORD.encode())
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", root / "key"], check=True)
    (root / "key").chmod(0o600)
    workload = {
        "name": "tiny",
        "source": "vault",
        "points": {"host": "docs"},
        "payload": {
            "kind": "file-set",
            "path": str(stage.files),
            "manifest": str(stage.files / "MANIFEST.mtree"),
            "sample": {"files": 60, "named": ["shop.dump"]},
        },
        "playbook": "file-dump",
        "protected_since": datetime.now(UTC) - timedelta(minutes=30),
        "variables": {
            "dump": "shop.dump",
            "postgres": programs().parts[-2],  # type: ignore[union-attr]
            "query": "SELECT count(*) FROM orders",
            "at_least": "25",
        },
    }
    (root / "inventory.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))
    settings = root / "drverify.toml"
    settings.write_text(
        f"""\
state_dir = "{state}"
register = "{root / "agreement.lock.yaml"}"
inventory = "{root / "inventory.yaml"}"
playbooks = "{ROOT / "playbooks"}"

[sources.vault]
kind = "restic"
repository = "{stage.repository.path}"
password = "file:{root / "password"}"

[hosts.local]
kind = "libvirt"

[signing]
key = "file:{root / "key"}"
redact = {str(redact).lower()}
"""
    )
    return settings


@pytest.mark.parametrize("redact", [False, True])
def test_a_sample_with_a_dump(stage: FileStage, tmp_path: Path, redact: bool) -> None:
    settings = config(stage, tmp_path / "state", redact=redact)
    ran = drverify(settings, "drill", "run", "tiny", "--json")
    assert ran.code == 11, ran.err  # a sample proves no time
    said = ran.json()
    record = said["record"]
    assert (record["faults"], record["defects"]) == ([], [])
    assert {one["probe"]: one["status"] for one in record["probes"]} == {
        "dump": "passed",
        "newest-file": "passed",
    }
    found = record["comparison"]
    assert found["differing"] == 0
    assert found["population"] == FILES + 2
    assert found["compared"] == 61  # the manifest is the newest file, and does not list itself
    assert found["strata"][0] == ["named", 2, 2]
    assert found["atMostPpm"] is not None
    outcomes = {name: one["outcome"] for name, one in ran.verdicts().items()}
    assert outcomes["rto"] == "UNPROVEN"
    assert {outcomes[one] for one in ("rpo", "restore-test", "application-validation")} == {"MET"}
    drill = tmp_path / "state" / "drills" / record["drillId"]
    trust = next((tmp_path / "state").rglob("*.trust.json"), None) or next(
        (tmp_path / "state").rglob("trust*.json")
    )
    verified = drverify(settings, "verify", str(drill), "--trust", str(trust))
    assert verified.code == 0, verified.err
    assert "the sample was drawn again from the listing: the same 62 of 402 files" in verified.out
    second_opinion(drill)
    if redact:
        content = b"".join(path.read_bytes() for path in drill.rglob("*.json"))
        assert b"dir-0001" not in content
    else:
        shown = drverify(settings, "drill", "show", record["drillId"])
        assert "with 95 % confidence at most" in shown.out


def second_opinion(drill: Path) -> None:
    """The second verifier draws the same sample, and refuses another seed, another bound, another mark."""
    envelope = json.loads(next(drill.glob("evidence*.json")).read_text())
    predicate = json.loads(second._PROGRAM.unbase64(envelope["payload"], "payload"))["predicate"]
    asked = second._PROGRAM.Drill.__new__(second._PROGRAM.Drill)
    asked.plan, asked.record = predicate["plan"], predicate["record"]
    listing = next(one for one in asked.record["artefacts"] if one["name"] == LISTING)
    content = (drill / "artefacts" / "sha256" / listing["sha256"]).read_bytes()
    asked.files = SimpleNamespace(artefact=lambda *_: content)
    asked._compared()
    asked.record["comparison"]["atMostPpm"] -= 1
    with pytest.raises(second._PROGRAM.Refused):
        asked._compared()
