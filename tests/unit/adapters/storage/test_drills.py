"""Drills on disk: what counts as a success is what the signed evidence shows, whatever lies beside it."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.drills import EVIDENCE, PLAN, SUMMARY, DrillDirectory
from drverify.engine.ports import Blob
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.drill import COPY, DrillId, DrillRecord
from drverify.model.evidence import TrustedKey
from drverify.sealing import codec
from tests.support import records
from tests.support.evidence import resigned, sealed, signer, trusted

ENDED = records.record().ended_at
WORKLOAD = records.plan().workload.name


def identity(day: int) -> DrillId:
    return DrillId(f"202609{day:02}T120000Z-abcdef")


def own_keys() -> tuple[TrustedKey, ...]:
    return (trusted(signer()),)


def no_keys() -> Sequence[TrustedKey]:
    raise AssertionError("evidence was read")


@pytest.fixture
def drills(tmp_path: Path) -> DrillDirectory:
    return DrillDirectory(tmp_path / "state" / "drills", own_keys)


def later(day: int) -> datetime:
    return ENDED + timedelta(days=day)


def keep(
    drills: DrillDirectory,
    day: int,
    *,
    workload: str = WORKLOAD,
    record: DrillRecord | None = None,
    by: KeyfileSigner | None = None,
    of: DrillId | None = None,
    asked: str = "latest",
) -> Path:
    """A drill sealed as the engine does it, up to the moment before the summary. Returns its directory."""
    agreed = records.agreed()
    drill_id = of or identity(day)
    found = replace(record or records.record(), drill_id=drill_id, ended_at=later(day))
    plan = records.plan(requested_point=asked)
    plan = replace(plan, drill_id=drill_id, workload=records.workload(name=workload))
    plan = replace(plan, obligations=plan.obligations if workload == WORKLOAD else ())
    drills.begin(identity(day), codec.encode(plan))
    return drills.seal(identity(day), sealed(plan, found, agreed, by=by).envelope).parent


def failed() -> DrillRecord:
    return replace(records.record(), defects=(records.defect(),))


def listed(drills: DrillDirectory) -> list[tuple[str, str, str]]:
    return [(entry.drill_id, entry.workload, entry.outcome) for entry in drills.entries()]


def test_a_drill_that_died_before_its_summary_counts_and_is_listed(drills: DrillDirectory) -> None:
    directory = keep(drills, 1)
    assert not (directory / SUMMARY).exists()
    assert drills.last_success(WORKLOAD) == later(1)
    assert drills.last_success("other") is None
    assert listed(drills) == [(identity(1), WORKLOAD, "recovered")]


def test_a_summary_makes_no_success(drills: DrillDirectory) -> None:
    directory = keep(drills, 1, record=failed())
    drills.summarise(identity(1), WORKLOAD, recovered=True, ended_at=later(1))
    assert drills.last_success(WORKLOAD) is None
    (directory / SUMMARY).write_text(
        json.dumps({"workload": WORKLOAD, "outcome": "recovered", "ended_at": later(1).isoformat()})
    )
    assert drills.last_success(WORKLOAD) is None
    assert listed(drills) == [(identity(1), WORKLOAD, "failed")], "a summary of no evidence is not believed"


def test_a_summary_takes_no_success_away(drills: DrillDirectory) -> None:
    directory = keep(drills, 1)
    for content in ("", "{", "[]", '{"evidence": 1}'):
        (directory / SUMMARY).write_text(content)
        assert drills.last_success(WORKLOAD) == later(1)
        assert listed(drills) == [(identity(1), WORKLOAD, "recovered")]


def test_a_failed_drill_of_a_copy_is_known_as_one_with_and_without_its_summary(
    drills: DrillDirectory,
) -> None:
    none = replace(records.record().selection, point=None, listed=(), newest_eligible=False)
    directory = keep(drills, 1, record=replace(failed(), selection=none), asked=COPY)
    (read,) = drills.entries()
    drills.summarise(identity(1), WORKLOAD, recovered=False, ended_at=later(1))
    assert json.loads((directory / SUMMARY).read_text())["shown"]["asked"] == COPY
    (summarised,) = drills.entries()
    assert read == summarised
    assert read.of_copy
    assert read.shown is not None
    assert (read.shown.age, read.shown.oldest) == (None, None)


def test_a_summary_that_does_not_say_what_was_taken_is_none(drills: DrillDirectory) -> None:
    directory = keep(drills, 1)
    drills.summarise(identity(1), WORKLOAD, recovered=True, ended_at=later(1))
    (whole,) = drills.entries()
    said = json.loads((directory / SUMMARY).read_text())
    for older in ({**said, "shown": None}, {name: said[name] for name in said if name != "shown"}):
        (directory / SUMMARY).write_text(json.dumps(older))
        (entry,) = drills.entries()
        assert entry.shown is not None
        assert entry == whole


def test_the_newest_success_counts_and_nothing_older_is_read(drills: DrillDirectory) -> None:
    unreadable = keep(drills, 1) / EVIDENCE
    unreadable.unlink()
    unreadable.mkdir()
    keep(drills, 2)
    keep(drills, 3)
    keep(drills, 4, record=failed())
    keep(drills, 5, workload="other")
    drills.begin(identity(6), codec.encode(records.plan()))
    assert drills.last_success(WORKLOAD) == later(3)
    with pytest.raises(HostError, match="cannot read"):
        drills.last_success("a third one")
    assert [outcome for _, _, outcome in listed(drills)] == [
        "interrupted",
        "recovered",
        "failed",
        "recovered",
        "recovered",
        "unreadable",
    ]


def test_evidence_that_is_not_ours_does_not_count(drills: DrillDirectory) -> None:
    keep(drills, 1)
    keep(drills, 2, by=signer(2))
    keep(drills, 3, of=identity(1))
    tampered = keep(drills, 4) / EVIDENCE
    drills.summarise(identity(4), WORKLOAD, recovered=True, ended_at=later(4))
    tampered.write_bytes(tampered.read_bytes().replace(b"A", b"B", 1))
    empty = keep(drills, 5) / EVIDENCE
    empty.write_bytes(b"")
    shapeless = keep(drills, 6) / EVIDENCE
    shapeless.write_bytes(resigned(sealed(), lambda statement: statement.pop("predicate")).envelope)
    large = keep(drills, 7) / EVIDENCE
    with large.open("wb") as file:
        os.truncate(file.fileno(), 1 << 30)
    assert drills.last_success(WORKLOAD) == later(1)
    assert [outcome for _, _, outcome in listed(drills)] == ["unreadable"] * 6 + ["recovered"]
    assert {workload for _, workload, _ in listed(drills)} == {WORKLOAD}


def test_a_list_of_summarised_drills_reads_no_evidence_and_needs_no_key(drills, tmp_path: Path) -> None:
    for day, record in ((1, None), (2, failed())):
        keep(drills, day, record=record)
        drills.summarise(identity(day), WORKLOAD, recovered=record is None, ended_at=later(day))
    quick = DrillDirectory(tmp_path / "state" / "drills", no_keys)
    assert [(entry.outcome, entry.ended_at) for entry in quick.entries()] == [
        ("failed", later(2)),
        ("recovered", later(1)),
    ]


def test_a_drill_without_a_readable_plan_is_still_listed(drills: DrillDirectory) -> None:
    directory = keep(drills, 1)
    (directory / PLAN).unlink()
    drills.begin(identity(2), b"torn")
    assert listed(drills) == [(identity(2), "", "interrupted"), (identity(1), WORKLOAD, "recovered")]


def test_a_drill_is_sealed_once_and_found_by_its_id(drills: DrillDirectory) -> None:
    directory = keep(drills, 1)
    with pytest.raises(EvidenceError, match="already sealed"):
        drills.seal(identity(1), b"again")
    assert drills.directory(identity(1)) == directory
    for name in ("nothing", f"../drills/{identity(1)}", ""):
        with pytest.raises(InputError, match="no drill"):
            drills.directory(DrillId(name))


def test_what_a_drill_leaves_is_for_its_owner_alone(drills: DrillDirectory, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        keep(drills, 1)
        drills.keep(identity(1), Blob(name="console", media_type="text/plain", content=b"secret"))
        drills.summarise(identity(1), WORKLOAD, recovered=True, ended_at=ENDED)
    finally:
        os.umask(before)
    state = tmp_path / "state"
    found = {path.stat().st_mode & 0o777 for path in state.rglob("*") if path.is_file()}
    assert found == {0o600}
    assert {path.stat().st_mode & 0o777 for path in state.rglob("*") if path.is_dir()} == {0o700}
    assert state.stat().st_mode & 0o777 == 0o711


@pytest.fixture
def read_only(drills: DrillDirectory, tmp_path: Path) -> Iterator[DrillDirectory]:
    """A drill that has begun in a state directory that can then only be read."""
    state = tmp_path / "state"
    state.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(state)], check=True)
    drills.begin(identity(1), codec.encode(records.plan()))
    subprocess.run(["mount", "-o", "remount,ro", str(state)], check=True)
    yield drills
    subprocess.run(["umount", "-l", str(state)], check=True)


@pytest.mark.needs_root
def test_a_state_directory_that_cannot_be_written_is_the_hosts_failure(read_only: DrillDirectory) -> None:
    blob = Blob(name="console", media_type="text/plain", content=b"x")
    for work in (
        lambda: read_only.begin(identity(2), b"plan"),
        lambda: read_only.keep(identity(1), blob),
        lambda: read_only.seal(identity(1), b"evidence"),
    ):
        with pytest.raises(HostError, match="Read-only file system") as told:
            work()
        assert "state_dir" in told.value.hint
    read_only.summarise(identity(1), WORKLOAD, recovered=True, ended_at=ENDED)


def test_a_state_directory_behind_a_file_is_the_hosts_failure(drills, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    for work in (
        lambda: drills.begin(identity(1), b"plan"),
        lambda: drills.last_success(WORKLOAD),
        lambda: list(drills.entries()),
    ):
        with pytest.raises(HostError, match="Not a directory"):
            work()


def test_no_drills_at_all_is_an_empty_list(drills: DrillDirectory) -> None:
    assert list(drills.entries()) == []
    assert drills.last_success(WORKLOAD) is None
