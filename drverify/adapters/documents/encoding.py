"""Bytes of a text file -> characters. Nothing is translated: neither line ends nor odd spaces."""

import codecs

from drverify.errors import InputError
from drverify.model.document import Remark

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL_SHARE = 0.02


def decode(data: bytes, name: str) -> tuple[str, tuple[Remark, ...]]:
    """The file's text; a leading byte order mark is left out, and offsets count from after it.

    UTF-8 first. UTF-16 and UTF-32 only with a byte order mark. What is not UTF-8 is read as Windows-1252
    (of which Latin-1 text is a part), with a remark. Raises InputError for what is no text at all.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, name), ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _western(data, name, error)
    _refuse_binary(text, name)
    return text, ()


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: marked as {encoding.upper()} but not valid at byte {error.start}",
            hint="save it as UTF-8 text and try again",
        ) from error
    _refuse_binary(text, name)
    return text


def _western(data: bytes, name: str, cause: UnicodeDecodeError) -> tuple[str, tuple[Remark, ...]]:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    _refuse_binary(text, name)
    detail = (
        f"not valid UTF-8 (byte {cause.start}); read as Windows-1252, so letters with accents may be wrong"
    )
    return text, (Remark(kind="other", detail=detail, blocks_absence=False),)


def _refuse_binary(text: str, name: str) -> None:
    sample = text[:100_000]
    odd = sum(character < " " and character not in "\t\r\n\f\v\x1a\x1b" for character in sample)
    if "\0" in sample or odd > _CONTROL_SHARE * max(1, len(sample)):
        raise InputError(
            f"{name}: this is no text: it holds control characters",
            hint="give the agreement as .txt, .md, .html, .docx or .pdf",
        )
