"""Recovery time and recovery point named in one breath, and their two figures in the same order."""

import re
from collections.abc import Sequence

from drverify.model.contract import Kind
from drverify.reading.limits import Bound, bound_of
from drverify.reading.quantities import Found

BOTH = re.compile(
    r"\b(?:recovery\s+|R)(T|P|time|point)[\w\s]{0,12}?\s*(?:/|and|&|,|\+)\s*(?:the\s+)?(?:recovery\s+|R)(?!\1)(?:T|P|time|point)(?:O|\s+objective)?s?\b",
    re.IGNORECASE,
)
"""Both objectives, in a sentence or in the head of a column; group 1 begins with the first one's letter."""
_TWO = 2


def in_turn(named: re.Match[str], found: Sequence[Found]) -> dict[Kind, tuple[Bound, ...]]:
    """Two figures in the order of the names, one figure for both; nothing when there are more."""
    first: Kind = "rto" if named[1][0].lower() == "t" else "rpo"
    second: Kind = "rpo" if first == "rto" else "rto"
    if not 1 <= len(found) <= _TWO:
        return {}
    return {first: (bound_of(first, found[0]),), second: (bound_of(second, found[-1]),)}
