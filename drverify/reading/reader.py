"""From a document's text to its provisions: segments, kinds, figures, parties, slots, status, citation.

Pure and deterministic: the same text gives the same provisions. Whatever the text is, there is an answer.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from drverify.model.agreement import Span
from drverify.model.contract import Citation, Kind, Parties, Provision, ProvisionId, Slot
from drverify.model.document import DocumentId, Text
from drverify.reading import binding, kinds, likely, scope, slots, status
from drverify.reading import parties as sides
from drverify.reading.columns import bare_numbers, header_unit, unfilled_or_zero
from drverify.reading.cue import Segment
from drverify.reading.masking import with_copies_named, without_false_backups
from drverify.reading.outline import Outline, outline
from drverify.reading.quantities import Found, quantities
from drverify.reading.segments import segments
from drverify.reading.tables import promised
from drverify.reading.tables.all import LEXICONS

__all__ = ["Outline", "outline", "provisions"]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One segment on its way."""

    segment: Segment
    text: str
    found: tuple[Found, ...]


def provisions(text: Text, *, document: DocumentId, parties: Parties | None = None) -> tuple[Provision, ...]:
    """Everything that the document says about the kinds of the tables, sorted by place, then kind.

    `parties`: who signed, when the caller knows; otherwise the preamble says it.
    """
    known = sides.roles(text, parties)
    found: list[Provision] = []
    speaker = sides.Speaker(known)
    for segment in segments(text):
        found.extend(_provisions(segment, text, document, speaker))
        speaker.hear(segment)
    spans = {one.citation.span for one in found if one.kind in _core()}
    if likely.speaks_throughout(spans, len(text.content)):
        found.extend(_doubtful(text, document, sides.Speaker(known), spans))
    found.sort(key=lambda one: (one.citation.span.start, one.citation.span.end, one.kind, _figure_place(one)))
    return _identified(found)


@cache
def _lexicons() -> tuple[kinds.Lexicon, ...]:
    return tuple(kinds.compiled(cues, gate) for cues, gate in LEXICONS)


@cache
def _core() -> frozenset[Kind]:
    return frozenset(cue.kind for cue in promised.CUES)


def _figure_place(one: Provision) -> int:
    return one.figure.span.start if one.figure is not None else -1


def _provisions(
    segment: Segment, text: Text, document: DocumentId, speaker: sides.Speaker
) -> Iterator[Provision]:
    words = without_false_backups(segment.text)
    reading = _Reading(segment, words, ())
    looking = _looking(segment, words)
    figures: list[tuple[Found, ...]] = []

    def found() -> tuple[Found, ...]:
        if not figures:
            figures.append(_figures(segment, words))
        return figures[0]

    groups = [
        kinds.candidates(looking, lexicon, lambda dimension: binding.has_role(found(), dimension))
        for lexicon in _lexicons()
    ]
    groups[0] = kinds.without_traps(groups[0], looking, lambda: bool(found()))
    candidates = [one for group in groups for one in group]
    if not candidates or not kinds.promises(segment, words, figure=bool(found())):
        return
    reading = replace(reading, found=found())
    bound: dict[Kind, tuple[binding.Bound, ...]] = {}
    for group in groups:  # each lexicon by itself: what one binds takes nothing from another
        bound |= binding.bound(segment, with_copies_named(words), group, reading.found)
    citation = _citation(segment, text, document)
    for candidate in candidates:
        yield from _of_kind(candidate, reading, bound.get(candidate.kind, ()), citation, speaker)


def _looking(segment: Segment, words: str) -> kinds.Looking:
    above = without_false_backups(segment.inherited()).split("\n")
    inherited = "\n".join(with_copies_named(line) for line in above)
    return kinds.Looking(segment, with_copies_named(words), inherited)


def _doubtful(
    text: Text, document: DocumentId, speaker: sides.Speaker, read: Collection[Span]
) -> Iterator[Provision]:
    """What is likely of a core kind where nothing of one was read: for a person to decide."""
    for segment in segments(text):
        words = without_false_backups(segment.text)
        looking, found = _looking(segment, words), _figures(segment, words)
        one = likely.likeliest(looking, found) if segment.span not in read else None
        if one is not None:
            bound = binding.bound(segment, with_copies_named(words), (one,), found).get(one.kind, ())
            reading, citation = _Reading(segment, words, found), _citation(segment, text, document)
            for got in _of_kind(one, reading, likely.only_figure(bound, found), citation, speaker):
                yield replace(got, status="needs_review", why=likely.WHY)
        speaker.hear(segment)


def _figures(segment: Segment, words: str) -> tuple[Found, ...]:
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


def _of_kind(
    candidate: kinds.Candidate,
    reading: _Reading,
    bound: Sequence[binding.Bound],
    citation: Citation,
    speaker: sides.Speaker,
) -> Iterator[Provision]:
    segment, words, kind = reading.segment, reading.text, candidate.kind
    owner = speaker.owed_by(segment, words, candidate.end, kind)
    if kind == "backup_scope" and owner == "customer" and kinds.leaves_backups(segment, words):
        kind = "backup_disclaimer"
    if candidate.figure and not bound:
        return
    for one in bound or (binding.Bound(figure=None),):
        judged = status.judged(
            words,
            status.Facts(kind=kind, has_figure=one.figure is not None, problem=one.problem, hedge=one.hedge),
        )
        yield Provision(
            id=ProvisionId(""),
            kind=kind,
            status=judged.status,
            modality=status.modality(words, segment.stem),
            figure=one.figure,
            party=owner,
            scope=scope.scope(segment, words, kind),
            slots=_slots(reading, kind, one, shared=len(bound) > 1),
            conditions=scope.conditions(segment.text),
            why=judged.why,
            rules=judged.rules if owner != "unknown" else (*judged.rules, "V-11"),
            citation=citation,
        )


def _slots(reading: _Reading, kind: Kind, one: binding.Bound, *, shared: bool) -> tuple[Slot, ...]:
    span = one.figure.span if one.figure is not None else None
    return slots.slots(reading.segment, reading.text, kind, figure=span, shared=shared)


def _citation(segment: Segment, text: Text, document: DocumentId) -> Citation:
    return Citation(
        document=document,
        section=segment.section,
        heading=segment.headings[-1] if segment.headings else "",
        span=segment.span,
        quote=text.of(segment.span),
        page=segment.block.page,
        locator=segment.block.locator,
    )


def _identified(found: Sequence[Provision]) -> tuple[Provision, ...]:
    """Ids from kind and section, a number appended where they are not unique."""
    stems = [_stem(one) for one in found]
    counts = Counter(stems)
    seen: Counter[str] = Counter()
    answer: list[Provision] = []
    for stem, one in zip(stems, found, strict=True):
        seen[stem] += 1
        name = stem if counts[stem] == 1 else f"{stem}-{seen[stem]}"
        answer.append(replace(one, id=ProvisionId(name)))
    return tuple(answer)


def _stem(one: Provision) -> str:
    section = "".join(
        letter if letter.isalnum() or letter == "." else "-" for letter in one.citation.section.lower()
    ).strip("-.")
    return f"{one.kind.replace('_', '-')}-{section}" if section else one.kind.replace("_", "-")
