"""The directory of an attempt: who lives in it, what stays after whom, and whom a signal may meet."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.adapters.linux.processes import ProcessIdentity, identify
from drverify.errors import HostError
from drverify.model.agreement import AgreementId
from drverify.model.booking import Booking, BookingId, Ending, Lease, WorkerId
from drverify.model.controls import ControlOutcome, ControlResult
from drverify.model.drill import DrillId
from drverify.model.nights import Load
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from drverify.operation import endings
from drverify.operation.endings import code_of, of_dead
from drverify.operation.jobs import OUTPUT_AT_MOST, Job, JobDirectory, slug
from drverify.operation.launching import JobLauncher, JobProcess
from drverify.sealing.strict_json import canonical

NOW = datetime(2026, 11, 23, 22, 5, tzinfo=UTC)
BOOKING = Booking(
    id=BookingId("acme/shop/2026-11-23/drill"), site="local", agreement="acme", workload="shop", kind="drill",
    evening=date(2026, 11, 23), not_before=NOW, not_after=NOW + timedelta(hours=8), due=NOW, priority=10,
    host="local", load=Load(memory_mib=512), reads=7, takes=timedelta(minutes=3, microseconds=1), mode="full",
    point="oldest", slot=None, obligations=(ObligationId("rpo-2.1"),), why="promised",
)  # fmt: skip
LEASE = Lease(
    booking=BOOKING.id, attempt=2, worker=WorkerId("local/vm/1"), host="local", load=Load(memory_mib=512), reads=7,
    since=NOW, seen=NOW, deadline=NOW + timedelta(hours=4),
)  # fmt: skip
ENDING = Ending(
    kind="concluded", at=NOW, drill=DrillId("20261123T220500Z-abcdef"),
    verdicts=((ObligationId("rpo-2.1"), Outcome.MET),), faults=("boot: slow",), why="1 MET",
)  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> JobDirectory:
    made = JobDirectory.of(tmp_path, BOOKING.id, 2)
    made.make()
    return made


def test_what_is_written_is_read(job: JobDirectory, tmp_path: Path) -> None:
    assert (job.job(), job.process(), job.drill(), job.ended(), job.asked_to_end()) == (None,) * 5
    meant = Job(booking=BOOKING, lease=LEASE, estate="/etc/a.toml", settings="/etc/b.toml")
    job.intend(meant)
    rounded = replace(BOOKING, takes=timedelta(minutes=3, milliseconds=1))
    assert job.job() == replace(meant, booking=rounded)
    assert [one.path for one in JobDirectory.every(tmp_path)] == [job.path]
    who = identify(os.getpid())
    assert who is not None
    job.enter(who)
    assert job.process() == who
    job.began(DrillId("20261123T220500Z-abcdef"))
    assert job.drill() == "20261123T220500Z-abcdef"
    job.began(DrillId("d"), DrillId("a"))
    assert (job.drill(), job.drills()) == ("d", ("d", "a"))
    job.conclude(ENDING)
    assert job.ended() == ENDING
    said = json.loads((job.path / "result.json").read_bytes())
    said.pop("others", None)  # of an older version
    (job.path / "result.json").write_bytes(canonical(said))
    assert job.ended() == ENDING
    job.remove()
    assert not job.path.exists()


def test_names_are_readable_and_never_another_s() -> None:
    assert slug(BookingId("acme/shop/2026-11-23/drill"), 2).startswith("acme-shop-2026-11-23-drill-")
    names = {slug(BookingId(one), 1) for one in ("a/b-c", "a-b/c", "a/b/c", "../../etc", "ä/ö")}
    assert len(names) == 5
    assert not any("/" in name or name.startswith(".") for name in names)


def test_what_cannot_be_read_is_our_failure(job: JobDirectory) -> None:
    (job.path / "result.json").write_text("{}")
    (job.path / "process.json").write_text("{")
    with pytest.raises(HostError, match="missing"):
        job.ended()
    with pytest.raises(HostError, match=r"process\.json"):
        job.process()


def test_the_lock_says_who_lives(job: JobDirectory) -> None:
    assert not job.alive()
    handle = job.take()
    assert handle is not None
    assert job.alive()
    assert job.take() is None
    holder = subprocess.Popen(
        [sys.executable, "-c", "import sys; print(); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(handle,),
    )  # fmt: skip
    os.close(handle)
    assert job.alive()  # by inheritance
    holder.kill()
    holder.communicate()
    assert not job.alive()


def test_a_signal_meets_the_process_that_is_meant_or_nobody(job: JobDirectory) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        who = identify(bystander.pid)
        assert who is not None
        process = JobProcess(job)
        process.kill()  # nobody said who it is
        job.enter(replace(who, start_time=who.start_time - 1))  # the pid was another process's before
        process.kill()
        job.enter(replace(who, boot_id="of another boot"))
        process.kill()
        job.enter(ProcessIdentity(pid=2**22 - 1, start_time=1, boot_id=who.boot_id))
        process.kill()
        assert bystander.poll() is None
        job.enter(who)
        process.cancel()
        assert bystander.wait(10) == -15
        assert job.asked_to_end() == "asked to end"
    finally:
        bystander.kill()
        bystander.wait()


def test_what_libraries_print_is_bounded(job: JobDirectory) -> None:
    job.cut_output()
    output = job.path / "output"
    output.write_bytes(b"x" * OUTPUT_AT_MOST)
    job.cut_output()
    assert output.stat().st_size == OUTPUT_AT_MOST
    with output.open("ab") as file:
        file.write(b"y")
        file.flush()
        job.cut_output()
        file.write(b"z")
    assert output.read_bytes() == b"z"


def launcher(tmp_path: Path, **paths: Path) -> JobLauncher:
    estate: Any = SimpleNamespace(state_dir=tmp_path, paths=paths)
    return JobLauncher(lambda: estate)


def test_what_was_begun_is_never_started_again(job: JobDirectory, tmp_path: Path) -> None:
    who = identify(os.getpid())
    assert who is not None
    job.enter(replace(who, boot_id="before this machine was started"))
    found = launcher(tmp_path, acme=tmp_path / "acme.toml").start_or_attach(BOOKING, LEASE)
    assert (found.alive(), found.ended()) == (False, None)
    assert job.job() is None  # nothing was meant to be started


def test_an_agreement_that_nobody_knows_starts_nothing(job: JobDirectory, tmp_path: Path) -> None:
    with pytest.raises(HostError, match="nothing here knows the agreement acme"):
        launcher(tmp_path, other=tmp_path / "other.toml").start_or_attach(BOOKING, LEASE)
    assert not job.alive()


def workshop(sealed: Any) -> Any:
    return SimpleNamespace(sealed=lambda _: sealed, ledgers=SimpleNamespace(views=lambda: ()))


def test_a_dead_process_s_attempt_died_unless_it_had_signed(job: JobDirectory) -> None:
    assert of_dead(workshop(None), job, NOW).kind == "died"
    job.began(DrillId("d"))
    died = of_dead(workshop(None), job, NOW)
    assert (died.kind, died.drill, died.faults) == ("died", "d", ("its process is gone without a word",))
    verdict = SimpleNamespace(obligation="rto", outcome=Outcome.MISSED)
    sealed = SimpleNamespace(
        plan=SimpleNamespace(drill_id="d"), left_behind=True, record=SimpleNamespace(faults=(), gave_up_by=None),
        verdicts=(verdict,),
    )  # fmt: skip
    ended = of_dead(workshop(sealed), job, NOW)
    assert (ended.kind, ended.verdicts, ended.why) == ("concluded", (("rto", Outcome.MISSED),), "1 MISSED")
    assert not ended.left_behind  # it stood when it was signed, and was taken back since
    shop = workshop(sealed)
    shop.ledgers.views = lambda: [SimpleNamespace(drill_id="d")]
    assert of_dead(shop, job, NOW).left_behind


def test_a_control_that_was_signed_before_its_process_died_is_not_run_again(
    job: JobDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number is no drill's: only its statement says how it ended."""
    job.intend(Job(booking=replace(BOOKING, kind="control"), lease=LEASE, estate="e", settings="s"))
    made = ControlResult(
        id=DrillId("c"), agreement=AgreementId("acme"), workload="shop", kind="stale",
        outcome=ControlOutcome.CAUGHT, why="too old", at=NOW, damage=None, point=None, good_drill=None,
    )  # fmt: skip
    monkeypatch.setattr(endings, "controls", lambda _: iter([made]))
    shop: Any = SimpleNamespace(state_dir=tmp_path)
    assert of_dead(shop, job, NOW).kind == "died"
    job.began(DrillId("another"))
    assert of_dead(shop, job, NOW).kind == "died"
    job.began(DrillId("c"))
    ended = of_dead(shop, job, NOW)
    assert (ended.kind, ended.drill, ended.why) == ("concluded", None, "control stale: caught: too old")


def test_a_job_of_an_older_version_is_read(job: JobDirectory) -> None:
    """It may still run after an upgrade, and has to be ended when its time is over."""
    meant = Job(booking=replace(BOOKING, takes=timedelta(minutes=3)), lease=LEASE, estate="a", settings="b")
    job.intend(meant)
    said = json.loads((job.path / "job.json").read_bytes())
    for late in ("elsewhere", "members"):
        del said["booking"][late]
    for late in ("placed", "slots"):
        del said["lease"][late]
    (job.path / "job.json").write_bytes(canonical(said))
    assert job.job() == meant


def test_a_job_of_another_version_is_buried_all_the_same(job: JobDirectory) -> None:
    (job.path / "job.json").write_text('{"of": "another version"}')
    assert of_dead(workshop(None), job, NOW).kind == "died"


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (ENDING, 0),
        (replace(ENDING, verdicts=((ObligationId("a"), Outcome.UNPROVEN), (ObligationId("b"), Outcome.MET))), 11),
        (replace(ENDING, verdicts=((ObligationId("a"), Outcome.UNPROVEN), (ObligationId("b"), Outcome.MISSED))), 10),
        (replace(ENDING, left_behind=True), 13),
        (Ending(kind="failed", at=NOW), 11),
        (Ending(kind="cancelled", at=NOW), 130),
        (Ending(kind="expired", at=NOW, left_behind=True), 13),
    ],
)  # fmt: skip
def test_exit_codes(ending: Ending, code: int) -> None:
    assert code_of(ending) == code
