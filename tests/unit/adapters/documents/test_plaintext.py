"""Plain text as real agreements have it: lost line ends, page furniture, lost columns."""
# ruff: noqa: RUF001

from pathlib import Path

import pytest

from drverify.adapters.documents.intake import read_document
from drverify.model.document import Block, Text


def read(tmp_path: Path, text: str, name: str = "a.txt") -> Text:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return read_document(path)


def shown(text: Text) -> list[tuple[str, str, str]]:
    return [(block.kind, block.number, text.of(block.span)) for block in text.blocks]


def only(text: Text, kind: str) -> list[Block]:
    return [block for block in text.blocks if block.kind == kind]


def test_numbered_headings_clauses_and_items(tmp_path):
    text = read(
        tmp_path,
        "BACKUP AGREEMENT\n\n4 Backup and Recovery\n\n4.1 The Provider shall make backups:\n\n(a) daily; and\n\n"
        "(b) weekly.\n\n  \u2022   of all systems\n\n4.2 Retention. Backups are kept for 30 days.\n",
    )
    assert shown(text) == [
        ("heading", "", "BACKUP AGREEMENT"),
        ("heading", "4", "4 Backup and Recovery"),
        ("paragraph", "4.1", "4.1 The Provider shall make backups:"),
        ("item", "(a)", "(a) daily; and"),
        ("item", "(b)", "(b) weekly."),
        ("item", "", "\u2022   of all systems"),
        ("heading", "4.2", "4.2 Retention."),
        ("paragraph", "", "Backups are kept for 30 days."),
    ]
    assert [block.level for block in only(text, "item")] == [1, 1, 2]


def test_hard_wrapped_lines_are_one_block_and_a_figure_at_a_line_start_is_no_number(tmp_path):
    text = read(
        tmp_path,
        "The Provider shall restore the systems within a recovery time objective of\n"
        "4.5 hours after the incident was reported, and shall keep each backup for not\n"
        "less than thirty (30) days.\n",
    )
    assert [block.kind for block in text.blocks] == ["paragraph"]
    assert text.blocks[0].locator == "lines 1-3"


def test_page_furniture_inside_a_sentence_is_set_apart(tmp_path):
    page = "\n\n{0}\n\nSource: ACME INC, 8-K, 4/3/2007\n\n\n\n\n\n"
    text = read(
        tmp_path,
        "The Provider shall keep backups"
        + page.format(1)
        + "for thirty days. It shall test them"
        + page.format(2)
        + "every year. The end of it all is near, and"
        + page.format(3)
        + "soon.",
    )
    assert [block.kind for block in text.blocks] == [
        "paragraph",
        *["furniture", "furniture", "paragraph"] * 3,
    ]
    assert [block.continues for block in only(text, "paragraph")] == [False, True, True, True]
    assert text.of(only(text, "furniture")[0].span) == "1"


def test_running_heads_are_known_by_their_repetition(tmp_path):
    pages = [
        f"Clause {number} says {'very ' * number}much about backups.\n\nIn Confidence   Page {number}   May 2004"
        for number in range(1, 6)
    ]
    text = read(tmp_path, "\n\n\n\n\n".join(pages))
    assert [text.of(block.span) for block in only(text, "furniture")][:3] == [
        "In Confidence",
        "Page 1",
        "May 2004",
    ]
    assert len(only(text, "furniture")) == 15


def test_form_feeds_make_pages(tmp_path):
    text = read(tmp_path, "One clause.\n\fAnother clause.\n\fA third.\n")
    assert (text.pages, [block.page for block in text.blocks]) == (3, [1, 2, 3])


def test_columns_kept_by_wide_gaps_are_rows(tmp_path):
    text = read(
        tmp_path,
        "Service          Backup interval    Retention\n-------          ---------------    ---------\nDatabase         daily              30 days\nFile server      weekly             1 year\n",
    )
    assert [(block.kind, [text.of(cell) for cell in block.cells]) for block in text.blocks] == [
        ("header-row", ["Service", "Backup interval", "Retention"]),
        ("row", ["Database", "daily", "30 days"]),
        ("row", ["File server", "weekly", "1 year"]),
    ]


def test_paragraphs_run_together_are_cut_at_wide_gaps_and_next_numbers(tmp_path):
    long = "The parties agree as follows and this line is long enough that nobody can have wrapped it by hand, is it not. "
    text = read(
        tmp_path,
        f"1. BACKUP.   A. {long}   B. {long}   2. RESTORE.  VIP shall restore. 2.1 It is {long}; 2.2 it shall {long}",
    )
    numbers = [(block.kind, block.number) for block in text.blocks]
    assert numbers == [
        ("heading", "1"),
        ("item", "A"),
        ("item", "B"),
        ("heading", "2"),
        ("paragraph", ""),
        ("paragraph", "2.1"),
        ("paragraph", "2.2"),
    ]


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"\xef\xbb\xbfThe backup\r\n", "The backup\r\n"),
        ("The backup’s".encode("utf-16"), "The backup’s"),
        ("The backup’s".encode("cp1252"), "The backup’s"),
        (b"The backup\r\n\r\nis.\r", "The backup\r\n\r\nis.\r"),
    ],
    ids=["utf-8-sig", "utf-16", "cp1252", "crlf"],
)
def test_encodings(tmp_path, data, start):
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert read_document(path).content == start


def test_columns_of_responsibilities_are_told_by_the_spaces_left_behind(tmp_path):
    text = read(
        tmp_path,
        "RESPONSIBILITIES Host Client\n\n- Setup -     Install the library Perform   List the files   Perform Perform"
        " daily backups Perform\n\nTest one restore each month\n\n  Perform\n\nPlan the recovery Perform Assist\n\n"
        "Attachment B - Components\n\nPerform as agreed.\n",
    )
    assert [
        (block.kind, [text.of(cell) for cell in block.cells] or text.of(block.span)) for block in text.blocks
    ] == [
        ("header-row", ["RESPONSIBILITIES", "Host", "Client"]),
        ("heading", "- Setup -"),
        ("row", ["Install the library", "Perform", ""]),
        ("row", ["List the files", "", "Perform"]),
        ("row", ["Perform daily backups", "Perform", ""]),
        ("row", ["Test one restore each month", "", "Perform"]),
        ("row", ["Plan the recovery", "Perform", "Assist"]),
        ("heading", "Attachment B - Components"),
        ("paragraph", "Perform as agreed."),
    ]
    assert [(remark.kind, remark.blocks_absence) for remark in text.remarks] == [("columns-lost", False)]
