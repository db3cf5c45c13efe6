"""What the journal makes of time stamps: kept beside the proofs, told, and never in a drill's way."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drverify.engine.drills.journal import RESULT_PROOF, START_PROOF, Journal, token_name
from drverify.engine.keeping import Answer
from drverify.errors import DrverifyError, EvidenceError, HostError
from tests.support.memory import MemoryStore
from tests.unit.engine.drills.test_conductor import Stage
from tests.unit.engine.drills.test_journal import RUNNER


class Counting:
    """A log that counts."""

    origin = "log"

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def add(self, kind: str, envelope: bytes) -> int:
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def proof(self, index: int) -> bytes:
        return b"proof %d" % index


@dataclass
class Stamping:
    """Two authorities, of which one answers."""

    fails: DrverifyError | None = None
    asked: list[bytes] = field(default_factory=list)

    def stamp(self, shown: bytes) -> tuple[Answer, ...]:
        self.asked.append(shown)
        if self.fails:
            raise self.fails
        return (
            Answer(authority="one", token=b"token over " + shown, said="one says 12:00"),
            Answer(authority="two", token=None, said="two is down"),
        )


@dataclass
class Attached(MemoryStore):
    """Remembers what lies beside the evidence."""

    beside: dict[str, bytes] = field(default_factory=dict)

    def attach(self, drill_id, name, content):
        self.beside[name] = content


def told(stamps: Stamping, root: Path) -> tuple[Attached, list[str]]:
    store, notes = Attached(), []
    plan = Stage(root).plan()
    journal = Journal(Counting(), store, plan.drill_id, stamps=stamps, note=notes.append)
    start = journal.started(plan, RUNNER)
    assert start is not None
    assert start.index == 0
    journal.ended(b"envelope")
    return store, notes


def test_both_proofs_are_stamped_and_the_tokens_lie_beside_them(tmp_path: Path) -> None:
    stamps = Stamping()
    store, notes = told(stamps, tmp_path)
    assert stamps.asked == [b"proof 0", b"proof 1"]
    assert store.beside["started.one.tsr"] == b"token over proof 0"
    assert store.beside["evidence.one.tsr"] == b"token over proof 1"
    assert {START_PROOF, RESULT_PROOF} < set(store.beside)
    assert not [name for name in store.beside if "two" in name]
    assert notes == ["one says 12:00", "two is down"] * 2


@pytest.mark.parametrize("error", [HostError("no space left"), EvidenceError("another checkpoint")])
def test_a_stamp_that_cannot_be_kept_is_told_and_stops_nothing(tmp_path: Path, error: DrverifyError) -> None:
    store, notes = told(Stamping(fails=error), tmp_path)
    assert notes == [f"no time stamp: {error}"] * 2
    assert {START_PROOF, RESULT_PROOF} < set(store.beside)


def test_a_token_is_named_after_its_proof() -> None:
    assert token_name(START_PROOF, "one") == "started.one.tsr"
    assert token_name(RESULT_PROOF, "one") == "evidence.one.tsr"
