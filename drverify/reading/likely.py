"""What no cue reads where a document speaks of recovery throughout: the likeliest kind, as a question.

The cues know wordings; here nouns and verbs are enough. So what is found is a question (`needs_review`) and
never more: no drill uses it before somebody has corrected it.
"""

import re
from collections.abc import Collection, Sequence
from functools import cache

from drverify.model.agreement import Span
from drverify.reading import binding, kinds
from drverify.reading.cue import LikelyCue
from drverify.reading.quantities import Found
from drverify.reading.tables.core_likely import DENSE, ENOUGH, LIKELY, UNLIKELY

WHY = "no known wording; likely by its nouns and verbs"

_CHARACTERS = 2_000
"""To which the table's density refers."""


def speaks_throughout(passages: Collection[Span], length: int) -> bool:
    """Whether a document of `length` characters is about recovery: in enough passages, close together."""
    return len(passages) >= ENOUGH and len(passages) * _CHARACTERS >= DENSE * length


def likeliest(looking: kinds.Looking, found: Sequence[Found]) -> kinds.Candidate | None:
    """The kind that a segment without provisions likely speaks of; None where it promises nothing."""
    if not kinds.promises(looking.segment, looking.text, figure=bool(found)) or any(
        looking.here(_pattern(one)) for one in UNLIKELY
    ):
        return None
    for cue in LIKELY:
        one = _fits(cue, looking, found)
        if one is not None and kinds.without_traps((one,), looking, lambda: bool(found)):
            return one
    return None


def only_figure(bound: Sequence[binding.Bound], found: Sequence[Found]) -> Sequence[binding.Bound]:
    """What is bound when it is the segment's only figure and no range; else nothing: nobody chooses."""
    figures = [one.figure for one in bound if len(bound) == len(found) == 1]
    return bound if any(one is not None and one.quantity.upper is None for one in figures) else ()


@cache
def _pattern(source: str) -> re.Pattern[str]:
    return re.compile(source, re.IGNORECASE | re.DOTALL)


def _fits(cue: LikelyCue, looking: kinds.Looking, found: Sequence[Found]) -> kinds.Candidate | None:
    if cue.figure and not binding.has_role(found, cue.figure):
        return None
    matches = [looking.here(_pattern(one)) for one in cue.text]
    if not all(matches) or not all(
        looking.here(_pattern(one)) or looking.above(_pattern(one)) for one in cue.anywhere
    ):
        return None
    return kinds.Candidate(
        kind=cue.kind, weight=0, start=0, end=max((one.end() for one in matches if one), default=0)
    )
