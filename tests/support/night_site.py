"""A site that drills files every night, run by real `drverify up` processes."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import yaml

import lab.estate
from drverify.adapters.linux.processes import identify
from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk
from drverify.model.booking import Attempt, Booking, BookingId, BookingState, Worker
from drverify.model.nights import Load
from drverify.operation.jobs import JobDirectory
from drverify.operation.opening import open_desk
from lab.estate.layout import write_secret
from tests.support.estates import ROOT, Ran, command, drverify
from tests.support.file_drills import FileStage
from tests.support.restic import PASSWORD

LAB = Path(lab.estate.__file__).parent
T = TypeVar("T")
PLAYBOOK = """\
version: 1
name: newest
description: Files with a new one among them
applies_to: file-set
probes:
  - {id: newest-file, kind: freshness, newest: {kind: file, pattern: "**/*"}, within: 1m, proves_application: true}
"""


def backed_up(root: Path, *, kib: int = 2048) -> FileStage:
    """A repository with files that take as many KiB in it."""
    stage = FileStage(root)
    chance = random.Random(1)
    for number in range(8):
        (stage.files / f"file-{number}").write_bytes(chance.randbytes(kib * 128))
    stage.back_up()
    return stage


class RunningSite:
    """Processes of a site, and what came of its bookings."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.begun: list[subprocess.Popen[bytes]] = []
        self._booked = 0
        self._said = config.with_suffix(".said")

    # --- processes

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a process of the site; what it says goes into a file."""
        with self._said.open("ab") as said:
            process = subprocess.Popen(
                command(self.config, *(words or ("up", "--no-web"))), stdout=said, stderr=said, cwd=ROOT
            )
        self.begun.append(process)
        return process

    def run(self, *words: str) -> Ran:
        return drverify(self.config, *words)

    def said(self) -> str:
        path = self._said
        return path.read_text() if path.exists() else ""

    def end(self) -> None:
        """End every process that was started here, and the drills that go on without them."""
        for process in self.begun:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.begun:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for job in self.jobs():
            who = job.process()
            if job.alive() and who is not None and identify(who.pid) == who:
                os.kill(who.pid, signal.SIGKILL)
                self.until("it is gone", lambda job=job: not job.alive())
                self.run("sandbox", "reap")

    # --- what came of it

    @property
    def state(self) -> Path:
        return Workshop.open(self.config).state_dir

    @contextmanager
    def desk(self) -> Iterator[Desk]:
        desk: Any = open_desk(Workshop.open(self.config))
        try:
            yield desk
        finally:
            desk.close()

    def book(self, **other: Any) -> BookingId:
        """Ask for a drill now, as a person does."""
        now = datetime.now(UTC)
        self._booked += 1
        booking = Booking(
            id=BookingId(f"tiny-agreement/tiny/{now:%Y-%m-%d}/drill.{100 + self._booked}"), site="local",
            agreement="tiny-agreement", workload="tiny", kind="drill", evening=now.date(), not_before=now,
            not_after=now + timedelta(hours=4), due=now + timedelta(hours=4), priority=5, host="local",
            load=Load(memory_mib=0), reads=0, takes=timedelta(seconds=1), mode="full", point="latest", slot=None,
            obligations=(), why="asked for by test", asked_by="test",
        )  # fmt: skip
        booking = replace(booking, **other)
        with self.desk() as desk:
            assert desk.publish([booking]) == 1
        return booking.id

    def state_of(self, booking: BookingId) -> BookingState:
        with self.desk() as desk:
            found = desk.booking(booking)
            assert found is not None
            return found[1]

    def desk_is_there(self) -> bool:
        return (self.state / "operation" / "desk.sqlite").exists()

    def bookings(self) -> dict[BookingId, BookingState]:
        with self.desk() as desk:
            return {one.id: state for one, state in desk.bookings()}

    def attempts(self, booking: BookingId) -> list[Attempt]:
        with self.desk() as desk:
            return list(desk.attempts(booking))

    def kinds(self, booking: BookingId) -> list[str]:
        """How the attempts of a booking ended."""
        return [one.ending.kind for one in self.attempts(booking)]

    def evidence_of(self, booking: BookingId) -> list[str]:
        """Drills of a booking's attempts that left evidence."""
        drills = {job.drill() for job in self.jobs_of(booking)}
        return [one for one in self.evidence() if one in drills]

    def jobs_of(self, booking: BookingId) -> list[JobDirectory]:
        return [job for job in self.jobs() if (found := job.job()) and found.booking.id == booking]

    def jobs(self) -> list[JobDirectory]:
        return sorted(JobDirectory.every(self.state / "operation"), key=lambda one: one.path.name)

    def evidence(self) -> list[str]:
        return sorted(path.parent.name for path in self.state.glob("drills/*/evidence.dsse.json"))

    def sandboxes(self) -> list[str]:
        return [path.name for path in (self.state / "sandboxes").glob("*")]

    def ledgers(self) -> list[str]:
        return [path.stem for path in (self.state / "ledger").glob("*.jsonl")]

    def until(self, what: str, look: Callable[[], T], *, within: float = 60) -> T:
        """Wait until `look` gives something."""
        last = time.monotonic() + within
        while time.monotonic() < last:
            if found := look():
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {within} s: {what}\n{self.said()}\n{self._logs()}")

    def restoring(self, booking: BookingId) -> JobDirectory:
        """Wait until a drill of the booking is in the middle of its restore."""

        def look() -> JobDirectory | None:
            for job in self.jobs_of(booking):
                if job.ended() is None and job.alive() and '"restore"' in self._log(job):
                    return job
            return None

        return self.until(f"a drill of {booking} restores", look)

    def ended(
        self, booking: BookingId, state: BookingState = BookingState.DONE, *, within: float = 60
    ) -> None:
        """Wait until the booking has come to that state."""
        self.until(f"{booking} is {state}", lambda: self.state_of(booking) is state, within=within)

    def lives(self, worker: Worker) -> bool:
        """Whether that is the running `drverify up`."""
        return any(one.pid == worker.pid and one.poll() is None for one in self.begun)

    def up(self) -> subprocess.Popen[bytes]:
        """The running `drverify up`; a new one if there is none."""
        found = next((one for one in self.begun if one.poll() is None), None)
        return found or self.start()

    def _log(self, job: JobDirectory) -> str:
        path = job.path / "log"
        return path.read_text() if path.exists() else ""

    def _logs(self) -> str:
        return "\n".join(f"--- {job.path}\n{self._log(job)}{_output(job)}" for job in self.jobs())


class Site(RunningSite):
    """A site of one file set, with settings of its own."""

    def __init__(self, root: Path, stage: FileStage) -> None:
        super().__init__(root / "drverify.toml")
        self.root, self.stage, self.born = root, stage, datetime.now(UTC)
        root.mkdir(parents=True, exist_ok=True)
        for name in ("tiny-agreement.lock.yaml", "tiny-agreement.md"):
            shutil.copy(LAB / name, root / name)
        write_secret(root / "password", PASSWORD.encode())
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", root / "key"], check=True)
        (root / "key").chmod(0o600)
        (root / "playbooks").mkdir()
        (root / "playbooks" / "newest.yaml").write_text(PLAYBOOK)
        self.protect(datetime.now(UTC) - timedelta(days=92) + timedelta(hours=6))
        self.settle()

    def protect(self, since: datetime) -> None:
        """The inventory: one workload, whose restore test is due when it was protected 92 days before."""
        workload = {
            "name": "tiny", "source": "vault", "points": {"host": "docs"}, "playbook": "newest",
            "payload": {"kind": "file-set", "path": str(self.stage.files)}, "protected_since": since,
        }  # fmt: skip
        (self.root / "inventory.yaml").write_text(yaml.safe_dump({"version": 1, "workloads": [workload]}))

    def settle(self, kib_s: int | None = None) -> None:
        """The settings: it is night now, and for hours. `kib_s` limits how fast a restore is."""
        now = self.born
        limit = f"limit_download_kib = {kib_s}" if kib_s else ""
        self.config.write_text(
            f"""\
state_dir = "state"
register = "tiny-agreement.lock.yaml"
inventory = "inventory.yaml"
playbooks = "playbooks"

[sources.vault]
kind = "restic"
repository = "{self.stage.repository.path}"
password = "file:password"
{limit}

[hosts.local]
kind = "libvirt"

[hosts.spare]
kind = "libvirt"

[signing]
key = "file:key"

[nights]
zone = "UTC"
begins = {now - timedelta(hours=1):%H:%M:00}
ends = {now + timedelta(hours=8):%H:%M:00}

[nights.hosts.local]
at_once = 2
memory_mib = 1024
instead = ["spare"]

[nights.hosts.spare]
memory_mib = 1024

[controls]
kinds = ["no-boot-code"]  # none can be made of files: a site for drills alone

[operation]
silent_after_s = 8
"""
        )


def _output(job: JobDirectory) -> str:
    path = job.path / "output"
    return path.read_text() if path.exists() else ""
