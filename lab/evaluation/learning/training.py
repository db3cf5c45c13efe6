"""From examples to weights: what passages lean to, then how far rules and leanings are believed.

The second step looks only at leanings of documents that the first was not fitted to: folds, by document.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from drverify.reading.learned import ANY, CORE, LENGTH, OUTPUTS, Weights
from drverify.reading.looked import place
from drverify.reading.weighing import Place, density, evidence, in_question
from lab.evaluation.learning.examples import Example
from lab.evaluation.learning.fitting import Fitted, Row, fitted

FOLDS = 5
LEAST, FAINTEST = 3, 6
"""Passages that a feature must be in; hundredths of a logit below which a weight is left out."""
KEEP, ASK = -140, -20
THRIFT = 0.0015
_SCALE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One kind in question in one passage."""

    example: Example
    at: int
    kind: str
    said: bool
    row: Row


def leaning(examples: Sequence[Example]) -> Weights:
    """Weights of words; nothing is learned of the rules yet."""
    rows, wanted = [], []
    for example in examples:
        for passage, labels in zip(example.passages, example.labels, strict=True):
            if passage.features:
                rows.append(_scaled(passage.features))
                wanted.append([_wanted(labels, kind) for kind in OUTPUTS])
    fit = fitted(rows, np.array(wanted), least=LEAST, epochs=12, rate=0.25, decay=0.0, thrift=THRIFT)
    return Weights(
        bias=tuple(round(_SCALE * one) for one in fit.bias),
        words=_rounded(fit),
        rest=0, evidence={}, keep=KEEP, ask=ASK,
    )  # fmt: skip


def believing(words: Weights, cases: Sequence[Case]) -> Weights:
    """The same weights of words, with what was learned of the rules."""
    wanted = np.array([[case.example.labels[case.at].get(case.kind, 0.0)] for case in cases])
    fit = fitted([case.row for case in cases], wanted, least=LEAST, epochs=60, rate=0.1, decay=1e-4)
    learned = {name: round(_SCALE * fit.weights[at, 0]) for name, at in fit.places.items()}
    return replace(
        words,
        rest=round(_SCALE * fit.bias[0]),
        evidence={name: one for name, one in sorted(learned.items()) if one},
    )


def folds(examples: Sequence[Example]) -> Iterator[tuple[list[Example], list[Example]]]:
    """Every document is held back once."""
    order = np.random.default_rng(3).permutation(len(examples))
    for fold in range(FOLDS):
        back = {int(at) for at in order[fold::FOLDS]}
        yield (
            [one for at, one in enumerate(examples) if at not in back],
            [one for at, one in enumerate(examples) if at in back],
        )


def cases(example: Example, words: Weights) -> list[Case]:
    """What is in question in a document of which it is known what the rules said at first."""
    places = seen(example, words)
    dense = density(places)
    return [
        Case(
            example=example, at=at, kind=kind, said=kind in one.said,
            row={name: value / _SCALE for name, value in evidence(places, at, kind, dense).items() if value},
        )
        for at, one in enumerate(places) for kind in in_question(one)
    ]  # fmt: skip


def seen(example: Example, words: Weights) -> list[Place]:
    """The document's passages with their leanings and what the rules said."""
    said = example.said or tuple({} for _ in example.passages)
    return [
        replace(place(passage, words), said=told)
        for passage, told in zip(example.passages, said, strict=True)
    ]


def _wanted(labels: dict[str, float], kind: str) -> float:
    if kind != ANY:
        return labels.get(kind, 0.0)
    if any(one == 1 for one in labels.values()):
        return 1.0
    return float("nan") if labels else 0.0


def _scaled(features: dict[str, int] | Row) -> Row:
    length = sum(value * value for value in features.values()) ** 0.5
    return {name: LENGTH * value / length for name, value in features.items()}


def _rounded(fit: Fitted) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    whole: NDArray[np.int64] = np.rint(fit.weights * _SCALE).astype(np.int64)
    for name, at in fit.places.items():
        row = [
            item
            for k in range(len(OUTPUTS))
            if abs(int(whole[at, k])) >= FAINTEST
            for item in (k, int(whole[at, k]))
        ]
        if row:
            found[name] = tuple(row)
    return found


assert len(CORE) + 1 == len(OUTPUTS)
