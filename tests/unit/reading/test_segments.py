"""How a document falls into segments, and what each inherits."""

from drverify.model.agreement import Sha256, Span
from drverify.model.document import Block, BlockKind, Text
from drverify.reading.segments import is_question, segments
from drverify.reading.sentences import pieces


def text_of(*parts: tuple[BlockKind, str], form: str = "txt") -> Text:
    content, blocks = "", []
    for kind, words in parts:
        start = len(content)
        blocks.append(Block(kind=kind, span=Span(start=start, end=start + len(words)), level=1))
        content += words + "\n\n"
    return Text(name="a", format=form, sha256=Sha256("0" * 64), content=content, blocks=tuple(blocks))  # type: ignore[arg-type]


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in pieces(text)]


def test_abbreviations_and_numbers_end_no_sentence() -> None:
    text = "Acme Inc. backs up data, e.g. Files, under Section 6.4 at 99.5% daily. It tests them."
    assert cut(text) == [text[:-15], "It tests them."]


def test_inline_lists_are_items_after_a_colon_or_semicolon() -> None:
    text = "Provider shall: (a) back up data; (b) test restores; and (c) report."
    assert cut(text) == ["Provider shall:", "(a) back up data;", "(b) test restores;", "and (c) report."]


def test_a_list_without_a_colon_stays_one_statement() -> None:
    text = "Provider shall (i) back up data, (ii) store it off-site."
    assert cut(text) == [text]


def test_wide_gaps_end_statements_but_not_in_the_middle_of_one() -> None:
    assert cut("Perform daily backups   Keep them for seven days") == [
        "Perform daily backups",
        "Keep them for seven days",
    ]
    assert len(cut("shall deliver to   Customer all data   that it   holds   for it")) == 1


def test_furniture_inside_a_sentence_is_in_the_span_and_blank_in_the_text() -> None:
    text = text_of(
        ("paragraph", "Backups are kept in"), ("furniture", "Page 3 of 9"), ("paragraph", "another city.")
    )
    (only,) = segments(text)
    assert text.of(only.span) == text.content.strip()
    assert "Page" not in only.text
    assert len(only.text) == only.span.end - only.span.start


def test_items_inherit_headings_and_the_line_that_introduces_them() -> None:
    text = text_of(
        ("heading", "5 Backup"), ("paragraph", "The Provider shall:"), ("item", "(a) copy data daily;")
    )
    last = segments(text)[-1]
    assert last.headings == ("5 Backup",)
    assert last.stem == "The Provider shall:"
    assert last.section == "5"


def test_an_answer_inherits_its_question() -> None:
    text = text_of(("paragraph", "How long are backups kept?"), ("paragraph", "Thirty days by default."))
    assert segments(text)[-1].stem == "How long are backups kept?"
    assert is_question("- Can the service run daily backups")
    assert not is_question("Can be restored within 4 hours.")


def test_examples_are_marked_until_the_next_heading() -> None:
    text = text_of(
        ("paragraph", "The following is an example of a cycle."),
        ("paragraph", "Backups are kept for a day."),
        ("heading", "Retention"),
        ("paragraph", "Backups are kept for a week."),
    )
    assert [one.example for one in segments(text)] == [False, True, False]


def test_markup_is_no_text() -> None:
    text = text_of(("paragraph", "**SLA** : [99.9%](/sla.md) ![daily backups](/a.png)"), form="md")
    (only,) = segments(text)
    assert only.text.split() == ["SLA", ":", "99.9%"]


def test_text_without_end_is_cut_into_parts() -> None:
    found = cut("backup " * 2_000)
    assert max(map(len, found)) <= 2_400
    assert " ".join(found).split() == ["backup"] * 2_000
