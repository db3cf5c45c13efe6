"""Learning: what tells rows apart gets weight, what is written is read back, labels find their passages."""

import json
from pathlib import Path

import numpy as np
import pytest

from drverify.reading.learned import OUTPUTS, Weights, parsed
from lab.evaluation.learning.__main__ import written
from lab.evaluation.learning.examples import examples
from lab.evaluation.learning.fitting import fitted

ROWS = [{"a": 1.0, "noise": 1.0}, {"b": 1.0, "noise": 1.0}] * 20


def test_what_tells_rows_apart_gets_the_weight() -> None:
    wanted = np.array([[1.0], [0.0]] * 20)
    fit = fitted(ROWS, wanted, least=3, epochs=20, rate=0.3, decay=0.0)
    weight = {name: fit.weights[at, 0] for name, at in fit.places.items()}
    assert weight["a"] > abs(weight["noise"]) > -1
    assert weight["b"] < -abs(weight["noise"])


def test_what_is_left_open_teaches_nothing() -> None:
    fit = fitted(ROWS, np.full((40, 1), np.nan), least=3, epochs=2, rate=0.3, decay=0.0)
    assert not fit.weights.any()


def test_thrift_leaves_nothing_of_what_helps_little() -> None:
    wanted = np.array([[1.0], [0.0]] * 20)
    fit = fitted(ROWS, wanted, least=3, epochs=20, rate=0.3, decay=0.0, thrift=10.0)
    assert not fit.weights.any()


def test_the_same_rows_give_the_same_weights() -> None:
    wanted = np.array([[1.0], [0.0]] * 20)
    one, other = (fitted(ROWS, wanted, least=3, epochs=5, rate=0.3, decay=0.0) for _ in range(2))
    assert (one.weights == other.weights).all()


def test_written_weights_are_read_back() -> None:
    some = Weights(
        bias=(1,) * len(OUTPUTS), words={"w=a": (0, 12)}, rest=-3, evidence={"r1": 5}, keep=-85, ask=-20
    )
    assert parsed(written(some)) == some


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    text = "# Backup\n\nBackups are taken daily.\n\nThe invoice is due in thirty days.\n"
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    at = text.index("Backups are")
    label = {
        "doc": "a.md", "clause_start": at, "clause_end": at + 24, "kind": "backup_frequency", "core": True, "optional": False,
    }  # fmt: skip
    (tmp_path / "gold.jsonl").write_text(json.dumps(label) + "\n", encoding="utf-8")
    return tmp_path


def test_a_label_is_its_passages(folder: Path) -> None:
    (one,) = examples(folder)
    assert one.labels == ({"backup_frequency": 1.0}, {})
    assert one.said is None


def test_what_the_rules_said_at_first_is_its_passages(folder: Path) -> None:
    row = {
        "doc": "a.md",
        "start": 10,
        "end": 34,
        "kind": "backup_frequency",
        "value": 1.0,
        "status": "defined",
    }
    (folder / "said.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    (one,) = examples(folder)
    assert one.said is not None
    assert [list(said) for said in one.said] == [["backup_frequency"], []]
    assert one.said[0]["backup_frequency"].figure
