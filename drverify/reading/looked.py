"""A passage as it is looked at: its words without what only looks like a backup, figures, features."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from drverify.model.contract import Kind
from drverify.reading import kinds
from drverify.reading.columns import bare_numbers, header_unit, unfilled_or_zero
from drverify.reading.cue import Segment
from drverify.reading.features import features
from drverify.reading.learned import CORE, Weights
from drverify.reading.limits import takes
from drverify.reading.masking import with_copies_named, without_false_backups
from drverify.reading.quantities import Found, quantities
from drverify.reading.tables import promised
from drverify.reading.tables.attach import TAKES
from drverify.reading.weighing import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A segment, what it holds, and what its words show; no features where it speaks of nothing of ours."""

    segment: Segment
    words: str
    figures: tuple[Found, ...]
    features: Mapping[str, int]


def looking(segment: Segment, words: str) -> kinds.Looking:
    """The segment with what it inherits, ready for patterns."""
    above = without_false_backups(segment.inherited()).split("\n")
    inherited = "\n".join(with_copies_named(line) for line in above)
    return kinds.Looking(segment, with_copies_named(words), inherited)


def figures(segment: Segment, words: str) -> tuple[Found, ...]:
    """The segment's figures; in a row cell by cell, a bare number with the unit of its column's head."""
    whole = quantities(words, offset=segment.span.start)
    if segment.block.kind != "row" or not segment.block.cells:
        return whole
    found: list[Found] = []
    for at, cell in enumerate(segment.block.cells):
        inside = words[cell.start - segment.span.start : cell.end - segment.span.start]
        named = header_unit(segment.header[at]) if at < len(segment.header) else None
        if named is not None:
            found.extend(bare_numbers(inside, header=named, offset=cell.start))
        else:
            head = segment.header[at] if at < len(segment.header) else ""
            found.extend(
                quantities(inside, offset=cell.start) or unfilled_or_zero(inside, head, offset=cell.start)
            )
    return tuple(found) or whole


def passages(segments: Sequence[Segment]) -> Iterator[Passage]:
    """Every segment, in order."""
    for at, segment in enumerate(segments):
        words = without_false_backups(segment.text)
        if not looking(segment, words).passes(promised.GATE):
            yield Passage(segment=segment, words=words, figures=(), features={})
            continue
        found = figures(segment, words)
        before = segments[at - 1].text if at else ""
        after = segments[at + 1].text if at + 1 < len(segments) else ""
        shown = features(segment, before, after, found)
        yield Passage(segment=segment, words=words, figures=found, features=shown)


def place(passage: Passage, weights: Weights) -> Place:
    """A passage as it is weighed, of which no rule has said anything yet."""
    if not passage.features:
        return Place(leanings={})
    return Place(
        leanings=weights.leanings(passage.features),
        block=passage.segment.block.kind,
        promises=kinds.promises(passage.segment, passage.words, figure=bool(passage.figures)),
        takes=_takers(passage.figures),
    )


def _takers(found: Sequence[Found]) -> frozenset[Kind]:
    return frozenset(kind for kind in CORE if kind in TAKES and any(takes(kind, one) for one in found))
