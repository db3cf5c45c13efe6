"""What the learned weights look at: words of a passage and of what stands above and beside it; its figures.

Every feature is a name and a small whole number; how they are weighed stands in `learned`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise

from drverify.reading.cue import Segment
from drverify.reading.quantities import Found

_WORD = re.compile(r"[a-z]+(?:[-'\u2019][a-z]+)*|\d+(?:[.,]\d+)*|[%|:]")
_ENDINGS = (
    "ations", "ation", "ings", "ing", "ments", "ment", "ed", "es", "s", "ly", "ion", "er", "al",
    "ies", "y", "e",
)  # fmt: skip
_SHORTEST = 4
"""Letters that an ending leaves, so that "stored" and "stores" are one word and "rest" stays itself."""
_LONGEST = 120
"""Words of a passage that are looked at; what comes behind them says little about its kind."""
_OWN, _PAIR, _APART, _HEADING, _ABOVE, _STEM, _HEADER, _BEFORE, _AFTER, _SHAPE = (
    20, 14, 8, 16, 8, 10, 12, 5, 3, 10,
)  # fmt: skip
_LENGTHS, _STEP = 6, 8
_COARSE: Mapping[str, str] = {
    "second": "T", "minute": "T", "hour": "T", "day": "D", "business_day": "D", "business_hour": "T",
    "week": "W", "month": "M", "quarter": "M", "year": "Y",
}  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text in lower case without their endings; every number is `#`."""
    return [_plain(word) for word in _WORD.findall(text.lower())[:_LONGEST]]


@cache
def _plain(word: str) -> str:
    if word[0].isdigit():
        return "#"
    for ending in _ENDINGS if len(word) > _SHORTEST else ():
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word


def features(segment: Segment, before: str, after: str, figures: Sequence[Found]) -> dict[str, int]:
    """Names and weights of what a passage shows; `before` and `after` are its neighbours' texts."""
    own = words(segment.text)
    found: dict[str, int] = {}
    _put(found, "s", (f"{one}_{other}" for one, other in zip(own, own[2:], strict=False)), _APART)
    _put(found, "b", (f"{one}_{other}" for one, other in pairwise(own)), _PAIR)
    _put(found, "w", own, _OWN)
    for title in segment.headings[:-1]:
        _put(found, "H", words(title), _ABOVE)
    for title in segment.headings[-1:]:
        _put(found, "h", words(title), _HEADING)
    _put(found, "t", words(segment.stem), _STEM)
    for cell in segment.header:
        _put(found, "c", words(cell), _HEADER)
    _put(found, "p", words(before), _BEFORE)
    _put(found, "n", words(after), _AFTER)
    _put(found, "k", (segment.block.kind,), _SHAPE)
    _put(found, "l", (str(min(_LENGTHS, len(own) // _STEP)),), _SHAPE)
    _put(found, "f", (one.role for one in figures) if figures else ("none",), _OWN)
    _put(found, "u", (f"{one.role}_{_unit(one)}" for one in figures), _OWN)
    return found


def _unit(one: Found) -> str:
    name = one.quantity.unit if one.quantity is not None else ""
    return _COARSE.get(name or "", name or "none")


def _put(found: dict[str, int], sort: str, names: Iterable[str], weight: int) -> None:
    for name in names:
        found[f"{sort}={name}"] = weight
