"""DOCX -> drafts of blocks: an own walk over document.xml, for libraries lose text that agreements hold.

Read: insertions, content controls, check boxes, text boxes, footnotes, nested tables, resolved numbers.
Not read, but remarked: deletions, hidden and struck-out text. Headers and footers are furniture.
Source: ECMA-376 part 1, 17 (WordprocessingML).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml import etree

from drverify.adapters.documents.canvas import Draft, row_or_parts
from drverify.adapters.documents.markers import is_caps, is_title, run_in
from drverify.adapters.documents.package import Package
from drverify.adapters.documents.word_numbering import (
    Numbered,
    Numbering,
    Style,
    Styles,
    W,
    is_on,
    value,
    whole,
)
from drverify.adapters.documents.word_runs import Inline, Reading, chosen
from drverify.model.document import Remark

_MAX_TABLES = 12
"""Depth of tables within tables."""
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\xa0]*\n[ \t]*|[ \t]{2,}")
_TITLES = frozenset(("title", "subtitle"))
_LONG_HEADING = 160
_BOLD_HEADING = 110


def drafts_of(data: bytes, name: str) -> tuple[list[Draft], tuple[Remark, ...]]:
    """The drafts of a DOCX and what is to be remarked. Raises InputError for what is damaged or hostile."""
    package = Package(data, name)
    root = package.xml_of(package.main)
    body = None if root is None else root.find(f"{W}body")
    if body is None:
        return [], (Remark(kind="no-text", detail=f"{package.main} has no body"),)
    walk = _Walk(package)
    drafts = walk.story(body, package.main)
    words = bool(drafts)
    drafts.extend(walk.furniture())
    return drafts, walk.remarks(words=words)


@dataclass(slots=True)
class _Place:
    """Where the walk is."""

    part: str
    count: int = 0
    depth: int = 0


class _Walk:
    """Goes through the stories of one document in order."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.styles = Styles(package.xml_of("word/styles.xml"))
        self.numbering = Numbering(package.xml_of("word/numbering.xml"), self.styles)
        self.reading = Reading()
        self.inline = Inline(self.styles, self.reading)
        self.notes: dict[str, dict[str, etree._Element]] = {}
        self.pending: list[str] = []
        self.carried = ""
        """Words of a paragraph whose end was deleted: they belong to the next."""
        self.tables = 0
        self.note_count = 0
        self.clause = 0
        """Levels of its list that the last clause's number takes, below which items begin."""
        self.above = 0
        """Level of the last heading told by its style."""
        self.styled = False
        """Whether headings are told by style, so that looks alone make none."""

    def story(self, body: "etree._Element", part: str) -> list[Draft]:
        """The drafts of a body, a header, a note."""
        self.styled = self.styled or any(
            self._heading(paragraph, self._style(paragraph)[1]) for paragraph in body.iter(f"{W}p")
        )
        drafts: list[Draft] = []
        place = _Place(part)
        for child in body:
            drafts.extend(self._blocks(child, place))
            drafts.extend(self._pending_notes())
        return drafts

    def _blocks(self, element: "etree._Element", place: _Place) -> Iterator[Draft]:
        tag = element.tag
        if tag == f"{W}p":
            yield from self._paragraph(element, place)
        elif tag == f"{W}tbl":
            yield from self._table(element, place)
        elif tag in {
            f"{W}sdt",
            f"{W}sdtContent",
            f"{W}customXml",
            f"{W}ins",
            f"{W}moveTo",
            f"{W}txbxContent",
        }:
            self.reading.added += tag in {f"{W}ins", f"{W}moveTo"}
            for child in element:
                yield from self._blocks(child, place)
        elif str(tag).endswith("}AlternateContent"):
            for child in chosen(element):
                yield from self._blocks(child, place)
        elif tag == f"{W}altChunk":
            self.reading.embedded += 1
        elif tag in {f"{W}del", f"{W}moveFrom"}:
            self.reading.taken += 1

    def _style(self, paragraph: "etree._Element") -> tuple[str, Style]:
        identifier = value(paragraph.find(f"{W}pPr/{W}pStyle")) or self.styles.default
        return identifier, self.styles.get(identifier)

    def _paragraph(self, element: "etree._Element", place: _Place) -> Iterator[Draft]:
        place.count += 1
        locator = f"{place.part} paragraph {place.count}"
        identifier, style = self._style(element)
        line = self.inline.read(element, style)
        text = self.carried + line.text()
        self.carried = ""
        if element.find(f"{W}pPr/{W}rPr/{W}del") is not None:
            self.reading.taken += 1
            self.carried = text
            return
        text = _SPACE.sub(
            lambda found: "\n" if "\n" in found.group() else " ", text.replace("\t", " ")
        ).strip()
        number = self._number(element, identifier, style)
        if text:
            bold = line.bold >= len(text) - 1
            yield from self._drafts(text, number, self._heading(element, style), style, locator, bold=bold)
        self.pending.extend(line.notes)
        for box in line.boxes:
            if place.depth < _MAX_TABLES:
                place.depth += 1
                for child in box:
                    yield from self._blocks(child, place)
                place.depth -= 1

    def _number(self, element: "etree._Element", identifier: str, style: Style) -> Numbered | None:
        given = element.find(f"{W}pPr/{W}numPr")
        number_id, level = style.number_id, style.number_level
        if given is not None:
            number_id = value(given.find(f"{W}numId"), number_id or "")
            level = (
                whole(value(given.find(f"{W}ilvl")), level or 0)
                if given.find(f"{W}ilvl") is not None
                else level
            )
        if not number_id or number_id == "0":
            return None
        return self.numbering.next(number_id, level, identifier)

    def _heading(self, element: "etree._Element", style: Style) -> int:
        """Level of a heading from 1; 0 for what is none."""
        outline = element.find(f"{W}pPr/{W}outlineLvl")
        level = whole(value(outline), 9) if outline is not None else style.outline
        if level is not None and 0 <= level < 9:  # noqa: PLR2004 - 9 is body text
            return level + 1
        if found := _HEADING.match(style.name):
            return int(found.group(1))
        return 1 if style.name.casefold() in _TITLES else 0

    def _drafts(
        self, text: str, number: Numbered | None, heading: int, style: Style, locator: str, *, bold: bool
    ) -> Iterator[Draft]:
        name = style.name.casefold()
        if number and _is_clause(number.text):
            self.clause = number.level + 1
        printed = number.text if number else ""
        whole_draft = Draft(
            kind="paragraph", text=text, number=printed, locator=locator, settled=number is not None
        )
        if name.startswith("toc ") or name in {"table of figures", "toa heading", "toc heading"}:
            yield replace(whole_draft, kind="furniture", settled=True)
        elif heading:
            self.above = heading
            yield from _heading_drafts(replace(whole_draft, kind="heading", level=heading))
        elif name == "caption":
            yield replace(whole_draft, kind="caption", settled=True)
        elif number is None:
            yield replace(whole_draft, plain=self.styled and not bold)
        elif number.form == "bullet" or not printed or not _is_clause(printed):
            yield replace(whole_draft, kind="item", level=self._item_level(number))
        elif _looks_titled(text, bold=bold):
            yield replace(whole_draft, kind="heading", level=self.above + number.level + 1)
        elif title := run_in(text):
            yield replace(whole_draft, kind="heading", level=self.above + number.level + 1, text=text[:title])
            yield replace(whole_draft, text=text[title:].strip(), number="")
        elif "." not in printed and number.level:
            yield replace(whole_draft, kind="item", level=self._item_level(number))
        else:
            yield whole_draft

    def _item_level(self, number: Numbered) -> int:
        """Depth of an item from 1, the levels of the clause it belongs to left out."""
        within = number.form != "bullet" and number.level >= self.clause
        return number.level + 1 - (self.clause if within else 0)

    def _table(self, element: "etree._Element", place: _Place) -> Iterator[Draft]:
        if place.depth >= _MAX_TABLES:
            self.reading.embedded += 1
            return
        place.depth += 1
        table = self.tables
        self.tables += 1
        rows = False
        for row in _rows(element):
            if row.find(f"{W}trPr/{W}del") is not None:
                self.reading.taken += 1
                continue
            self.reading.added += row.find(f"{W}trPr/{W}ins") is not None
            header = is_on(row.find(f"{W}trPr/{W}tblHeader"))
            cells = self._cells(row, place)
            locator = f"{place.part} paragraph {place.count}"
            draft = Draft(kind="header-row" if header else "row", text="", locator=locator, table=table)
            made = row_or_parts(cells, draft, goes_on=rows)
            rows = rows or any(one.table == table for one in made)
            yield from made
        place.depth -= 1

    def _cells(self, row: "etree._Element", place: _Place) -> list[list[Draft]]:
        cells: list[list[Draft]] = [[] for _ in range(_grid(row.find(f"{W}trPr/{W}gridBefore"), 0))]
        for cell in _children(row, f"{W}tc"):
            merged = cell.find(f"{W}tcPr/{W}vMerge")
            drafts = [draft for child in cell for draft in self._blocks(child, place)]
            if merged is not None and value(merged, "continue") == "continue":
                drafts = []
            if cell.find(f"{W}tcPr/{W}cellDel") is not None:
                self.reading.taken += 1
                drafts = []
            cells.append(drafts)
            cells.extend([] for _ in range(_grid(cell.find(f"{W}tcPr/{W}gridSpan"), 1) - 1))
        return cells

    def _pending_notes(self) -> Iterator[Draft]:
        while self.pending:
            kind, _, identifier = self.pending.pop(0).partition(" ")
            part = f"word/{kind}.xml"
            if kind not in self.notes:
                root = self.package.xml_of(part)
                found = [] if root is None else root.findall(f"{W}{kind[:-1]}")
                self.notes[kind] = {note.get(f"{W}id", ""): note for note in found}
            note = self.notes[kind].pop(identifier, None)
            if note is None:
                continue
            self.note_count += 1
            place = _Place(part, count=whole(identifier))
            texts = [
                draft.text or " | ".join(draft.cells)
                for child in note
                for draft in self._blocks(child, place)
            ]
            if text := " ".join(texts).strip():
                locator = f"{part} note {identifier}"
                yield Draft(
                    kind="footnote", text=text, number=str(self.note_count), locator=locator, settled=True
                )

    def furniture(self) -> Iterator[Draft]:
        """Headers and footers, each text once."""
        known: set[str] = set()
        for part in sorted(self.package.names):
            if not re.fullmatch(r"word/(?:header|footer)\d{0,4}\.xml", part):
                continue
            root = self.package.xml_of(part)
            for draft in [] if root is None else self.story(root, part):
                text = draft.text or " | ".join(draft.cells)
                if text not in known:
                    known.add(text)
                    yield Draft(kind="furniture", text=text, locator=draft.locator, settled=True)

    def remarks(self, *, words: bool) -> tuple[Remark, ...]:
        """What was met."""
        met = self.reading
        made = []
        if met.added or met.taken:
            detail = (
                f"tracked changes: {met.added} insertions were read, {met.taken} deletions were not;"
                " accept or reject them before you sign"
            )
            made.append(Remark(kind="tracked", detail=detail))
        if met.hidden:
            made.append(Remark(kind="hidden", detail=f"hidden text in {met.hidden} places was not read"))
        if met.struck:
            made.append(Remark(kind="struck", detail=f"struck-out text in {met.struck} places was not read"))
        if met.embedded:
            made.append(Remark(kind="other", detail=f"{met.embedded} embedded documents were not read"))
        if not words:
            detail = "only pictures, no text" if met.pictures else "no text"
            made.append(Remark(kind="no-text", detail=detail))
        if "word/comments.xml" in self.package.names:
            made.append(Remark(kind="other", detail="comments were not read", blocks_absence=False))
        return tuple(made)


def _heading_drafts(draft: Draft) -> Iterator[Draft]:
    """A heading; where a whole clause was given a heading's style, its title and then the clause."""
    if len(draft.text) <= _LONG_HEADING:
        yield draft
        return
    title = run_in(draft.text)
    if title:
        yield replace(draft, text=draft.text[:title])
        yield Draft(kind="paragraph", text=draft.text[title:].strip(), locator=draft.locator)
    else:
        yield replace(draft, kind="paragraph", level=0)


def _is_clause(printed: str) -> bool:
    return re.fullmatch(r"[A-Z]{0,2}\d+(?:\.\d+)*|(?:[A-Za-z]+) [IVXLC\d.]+[A-Z]?", printed) is not None


def _looks_titled(text: str, *, bold: bool) -> bool:
    short = text.rstrip(".: ")
    ended = text.endswith((";", ",", "?", "!"))
    return not ended and (is_title(short) or is_caps(short) or (bold and len(text) <= _BOLD_HEADING))


def _rows(table: "etree._Element") -> "Iterator[etree._Element]":
    return _children(table, f"{W}tr")


def _children(parent: "etree._Element", tag: str) -> "Iterator[etree._Element]":
    """Rows or cells, through content controls and insertions."""
    for child in parent:
        if child.tag == tag:
            yield child
        elif child.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo"}:
            yield from _children(child, tag)


def _grid(element: "etree._Element | None", default: int) -> int:
    return min(100, max(default, whole(value(element), default)))
