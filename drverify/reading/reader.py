"""From a document's text to its provisions: segments, kinds, figures, parties, slots, status, citation.

Pure and deterministic: the same text gives the same provisions. Whatever the text is, there is an answer.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from drverify.model.agreement import Span
from drverify.model.contract import Citation, Kind, Parties, Provision, ProvisionId, Slot
from drverify.model.document import DocumentId, Text
from drverify.reading import binding, kinds, likely, scope, slots, status
from drverify.reading import parties as sides
from drverify.reading.cue import Segment
from drverify.reading.learned import weights
from drverify.reading.limits import words_of
from drverify.reading.looked import Passage, passages, place
from drverify.reading.looked import figures as figures_of
from drverify.reading.looked import looking as looking_at
from drverify.reading.masking import with_copies_named, without_false_backups
from drverify.reading.outline import Outline, outline
from drverify.reading.quantities import Found
from drverify.reading.segments import segments
from drverify.reading.tables import promised
from drverify.reading.tables.all import LEXICONS
from drverify.reading.tables.attach import TAKES
from drverify.reading.tables.core_likely import ENOUGH
from drverify.reading.weighing import Said, weighed

__all__ = ["Outline", "outline", "provisions"]


LEANS = "no known wording; its words lean to it"
"""Why a provision is a question that only the learned weights propose."""


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
    whole = segments(text)
    for segment in whole:
        found.extend(_provisions(segment, text, document, speaker))
        speaker.hear(segment)
    spans = {one.citation.span for one in found if one.kind in _core()}
    if likely.speaks_throughout(spans, len(text.content)):
        found.extend(_doubtful(whole, text, document, sides.Speaker(known), spans))
    if len(spans) >= ENOUGH:
        found = [*_weighed(whole, text, document, sides.Speaker(known), found)]
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
    figures: list[tuple[Found, ...]] = []

    def found() -> tuple[Found, ...]:
        if not figures:
            figures.append(figures_of(segment, words))
        return figures[0]

    groups = _groups(looking_at(segment, words), found)
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


def _groups(
    looking: kinds.Looking, found: Callable[[], tuple[Found, ...]]
) -> list[tuple[kinds.Candidate, ...]]:
    """The kinds that the cues of each lexicon find, the core's first."""
    groups = [
        kinds.candidates(looking, lexicon, lambda dimension: binding.has_role(found(), dimension))
        for lexicon in _lexicons()
    ]
    return [kinds.without_traps(groups[0], looking, lambda: bool(found())), *groups[1:]]


def _doubtful(
    whole: Sequence[Segment], text: Text, document: DocumentId, speaker: sides.Speaker, read: Collection[Span]
) -> Iterator[Provision]:
    """What is likely of a core kind where nothing of one was read: for a person to decide."""
    for segment in whole:
        words = without_false_backups(segment.text)
        looking, found = looking_at(segment, words), figures_of(segment, words)
        one = likely.likeliest(looking, found) if segment.span not in read else None
        if one is not None:
            bound = binding.bound(segment, with_copies_named(words), (one,), found).get(one.kind, ())
            reading, citation = _Reading(segment, words, found), _citation(segment, text, document)
            for got in _of_kind(one, reading, likely.only_figure(bound, found), citation, speaker):
                yield replace(got, status="needs_review", why=likely.WHY)
        speaker.hear(segment)


def _weighed(
    whole: Sequence[Segment],
    text: Text,
    document: DocumentId,
    speaker: sides.Speaker,
    found: Sequence[Provision],
) -> Iterator[Provision]:
    """What was found but for what its words speak against; and as questions what words lean to besides."""
    seen = tuple(passages(whole))
    gone, asked = _verdicts(seen, found)
    yield from (one for one in found if (one.citation.span, one.kind) not in gone)
    taken = {one.figure.span for one in found if one.figure is not None and one.kind in _core()}
    for at, passage in enumerate(seen):
        for kind in asked.get(at, ()):
            yield from _asked(passage, kind, taken, _citation(passage.segment, text, document), speaker)
        speaker.hear(passage.segment)


def _verdicts(
    seen: Sequence[Passage], found: Sequence[Provision]
) -> tuple[set[tuple[Span, Kind]], dict[int, list[Kind]]]:
    """What goes, and by passage the kinds that are asked about."""
    learned, said = weights(), _said(found)
    places = [replace(place(one, learned), said=said.get(one.segment.span, {})) for one in seen]
    gone: set[tuple[Span, Kind]] = set()
    asked: dict[int, list[Kind]] = {}
    for at, kind, known, total in weighed(places, learned):
        if known and total < learned.keep:
            gone.add((seen[at].segment.span, kind))
        elif not known and total >= learned.ask:
            asked.setdefault(at, []).append(kind)
    return gone, asked


def _said(found: Sequence[Provision]) -> dict[Span, dict[Kind, Said]]:
    said: dict[Span, dict[Kind, Said]] = {}
    for one in found:
        if one.kind in _core():
            of_span = said.setdefault(one.citation.span, {})
            before = of_span.get(one.kind)
            of_span[one.kind] = Said(
                figure=one.figure is not None or (before is not None and before.figure),
                doubtful=one.status == "needs_review",
            )
    return said


def _asked(
    passage: Passage, kind: Kind, taken: Collection[Span], citation: Citation, speaker: sides.Speaker
) -> Iterator[Provision]:
    """A kind that only the words lean to, as a question; with figures bound to it that nobody else has."""
    segment, words = passage.segment, passage.words
    looking = looking_at(segment, words)
    own = words_of(kind).search(looking.text) if kind in TAKES else None
    start, end = own.span() if own is not None else (0, 0)
    one = kinds.Candidate(kind=kind, weight=1, start=start, end=end, inherited=own is None)
    if not kinds.without_traps((one,), looking, lambda: bool(passage.figures)):
        return
    core = _groups(looking, lambda: passage.figures)[0]
    bound = binding.bound(segment, with_copies_named(words), (*core, one), passage.figures).get(kind, ())
    free = [each for each in bound if each.figure is None or each.figure.span not in taken]
    reading = _Reading(segment, words, passage.figures)
    for got in _of_kind(one, reading, free, citation, speaker):
        yield replace(got, status="needs_review", why=LEANS)


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
