"""Logistic regression over named features, by AdaGrad: small and repeatable."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, float]
_EDGE = 30.0
_TINY = 1e-8


class Fitted:
    """Weights by feature and output. `names[i]` is the feature of row `i` of `weights`."""

    def __init__(self, names: Sequence[str], weights: NDArray[np.float64], bias: NDArray[np.float64]) -> None:
        self.places = {name: at for at, name in enumerate(names)}
        self.weights = weights
        self.bias = bias


def fitted(
    rows: Sequence[Row],
    wanted: NDArray[np.float64],
    *,
    least: int,
    epochs: int,
    rate: float,
    decay: float,
    thrift: float = 0.0,
    seed: int = 7,
) -> Fitted:
    """Weights by which `wanted[i, k]` (1, 0, or NaN where it is left open) follows from `rows[i]`.

    `least`: rows that a feature must be in; `thrift`: what draws a used weight to nothing each
    time, as far whatever its size, so that most weights are nothing in the end; `decay`: by its size.
    """
    counts = Counter(name for row in rows for name in row)
    names = sorted(name for name, count in counts.items() if count >= least)
    places = {name: at for at, name in enumerate(names)}
    outputs = wanted.shape[1]
    weights = np.zeros((len(names), outputs))
    seen = np.full((len(names), outputs), _TINY)
    bias, bias_seen = np.full(outputs, -2.0), np.full(outputs, _TINY)
    ready = [_indexed(row, places) for row in rows]
    order = np.arange(len(rows))
    dice = np.random.default_rng(seed)
    total, total_bias, summed = np.zeros_like(weights), np.zeros_like(bias), 0
    for epoch in range(epochs):
        dice.shuffle(order)
        for at in order:
            index, value = ready[at]
            sums = np.clip(value @ weights[index] + bias, -_EDGE, _EDGE)
            error = 1 / (1 + np.exp(-sums)) - wanted[at]
            error[np.isnan(error)] = 0
            slope = value[:, None] * error + decay * weights[index]
            seen[index] += slope * slope
            step = rate / np.sqrt(seen[index])
            moved = weights[index] - step * slope
            weights[index] = np.sign(moved) * np.maximum(0.0, np.abs(moved) - thrift * step)
            bias_seen += error * error
            bias -= rate * error / np.sqrt(bias_seen)
        if epoch >= epochs // 2:
            total += weights
            total_bias += bias
            summed += 1
    return Fitted(names, total / summed, total_bias / summed)


def _indexed(row: Row, places: Mapping[str, int]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    known = [(places[name], value) for name, value in row.items() if name in places]
    return np.array([at for at, _ in known], dtype=np.int64), np.array([value for _, value in known])
