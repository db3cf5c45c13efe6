"""Markdown: blocks are spans of the file itself, whatever markup stands around them."""

from pathlib import Path

from drverify.adapters.documents.intake import read_document
from drverify.model.document import Text


def read(tmp_path: Path, text: str) -> Text:
    path = tmp_path / "a.md"
    path.write_bytes(text.encode())
    return read_document(path)


def shown(text: Text) -> list[tuple[str, str, int, str]]:
    return [(block.kind, block.number, block.level, text.of(block.span)) for block in text.blocks]


def test_headings_clauses_lists(tmp_path):
    text = read(
        tmp_path,
        "---\ntitle: x\n---\r\n\n## 4 Backup ##\n\n4.1 The Provider shall\nback up:\n\n- daily\n  1. databases\n  2. files\n"
        "\n**4.2** Copies are kept.\n4.3 They are tested.\n\n**Exit**\n\n{{% note %}}\n\n![Kept for 1 week](a.png)\n",
    )
    assert shown(text) == [
        ("code", "", 0, "---\ntitle: x\n---"),
        ("heading", "4", 2, "4 Backup"),
        ("paragraph", "4.1", 0, "4.1 The Provider shall\nback up:"),
        ("item", "", 1, "- daily"),
        ("item", "1", 2, "1. databases"),
        ("item", "2", 2, "2. files"),
        ("paragraph", "4.2", 0, "**4.2** Copies are kept."),
        ("paragraph", "4.3", 0, "4.3 They are tested."),
        ("heading", "", 3, "**Exit**"),
        ("code", "", 0, "{{% note %}}"),
        ("caption", "", 0, "![Kept for 1 week](a.png)"),
    ]


def test_tables(tmp_path):
    text = read(tmp_path, "| Type | Kept |\n|------|---:|\n| Daily \\| full |  |\n| `a` | 1 week |\r\n")
    assert [(block.kind, [text.of(cell) for cell in block.cells]) for block in text.blocks] == [
        ("header-row", ["Type", "Kept"]),
        ("row", ["Daily \\| full", ""]),
        ("row", ["`a`", "1 week"]),
    ]
    assert text.of(text.blocks[2].span) == "| `a` | 1 week |"


def test_nested_numbers_are_resolved_and_header_spans_are_headings(tmp_path):
    text = read(
        tmp_path,
        '1. <span class="header_2">Processing</span>\n\n    1. <span class="header_3">Deletion.</span>  The Provider will delete.\n\n'
        "        a. within 30 days\n",
    )
    assert shown(text) == [
        ("heading", "1", 1, '1. <span class="header_2">Processing</span>'),
        ("heading", "1.1", 2, '1. <span class="header_3">Deletion.</span>'),
        ("paragraph", "", 0, "The Provider will delete."),
        ("item", "a", 3, "a. within 30 days"),
    ]


def test_raw_html_tables_comments_and_struck_text(tmp_path):
    text = read(
        tmp_path,
        "<table>\n<tr><th>Kind</th><th>RPO</th></tr>\n<tr><td>Gold</td><td>1 hour</td></tr>\n</table>\n\n<!-- RPO 9 h -->\n\n"
        "RPO is ~~8~~ 4 hours.\n\n```\nRPO 7 h\n```\n",
    )
    assert [(block.kind, [text.of(cell) for cell in block.cells]) for block in text.blocks] == [
        ("header-row", ["Kind", "RPO"]),
        ("row", ["Gold", "1 hour"]),
        ("paragraph", []),
        ("code", []),
    ]
    assert [remark.kind for remark in text.remarks] == ["struck"]
