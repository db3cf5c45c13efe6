"""What the reader promises of any text: exact quotes, figures that stand in them, order, sameness, an answer always."""

import re
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import Provision
from drverify.model.document import Block, BlockKind, DocumentId, Text
from drverify.reading.reader import outline, provisions
from drverify.reading.segments import segments
from drverify.reading.sentences import pieces

SENTENCES = (
    "The Provider shall back up all Customer Data every 24 hours.",
    "Backups are retained for thirty (30) days.",
    "RTO: 4 hours; RPO: 15 minutes",
    "In the event of a disaster, Supplier will restore the Services within 48 hours.",
    "- Daily backups are kept for 7 days, monthly backups for 12 months.",
    "| Backup | every 6 hours | 14 days |",
    "Uptime of at least 99.95% per calendar month.",
    "Restore tests are carried out every six months.",
    "Backups are kept for [***] days and deleted after four (2) weeks.",
    "Upon termination, return or destroy all data within [__] days.",
    "The plan is tested once per calendar year.",
    "Retention 1 month, 2 quarters, 3 years.",
    "Page 3 of 12",
    "shall (a) perform backups daily; (b) store them off-site; and (c) retain them 90 days",
)
LINES = st.one_of(
    st.sampled_from(SENTENCES),
    st.text(max_size=120),
    st.text(alphabet="backup rtdo 0123456789%[]().,;:|-\n\t•§“”", max_size=160),
)
KINDS: tuple[BlockKind, ...] = (
    "heading", "paragraph", "item", "row", "header-row", "caption", "code", "footnote", "furniture",
)  # fmt: skip
MONTHLY = {"month", "quarter", "year"}
WORDY = re.compile(
    r"\d|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|teen|twenty|thirty|forty|fifty|sixty|seventy|"
    r"eighty|ninety|hundred|thousand|half|quarter|once|twice|thrice|daily|nightly|weekly|monthly|hourly|yearly|annual|fortnight|"
    r"each|every|next|a |an |no |per|bi|semi|null|instant|none|day|night|week|month|hour|minute|year",
    re.IGNORECASE,
)


@st.composite
def texts(draw: st.DrawFn) -> Text:
    parts = draw(st.lists(st.tuples(st.sampled_from(KINDS), LINES), max_size=12))
    content, blocks = "", []
    for kind, line in parts:
        start = len(content)
        cells: tuple[Span, ...] = ()
        if kind in {"row", "header-row"}:
            cells = tuple(
                Span(start=start + found.start(), end=start + found.end())
                for found in re.finditer(r"[^|\n]+", line)
            )
        if line.strip():
            blocks.append(
                Block(
                    kind=kind, span=Span(start=start, end=start + len(line)), level=1, cells=cells,
                    table=0 if cells else None,
                )
            )  # fmt: skip
        content += line + "\n\n"
    return Text(
        name="any.md",
        format=draw(st.sampled_from(("md", "txt", "html"))),
        sha256=Sha256("0" * 64),
        content=content,
        blocks=tuple(blocks),
    )


def read(text: Text) -> tuple[Provision, ...]:
    return provisions(text, document=DocumentId("doc"))


@given(texts())
@settings(max_examples=150, deadline=None)
def test_quotes_and_figures_are_characters_of_the_text(text: Text) -> None:
    for one in read(text):
        span = one.citation.span
        assert one.citation.quote == text.content[span.start : span.end]
        assert one.citation.quote.strip() == one.citation.quote
        for slot in one.slots:
            assert slot.span is None or span.start <= slot.span.start < slot.span.end <= span.end
        if one.figure is None:
            continue
        assert span.start <= one.figure.span.start < one.figure.span.end <= span.end
        assert WORDY.search(text.of(one.figure.span))


@given(texts())
@settings(max_examples=100, deadline=None)
def test_digits_of_a_figure_stand_in_the_text(text: Text) -> None:
    for one in read(text):
        if one.figure is None:
            continue
        words = text.of(one.figure.span)
        digits = re.findall(r"\d+(?:[.,]\d+)*", words)
        if digits and not re.search(r"[A-Za-z]{3,}\W*\(|half|times|twice|per\b|each|every|\bin\b", words):
            stated = {Decimal(number.replace(",", "")) for number in digits}
            assert (
                stated & {one.figure.quantity.value, one.figure.quantity.upper or Decimal(-1)} or "," in words
            )


@given(texts())
@settings(max_examples=60, deadline=None)
def test_months_never_become_days(text: Text) -> None:
    for one in read(text):
        if one.figure is not None and one.figure.quantity.unit == "day":
            assert not re.search(r"(?i)\d\s*(?:months?|quarters?|years?)\b", text.of(one.figure.span))


@given(texts())
@settings(max_examples=60, deadline=None)
def test_the_same_text_is_read_the_same(text: Text) -> None:
    first = read(text)
    assert first == read(text)
    places = [(one.citation.span.start, one.citation.span.end, one.kind) for one in first]
    assert places == sorted(places)
    assert len({one.id for one in first}) == len(first)
    assert outline(text) == outline(text)


@given(texts())
@settings(max_examples=60, deadline=None)
def test_segments_are_in_order_and_apart(text: Text) -> None:
    last = 0
    for segment in segments(text):
        assert last <= segment.span.start < segment.span.end <= len(text.content)
        assert len(segment.text) == segment.span.end - segment.span.start
        last = segment.span.end


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_pieces_lose_nothing_but_white_space(text: str) -> None:
    found: Sequence[tuple[int, int]] = pieces(text)
    assert all(start < end for start, end in found)
    assert list(found) == sorted(found)
    kept = "".join("".join(text[start:end].split()) for start, end in found)
    assert kept == "".join(text.split())
