"""The words of one DOCX paragraph: what is shown is read, what is deleted, hidden or struck out is not."""

from dataclasses import dataclass, field

from lxml import etree

from drverify.adapters.documents.word_numbering import Style, Styles, W, is_on, value, whole

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_THROUGH = frozenset(
    f"{W}{tag}"
    for tag in (
        "hyperlink",
        "smartTag",
        "customXml",
        "fldSimple",
        "dir",
        "bdo",
        "sdtContent",
        "ruby",
        "rubyBase",
    )
)
_ADDED = frozenset((f"{W}ins", f"{W}moveTo"))
_TAKEN = frozenset((f"{W}del", f"{W}moveFrom"))
_TEXTS = frozenset((f"{W}t", f"{W}delText"))
_PLAIN = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}
_WINGDINGS = {
    0xFE: "\u2612",
    0xFD: "\u2612",
    0xA8: "\u2610",
    0x6F: "\u2610",
    0xFC: "\u2713",
    0x71: "\u2610",
    0x78: "\u2612",
}
_BULLETS = frozenset((0xA7, 0xB7, 0x6C, 0x6E, 0xD8))


@dataclass(slots=True)
class Reading:
    """What was met that limits the reading, counted over the document."""

    added: int = 0
    taken: int = 0
    hidden: int = 0
    struck: int = 0
    embedded: int = 0
    pictures: int = 0


@dataclass(slots=True)
class Line:
    """One paragraph's words and what hangs on it."""

    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Footnotes (`footnotes 2`) and endnotes, in order."""
    boxes: list["etree._Element"] = field(default_factory=list)
    """Contents of text boxes."""
    bold: int = 0
    """Characters in bold."""

    def text(self) -> str:
        """The words."""
        return "".join(self.parts)


class Inline:
    """Reads the runs of paragraphs."""

    def __init__(self, styles: Styles, reading: Reading) -> None:
        self._styles = styles
        self._reading = reading

    def read(self, paragraph: "etree._Element", style: Style) -> Line:
        """The words of one paragraph."""
        line = Line()
        for child in paragraph:
            self._visit(child, style, line)
        return line

    def _visit(self, element: "etree._Element", style: Style, line: Line) -> None:
        tag = element.tag
        if tag == f"{W}r":
            self._run(element, style, line)
        elif tag in _TAKEN:
            self._reading.taken += _has_words(element)
        elif tag in _THROUGH or tag in _ADDED:
            self._reading.added += tag in _ADDED and _has_words(element)
            for child in element:
                self._visit(child, style, line)
        elif tag == f"{W}sdt":
            content = element.find(f"{W}sdtContent")
            if content is not None:
                self._visit(content, style, line)
        elif tag == f"{_MC}AlternateContent":
            for child in chosen(element):
                self._visit(child, style, line)
        elif str(tag).startswith(_MATH):
            line.parts.extend(text.text or "" for text in element.iter(f"{_MATH}t"))
        else:
            self._in_run(element, line)

    def _run(self, run: "etree._Element", style: Style, line: Line) -> None:
        properties = run.find(f"{W}rPr")
        hidden, struck = self._unseen(properties, style)
        if hidden or struck:
            if _has_words(run):
                self._reading.hidden += hidden
                self._reading.struck += struck and not hidden
            return
        before = len(line.parts)
        for child in run:
            if child.tag == f"{_MC}AlternateContent":
                for inner in chosen(child):
                    self._in_run(inner, line)
            elif child is not properties:
                self._in_run(child, line)
        if properties is not None and is_on(properties.find(f"{W}b")):
            line.bold += sum(len(part) for part in line.parts[before:])

    def _unseen(self, properties: "etree._Element | None", style: Style) -> tuple[bool, bool]:
        own = Style()
        if properties is not None:
            own = self._styles.get(value(properties.find(f"{W}rStyle")))

        def said(*tags: str, inherited: bool | None) -> bool:
            switches = [] if properties is None else [is_on(properties.find(f"{W}{tag}")) for tag in tags]
            direct = [switch for switch in switches if switch is not None]
            return any(direct) if direct else bool(inherited)

        hidden = own.hidden if own.hidden is not None else style.hidden
        struck = own.struck if own.struck is not None else style.struck
        return said("vanish", inherited=hidden), said("strike", "dstrike", inherited=struck)

    def _in_run(self, element: "etree._Element", line: Line) -> None:
        tag = element.tag
        if tag == f"{W}t":
            line.parts.append(element.text or "")
        elif tag in _PLAIN:
            line.parts.append(_PLAIN[tag])
        elif tag == f"{W}br":
            line.parts.append("\n" if element.get(f"{W}type", "textWrapping") == "textWrapping" else " ")
        elif tag == f"{W}sym":
            line.parts.append(_symbol(element))
        elif tag in {f"{W}footnoteReference", f"{W}endnoteReference"}:
            kind = "footnotes" if tag == f"{W}footnoteReference" else "endnotes"
            line.notes.append(f"{kind} {element.get(f'{W}id', '')}")
        elif tag == f"{W}fldChar":
            line.parts.append(_form_field(element))
        elif tag in {f"{W}drawing", f"{W}pict", f"{W}object"}:
            boxes = list(element.iter(f"{W}txbxContent"))
            line.boxes.extend(box for box in boxes if not _is_within(box, boxes))
            self._reading.pictures += not boxes
            self._reading.embedded += tag == f"{W}object"
        elif tag == f"{W}ruby":
            self._visit(element, Style(), line)


def chosen(alternatives: "etree._Element") -> "list[etree._Element]":
    """The children of the first choice: the others say the same once more."""
    for tag in ("Choice", "Fallback"):
        found = alternatives.find(f"{_MC}{tag}")
        if found is not None and len(found):
            return list(found)
    return []


def _is_within(box: "etree._Element", boxes: "list[etree._Element]") -> bool:
    others = {id(other) for other in boxes if other is not box}
    return any(id(ancestor) in others for ancestor in box.iterancestors(f"{W}txbxContent")) or any(
        ancestor.tag == f"{_MC}Fallback" for ancestor in box.iterancestors()
    )


def _has_words(element: "etree._Element") -> bool:
    return any((text.text or "").strip() for text in element.iter(*_TEXTS))


def _symbol(element: "etree._Element") -> str:
    try:
        code = int(element.get(f"{W}char", ""), 16) & 0xFF
    except ValueError:
        return ""
    if "wingdings" in element.get(f"{W}font", "").lower():
        return "\u2022" if code in _BULLETS else _WINGDINGS.get(code, "")
    return "\u2022" if code in _BULLETS else ""


def _form_field(element: "etree._Element") -> str:
    """A check box or drop-down list of the old kind, at the field's beginning."""
    box = element.find(f"{W}ffData/{W}checkBox")
    if box is not None:
        checked = box.find(f"{W}checked")
        state = is_on(checked if checked is not None else box.find(f"{W}default"))
        return "\u2612" if state else "\u2610"
    choices = element.find(f"{W}ffData/{W}ddList")
    if choices is not None:
        entries = choices.findall(f"{W}listEntry")
        at = whole(value(choices.find(f"{W}result")))
        return value(entries[at]) if 0 <= at < len(entries) else ""
    return ""
