"""Weighs what the rules say of a passage against what its words lean to: what stays, goes, or is asked.

The rules are exact where somebody has met a wording before, and blind elsewhere; the learned leanings see
any wording dimly. What both say is believed, what only the leanings say is a question, and what only the
rules say against all leaning goes. No figure is made here: figures are read and bound as everywhere.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drverify.model.contract import Kind
from drverify.reading.learned import ANY, CORE, Weights

_MOST = 700
"""Hundredths of a logit that a leaning counts at most, either way."""
_FAINT = -320
"""The leaning, 4 in a hundred, below which a kind that no rule names is not weighed at all."""
_BESIDE = (-2, -1, 1, 2)
_MOST_OTHERS, _MOST_DENSE = 2, 6
_STRONG = -85
"""Leaning of a passage that counts for how much a document speaks of a kind: 3 in ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the rules say of a passage for one kind."""

    figure: bool
    doubtful: bool = False
    """Whether it is only likely by its nouns and verbs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A passage as it is weighed."""

    leanings: Mapping[str, int]
    """Hundredths of a logit by core kind, and for `ANY`; empty where nothing was looked at."""
    said: Mapping[Kind, Said] = field(default_factory=dict)
    block: str = "paragraph"
    promises: bool = True
    """Whether it can be a statement at all."""
    takes: frozenset[Kind] = frozenset()
    """Kinds that could take one of its figures."""


def weighed(places: Sequence[Place], weights: Weights) -> Iterator[tuple[int, Kind, bool, int]]:
    """For every passage and kind in question: its index, the kind, whether the rules said it, the sum."""
    dense = density(places)
    for at, place in enumerate(places):
        for kind in in_question(place):
            yield at, kind, kind in place.said, weights.verdict(evidence(places, at, kind, dense))


def in_question(place: Place) -> tuple[Kind, ...]:
    """The kinds that the rules name or the words lean to."""
    return tuple(
        kind
        for kind in CORE
        if kind in place.leanings
        and (kind in place.said or (place.leanings[kind] >= _FAINT and place.promises))
    )


def evidence(places: Sequence[Place], at: int, kind: Kind, dense: Mapping[str, int]) -> dict[str, int]:
    """Names and hundredths of what speaks for and against a kind in a passage."""
    place = places[at]
    said = place.said.get(kind)
    rule = "r1" if said is not None else "r0"
    own = _capped(place.leanings[kind]) // 2
    others = [one for name, one in place.leanings.items() if name not in (kind, ANY)]
    figure = said.figure if said is not None else kind in place.takes
    found = {
        rule: 100,
        "lean": own,
        f"{rule} lean": own,
        f"{kind}": 100,
        f"{kind} {rule}": 100,
        f"{kind} lean": own,
        "any": _capped(place.leanings[ANY]) // 2,
        "other": _capped(max(others)) // 2,
        "first": 100 if place.leanings[kind] >= max(others) else 0,
        f"{rule} others {min(_MOST_OTHERS, len(place.said) - (said is not None))}": 100,
        f"{rule} figure {int(figure)}": 100,
        f"{kind} figure {int(figure)}": 100,
        f"{place.block}": 50,
        f"{place.block} {rule}": 50,
        f"{rule} promises {int(place.promises)}": 100,
        "doubtful": 100 if said is not None and said.doubtful else 0,
        "dense": 33 * min(_MOST_DENSE, dense.get(kind, 0)),
    }  # fmt: skip
    beside = [places[at + step].leanings.get(kind) for step in _BESIDE if 0 <= at + step < len(places)]
    near = [one for one in beside if one is not None]
    found["said beside"] = 50 * sum(
        kind in places[one].said for one in (at - 1, at + 1) if 0 <= one < len(places)
    )
    found["beside"] = _capped(max(near)) // 4 if near else 0
    for other in place.said:
        if other != kind:
            found[f"{other} or {kind}"] = 70
    return found


def density(places: Sequence[Place]) -> dict[str, int]:
    """By kind the passages that are said to be of it, or lean to it strongly."""
    found: dict[str, int] = {}
    for place in places:
        for kind, leaning in place.leanings.items():
            if leaning > _STRONG or kind in place.said:
                found[kind] = found.get(kind, 0) + 1
    return found


def _capped(leaning: int) -> int:
    return max(-_MOST, min(_MOST, leaning))
