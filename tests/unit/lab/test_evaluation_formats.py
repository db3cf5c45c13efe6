"""The samples in their formats: made from the Markdown, clean, and saying the same."""

import re
import zipfile
from dataclasses import replace

import pytest

from lab.evaluation.formats import differences, families, said
from lab.evaluation.labelled import OWN
from lab.evaluation.read import read
from lab.evaluation.render import LARGEST, rendered
from lab.evaluation.rendering.source import NUMBERINGS, blocks_of, plain, runs_of
from lab.evaluation.score import KINDS

STEMS = sorted(NUMBERINGS)
UNWANTED = re.compile(
    rb"file:|/home/|/tmp/tmp|https?://(?!schemas\.|purl\.org/|www\.w3\.org/)|" + re.escape(bytes(OWN.parent))
)


@pytest.mark.parametrize("stem", STEMS)
def test_word_files_and_web_pages_are_those_of_the_markdown(stem) -> None:
    for suffix, content in rendered(stem).items():
        assert (OWN / f"{stem}{suffix}").read_bytes() == content, "python -m lab.evaluation.render"


@pytest.mark.parametrize("stem", STEMS)
def test_no_file_is_large_or_names_a_machine(stem) -> None:
    for suffix in (".docx", ".html", ".pdf"):
        path = OWN / f"{stem}{suffix}"
        assert path.stat().st_size <= LARGEST
        parts = [path.read_bytes()]
        if suffix == ".docx":
            with zipfile.ZipFile(path) as package:
                parts = [package.read(name) for name in package.namelist()]
        assert not [found for part in parts for found in UNWANTED.findall(part)]


@pytest.fixture(scope="module")
def readings():
    return {family[0].stem: {path.suffix: read(path) for path in family} for family in families()}


@pytest.mark.parametrize("stem", STEMS)
def test_every_heading_is_in_every_format_and_pages_where_there_are_pages(readings, stem) -> None:
    markdown = (OWN / f"{stem}.md").read_text(encoding="utf-8")
    headings = [plain(one.text) for one in blocks_of(markdown, NUMBERINGS[stem]) if one.kind == "heading"]
    for suffix, reading in readings[stem].items():
        words = " ".join(reading.text.content.split())
        missing = [heading for heading in headings if heading not in words]
        assert missing[1 if suffix == ".pdf" else 0 :] == [], suffix
        assert (reading.text.pages or 0) >= (6 if suffix == ".pdf" else 0)


@pytest.mark.parametrize("stem", STEMS)
def test_deleted_hidden_and_struck_words_are_not_read(readings, stem) -> None:
    word = readings[stem][".docx"].text
    assert not re.search(r"sixty \(60\) minutes|48 hours\?|fourteen \(14\) days, thirty", word.content)
    assert {remark.kind for remark in word.remarks} & {"tracked", "hidden", "struck"}
    assert "5 days in the trial plan" not in "".join(
        word.of(block.span) for block in word.blocks if block.kind != "furniture"
    )


ALLOWED = {".docx": 0, ".html": 0, ".pdf": 2}
"""Provisions of the core kinds that only one of two formats gives: how many are put up with."""


@pytest.mark.parametrize("suffix", ALLOWED)
@pytest.mark.parametrize("stem", STEMS)
def test_the_same_agreement_says_the_same_in_every_format(readings, stem, suffix) -> None:
    family = readings[stem]
    core = [line for line in differences(family[".md"], family[suffix]) if line.split()[3] in KINDS]
    assert len(core) <= ALLOWED[suffix], "\n".join(core)


def test_a_difference_names_files_figure_and_quote(readings) -> None:
    reading = readings[STEMS[0]][".md"]
    one = next(one for one in reading.provisions if one.figure is not None)
    other = replace(reading, provisions=tuple(other for other in reading.provisions if other != one))
    lines = differences(reading, other)
    assert len(lines) == 1
    assert lines[0].startswith(f"{reading.text.name}, not {reading.text.name}: {one.kind} {said(one)[1]} ")
    assert " ".join(one.citation.quote.split())[:30] in lines[0]


def test_inline_marks_become_runs() -> None:
    runs = runs_of("the **Client** and *others* run `lims-db`")
    assert [(run.text, run.style) for run in runs] == [
        ("the ", ""),
        ("Client", "bold"),
        (" and ", ""),
        ("others", "italic"),
        (" run ", ""),
        ("lims-db", "code"),
    ]
