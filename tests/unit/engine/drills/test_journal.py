"""What a drill writes into the evidence log, when, and what is made of it afterwards."""

import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.drills import EVIDENCE, DrillDirectory
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.engine.drills.drill import Concluded, Order, run_drill
from drverify.engine.drills.journal import RESULT_PROOF, START, START_PROOF, token_name
from drverify.engine.keeping import Answer
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillPlan
from drverify.model.evidence import TrustedKey
from drverify.model.records import Period, PeriodId, Schedule, Slot, SlotId, SlotReference
from drverify.sealing import envelope
from drverify.sealing.contradictions.challenged import FORESEEABLE
from drverify.sealing.logged import LogFiles, leaf_of, note_key
from drverify.sealing.records.history import History
from drverify.sealing.records.slots import open_slots
from drverify.sealing.records.statements import read_statement
from drverify.sealing.stamps import PLANNING
from drverify.sealing.verification import RefusedError, verify
from drverify.transparency import leaf
from drverify.transparency.leaf import Leaf
from tests.support import estates, records
from tests.support.evidence import signer, trusted
from tests.unit.engine.drills.test_conductor import Stage

ORIGIN = "provider.example/drverify/acme"
RUNNER, LOG = signer(1), signer(9)
LOG_TRUST = TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN)
TRUST = [trusted(RUNNER), LOG_TRUST]


@dataclass
class Failing:
    """A log that cannot be written."""

    origin: str = ORIGIN
    asked: list[str] = field(default_factory=list)

    def head(self):
        return None

    def add(self, kind, envelope):
        self.asked.append(kind)
        raise HostError("no space left for the log")

    def proof(self, index):
        raise AssertionError("nothing was logged")


class Challenging:
    """Time authorities that are asked for a challenge, and answer nothing."""

    def fresh(self, message: bytes) -> tuple[Answer, ...]:
        return ()

    def stamp(self, shown: bytes) -> tuple[Answer, ...]:
        return ()


class Mute(DirectoryLog):
    """A log that takes starts; results cannot be written."""

    def __init__(self, path: Path, trust: TrustedKey = LOG_TRUST, by: KeyfileSigner = LOG) -> None:
        super().__init__(path, note_key(trust), by)

    def add(self, kind, envelope):
        if kind == "restore-drill":
            raise HostError("no space left for the log")
        return super().add(kind, envelope)


@dataclass
class Bench:
    """Drills on memory ports, kept on disk and logged."""

    root: Path

    def __post_init__(self) -> None:
        self.stage = Stage(self.root)
        self.store = DrillDirectory(self.root / "drills", lambda: TRUST)
        self.log = DirectoryLog(self.root / "log", note_key(LOG_TRUST), LOG)

    async def drill(
        self,
        log: object = None,
        *,
        point: str = "latest",
        stamps: object = None,
        nonce: str = "",
        slot: SlotReference | None = None,
        signer: object = RUNNER,
    ) -> Concluded:
        order = replace(self.order(self.stage.plan(), point=point), nonce=nonce, slot=slot)
        self.stage.prober.asked.clear()
        ports = replace(self.stage.ports(), store=self.store, log=log or self.log, stamps=stamps)
        return await run_drill(order, ports, signer)

    @staticmethod
    def order(plan: DrillPlan, *, point: str = "latest") -> Order:
        return Order(
            workload=plan.workload,
            playbook=plan.playbook,
            agreed=records.agreed(),
            requested_point=point,
            mode="full",
        )

    async def unlogged(self, log: Mute) -> Path:
        """Run a drill whose result is not logged; returns its directory."""
        done = await self.drill(log)
        assert "no space left" in str(done.unlogged)
        return done.evidence.parent

    def states(self) -> list[tuple[str, str]]:
        return [(one.leaf.kind, one.state) for one in self.log.overview(self.store.path)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def files_of(directory: Path) -> LogFiles:
    return LogFiles(
        start=(directory / START).read_bytes(),
        start_proof=(directory / START_PROOF).read_bytes(),
        result_proof=(directory / RESULT_PROOF).read_bytes(),
    )


def load_from(directory: Path):
    return lambda digest: (directory / "artefacts" / "sha256" / digest).read_bytes()


async def test_start_and_result_are_logged_and_shown_to_be(bench: Bench) -> None:
    done = [await bench.drill(), await bench.drill()]
    assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")] * 2
    for number, one in enumerate(done):
        directory = one.evidence.parent
        assert one.record.start is not None
        assert (one.record.start.origin, one.record.start.index) == (ORIGIN, 2 * number)
        data, files = one.evidence.read_bytes(), files_of(directory)
        report = verify(data, load_from(directory), TRUST, files)
        assert [note for note in report.notes if not note.endswith(FORESEEABLE)] == []
        assert (
            f"the log {ORIGIN} holds the start as entry {2 * number}, the result as {2 * number + 1}"
        ) in report.held
        unknown = verify(data, load_from(directory), TRUST[:1], files)
        assert f"the trust file has no key of the log {ORIGIN}: not checked against it" in unknown.notes


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"start": None}, "the logged start is not beside"),
        ({"start_proof": None}, "the proof that the drill-started was logged is not beside"),
        ({"result_proof": None}, "the proof that the restore-drill was logged is not beside"),
        ({"start": "other"}, "not the start of this drill's plan"),
        ({"start_proof": "other"}, "not shown to be in the tree"),
        ({"result_proof": "other"}, "not shown to be in the tree"),
        ({"result_proof": "swapped"}, "not shown to be in the tree"),
    ],
)
async def test_a_log_that_does_not_show_it_is_refused(bench: Bench, change, why) -> None:
    one, other = await bench.drill(), await bench.drill()
    files, foreign = files_of(one.evidence.parent), files_of(other.evidence.parent)
    ((name, value),) = change.items()
    taken = {"other": getattr(foreign, name), "swapped": files.start_proof, None: None}[value]
    with pytest.raises(RefusedError, match=why):
        verify(
            one.evidence.read_bytes(),
            load_from(one.evidence.parent),
            TRUST,
            replace(files, **{name: taken}),
        )


async def test_the_start_is_stamped_before_the_clock_runs_and_anything_is_restored(bench: Bench) -> None:
    """What an authority or the log's lock takes is no recovery time."""
    seen: list[tuple[str, bool]] = []

    class Slow(Challenging):
        def stamp(self, shown: bytes) -> tuple[Answer, ...]:
            seen.append(("stamped", (bench.root / "sandboxes").exists()))
            bench.stage.clock.advance(timedelta(seconds=50))
            return (Answer(authority="slow", token=b"token", said="slow says 12:00"),)

    done = await bench.drill(stamps=Slow())
    assert seen == [("stamped", False), ("stamped", True)]
    assert done.record.started_at - done.plan.incident_at >= timedelta(seconds=50)
    assert done.record.phases[0].started < timedelta(seconds=1)
    assert sum((phase.took for phase in done.record.phases), timedelta()) < timedelta(seconds=10)
    assert (done.evidence.parent / token_name(START_PROOF, "slow")).read_bytes() == b"token"


async def test_a_drill_that_comes_to_begin_much_too_late_is_not_begun_and_stays_in_the_log(
    bench: Bench,
) -> None:
    """As when the machine slept: the incident of the plan is not of now any more."""

    class Asleep(DirectoryLog):
        def add(self, kind, envelope):
            bench.stage.clock.advance(PLANNING + timedelta(milliseconds=1))
            return super().add(kind, envelope)

    with pytest.raises(HostError, match="not begun"):
        await bench.drill(Asleep(bench.log.path, note_key(LOG_TRUST), LOG))
    assert not (bench.root / "sandboxes").exists()
    assert bench.states() == [("drill-started", "open")]


async def test_a_point_that_vanishes_after_the_start_makes_a_result_and_no_loose_end(bench: Bench) -> None:
    """The request made sense when it was looked at; from the start on every drill counts."""
    source, point = bench.stage.source, next(iter(bench.stage.source.held))

    class Vanishing(DirectoryLog):
        def add(self, kind, envelope):
            source.held.clear()
            return super().add(kind, envelope)

    log = Vanishing(bench.log.path, note_key(LOG_TRUST), LOG)
    done = await bench.drill(log, point=point.id)
    assert done.record.selection.point is None
    assert "no recovery point has the id" in done.record.selection.why
    assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")]
    directory = done.evidence.parent
    verify(done.evidence.read_bytes(), load_from(directory), TRUST, files_of(directory))


async def test_a_drill_is_begun_for_its_slot_and_the_next_one_is_a_further_attempt(bench: Bench) -> None:
    now = bench.stage.clock.utc()
    slot = Slot(
        id=SlotId("2026Q3/web/01"),
        workload="web",
        opens=now,
        closes=now + timedelta(days=1),
        obligations=(),
    )
    period = Period(id=PeriodId("2026Q3"), begins=now, ends=now + timedelta(days=9))
    schedule = Schedule(agreement="A-1", contract=Sha256("3" * 64), period=period, slots=(slot,))
    told = History(origin=ORIGIN)
    entry = Leaf(kind="schedule", payload=Sha256("5" * 64), signature=Sha256("1" * 64), keyid=RUNNER.keyid)
    told.take(0, entry, schedule)
    ((reference, _),) = open_slots(told, "web", now)
    first = await bench.drill(Mute(bench.log.path), slot=reference)  # it comes to nothing
    assert first.plan.slot == reference
    told.take(1, leaf_of("drill-started", started(first)), read_statement(started(first)))
    ((further, _),) = open_slots(told, "web", now)
    assert further == replace(reference, attempt=2)
    second = await bench.drill(slot=further)
    told.take(2, leaf_of("drill-started", started(second)), read_statement(started(second)))
    assert [drill.plan.slot for drill in (first, second)] == [reference, further]
    assert [one.drill for one in told.attempts[slot.id]] == [first.plan.drill_id, second.plan.drill_id]


def started(done: Concluded) -> bytes:
    return (done.evidence.parent / START).read_bytes()


async def test_a_nonce_of_the_customer_is_in_the_start_that_was_logged(bench: Bench) -> None:
    done = await bench.drill(nonce="of-the-customer")
    basis = done.plan.challenge_basis
    assert basis is not None
    assert basis.nonce == "of-the-customer"
    assert done.plan.challenge.encode() in envelope.decode(started(done)).payload
    data, directory = done.evidence.read_bytes(), done.evidence.parent
    report = verify(data, load_from(directory), TRUST, files_of(directory))
    assert "the challenge is made of the customer's nonce of-the-customer, chance" in report.held


async def test_a_second_drills_challenge_holds_the_log_as_the_first_left_it(bench: Bench) -> None:
    await bench.drill()
    done = await bench.drill()
    basis = done.plan.challenge_basis
    assert basis is not None
    assert basis.checkpoint is not None
    held = done.evidence.parent / "artefacts" / "sha256" / basis.checkpoint
    assert held.read_bytes().startswith(f"{ORIGIN}\n2\n".encode())
    held.write_bytes(b"")
    with pytest.raises(RefusedError, match="the checkpoint in the challenge"):
        verify(done.evidence.read_bytes(), load_from(held.parents[2]), TRUST, files_of(held.parents[2]))


async def test_a_result_that_cannot_be_logged_hides_no_verdict(bench: Bench) -> None:
    done = await bench.drill(Mute(bench.log.path))
    assert isinstance(done.unlogged, HostError)
    assert done.record.restore is not None
    assert bench.states() == [("drill-started", "open")]


async def test_nothing_is_restored_when_the_start_cannot_be_logged(bench: Bench) -> None:
    failing = Failing()
    with pytest.raises(HostError, match="no space left"):
        await bench.drill(failing)
    assert failing.asked == ["drill-started"]
    assert not (bench.root / "sandboxes").exists()
    assert bench.states() == []


async def test_a_request_that_leads_nowhere_is_no_start(bench: Bench) -> None:
    with pytest.raises(InputError):
        await bench.drill(point="0" * 64)
    assert bench.states() == []


async def test_a_result_that_a_killed_drill_did_not_log_is_logged_later_and_once(bench: Bench) -> None:
    class Killed(DirectoryLog):
        def add(self, kind, envelope):
            if kind == "restore-drill":
                raise KeyboardInterrupt
            return super().add(kind, envelope)

    with pytest.raises(KeyboardInterrupt):
        await bench.drill(Killed(bench.log.path, note_key(LOG_TRUST), LOG))
    assert bench.states() == [("drill-started", "open")]
    (drill,) = bench.log.mend(bench.store.path)
    directory = bench.store.path / drill
    (directory / RESULT_PROOF).unlink()  # killed once more, after the log was written
    assert bench.log.mend(bench.store.path) == (drill,)
    assert bench.log.mend(bench.store.path) == ()
    assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")]
    verify((directory / EVIDENCE).read_bytes(), load_from(directory), TRUST, files_of(directory))


async def test_a_drill_that_somebody_dropped_stays_in_the_log(bench: Bench) -> None:
    one = await bench.drill()
    for name in (EVIDENCE, START):
        (one.evidence.parent / name).unlink()
    found = bench.log.overview(bench.store.path)
    assert [(one.state, one.drill) for one in found] == [("open", ""), ("not-here", "")]


async def test_a_result_logged_twice_is_seen(bench: Bench) -> None:
    one = await bench.drill()
    entry = leaf.encode(leaf_of("restore-drill", one.evidence.read_bytes()))
    bench.log.tiles.append([entry], LOG.sign)
    assert [state for _, state in bench.states()] == ["repeated", "finished", "repeated"]


async def test_a_result_that_two_processes_log_is_logged_once(bench: Bench) -> None:
    """A drill that ends while the next one, which mends first, begins."""
    others: list[tuple[str, ...]] = []

    class Overtaken(DirectoryLog):
        def add(self, kind, envelope):
            if kind == "restore-drill":
                others.append(bench.log.mend(bench.store.path))
            return super().add(kind, envelope)

    one = await bench.drill(Overtaken(bench.log.path, note_key(LOG_TRUST), LOG))
    assert others == [(one.plan.drill_id,)]
    assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")]
    directory = one.evidence.parent
    verify(one.evidence.read_bytes(), load_from(directory), TRUST, files_of(directory))


MENDER = """
import sys
from pathlib import Path
from tests.unit.engine.drills.test_journal import LOG, LOG_TRUST, DirectoryLog, note_key
DirectoryLog(Path(sys.argv[1]), note_key(LOG_TRUST), LOG).mend(Path(sys.argv[2]))
"""


async def test_three_that_mend_at_the_same_time_log_a_result_once(bench: Bench) -> None:
    directories = {await bench.unlogged(Mute(bench.log.path)) for _ in range(3)}
    mending = [
        subprocess.Popen(
            [sys.executable, "-c", MENDER, str(bench.log.path), str(bench.store.path)], cwd=estates.ROOT
        )
        for _ in range(3)
    ]
    assert [one.wait(60) for one in mending] == [0, 0, 0]
    assert [kind for kind, _ in bench.states()] == ["drill-started"] * 3 + ["restore-drill"] * 3
    assert {state for _, state in bench.states()} == {"finished"}
    assert all((directory / RESULT_PROOF).exists() for directory in directories)


async def test_who_mends_leaves_a_proof_that_was_written_meanwhile(bench: Bench, monkeypatch) -> None:
    """Its own drill came first after all, and may have had that proof's checkpoint stamped."""
    directory = await bench.unlogged(Mute(bench.log.path))
    real = DirectoryLog.proof

    def late(self, index):
        (directory / RESULT_PROOF).write_bytes(b"of the drill")
        return real(self, index)

    monkeypatch.setattr(DirectoryLog, "proof", late)
    bench.log.mend(bench.store.path)
    assert (directory / RESULT_PROOF).read_bytes() == b"of the drill"
    assert not list(directory.glob(".*"))


async def test_one_plan_that_was_begun_twice_has_one_start_without_a_result(bench: Bench) -> None:
    one = await bench.drill()
    start = (one.evidence.parent / START).read_bytes()
    bench.log.add("drill-started", start)
    assert [state for _, state in bench.states()] == ["finished", "finished", "open"]


async def test_results_of_another_log_are_not_written_into_this_one(bench: Bench) -> None:
    """The settings name another log than when the drill was killed."""
    key = TrustedKey(role="log", public_der=signer(8).public_der, name="other.example/log")
    directory = await bench.unlogged(Mute(bench.root / "other", key, signer(8)))
    assert bench.log.mend(bench.store.path) == ()
    assert bench.states() == []
    other = DirectoryLog(bench.root / "other", note_key(key), signer(8))
    assert other.mend(bench.store.path) == (directory.name,)
    bench.log.add("drill-started", (directory / START).read_bytes())
    bench.log.add("restore-drill", (directory / EVIDENCE).read_bytes())
    assert [state for _, state in bench.states()] == ["open", "never-started"]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000])
async def test_what_is_no_evidence_is_not_mended(bench: Bench, content: bytes) -> None:
    directory = await bench.unlogged(Mute(bench.log.path))
    (directory / EVIDENCE).write_bytes(content)
    assert bench.log.mend(bench.store.path) == ()
    assert bench.states() == [("drill-started", "open")]


async def test_entries_of_somebody_else_are_not_passed_over(bench: Bench) -> None:
    await bench.drill()
    bench.log.tiles.append([b"something else"], LOG.sign)
    with pytest.raises(EvidenceError, match="entry 2: not an entry"):
        bench.log.overview(bench.store.path)


class Pulled:
    """A token that was pulled out while the drill ran, and is put back after some questions."""

    keyid = RUNNER.keyid

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.asked = 0

    def sign(self, message: bytes) -> bytes:
        self.asked += 1
        if 1 < self.asked <= 1 + self.failures:  # the start is signed
            raise HostError("the token is not there")
        return RUNNER.sign(message)


async def test_a_key_that_cannot_sign_the_result_is_asked_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drverify.engine.drills.drill.PATIENCE", (timedelta(0),) * 2)
    done = await bench.drill(signer=(token := Pulled(2)))
    assert (token.asked, done.unlogged) == (4, None)
    assert bench.states() == [("drill-started", "finished"), ("restore-drill", "finished")]
    assert any("was not signed: the token is not there" in note for note in bench.stage.progress.notes)
    with pytest.raises(HostError, match="the token is not there"):
        await bench.drill(signer=Pulled(3))
    assert bench.states()[-1] == ("drill-started", "open")
