"""Labels quote their documents, and find their quotes again after a change."""

import json

import pytest

from drverify.errors import InputError
from drverify.report.agreement.words import KINDS as ALL_KINDS
from lab.evaluation import labelled
from lab.evaluation.anchor import anchored
from lab.evaluation.labelled import OWN, TEST, corpora, misquoted, text_of
from lab.evaluation.score import KINDS

FILES = [*sorted((OWN / "labels").glob("*.jsonl")), TEST / "labels.jsonl"]
PARTIES = {"provider", "client", "both", "unknown"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_label_quotes_its_document_and_uses_the_vocabulary(path) -> None:
    folder = TEST if path.parent == TEST else OWN
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert rows
    for row in rows:
        assert misquoted(row, text_of(folder / row["doc"])) == ""
        if row["kind"] is not None:
            assert row["core"] == (row["kind"] in KINDS), row
            assert path.parent == TEST or row["kind"] in ALL_KINDS
            assert row["party"] in PARTIES
            assert (row["unit"] is None) == (not isinstance(row["value"], int | float))
            assert row["clause_end"] - row["clause_start"] == len(row["quote"])


def test_every_sample_is_labelled_and_every_core_kind_occurs() -> None:
    own, test, *_ = corpora()
    assert {one.path.name for one in own.documents} == {path.name for path in OWN.glob("*.md")} - {
        "README.md"
    }
    required = {label.kind for one in own.documents for label in one.labels if not label.optional}
    assert required == set(KINDS)
    assert sum(not one.labels for one in test.documents) == 2


def test_a_wrong_quote_is_refused_with_its_place(tmp_path) -> None:
    (tmp_path / "a.md").write_text("Backups are made daily.")
    row = {"doc": "a.md", "clause_start": 0, "clause_end": 7, "quote": "backups", "kind": "rpo"}
    (tmp_path / "labels.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(InputError, match=r"labels\.jsonl: a\.md 0: the text there is not 'backups'"):
        labelled._labels([tmp_path / "labels.jsonl"], tmp_path)


def test_a_label_moves_with_its_quote_to_the_nearest_place() -> None:
    row = {"kind": "rpo", "quote": "one hour", "clause_start": 20, "clause_end": 28}
    moved = anchored(row, "one hour" + "." * 20 + "one hour")
    assert moved is not None
    assert (moved["clause_start"], moved["clause_end"]) == (28, 36)
    assert anchored(row, "two hours") is None
