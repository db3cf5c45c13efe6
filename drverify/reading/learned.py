"""Weights that were learned from labelled agreements, and sums with them: whole numbers, the same everywhere.

They were fitted by `lab.evaluation.learning`, from documents that are not part of the project, and lie beside
the reader's tables as data (`tables/learned.json`); the reader's digest covers them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import isqrt

from drverify.model.contract import Kind
from drverify.reading.tables.learned import LEARNED

CORE: tuple[Kind, ...] = (
    "rpo", "rto", "backup_frequency", "retention", "offsite_copy", "encryption", "immutability",
    "restore_test", "restore_responsibility", "restore_time", "backup_monitoring", "backup_scope",
    "backup_disclaimer", "dr_plan", "dr_test", "exit_data_return", "data_deletion", "uptime",
)  # fmt: skip
"""The kinds that are leaned to, in the order of the weights."""
ANY = "any"
"""The leaning of a passage to be of a core kind at all."""
OUTPUTS = (*CORE, ANY)
LENGTH = 3
"""To which the features of every passage are scaled, so that long ones do not weigh more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What was learned; every weight is in hundredths of a logit."""

    bias: tuple[int, ...]
    """By output."""
    words: Mapping[str, tuple[int, ...]]
    """By feature of a passage: output and weight in turn."""
    rest: int
    evidence: Mapping[str, int]
    """By name of what speaks for and against a kind, and what is there before anything speaks (`rest`)."""
    keep: int
    """The sum below which a kind that the rules name goes."""
    ask: int
    """The sum from which a kind that no rule names is asked about."""

    def leanings(self, features: Mapping[str, int]) -> dict[str, int]:
        """How far a passage leans to each output, in hundredths of a logit."""
        sums = [0] * len(OUTPUTS)
        for name, value in features.items():
            known = self.words.get(name, ())
            for at in range(0, len(known), 2):
                sums[known[at]] += known[at + 1] * value
        length = max(1, isqrt(sum(value * value for value in features.values())))
        return {
            name: bias + one * LENGTH // length
            for name, bias, one in zip(OUTPUTS, self.bias, sums, strict=True)
        }

    def verdict(self, evidence: Mapping[str, int]) -> int:
        """What speaks for a kind less what speaks against it, in hundredths of a logit."""
        return self.rest + sum(self.evidence.get(name, 0) * value for name, value in evidence.items()) // 100


@cache
def weights() -> Weights:
    """The weights that are shipped."""
    return parsed(LEARNED)


def parsed(text: str) -> Weights:
    """The weights of a file's text."""
    found = json.loads(text)
    return Weights(
        bias=tuple(found["bias"]),
        words={name: tuple(row) for name, row in found["words"].items()},
        rest=found["rest"],
        evidence=found["evidence"],
        keep=found["keep"],
        ask=found["ask"],
    )
