"""Small documents made by code: DOCX from paragraphs of XML, PDF from lines with places."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
NAMESPACES = (
    f"{W}"
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    ' xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
)


def run(text: str, properties: str = "") -> str:
    """`<w:r>` with its properties."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(*runs: str, style: str = "", number: tuple[int, int] | None = None) -> str:
    """`<w:p>`; plain strings become runs; `number` is list id and level."""
    inner = "".join(one if one.startswith("<") else run(one) for one in runs)
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if number is not None:
        properties += f'<w:numPr><w:ilvl w:val="{number[1]}"/><w:numId w:val="{number[0]}"/></w:numPr>'
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def table(*rows: Sequence[str], header: bool = False) -> str:
    """`<w:tbl>`; cells are texts or XML of their content (with optional `tcPr`)."""

    def cell(text: str) -> str:
        return f"<w:tc>{text if text.startswith('<') else paragraph(text)}</w:tc>"

    made = ""
    for at, row in enumerate(rows):
        properties = "<w:trPr><w:tblHeader/></w:trPr>" if header and at == 0 else ""
        made += f"<w:tr>{properties}{''.join(map(cell, row))}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def numbering(levels: Sequence[tuple[str, str]], *, extra: str = "") -> str:
    """`numbering.xml` with one list, id 1; levels are (format, text)."""
    made = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for at, (form, text) in enumerate(levels)
    )
    return (
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="0">{made}</w:abstractNum>'
        f'<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>{extra}</w:numbering>'
    )


STYLES = (
    f"<w:styles {W}>"
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/>'
    '<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Clause"><w:name w:val="Clause"/><w:basedOn w:val="Heading1"/>'
    '<w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:type="character" w:styleId="Gone"><w:name w:val="Gone"/><w:rPr><w:vanish/></w:rPr></w:style>'
    "</w:styles>"
)


def docx(path: Path, *body: str, parts: Mapping[str, str | bytes] | None = None) -> Path:
    """Write a DOCX whose document.xml holds `body`."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f"<w:document {NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>"
        )
        for name, text in (parts or {}).items():
            archive.writestr(name, text)
    path.write_bytes(content.getvalue())
    return path


Placed = tuple[float, float, str]


def pdf_bytes(
    pages: Sequence[Sequence[Placed]],
    *,
    rules: Sequence[Sequence[tuple[float, float, float, float]]] = (),
    size: float = 10,
    rotate: int = 0,
    matrix: str = "1 0 0 1",
) -> bytes:
    """A PDF in Helvetica: texts at places (points from the lower left corner), and lines from place to place.

    A text that begins with `*` is bold.
    """
    objects: list[bytes] = [
        b"",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>")
    kids = []
    for at, page in enumerate(pages):
        parts = []
        for x, y, text in page:
            font = "F2" if text.startswith("*") else "F1"
            shown = text.removeprefix("*").encode("cp1252", "replace")
            shown = shown.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
            parts.append(f"BT /{font} {size} Tf {matrix} {x} {y} Tm (".encode() + shown + b") Tj ET")
        for x0, y0, x1, y1 in rules[at] if at < len(rules) else ():
            parts.append(f"{x0} {y0} m {x1} {y1} l S".encode())
        stream = b"\n".join(parts)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate %d /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>" % (rotate, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    return assembled(objects)


def assembled(objects: Sequence[bytes], *, trailer: bytes = b"") -> bytes:
    """A PDF file from its objects; the first is the catalogue."""
    made = b"%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )


def grid(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float, float, float]]:
    """The rules of a table with these column and row edges."""
    across = [(xs[0], y, xs[-1], y) for y in ys]
    return across + [(x, ys[0], x, ys[-1]) for x in xs]
