"""What holds for every text of every format, tried on made-up sources."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.adapters.documents import hypertext, markdown, plaintext
from drverify.adapters.documents.canvas import render
from drverify.model.document import Block

PIECES = [
    "4.1", "4.2 ", "(a) ", "(b)", "1. ", "- ", "* ", "\u2022 ", "ARTICLE I", "BACKUP", "Term. ", "The Provider shall",
    "30 days", "daily", "|", " | ", "   ", "\t", "\n", "\n\n", "\r\n", "\f", "Page 3", "7", "---", "# ", "## 5 Exit",
    "RESPONSIBILITIES IBM Customer", " Perform", "   Perform", "> ", "```\n", "**", "~~", "<!--", "-->", "{{% x %}}", "![a](b)", "[c](d)", "\u2003", "\xa0", ".", ";", ":", "é", "\u4e2d",
]  # fmt: skip
TAGS = [
    "<p>", "</p>", "<div>", "</div>", "<ul>", "<ol type=a>", "<li>", "</ul>", "</ol>", "<table>", "<tr>", "<td>", "<th>",
    "</td>", "</tr>", "</table>", "<h2>", "</h2>", "<br>", "<del>", "</del>", "<span hidden>", "</span>", "<nav>", "</nav>",
    "<pre>", "</pre>", "<footer>", "</footer>", "<td colspan=3>", "&amp;", "&#120;", "<img alt='x'>", "<input type=checkbox>",
]  # fmt: skip
SOURCES = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
PAGES = st.lists(st.sampled_from(PIECES[:12] + TAGS), max_size=60).map("".join)


def check(content: str, blocks: tuple[Block, ...]) -> None:
    at = 0
    for block in blocks:
        assert at <= block.span.start < block.span.end <= len(content)
        at = block.span.end
        shown = content[block.span.start : block.span.end]
        assert shown == shown.strip()
        assert block.kind not in {"row", "header-row"} or block.cells
        place = block.span.start
        for cell in block.cells:
            assert place <= cell.start <= cell.end <= block.span.end
            place = cell.end
        assert block.locator.startswith("line")


def words(text: str) -> str:
    return "".join(re.findall(r"\w", text))


def uncovered(content: str, blocks: tuple[Block, ...]) -> str:
    kept = list(content)
    for block in blocks:
        kept[block.span.start : block.span.end] = " " * (block.span.end - block.span.start)
    return words("".join(kept))


@settings(max_examples=250, deadline=None)
@given(SOURCES)
def test_plain_text(content):
    blocks, pages, remarks = plaintext.blocks_of(content)
    check(content, blocks)
    assert uncovered(content, blocks) == ""
    assert plaintext.blocks_of(content) == (blocks, pages, remarks)
    assert pages is None or all(block.page is not None and 1 <= block.page <= pages for block in blocks)


@settings(max_examples=250, deadline=None)
@given(SOURCES)
def test_markdown(content):
    blocks, remarks = markdown.blocks_of(content)
    check(content, blocks)
    assert markdown.blocks_of(content) == (blocks, remarks)


@settings(max_examples=250, deadline=None)
@given(PAGES)
def test_html(source):
    drafts, _ = hypertext.drafts_of(source, "a.html")
    content, blocks = render(drafts)
    check(content, blocks)
    assert uncovered(content, blocks) == ""
    assert hypertext.drafts_of(source, "a.html")[0] == drafts
