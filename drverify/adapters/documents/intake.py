"""The door for documents: a file's bytes -> `Text`. The format is told by the bytes, then by the name.

Every refusal is an InputError that names the file, what is wrong and what to do. The same bytes under
the same name always give the same value; nothing is read but the file.
"""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from drverify.adapters.documents import limits
from drverify.adapters.documents.canvas import Draft, render
from drverify.adapters.documents.encoding import decode
from drverify.adapters.documents.language import language_of, language_remark
from drverify.errors import InputError
from drverify.model.agreement import Sha256
from drverify.model.document import Block, Format, Remark, Text

_UNREAD = frozenset(("code", "furniture"))

Progress = Callable[[int, int | None], None]
"""Called with pages (or parts) done and their number, None where that is not known."""


def read_document(path: Path, *, progress: Progress | None = None) -> Text:
    """The document's text, blocks and remarks. Raises InputError for what cannot be read."""
    data = limits.read_bytes(path)
    name = path.name
    form = _format(data, path)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    content, blocks, remarks, pages = _parse(data, form, name, progress)
    read = " ".join(
        content[block.span.start : block.span.end] for block in blocks if block.kind not in _UNREAD
    )
    language = language_of(read)
    remark = language_remark(language, read)
    return Text(
        name=name,
        format=form,
        sha256=sha256,
        content=content,
        blocks=blocks,
        pages=pages,
        language=language,
        remarks=(*remarks, *([remark] if remark else [])),
    )


_Parsed = tuple[str, tuple[Block, ...], tuple[Remark, ...], int | None]


def _parse(data: bytes, form: Format, name: str, progress: Progress | None) -> _Parsed:
    """Only the reader of this format is loaded: every drill reads its agreement again, seldom all formats."""
    if form == "docx":
        from drverify.adapters.documents import word  # noqa: PLC0415

        return _drawn(*word.drafts_of(data, name))
    if form == "pdf":
        from drverify.adapters.documents import pdf  # noqa: PLC0415

        printed, found, pages = pdf.drafts_of(data, name, progress)
        return (*render(printed), found, pages)
    content, remarks = decode(data, name)
    limits.refuse_long(content, name)
    if form == "html":
        from drverify.adapters.documents import hypertext  # noqa: PLC0415

        drafts, more = hypertext.drafts_of(content, name)
        return _drawn(drafts, (*remarks, *more))
    if form == "md":
        from drverify.adapters.documents import markdown  # noqa: PLC0415

        blocks, more = markdown.blocks_of(content)
        return content, blocks, (*remarks, *more), None
    from drverify.adapters.documents import plaintext  # noqa: PLC0415

    plain, leaves, found = plaintext.blocks_of(content)
    return content, plain, (*remarks, *found), leaves


def _drawn(drafts: list[Draft], remarks: tuple[Remark, ...]) -> _Parsed:
    content, blocks = render(drafts)
    return content, blocks, remarks, None


def _format(data: bytes, path: Path) -> Format:
    """By what the bytes begin with; between text formats by the name."""
    if data[:1024].lstrip().startswith(b"%PDF-") or b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "docx"
    if (refused := _refused(data)) is not None:
        raise InputError(f"{path}: {refused[0]}", hint=refused[1])
    suffix = path.suffix.lower()
    if suffix in {".md", ".markdown"}:
        return "md"
    if suffix in {".html", ".htm", ".xhtml"} or _HTML.match(data[:2048]):
        return "html"
    if suffix in {".pdf", ".docx"}:
        raise InputError(
            f"{path}: named {suffix} but its bytes are not those of such a file",
            hint="check that it was copied in full; open it and save it anew",
        )
    return "txt"


def _refused(data: bytes) -> tuple[str, str] | None:
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            return (
                "an encrypted Office document",
                "remove its password in the word processor and save it anew",
            )
        return (
            "a document of the old binary Office format",
            "open it in a word processor and save it as .docx",
        )
    if data.startswith(b"{\\rtf"):
        return "an RTF document", "open it in a word processor and save it as .docx or .pdf"
    for magic, what in _OTHERS:
        if data.startswith(magic):
            return what, "give the agreement as .txt, .md, .html, .docx or .pdf"
    return None


_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b",
    re.IGNORECASE | re.DOTALL,
)
_OTHERS = (
    (b"\x89PNG", "a picture: its words cannot be read"),
    (b"\xff\xd8\xff", "a picture: its words cannot be read"),
    (b"II*\0", "a picture: its words cannot be read"),
    (b"MM\0*", "a picture: its words cannot be read"),
    (b"\x1f\x8b", "a compressed file"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
)
