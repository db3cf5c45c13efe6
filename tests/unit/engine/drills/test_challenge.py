"""A drill's challenge: what it is made of, how the guest is asked for it, and what its answer decides."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.engine.drills.challenge import check_nonce, make_challenge
from drverify.engine.drills.returning import NAME, ways
from drverify.engine.keeping import Answer
from drverify.engine.ports import Reading
from drverify.errors import HostError, InputError
from drverify.judging.trust import untrusted
from drverify.model.challenge import PREFIX, ChallengeStatus
from drverify.model.drill import DrillId, DrillRecord
from drverify.model.playbook import (
    Access,
    ChecksumProbe,
    CommandProbe,
    FreshnessProbe,
    NewestLine,
    Playbook,
    TcpProbe,
    UnitProbe,
)
from drverify.model.recovery import FileSet
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.contradictions.challenged import challenge_contradictions
from tests.support.memory import MemoryHost
from tests.unit.engine.drills.test_conductor import PROBES, Stage

DRILL = DrillId("20260914T120000Z-abcdef")
SSH = Access(address="10.0.0.1", user="ops")
AGENT = Access(via="agent")
OTHER = "f" * 64
Tables = Callable[[Access, str], Reading]


@dataclass
class Log:
    """A log of which only the newest checkpoint is asked for."""

    origin: str = "log"
    newest: bytes | None = b"checkpoint"

    def head(self) -> bytes | None:
        return self.newest


@dataclass
class Authorities:
    """One that answers, one that is down."""

    fails: HostError | None = None
    asked: list[bytes] = field(default_factory=list)

    def fresh(self, message: bytes) -> tuple[Answer, ...]:
        self.asked.append(message)
        if self.fails:
            raise self.fails
        return (
            Answer(authority="two", token=b"two over " + message, said=""),
            Answer(authority="one", token=b"one over " + message, said=""),
            Answer(authority="down", token=None, said=""),
        )


def test_it_is_made_of_stamps_that_nobody_had_before() -> None:
    authorities, notes = Authorities(), []
    made = make_challenge(DRILL, Log(), authorities, nonce="of-the-customer", note=notes.append)
    seed = codec.encode(replace(made.basis, tokens=()))
    assert authorities.asked == [seed]
    assert [(one.authority, one.sha256) for one in made.basis.tokens] == [
        ("one", sha256_of(b"one over " + seed)),
        ("two", sha256_of(b"two over " + seed)),
    ]
    assert made.basis.checkpoint == sha256_of(b"checkpoint")
    assert (made.basis.origin, made.basis.nonce, made.basis.drill) == ("log", "of-the-customer", DRILL)
    assert made.value == codec.digest(made.basis)
    assert {sha256_of(file.content) for file in made.files} == {
        made.basis.checkpoint,
        *(one.sha256 for one in made.basis.tokens),
    }
    assert notes == [
        "no fresh time stamp of down: it does not show in the challenge when the drill was planned"
    ]


def test_it_is_made_anew_each_time() -> None:
    made = [make_challenge(DRILL, None, None, note=print) for _ in range(2)]
    assert made[0].value != made[1].value
    assert made[0].basis.origin == ""
    assert made[0].files == ()


def test_a_log_without_entries_and_authorities_that_fail_stop_nothing() -> None:
    notes: list[str] = []
    made = make_challenge(DRILL, Log(newest=None), Authorities(HostError("disk full")), note=notes.append)
    assert (made.basis.checkpoint, made.basis.tokens, made.files) == (None, (), ())
    assert notes == ["no fresh time stamp for the challenge: disk full"]


@pytest.mark.parametrize("nonce", ["short", "with a space", "x" * 129, "tab\there", "umläutig"])
def test_a_nonce_that_could_be_guessed_or_fooled_with_is_refused(nonce: str) -> None:
    with pytest.raises(InputError, match="8 to 128"):
        check_nonce(nonce)


def test_no_nonce_is_no_mistake() -> None:
    assert check_nonce("") == ""
    assert check_nonce("a-nonce-of-theirs") == "a-nonce-of-theirs"


def test_it_is_asked_for_the_way_the_probes_ask_and_then_by_the_agent() -> None:
    other = Access(address="10.0.0.2")
    probes = (
        TcpProbe(id="tcp", address="10.0.0.1", port=80),
        CommandProbe(id="one", access=SSH, command=("true",)),
        UnitProbe(id="two", access=SSH, unit="x"),
        ChecksumProbe(id="three", manifest="/m", access=other),
        FreshnessProbe(id="four", newest=NewestLine(access=AGENT, command=("date",))),
    )
    assert ways(Playbook(name="web", applies_to="disk-image", probes=probes)) == (SSH, other, AGENT)
    assert ways(Playbook(name="web", applies_to="disk-image", probes=probes[:1])) == (AGENT,)


@dataclass
class Bench:
    """Drills whose guest may be asked over SSH and by its agent."""

    root: Path

    async def drill(self, tables: Tables | None = None, *, host: MemoryHost | None = None) -> DrillRecord:
        stage = Stage(self.root, host=host or MemoryHost())
        stage.prober.tables = tables
        made = make_challenge(stage.plan().drill_id, None, None, note=print)
        probes = (*PROBES, CommandProbe(id="ssh", access=SSH, command=("true",), required=False))
        self.plan = replace(
            stage.plan(),
            challenge=made.value,
            challenge_basis=made.basis,
            playbook=replace(stage.plan().playbook, probes=probes),
        )
        record = await stage.conduct(self.plan)
        assert list(challenge_contradictions(self.plan, record)) == []
        assert stage.nothing_left()
        return record


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def shown(*challenges: str, code: int = 0) -> Reading:
    text = "\0".join(["QEMU", *(f"{PREFIX}{one}" for one in challenges), "i440fx"])
    return Reading(exit_code=code, output=text.encode(), transcript=b"tables")


async def test_a_guest_that_gives_it_back_is_the_one_that_was_started(bench: Bench) -> None:
    record = await bench.drill()
    answer = record.challenge
    assert answer is not None
    assert (answer.status, answer.observed) == (ChallengeStatus.RETURNED, bench.plan.challenge)
    assert (answer.medium, answer.channel) == ("memory", "ssh ops@10.0.0.1:22")
    assert answer.transcript in {one.sha256 for one in record.artefacts if one.name == NAME}
    assert untrusted(bench.plan, record) == ""


@pytest.mark.parametrize(
    ("tables", "observed", "why"),
    [
        (lambda _, given: shown(OTHER), OTHER, "it was started with another challenge"),
        (lambda _, given: shown(given, OTHER), OTHER, "it was started with another challenge"),
        (lambda _, given: shown(OTHER, code=1), OTHER, "it was started with another challenge"),
        (lambda _, given: shown(), "", "it was started without one: its tables hold no challenge"),
        (lambda _, given: shown(given[:-1]), "", "it was started without one: its tables hold no challenge"),
        (lambda _, given: shown(given + "0"), "", "it was started without one: its tables hold no challenge"),
        (
            lambda _, given: shown(given.upper()),
            "",
            "it was started without one: its tables hold no challenge",
        ),
    ],
    ids=["another", "two", "another, partly shown", "none", "shorter", "longer", "otherwise written"],
)
async def test_a_guest_that_does_not_know_it_proves_nothing(bench: Bench, tables, observed, why) -> None:
    record = await bench.drill(tables)
    answer = record.challenge
    assert answer is not None
    assert (answer.status, answer.observed, answer.why) == (ChallengeStatus.WRONG, observed, why)
    assert untrusted(bench.plan, record) == (
        f"whoever was asked was not started by this drill (ssh ops@10.0.0.1:22): {why}"
    )


async def test_a_way_on_which_nobody_shows_anything_is_no_answer_and_the_next_is_tried(bench: Bench) -> None:
    def tables(access: Access, given: str) -> Reading:
        return shown(given) if access == AGENT else shown(code=1)

    answer = (await bench.drill(tables)).challenge
    assert answer is not None
    assert (answer.status, answer.channel) == (ChallengeStatus.RETURNED, "agent")


async def test_who_may_read_a_part_of_the_tables_may_find_it_there(bench: Bench) -> None:
    """A login without rights, on a Proxmox host; under libvirt that part is empty, which shows nothing."""
    asked: list[tuple[Access, str]] = []

    def partly(there: bool) -> Tables:
        def tables(access: Access, given: str) -> Reading:
            asked.append((access, given))
            is_whole = len(asked) % 2 == 1
            return shown(code=1) if is_whole else shown(*([given] if there else []))

        return tables

    answer = (await bench.drill(partly(there=True))).challenge
    assert answer is not None
    assert (answer.status, answer.channel, len(asked)) == (
        ChallengeStatus.RETURNED,
        "ssh ops@10.0.0.1:22",
        2,
    )
    asked.clear()
    answer = (await bench.drill(partly(there=False))).challenge
    assert answer is not None
    assert (answer.status, answer.channel, len(asked)) == (ChallengeStatus.UNANSWERED, "agent", 4)


@pytest.mark.parametrize(
    ("reading", "why"),
    [
        (shown(code=1), "the guest did not show its tables (exit 1)"),
        (Reading(exit_code=None, why="connection refused", transcript=b"-"), "connection refused"),
    ],
)
async def test_silence_is_noted_and_weakens_nothing(bench: Bench, reading: Reading, why: str) -> None:
    record = await bench.drill(lambda *_: reading)
    answer = record.challenge
    assert answer is not None
    assert (answer.status, answer.channel, answer.why) == (ChallengeStatus.UNANSWERED, "agent", why)
    assert untrusted(bench.plan, record) == ""


async def test_a_host_that_gives_its_guests_none_does_not_ask(bench: Bench) -> None:
    answer = (await bench.drill(host=MemoryHost(plants=False))).challenge
    assert answer is not None
    assert (answer.status, answer.why) == (ChallengeStatus.NOT_ASKED, "this host cannot")


async def test_a_guest_that_never_came_up_was_not_asked(bench: Bench) -> None:
    answer = (await bench.drill(host=MemoryHost(dies=True))).challenge
    assert answer is not None
    assert (answer.status, answer.medium) == (ChallengeStatus.NOT_ASKED, "memory")


async def test_files_are_given_none(bench: Bench, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    made = make_challenge(stage.plan().drill_id, None, None, note=print)
    workload = replace(stage.plan().workload, payload=FileSet(path="/disk.raw"))
    plan = replace(stage.plan(), challenge=made.value, challenge_basis=made.basis, workload=workload)
    plan = replace(plan, playbook=replace(plan.playbook, applies_to="file-set"))
    record = await stage.conduct(plan)
    assert record.challenge is not None
    assert record.challenge.status is ChallengeStatus.NOT_APPLICABLE
    assert list(challenge_contradictions(plan, record)) == []


async def test_asking_costs_no_recovery_time(bench: Bench) -> None:
    """It is asked while the probes settle, and what it takes is no phase of the recovery."""
    record = await bench.drill()
    assert record.challenge is not None
    assert record.challenge.asked is not None
    settled = max(one.settled for one in record.probes if one.settled is not None)
    assert record.challenge.asked >= settled - timedelta(seconds=1)
