"""The sample agreements' Markdown as blocks: the little of Markdown that they use."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

BlockKind = Literal["heading", "paragraph", "bullet", "table"]


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a numbered list, and how its number is printed in the Markdown."""

    pattern: re.Pattern[str]
    """Of the block's text; group 1 is what the list prints itself and is not part of the text."""
    printed: str
    """Word's `lvlText`: `%1` is the number of level 1."""
    form: str = "decimal"
    """Word's `numFmt`."""
    heads: bool = True
    """Whether it numbers headings, or paragraphs."""


def _level(pattern: str, printed: str, form: str = "decimal", *, heads: bool = False) -> Level:
    return Level(re.compile(pattern, re.DOTALL), printed, form, heads)


Numbering = tuple[tuple[Level, ...], ...]
"""The numbered lists of a document, each with its levels from the outermost."""

NUMBERINGS: Mapping[str, Numbering] = MappingProxyType(
    {
        "northwind-proxmox-cloud": (
            (
                _level(r"(\d+) (?=[A-Z])", "%1", heads=True),
                _level(r"(\d+\.\d+) ", "%1.%2"),
                _level(r"(\([a-z]\)) ", "(%3)", "lowerLetter"),
            ),
            (_level(r"(\(\d\)) ", "(%1)"),),
            (
                _level(r"(Schedule \d) (?=[A-Z])", "Schedule %1", heads=True),
                _level(r"(\d+\.\d+) ", "%1.%2"),
            ),
        ),
        "granite-bare-metal": (
            (
                _level(r"(ARTICLE \d+\.) ", "ARTICLE %1.", heads=True),
                _level(r"\*\*(Section \d+\.\d+\.) ", "Section %1.%2."),
            ),
            (_level(r"(EXHIBIT [A-Z]\.) ", "EXHIBIT %1.", "upperLetter", heads=True),),
        ),
        "harbour-hybrid-estate": (
            (
                _level("(Part [A-Z] \N{EN DASH}) ", "Part %1 \N{EN DASH}", "upperLetter", heads=True),
                _level(r"([A-Z]\d+\.) ", "%1%2.", heads=True),
            ),
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A heading, paragraph, bullet or table; the number is kept apart from the text."""

    kind: BlockKind
    text: str = ""
    """With its inline marks; without the number."""
    depth: int = 0
    """Of a heading, from 1."""
    number: str = ""
    numbered: tuple[int, int] | None = None
    """Which list of the document's numbering prints the number, and at which level."""
    rows: tuple[tuple[str, ...], ...] = ()
    """Of a table; the first is its header."""


def blocks_of(markdown: str, numbering: Numbering) -> tuple[Block, ...]:
    """The document's blocks in order; lists that go on under a heading keep its list's number."""
    done: list[Block] = []
    current = 0
    for chunk in re.split(r"\n{2,}", markdown.strip()):
        for block in _blocks(chunk):
            numbered = _numbered(block, numbering, current)
            current = numbered.numbered[0] if numbered.numbered and block.kind == "heading" else current
            done.append(numbered)
    return tuple(done)


def _blocks(chunk: str) -> Iterator[Block]:
    lines = chunk.split("\n")
    if lines[0].startswith("|"):
        yield Block(kind="table", rows=tuple(_cells(line) for at, line in enumerate(lines) if at != 1))
    elif lines[0].startswith("- "):
        yield from (Block(kind="bullet", text=line.removeprefix("- ")) for line in lines)
    elif heading := re.match(r"(#+) (.*)", lines[0]):
        yield Block(kind="heading", depth=len(heading[1]), text=heading[2])
    else:
        yield Block(kind="paragraph", text=chunk)


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|"))


def _numbered(block: Block, numbering: Numbering, current: int) -> Block:
    if block.kind not in {"heading", "paragraph"}:
        return block
    for which, level in _order(numbering, current):
        one = numbering[which][level]
        found = one.pattern.match(block.text)
        if found and one.heads == (block.kind == "heading"):
            text = block.text[: found.start(1)] + block.text[found.end(1) :].removeprefix(" ")
            return replace(block, text=text, number=found[1], numbered=(which, level))
    return block


def _order(numbering: Numbering, current: int) -> Sequence[tuple[int, int]]:
    """Lists and levels, those of the list of the last heading first."""
    lists = sorted(range(len(numbering)), key=lambda which: which != current)
    return [(which, level) for which in lists for level in range(len(numbering[which]))]


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one style."""

    text: str
    style: Literal["", "bold", "italic", "code"] = ""


_MARKS = re.compile(r"\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|`(?P<code>[^`]+)`", re.DOTALL)


def runs_of(text: str) -> tuple[Run, ...]:
    """A block's text as runs; marks do not nest."""
    done: list[Run] = []
    at = 0
    for found in _MARKS.finditer(text):
        if found.start() > at:
            done.append(Run(text[at : found.start()]))
        bold, italic, code = found.group("bold", "italic", "code")
        done.append(Run(bold, "bold") if bold else Run(italic, "italic") if italic else Run(code, "code"))
        at = found.end()
    if at < len(text):
        done.append(Run(text[at:]))
    return tuple(done)


def plain(text: str) -> str:
    """A block's text without marks."""
    return "".join(run.text for run in runs_of(text))
