"""The door for documents: a file's bytes -> `Text`. The format is told by the bytes, then by the name.

Every refusal is an InputError that names the file, what is wrong and what to do. The same bytes under
the same name always give the same value; nothing is read but the file.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from drverify.adapters.documents import limits, markdown, plaintext
from drverify.adapters.documents.encoding import decode
from drverify.adapters.documents.language import language_of, language_remark
from drverify.errors import InputError
from drverify.model.agreement import Sha256
from drverify.model.document import Block, Format, Remark, Text

Progress = Callable[[int, int | None], None]
"""Called with pages (or parts) done and their number, None where that is not known."""


def read_document(path: Path, *, progress: Progress | None = None) -> Text:
    """The document's text, blocks and remarks. Raises InputError for what cannot be read."""
    data = limits.read_bytes(path)
    name = path.name
    form = _format(data, path)
    sha256 = Sha256(hashlib.sha256(data).hexdigest())
    content, blocks, remarks, pages = _parse(data, form, name, progress)
    language = language_of(content)
    remark = language_remark(language, content)
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
    content, remarks = decode(data, name)
    limits.refuse_long(len(content), name)
    if form == "md":
        blocks, more = markdown.blocks_of(content)
        return content, blocks, (*remarks, *more), None
    blocks, pages = plaintext.blocks_of(content)
    return content, blocks, remarks, pages


def _format(data: bytes, path: Path) -> Format:
    return "md" if path.suffix.lower() in {".md", ".markdown"} else "txt"
