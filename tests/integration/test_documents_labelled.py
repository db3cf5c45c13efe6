"""The quotes of hand-labelled agreements are all in what we read of the originals, whatever their format."""

import json
import re
from pathlib import Path

import pytest

from drverify.adapters.documents.intake import read_document
from drverify.model.document import Text
from tests.integration.test_documents_hostile import holds

PAIRS = {"bonterms-playbook_docx.txt": "bonterms-playbook.docx", "erpnet-dr_html.txt": "erpnet-dr.html"}
SAME = str.maketrans(
    {"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"}
)


@pytest.fixture(scope="module")
def labelled(checkout: Path) -> Path:
    folder = checkout.parent / "shared" / "data" / "agreements"
    if not (folder / "gold.jsonl").is_file():
        pytest.skip("the shared corpus is not beside this checkout")
    return folder


def labels(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "gold.jsonl").read_text().splitlines()]


def plain(text: str) -> str:
    """White space, separators of cells and the forms of quotation marks and dashes made one."""
    return re.sub(r"[\s|]+", " ", text.translate(SAME)).strip()


def shares(folder: Path, original: str, document: str) -> tuple[int, int]:
    text = read_document(folder / "dev" / original)
    holds(text)
    said = plain(" ".join(text.of(block.span) for block in text.blocks if block.kind != "furniture"))
    quotes = [plain(str(row["quote"])) for row in labels(folder) if row["doc"] == document]
    return sum(quote in said for quote in quotes), len(quotes)


def test_quotes_are_found_in_the_printed_originals(labelled):
    found = total = 0
    for original in sorted((labelled / "dev").glob("*.original.pdf")):
        here, all_of_them = shares(labelled, original.name, original.name.replace(".original.pdf", ".txt"))
        found, total = found + here, total + all_of_them
    assert total == 67
    assert found / total >= 0.97


@pytest.mark.parametrize("document", PAIRS)
def test_quotes_are_found_in_docx_and_html(labelled, document):
    found, total = shares(labelled, PAIRS[document], document)
    assert found == total > 0


def test_spans_of_text_files_are_those_of_the_labels(labelled):
    texts: dict[str, Text] = {}
    whole = inside = 0
    for row in labels(labelled):
        name = str(row["doc"])
        text = texts.setdefault(name, read_document(labelled / "dev" / name))
        start, end = int(str(row["clause_start"])), int(str(row["clause_end"]))
        assert text.content[start:end] == row["quote"]
        whole += 1
        inside += any(block.span.start <= start and end <= block.span.end for block in text.blocks)
    assert len(texts) == 13
    assert inside / whole >= 0.93


def test_every_word_of_a_text_file_is_in_a_block(labelled):
    for path in sorted((labelled / "dev").glob("*")):
        if path.suffix not in {".txt", ".md"}:
            continue
        text = read_document(path)
        holds(text)
        covered = bytearray(len(text.content))
        for block in text.blocks:
            covered[block.span.start : block.span.end] = b"\1" * (block.span.end - block.span.start)
        left = "".join(character for at, character in enumerate(text.content) if not covered[at])
        assert re.sub(r"[\W_]+", "", left) == "", path.name


def test_the_same_bytes_give_the_same_text(labelled):
    for path in sorted((labelled / "dev").iterdir()):
        assert read_document(path) == read_document(path)
