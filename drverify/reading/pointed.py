"""Provisions at places that somebody else pointed to: an optional proposer says where and what kind.

Nothing else is taken from it. The quote is the document's own characters, a figure is read by our grammar
inside of them and only if one alone fits, party and status come from our tables; the provision carries
its origin and is open until a person decides.
"""

from dataclasses import dataclass, replace

from drverify.model.agreement import Span
from drverify.model.contract import Citation, Kind, Provision, ProvisionId
from drverify.model.document import DocumentId, Text
from drverify.reading import binding, parties, scope, status
from drverify.reading.cue import Segment
from drverify.reading.quantities import quantities
from drverify.reading.segments import segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What a proposer may say: characters of the text, and the kind that they speak of."""

    span: Span
    kind: Kind


def pointed(text: Text, pointer: Pointer, *, document: DocumentId, origin: str) -> Provision:
    """Make the provision. ValueError when the place is not in the text or holds nothing but blanks."""
    span = pointer.span
    if not 0 <= span.start < span.end <= len(text.content) or not text.of(span).strip():
        raise ValueError(f"characters {span.start} to {span.end} are no words of {text.name}")
    segment = _segment(text, span)
    words = segment.text
    found = quantities(words, offset=span.start)
    bound = binding.fitting(pointer.kind, found)
    one = bound[0] if len(bound) == 1 else binding.Bound(figure=None)
    judged = status.judged(
        words,
        status.Facts(
            kind=pointer.kind, has_figure=one.figure is not None, problem=one.problem, hedge=one.hedge
        ),
    )
    doubt = len(bound) > 1
    return Provision(
        id=ProvisionId(f"{pointer.kind.replace('_', '-')}-at-{span.start}"),
        kind=pointer.kind,
        status="needs_review" if doubt else judged.status,
        modality=status.modality(words, segment.stem),
        figure=one.figure,
        party=parties.Speaker(parties.roles(text, None)).owed_by(segment, words, len(words)),
        scope=scope.scope(segment, words, pointer.kind),
        conditions=scope.conditions(words),
        why=f"{len(bound)} figures fit" if doubt else judged.why,
        rules=judged.rules,
        citation=Citation(
            document=document,
            section=segment.section,
            heading=segment.headings[-1] if segment.headings else "",
            span=span,
            quote=text.of(span),
            page=segment.block.page,
            locator=segment.block.locator,
        ),
        origin=origin,
    )


def _segment(text: Text, span: Span) -> Segment:
    """The segment that shares most with the place, cut to it."""
    known = segments(text)
    nearest = max(known, key=lambda one: _shared(one.span, span), default=None)
    if nearest is None or not _shared(nearest.span, span):
        raise ValueError(f"characters {span.start} to {span.end} of {text.name} are never read")
    return replace(nearest, span=span, text=text.of(span))


def _shared(a: Span, b: Span) -> int:
    return min(a.end, b.end) - max(a.start, b.start) if a.start < b.end and b.start < a.end else 0
