"""What a drill writes into the evidence log, when, and what is made of it afterwards."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from drverify.adapters.storage.drills import EVIDENCE, DrillDirectory
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.engine.drill import Concluded, Order, run_drill
from drverify.engine.journal import RESULT_PROOF, START, START_PROOF
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.evidence import TrustedKey
from drverify.sealing.logged import LogFiles, note_key
from drverify.sealing.verification import RefusedError, verify
from tests.support import records
from tests.support.evidence import signer, trusted
from tests.unit.engine.test_conductor import Stage

ORIGIN = "provider.example/drverify/acme"
RUNNER, LOG = signer(1), signer(9)
LOG_TRUST = TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN)
TRUST = [trusted(RUNNER), LOG_TRUST]


@dataclass
class Failing:
    """A log that cannot be written."""

    origin: str = ORIGIN
    asked: list[str] = field(default_factory=list)

    def add(self, kind, envelope):
        self.asked.append(kind)
        raise HostError("no space left for the log")

    def proof(self, index):
        raise AssertionError("nothing was logged")


@dataclass
class Bench:
    """Drills on memory ports, kept on disk and logged."""

    root: Path

    def __post_init__(self) -> None:
        self.stage = Stage(self.root)
        self.store = DrillDirectory(self.root / "drills", lambda: TRUST)
        self.log = DirectoryLog(self.root / "log", note_key(LOG_TRUST), LOG)

    async def drill(self, log: object = None, *, point: str = "latest") -> Concluded:
        plan = self.stage.plan()
        order = Order(
            workload=plan.workload,
            playbook=plan.playbook,
            agreed=records.agreed(),
            requested_point=point,
            mode="full",
        )
        self.stage.prober.asked.clear()
        ports = replace(self.stage.ports(), store=self.store, log=log or self.log)
        return await run_drill(order, ports, RUNNER)

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
        assert report.notes == ()
        assert report.held[-1] == (
            f"the log {ORIGIN} holds the start as entry {2 * number}, the result as {2 * number + 1}"
        )
        unknown = verify(data, load_from(directory), TRUST[:1], files)
        assert unknown.notes == (f"the trust file has no key of the log {ORIGIN}: not checked against it",)


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
    bench.log.add("restore-drill", one.evidence.read_bytes())
    assert [state for _, state in bench.states()] == ["repeated", "finished", "repeated"]


async def test_entries_of_somebody_else_are_not_passed_over(bench: Bench) -> None:
    await bench.drill()
    bench.log.tiles.append([b"something else"], LOG.sign)
    with pytest.raises(EvidenceError, match="entry 2: not an entry"):
        bench.log.overview(bench.store.path)
