"""Who is who, and who owes what a sentence says."""

import pytest

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import Party
from drverify.model.document import Block, Text
from drverify.reading.cue import Segment
from drverify.reading.outline import outline
from drverify.reading.parties import Speaker, roles

PREAMBLE = (
    'This Agreement is made as of March 2, 2026 by and between Virtual Systems, Inc. ("VSI") and '
    'Brokers Life Company ("BLC"). VSI shall provide the Services. VSI shall maintain the System. '
    "BLC shall pay the fees. Services provided by VSI to BLC. VSI shall operate it. VSI shall host it. "
    "BLC shall pay. BLC desires to obtain the Services. BLC shall reimburse VSI. BLC shall pay more. "
)


def text_of(content: str) -> Text:
    span = Span(start=0, end=len(content))
    block = Block(kind="paragraph", span=span)
    return Text(name="a.txt", format="txt", sha256=Sha256("0" * 64), content=content, blocks=(block,))


def segment_of(words: str, *, stem: str = "", headings: tuple[str, ...] = ()) -> Segment:
    span = Span(start=0, end=len(words))
    block = Block(kind="paragraph", span=span)
    return Segment(span=span, text=words, block=block, stem=stem, headings=headings)


def test_aliases_of_the_preamble_get_the_side_they_act_on() -> None:
    known = roles(text_of(PREAMBLE))
    assert known.provider[0] == "VSI"
    assert known.customer[0] == "BLC"
    assert known.names.provider == "Virtual Systems, Inc."
    assert known.names.customer == "Brokers Life Company"


@pytest.mark.parametrize(
    ("words", "party"),
    [
        ("VSI will back up the data daily.", "provider"),
        ("BLC shall keep its own copies.", "customer"),
        ("The data will be returned to BLC by VSI.", "provider"),
        ("Upon BLC's request, VSI shall erase all data as directed by BLC.", "provider"),
        ("Each party shall return the other's data.", "both"),
        ("VSI and BLC shall test the plan once a year.", "both"),
        ("Backups are BLC's sole responsibility.", "customer"),
        ("Backups are monitored.", "unknown"),
    ],
)
def test_the_subject_or_the_agent_owes(words: str, party: Party) -> None:
    speaker = Speaker(roles(text_of(PREAMBLE)))
    assert speaker.owed_by(segment_of(words), words, len(words)) == party


def test_stem_heading_and_section_speak_for_what_names_nobody() -> None:
    speaker = Speaker(roles(text_of(PREAMBLE)))
    words = "Back up the data."
    assert speaker.owed_by(segment_of(words, stem="VSI shall:"), words, 5) == "provider"
    assert speaker.owed_by(segment_of(words, headings=("BLC Responsibilities",)), words, 5) == "customer"
    speaker.hear(segment_of("VSI will perform backups.", headings=("Backup",)))
    assert (
        speaker.owed_by(segment_of("Backups are monitored.", headings=("Backup",)), "Backups", 5)
        == "provider"
    )


def test_marked_columns_of_a_responsibility_table() -> None:
    words = "| Restore files | C | R, A |"
    cells = (Span(start=2, end=15), Span(start=18, end=19), Span(start=22, end=26))
    block = Block(kind="row", span=Span(start=0, end=len(words)), cells=cells)
    row = Segment(span=block.span, text=words, block=block, header=("Task", "VSI", "BLC"))
    assert Speaker(roles(text_of(PREAMBLE))).owed_by(row, words, 5) == "customer"


def test_in_a_document_of_ones_own_the_author_speaks() -> None:
    known = roles(text_of("We keep backups for 30 days. Backups are encrypted."))
    assert (
        Speaker(known).owed_by(segment_of("Backups are encrypted."), "Backups are encrypted.", 9)
        == "provider"
    )


def test_outline() -> None:
    found = outline(
        text_of(PREAMBLE + "Agreement No. VS-2026-11. See Exhibit B and the Disaster Recovery Plan.")
    )
    assert found.effective is not None
    assert found.effective.isoformat() == "2026-03-02"
    assert found.number == "VS-2026-11"
    assert found.missing == ("Exhibit B", "Disaster Recovery Plan")
