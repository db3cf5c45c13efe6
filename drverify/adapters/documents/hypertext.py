"""HTML -> drafts of blocks. The standard library's parser, for it alone says where in the source it is.

Not read: scripts, styles, navigation, forms' controls and what is hidden. Struck-out text is left out
and remarked. Headers and footers of the page are furniture.
"""

import html
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

from drverify.adapters.documents.canvas import Draft, row_or_parts
from drverify.adapters.documents.counting import decimal_run
from drverify.adapters.documents.hypertext_elements import (
    BLOCKS,
    CLOSED_BY,
    PAGE_PARTS,
    SKIPPED,
    VOID,
    columns,
    hides,
    lines_shown,
    list_number,
    strikes,
)
from drverify.errors import InputError
from drverify.model.document import BlockKind, Remark

_SPACE = re.compile(r"[ \t\r\n\f]+")
_HEADING = re.compile(r"<h[1-6]\b", re.IGNORECASE)
_DATA = re.compile(r"(?<=[\"'])data:[^\"'<>]{1000,}")
"""Pictures within the source. Without them the columns of what follows in the same line are smaller."""
_MAX_DEPTH = 2000
_PIECE = 16 * 1024


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    hides: bool
    strikes: bool


@dataclass(slots=True)
class _List:
    style: str
    count: int
    number: str = ""


@dataclass(slots=True)
class _Table:
    number: int
    cells: list[list[Draft]] = field(default_factory=list)
    plain: bool = False
    """Whether the open row has a `td`."""
    where: str = ""
    rows: bool = False
    """Whether it has had rows, not only paragraphs in cells."""


def drafts_of(source: str, name: str) -> tuple[list[Draft], tuple[Remark, ...]]:
    """The drafts of an HTML source and what is to be remarked. Raises InputError for absurd nesting."""
    reader = _Reader(name, styled=_HEADING.search(source) is not None)
    _feed(reader, source, name)
    reader.finish()
    return reader.sinks[0], reader.remarks()


def _feed(reader: "_Reader", source: str, name: str) -> None:
    """Hand over the source in pieces: what the parser must look at again and again stays short.

    An unclosed tag or comment costs the parser the square of what follows it.
    """
    source = _DATA.sub("data:", source)
    at, size = 0, _PIECE
    while at < len(source):
        reader.feed(source[at : at + size])
        at += size
        held = len(reader.rawdata)
        inside = reader.cdata_elem is not None or reader.rawdata.startswith("<!--")
        if held > _PIECE and not inside:
            break
        size = max(_PIECE, held)
    if len(reader.rawdata) > _PIECE:
        raise InputError(
            f"{name}: a tag or comment in line {reader.getpos()[0]} is never closed",
            hint="save the page anew in a browser, or as text",
        )
    reader.close()


class _Reader(HTMLParser):
    """Walks the source once and collects drafts; every open cell collects its own."""

    def __init__(self, name: str, *, styled: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.name = name
        self.styled = styled
        """Whether the page has elements for headings, so that looks alone make none."""
        self.sinks: list[list[Draft]] = [[]]
        self.path: list[_Open] = []
        self.count: Counter[str] = Counter()
        self.hidden = self.struck = 0
        self.lists: list[_List] = []
        self.tables: list[_Table] = []
        self.made = 0
        self.text: list[str] = []
        self.where = ""
        self.fresh = False
        """Whether the next paragraph opens a list item."""
        self.left_out: dict[str, list[int]] = {"struck": [], "hidden": []}

    # What the parser calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element."""
        given = {key: value or "" for key, value in attrs}
        if tag in VOID:
            self._void(tag, given)
            return
        if tag in CLOSED_BY:
            closes, protects = CLOSED_BY[tag]
            self._close_nearest(closes, protects)
        if tag in BLOCKS:
            if tag not in {"td", "th"}:
                self._close_nearest(frozenset(("p",)), BLOCKS - {"p"})
            self._flush()
        if len(self.path) >= _MAX_DEPTH:
            raise InputError(
                f"{self.name}: elements nested deeper than {_MAX_DEPTH} levels in line {self.getpos()[0]}",
                hint="save the page as text, or as HTML from another program",
            )
        opened = _Open(tag, hides(tag, given), strikes(tag, given))
        self.path.append(opened)
        self.count[tag] += 1
        self.hidden += opened.hides
        self.struck += opened.strikes
        self._opened(tag, given)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """`<br/>`; HTML gives the slash no meaning on other elements."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Close the nearest open element of that name and what is open in it."""
        if self.count[tag]:
            protects = frozenset(("table",)) if tag != "table" else frozenset[str]()
            self._close_nearest(frozenset((tag,)), protects)
        elif tag in BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        """Words between tags."""
        if self.hidden or self.struck:
            if data.strip() and not self._is_skipped():
                self.left_out["struck" if self.struck else "hidden"].append(self.getpos()[0])
            return
        if not self.text and not data.strip():
            return
        if not self.where:
            line, column = self._first_word(data)
            self.where = f"line {line}:{column + 1}"
        self.text.append(data)

    def handle_entityref(self, name: str) -> None:
        """A named character."""
        self.handle_data(html.unescape(f"&{name};"))

    def handle_charref(self, name: str) -> None:
        """A numbered character."""
        self.handle_data(html.unescape(f"&#{name};"))

    # What it means

    def _first_word(self, data: str) -> tuple[int, int]:
        line, column = self.getpos()
        lead = data[: len(data) - len(data.lstrip())]
        breaks = lead.count("\n")
        return line + breaks, len(lead) - lead.rfind("\n") - 1 if breaks else column + len(lead)

    def _is_skipped(self) -> bool:
        return any(opened.tag in SKIPPED for opened in self.path)

    def _void(self, tag: str, given: Mapping[str, str]) -> None:
        if self.hidden or self.struck:
            return
        if tag == "hr":
            self._flush()
        elif tag == "br" and self.text:
            self.text.append("\v")
        elif tag == "input" and given.get("type", "").lower() in {"checkbox", "radio"}:
            self.handle_data("\u2612 " if "checked" in given else "\u2610 ")
        elif tag == "img" and given.get("alt", "").strip():
            self._flush()
            line, column = self.getpos()
            alt = _SPACE.sub(" ", given["alt"]).strip()
            self.sinks[-1].append(
                Draft(kind="caption", text=alt, locator=f"line {line}:{column + 1}", settled=True)
            )

    def _close_nearest(self, tags: frozenset[str], protects: frozenset[str]) -> None:
        if not any(self.count[tag] for tag in tags):
            return
        for at in range(len(self.path) - 1, -1, -1):
            if self.path[at].tag in tags:
                while len(self.path) > at:
                    self._close()
                return
            if self.path[at].tag in protects:
                return

    def _opened(self, tag: str, given: Mapping[str, str]) -> None:
        if tag in {"ol", "ul"}:
            start = given.get("start", "")
            first = int(start) if re.fullmatch(r"-?\d{1,6}", start) else 1
            self.lists.append(_List(given.get("type", "1") if tag == "ol" else "", first - 1))
        elif tag == "li":
            self._item(given)
        elif tag == "table":
            self.tables.append(_Table(self.made))
            self.made += 1
        elif tag == "tr" and self.tables:
            self.tables[-1].cells, self.tables[-1].plain = [], False
            line, column = self.getpos()
            self.tables[-1].where = f"line {line}:{column + 1}"
        elif tag in {"td", "th"} and self.tables:
            self.tables[-1].plain |= tag == "td"
            self.tables[-1].cells.append([])
            for _ in range(columns(given) - 1):
                self.tables[-1].cells.append([])
            self.sinks.append(self.tables[-1].cells[-columns(given)])

    def _item(self, given: Mapping[str, str]) -> None:
        self.fresh = True
        if not self.lists:
            self.lists.append(_List("", 0))
        current = self.lists[-1]
        value = given.get("value", "")
        current.count = int(value) if re.fullmatch(r"-?\d{1,6}", value) else current.count + 1
        current.number = list_number(current.count, current.style)

    def _close(self) -> None:
        """Close the innermost element."""
        tag = self.path[-1].tag
        if tag in BLOCKS:
            self._flush(tag)
        opened = self.path.pop()
        self.count[tag] -= 1
        self.hidden -= opened.hides
        self.struck -= opened.strikes
        if tag in {"ol", "ul"} and self.lists:
            self.lists.pop()
            self.fresh = False
        elif tag in {"td", "th"} and len(self.sinks) > 1:
            self.sinks.pop()
        elif tag == "tr" and self.tables:
            self._row()
        elif tag == "table" and self.tables:
            self.tables.pop()

    def _row(self) -> None:
        table = self.tables[-1]
        header = not table.plain or any(opened.tag == "thead" for opened in self.path[-3:])
        kind: BlockKind = "header-row" if header and len(table.cells) > 1 else "row"
        row = Draft(kind=kind, text="", locator=table.where, table=table.number)
        made = row_or_parts(table.cells, row, goes_on=table.rows)
        table.rows = table.rows or any(draft.table == table.number for draft in made)
        self.sinks[-1].extend(made)
        table.cells = []

    def _flush(self, tag: str = "") -> None:
        """The open paragraph ends; `tag` is the element that ends it."""
        text = "".join(self.text)
        where, self.text, self.where = self.where, [], ""
        if not self.count["pre"]:
            text = _SPACE.sub(" ", text)
        text = re.sub(r" ?\v ?", "\n", text).strip()
        if not text:
            return
        self.sinks[-1].append(self._draft(text, where, tag))

    def _draft(self, text: str, where: str, tag: str) -> Draft:
        if any(opened.tag in PAGE_PARTS for opened in self.path) and not self._within_text():
            return Draft(kind="furniture", text=text, locator=where, settled=True)
        if self.fresh and self.count["li"]:
            self.fresh = False
            number = decimal_run([known.number for known in self.lists]) if self.lists[-1].number else ""
            level = len(self.lists)
            return Draft(kind="item", text=text, number=number, level=level, locator=where, settled=True)
        heading = next((o.tag for o in reversed(self.path) if re.fullmatch(r"h[1-6]", o.tag)), "") or tag
        if re.fullmatch(r"h[1-6]", heading):
            return Draft(kind="heading", text=text, level=int(heading[1]), locator=where)
        if tag in {"caption", "figcaption"}:
            return Draft(kind="caption", text=text, locator=where, settled=True)
        if self.count["pre"] and self.count["code"]:
            return Draft(kind="code", text=text, locator=where, settled=True)
        return Draft(kind="paragraph", text=text, locator=where, plain=self.styled)

    def _within_text(self) -> bool:
        return bool(self.count["article"] or self.count["main"])

    def finish(self) -> None:
        """The source has ended: so does everything open."""
        while self.path:
            self._close()
        self._flush()

    def remarks(self) -> tuple[Remark, ...]:
        """What was left out."""
        made = []
        if lines := self.left_out["struck"]:
            made.append(Remark(kind="struck", detail=f"struck-out text was not read: {lines_shown(lines)}"))
        if lines := self.left_out["hidden"]:
            detail = f"hidden text was not read: {lines_shown(lines)}"
            made.append(Remark(kind="hidden", detail=detail, blocks_absence=False))
        return tuple(made)
