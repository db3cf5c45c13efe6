"""The parts of a Word file that hold no clause: styles, numbering, header, footer, footnotes, properties."""

from collections.abc import Mapping
from html import escape

from lab.evaluation.rendering.source import Numbering

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
WRITTEN = "2026-08-01T09:00:00Z"
"""Fixed: the same sample gives the same bytes."""
BULLETS = 90
"""Number of the list of bullets; numbered lists count from 1."""
_PARTS = {
    "styles": "styles",
    "numbering": "numbering",
    "header": "header1",
    "footer": "footer1",
    "footnotes": "footnotes",
}


def parts(title: str, running: str, note: str, numbering: Numbering) -> Mapping[str, str]:
    """All parts but the document itself, by their names in the package."""
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations({"officeDocument": "word/document.xml"}, core="docProps/core.xml"),
        "docProps/core.xml": _properties(title),
        "word/_rels/document.xml.rels": _relations({kind: f"{name}.xml" for kind, name in _PARTS.items()}),
        "word/styles.xml": _styles(),
        "word/numbering.xml": _numbering(numbering),
        "word/header1.xml": _root("hdr", _paragraph("Header", _text(running))),
        "word/footer1.xml": _root("ftr", _paragraph("Footer", _text("Page ") + _field("PAGE"))),
        "word/footnotes.xml": _footnotes(note),
    }


def relation(kind: str) -> str:
    """The id by which the document refers to its header, footer and so on."""
    return f"rId{[*_PARTS].index(kind) + 1}"


def _content_types() -> str:
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    names = {"document": "document.main", "header1": "header", "footer1": "footer"}
    names |= {name: name for name in ("styles", "numbering", "footnotes")}
    rows = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{main}.{kind}+xml"/>'
        for part, kind in names.items()
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{rows}</Types>"
    )


def _relations(targets: Mapping[str, str], *, core: str = "") -> str:
    rows = [
        f'<Relationship Id="rId{at}" Type="{OFFICE}/relationships/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(targets.items(), start=1)
    ]
    if core:
        kind = f"{PACKAGE}/relationships/metadata/core-properties"
        rows.append(f'<Relationship Id="rId{len(rows) + 1}" Type="{kind}" Target="{core}"/>')
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{"".join(rows)}</Relationships>'


def _properties(title: str) -> str:
    times = "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{WRITTEN}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>drverify</dc:creator>{times}</cp:coreProperties>"
    )


def _styles() -> str:
    headings = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/>'
        f'<w:pPr><w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="{level - 1}"/>'
        f'</w:pPr><w:rPr><w:b/><w:sz w:val="{34 - 4 * level}"/></w:rPr></w:style>'
        for level in (1, 2, 3)
    )
    plain = "".join(
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{name.lower()}"/></w:style>'
        for name in ("Header", "Footer", "FootnoteText")
    )
    return _root(
        "styles",
        '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Liberation Serif"/>'
        '<w:sz w:val="22"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>'
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        '<w:pPr><w:spacing w:after="120"/></w:pPr></w:style>'
        f"{headings}{plain}",
    )


def _numbering(numbering: Numbering) -> str:
    lists = [
        "".join(_level(at, one.form, one.printed) for at, one in enumerate(levels)) for levels in numbering
    ]
    abstract = "".join(
        f'<w:abstractNum w:abstractNumId="{at}">{levels}</w:abstractNum>'
        for at, levels in [*enumerate(lists, start=1), (BULLETS, _level(0, "bullet", "•"))]
    )
    numbers = "".join(
        f'<w:num w:numId="{at}"><w:abstractNumId w:val="{at}"/></w:num>'
        for at in [*range(1, len(lists) + 1), BULLETS]
    )
    return _root("numbering", abstract + numbers)


def _level(at: int, form: str, printed: str) -> str:
    return (
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{printed}"/><w:lvlJc w:val="left"/></w:lvl>'
    )


def _footnotes(note: str) -> str:
    rules = "".join(
        f'<w:footnote w:type="{kind}" w:id="{at}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for at, kind in ((-1, "separator"), (0, "continuationSeparator"))
    )
    mark = "<w:r><w:footnoteRef/></w:r>"
    return _root(
        "footnotes",
        f'{rules}<w:footnote w:id="1">{_paragraph("FootnoteText", mark + _text(" " + note))}</w:footnote>',
    )


def _root(name: str, inside: str) -> str:
    return f'{HEAD}<w:{name} xmlns:w="{WORD}" xmlns:r="{OFFICE}/relationships">{inside}</w:{name}>'


def _paragraph(style: str, inside: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{inside}</w:p>'


def _text(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text, quote=False)}</w:t></w:r>'


def _field(name: str) -> str:
    marks = {"begin": "", "separate": "", "end": ""}
    runs = {mark: f'<w:r><w:fldChar w:fldCharType="{mark}"/></w:r>' for mark in marks}
    code = f'<w:r><w:instrText xml:space="preserve"> {name} </w:instrText></w:r>'
    return f"{runs['begin']}{code}{runs['separate']}{_text('1')}{runs['end']}"
