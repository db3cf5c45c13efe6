"""HTML: blocks in the page's order, each with its place in the source."""

import pytest

from drverify.adapters.documents.intake import read_document
from drverify.errors import InputError


def read(tmp_path, body, name="a.html"):
    path = tmp_path / name
    path.write_text(
        f"<!DOCTYPE html>\n<html><head><title>T</title><style>p {{}}</style></head><body>{body}</body></html>"
    )
    return read_document(path)


def shown(text):
    return [
        (
            block.kind,
            block.number,
            block.level,
            [text.of(cell) for cell in block.cells] or text.of(block.span),
        )
        for block in text.blocks
    ]


def test_headings_paragraphs_lists(tmp_path):
    text = read(
        tmp_path,
        "<nav><a>Home 24 hours</a></nav><h2>4 Backup</h2><p>4.1 The Provider\n  shall &quot;back&nbsp;up&quot;:"
        "<ul><li>daily<li>weekly<ol type=a><li>files</ol></ul><div>Loose<br>text</div><script>RPO 1 h</script>"
        "<footer>Page 3</footer>",
    )
    assert shown(text) == [
        ("heading", "4", 2, "4 Backup"),
        ("paragraph", "4.1", 0, '4.1 The Provider shall "back\xa0up":'),
        ("item", "", 1, "daily"),
        ("item", "", 1, "weekly"),
        ("item", "a", 2, "files"),
        ("paragraph", "", 0, "Loose\ntext"),
        ("furniture", "", 0, "Page 3"),
    ]
    assert text.blocks[0].locator == "line 2:96"
    assert text.remarks == ()


def test_tables(tmp_path):
    text = read(
        tmp_path,
        "<table><thead><tr><th>Kind<th>Kept</thead><tr><td>Daily<td>7 days<tr><td colspan=2>all of them, always and"
        " everywhere and in every case whatsoever that may be<tr><td>Weekly<td></table>"
        "<table><tr><td><p>Layout only.</p><h3>Exit</h3></td></tr></table>"
        "<table><tr><td>(a)</td><td>&nbsp;</td><td>within 30 days;</td></tr></table>",
    )
    assert shown(text) == [
        ("header-row", "", 0, ["Kind", "Kept"]),
        ("row", "", 0, ["Daily", "7 days"]),
        ("paragraph", "", 0, "all of them, always and everywhere and in every case whatsoever that may be"),
        ("row", "", 0, ["Weekly", ""]),
        ("paragraph", "", 0, "Layout only."),
        ("heading", "", 3, "Exit"),
        ("item", "(a)", 1, "(a) within 30 days;"),
    ]


def test_struck_and_hidden_figures_are_never_read(tmp_path):
    text = read(
        tmp_path,
        "<p>RPO is <del>24</del><s>12</s><span style='text-decoration: line-through'>8</span> 4 hours."
        "<p hidden>RTO 99 hours<p style='display:none'>RTO 98 hours<p>The end of the agreement is this.",
    )
    assert text.content == "RPO is 4 hours.\n\nThe end of the agreement is this."
    assert [(remark.kind, remark.blocks_absence) for remark in text.remarks] == [
        ("struck", True),
        ("hidden", False),
    ]


def test_html_is_told_by_its_bytes_too(tmp_path):
    assert read(tmp_path, "<p>Backups are made every day of the week.", name="agreement.txt").format == "html"


def test_absurd_nesting_is_refused(tmp_path):
    with pytest.raises(InputError, match="nested deeper than 2000"):
        read(tmp_path, "<div>" * 3000)
