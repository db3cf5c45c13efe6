"""A sample as a Word file, with what Word files of agreements hold and simple readers lose.

Clause numbers come from numbering.xml and stand nowhere in the text; tables are tables; one sentence has
a tracked change, one a hidden remark, one struck-out words; there is a footnote, a header and a footer.
What is read must be what the Markdown says.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from typing import Literal

from lab.evaluation.rendering.source import Block, Numbering, Run, runs_of
from lab.evaluation.rendering.wordparts import BULLETS, HEAD, OFFICE, WORD, WRITTEN, parts, relation

EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """Words that only the Word file has; they are no part of what it says."""

    kind: Literal["tracked", "hidden", "struck"]
    before: str
    """The words of the text that they stand in front of; those of a tracked change are its insertion."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dress:
    """What a document wears beside its text."""

    running: str
    note: str
    """The footnote."""
    noted: str
    """The words that the footnote's mark follows."""
    extra: Extra
    boxed: str = ""
    """A header cell; the table that has it stands in a content control."""


DRESSES: Mapping[str, Dress] = MappingProxyType(
    {
        "northwind-proxmox-cloud": Dress(
            running="Northwind Cloud Operations \N{EN DASH} Pellworth Diagnostics \N{EN DASH} NW-PC-2291",
            note="The table of Schedule 1 shows the state of 3 August 2026.",
            noted='"Covered System" means a system listed in Schedule 1',
            extra=Extra(
                kind="tracked", before="fifteen (15) minutes, in place", words="sixty (60) minutes, in place"
            ),
            boxed="RPO",
        ),
        "granite-bare-metal": Dress(
            running="Dedicated Server Management and Recovery Agreement \N{EN DASH} Granite / Tamarack",
            note="Eastern Time is the legal time of the State of Vermont.",
            noted="8:00 a.m. to 6:00 p.m. Eastern Time",
            extra=Extra(kind="hidden", before="twelve (12) hours, measured", words="[ask sales: 48 hours?] "),
        ),
        "harbour-hybrid-estate": Dress(
            running="Harbour Digital Services B.V. \N{EN DASH} HB/2026/58",
            note="A part of the Harbour group.",
            noted='"Supplier" means Harbour Digital Services B.V.',
            extra=Extra(kind="struck", before="thirty (30) days, unless", words="fourteen (14) days, "),
        ),
    }
)


def word_file(title: str, blocks: tuple[Block, ...], numbering: Numbering, dress: Dress) -> bytes:
    """The package's bytes; the same for the same text."""
    body = "".join(_block(block, dress) for block in blocks)
    document = (
        f'{HEAD}<w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}/relationships">'
        f"<w:body>{body}{_section()}</w:body></w:document>"
    )
    every = {**parts(title, dress.running, dress.note, numbering), "word/document.xml": document}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in every.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            package.writestr(info, content.encode())
    return target.getvalue()


def _section() -> str:
    refer = "".join(
        f'<w:{kind}Reference w:type="default" r:id="{relation(kind)}"/>' for kind in ("header", "footer")
    )
    return (
        f'<w:sectPr>{refer}<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1418" w:right="1418" w:bottom="1418" w:left="1418" w:header="708" w:footer="708"/>'
        "</w:sectPr>"
    )


def _block(block: Block, dress: Dress) -> str:
    if block.kind == "table":
        table = _table(block.rows)
        boxed = dress.boxed and dress.boxed in block.rows[0]
        return f"<w:sdt><w:sdtContent>{table}</w:sdtContent></w:sdt>" if boxed else table
    style = f'<w:pStyle w:val="Heading{block.depth}"/>' if block.kind == "heading" else ""
    which, level = block.numbered or (BULLETS - 1, 0)
    numbered = (
        f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{which + 1}"/></w:numPr>'
        if block.numbered or block.kind == "bullet"
        else ""
    )
    runs = "".join(_runs(block.text, dress))
    return f"<w:p><w:pPr>{style}{numbered}</w:pPr>{runs}</w:p>"


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="4"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = '<w:gridCol w:w="1800"/>' * len(rows[0])
    lines = "".join(_row(row, head=at == 0) for at, row in enumerate(rows))
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{lines}</w:tbl><w:p/>"
    )


def _row(cells: tuple[str, ...], *, head: bool) -> str:
    marks = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if head else "<w:trPr><w:cantSplit/></w:trPr>"
    return f"<w:tr>{marks}{''.join(map(_cell, cells))}</w:tr>"


def _cell(text: str) -> str:
    runs = "".join(map(_run, runs_of(text)))
    return f'<w:tc><w:tcPr><w:tcW w:w="1800" w:type="dxa"/></w:tcPr><w:p>{runs}</w:p></w:tc>'


def _runs(text: str, dress: Dress) -> Iterator[str]:
    for run in runs_of(text):
        if dress.noted in run.text:
            head, tail = run.text.split(dress.noted)
            yield _run(Run(head + dress.noted, run.style))
            yield '<w:r><w:footnoteReference w:id="1"/></w:r>'
            yield _run(Run(tail, run.style))
        elif dress.extra.before in run.text:
            yield from _with_extra(run, dress.extra)
        else:
            yield _run(run)


def _with_extra(run: Run, extra: Extra) -> Iterator[str]:
    head, tail = run.text.split(extra.before)
    yield _run(Run(head, run.style))
    by = f'w:author="A. Clerk" w:date="{WRITTEN}"'
    if extra.kind == "tracked":
        gone = f'<w:r><w:delText xml:space="preserve">{escape(extra.words)}</w:delText></w:r>'
        yield f'<w:del w:id="71" {by}>{gone}</w:del><w:ins w:id="72" {by}>{_run(Run(extra.before))}</w:ins>'
    else:
        yield _run(Run(extra.words), "<w:vanish/>" if extra.kind == "hidden" else "<w:strike/>")
        yield _run(Run(extra.before, run.style))
    yield _run(Run(tail, run.style))


def _run(run: Run, marks: str = "") -> str:
    styles = {"bold": "<w:b/>", "italic": "<w:i/>", "code": '<w:rFonts w:ascii="Liberation Mono"/>', "": ""}
    text = escape(run.text.replace("\n", " "), quote=False)
    return f'<w:r><w:rPr>{styles[run.style]}{marks}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'
