"""The child process that reads a PDF from standard input and answers with lines of JSON.

`[3, 60]` after each page read, then one object: `drafts`, `remarks` and `pages`, or `refused`.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from drverify.adapters.documents.limits import MAX_CHARACTERS, MIB
from drverify.adapters.documents.pdf_bullets import bullets_of
from drverify.adapters.documents.pdf_flow import drafts_of
from drverify.adapters.documents.pdf_furniture import furniture_of
from drverify.adapters.documents.pdf_lines import items_of
from drverify.adapters.documents.pdf_page import Fragment, RawPage, fragments, read_page
from drverify.adapters.documents.pdf_tables import Grid, grids_of
from drverify.model.document import Remark

MAX_MEMORY = 1536 * MIB
"""Address space, of which a thousand pages use a fifth as memory."""
MAX_CPU_S = 100
MAX_PAGES = 5000
_MANY_ODD = 0.2
_FEW_LETTERS = 20


def main() -> None:
    """Read, answer, end."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data = sys.stdin.buffer.read()
    try:
        answer = answer_of(data, lambda done, of: _tell([done, of]))
    except MemoryError:
        answer = {"refused": "reading it takes more memory than any agreement needs"}
    _tell(answer)


def _tell(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def answer_of(data: bytes, progress: Callable[[int, int], None]) -> dict[str, object]:
    """What is told of a PDF."""
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        return _refusal(data, error)
    count = len(document)
    if count > MAX_PAGES:
        return {"refused": f"{count} pages; at most {MAX_PAGES} are read", "hint": "give the agreement alone"}
    if not count:
        return {"refused": "a PDF without pages"}
    pages: list[tuple[list[Fragment], list[Grid]]] = []
    remarks: list[Remark] = []
    letters = 0
    for number in range(1, count + 1):
        found, grids, more = _page(document, number)
        letters += sum(len(fragment.text) for fragment in found)
        if letters > MAX_CHARACTERS:
            return {
                "refused": f"more than {MAX_CHARACTERS} characters of text",
                "hint": "give the agreement alone",
            }
        pages.append((found, grids))
        remarks.extend(more)
        progress(number, count)
    furniture = furniture_of([found for found, _ in pages])
    items = [items_of(found, grids, number, furniture) for number, (found, grids) in enumerate(pages, 1)]
    return {
        "drafts": [asdict(draft) for draft in drafts_of(items)],
        "remarks": [asdict(remark) for remark in remarks],
        "pages": count,
    }


def _refusal(data: bytes, error: pdfium.PdfiumError) -> dict[str, object]:
    code = getattr(error, "err_code", None)
    if code in {pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY} or "password" in str(error).lower():
        return {
            "refused": "the PDF is encrypted and opens only with a password",
            "hint": "open it with the password and save a copy without one (`qpdf --decrypt`)",
        }
    cut = b"%%EOF" not in data[-2048:]
    return {"refused": "the PDF is cut off: its end is missing" if cut else "the PDF is damaged"}


def _page(document: pdfium.PdfDocument, number: int) -> tuple[list[Fragment], list[Grid], list[Remark]]:
    try:
        page = document[number - 1]
        raw = read_page(page)
    except (pdfium.PdfiumError, ValueError) as error:
        detail = f"page {number} cannot be read ({error})"
        return [], [], [Remark(kind="no-text", detail=detail, page=number)]
    grids = grids_of(raw.rules)
    found = fragments(raw.letters, raw.looks, [rule for grid in grids for rule in grid.vertical])
    found.extend(bullets_of(raw.dots, found))
    remarks = list(_remarks(raw, "".join(fragment.text for fragment in found), number))
    page.close()
    return found, grids, remarks


def _remarks(raw: RawPage, text: str, number: int) -> Iterator[Remark]:
    letters = sum(not character.isspace() for character in text)
    if not letters or (raw.pictures and letters < _FEW_LETTERS):
        what = "only pictures" if raw.pictures else "no text"
        detail = f"page {number} holds {what}"
        yield Remark(
            kind="no-text", detail=detail, page=number, blocks_absence=bool(raw.pictures or raw.rules)
        )
        return
    odd = sum("\ue000" <= character <= "\uf8ff" or character == "\ufffd" for character in text) + raw.unmapped
    if odd > _MANY_ODD * (letters + raw.unmapped):
        detail = f"page {number}: a font does not say which letters it shows; its text cannot be trusted"
        yield Remark(kind="no-text", detail=detail, page=number)


if __name__ == "__main__":
    main()
