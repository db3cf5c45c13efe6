"""What the shipped weights do to a document: they ask, they take away, they never make a figure."""

import pytest

from drverify.model.contract import Provision
from drverify.reading import reader
from drverify.reading.learned import CORE, Weights
from tests.unit.reading.test_likely import KNOWN, read


def asked(*sentences: str) -> list[Provision]:
    return [one for one in read(*sentences) if one.why == reader.LEANS]


@pytest.fixture
def leaning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that lean every passage with the word "vault" to a retention, and nothing else to anything."""
    at = CORE.index("retention")
    made = Weights(
        bias=(-600,) * 19, words={"w=vault": (at, 3000)}, rest=0, evidence={"r1": 500, "retention lean": 100}, keep=-85, ask=50
    )  # fmt: skip
    monkeypatch.setattr(reader, "weights", lambda: made)


@pytest.mark.usefixtures("leaning")
def test_what_only_words_lean_to_is_a_question() -> None:
    (one,) = asked(*KNOWN, "The vault is ours.")
    assert (one.kind, one.status, one.figure) == ("retention", "needs_review", None)


@pytest.mark.usefixtures("leaning")
def test_it_has_a_figure_only_where_the_passage_holds_one() -> None:
    (one,) = asked(*KNOWN, "The vault holds them for nine weeks.")
    assert one.figure is not None
    text = "\n\n".join((*KNOWN, "The vault holds them for nine weeks."))
    assert text[one.figure.span.start : one.figure.span.end] == "nine weeks"


@pytest.mark.usefixtures("leaning")
def test_a_document_of_little_is_read_by_the_rules_alone() -> None:
    assert not asked(*KNOWN[:2], "The vault is ours.")


def test_what_all_words_speak_against_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    core = {one.kind for one in read(*KNOWN)}
    against = Weights(bias=(-600,) * 19, words={}, rest=0, evidence={"rto": -500}, keep=-85, ask=50)
    monkeypatch.setattr(reader, "weights", lambda: against)
    assert {one.kind for one in read(*KNOWN)} == core - {"rto"}


def test_the_shipped_weights_leave_what_is_plain() -> None:
    assert {"backup_frequency", "retention", "rto"} <= {one.kind for one in read(*KNOWN)}
