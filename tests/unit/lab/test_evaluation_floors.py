"""What reading agreements must not fall below, on labelled documents that every checkout has."""

import pytest

from lab.evaluation import table
from lab.evaluation.__main__ import main
from lab.evaluation.labelled import corpora
from lab.evaluation.read import read
from lab.evaluation.table import Outcome


@pytest.fixture(scope="module")
def outcomes():
    return {
        corpus.name: [Outcome(one, read(one.path)) for one in corpus.documents] for corpus in corpora()[:2]
    }


FLOORS = [
    ("test data", "clause_recall", 0.85),
    ("test data", "clause_precision", 0.75),
    ("test data", "kind_recall", 0.85),
    ("test data", "kind_precision", 0.75),
    ("test data", "value_recall", 0.85),
    ("test data", "value_precision", 0.9),
    ("samples", "clause_recall", 0.88),
    ("samples", "clause_precision", 0.9),
    ("samples", "value_precision", 0.92),
]


@pytest.mark.parametrize(("corpus", "figure", "floor"), FLOORS)
def test_the_score_stays_above_its_floor(outcomes, corpus, figure, floor) -> None:
    share = getattr(table.total(outcomes[corpus]), figure)
    assert share.value >= floor, "\n".join(table.mistakes(outcomes[corpus]))


def test_every_quote_is_the_text_and_every_figure_stands_in_its_quote(outcomes) -> None:
    every = [one for several in outcomes.values() for one in several]
    assert table.invariants(every) == (0, 0)
    for one in every:
        assert one.reading.text.content.encode() == one.labelled.path.read_bytes()


def test_little_is_read_where_there_is_nothing(outcomes) -> None:
    traps = [one for one in outcomes["test data"] if one.trap]
    assert len(traps) == 2
    assert all(len(one.reading.claims) <= 1 for one in traps), table.traps(traps)


def test_reading_twice_says_the_same(outcomes) -> None:
    one = outcomes["samples"][0]
    assert read(one.labelled.path).provisions == one.reading.provisions


def test_the_tables_are_printed(capsys) -> None:
    assert main(["--only", "erpnet-dr", "--verbose"]) == 0
    printed = capsys.readouterr().out
    assert "clause P/R/F" in printed
    assert "spans not exact: 0   figures outside their quote: 0" in printed
