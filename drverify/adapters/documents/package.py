"""The zip and XML under a DOCX, opened with bounds: no bombs, no entities, no network.

Every part is read through a limit that counts what really comes out, whatever the archive says.
"""

import io
import re
import zipfile
import zlib
from typing import Any

from lxml import etree

from drverify.adapters.documents.limits import MIB
from drverify.errors import InputError

MAX_MEMBERS = 5000
MAX_PART = 48 * MIB
MAX_TOTAL = 128 * MIB
MAX_RATIO = 250
"""Of inflated to packed bytes in one part; word processors' XML stays under 40."""
_RATIO_FROM = 4 * MIB

_DOCUMENT = "word/document.xml"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_USUAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_ADVICE = "open it in a word processor and save it anew as .docx, or give it as PDF or text"


class Package:
    """The parts of one Office document."""

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self._read = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError) as error:
            raise self._broken(f"the archive is damaged or cut off ({error})") from error
        if len(members) > MAX_MEMBERS:
            raise self._broken(f"an archive of more than {MAX_MEMBERS} files")
        self.names = frozenset(member.filename for member in members)
        if any(member.flag_bits & 1 for member in members):
            raise self._broken("the archive is encrypted")
        self.main = self._main_part()
        """Name of the part that holds the document's text."""
        self._refuse_other_kinds()

    def _main_part(self) -> str:
        """What the package's relations call the document; word/document.xml where they say nothing."""
        relations = self.bytes_of("_rels/.rels") or b""
        for found in re.finditer(rb"<Relationship\b[^>]{0,2000}>", relations[:MIB]):
            target = re.search(rb"Target=[\"']/?([^\"']{1,200})[\"']", found.group())
            if re.search(rb"/officeDocument[\"']", found.group()) and target:
                name = target.group(1).decode("utf-8", "replace")
                return name if name in self.names and name.startswith("word/") else _DOCUMENT
        return _DOCUMENT

    def _refuse_other_kinds(self) -> None:
        if any(part.lower().endswith(("vbaproject.bin", "vbadata.xml")) for part in self.names):
            raise InputError(
                f"{self.name}: the document holds macros",
                hint="save it as .docx without macros; drverify never runs them and does not read such files",
            )
        if self.main in self.names:
            return
        for part, what in (("xl/workbook.xml", "a spreadsheet"), ("ppt/presentation.xml", "a presentation")):
            if part in self.names:
                raise self._broken(what)
        if "content.xml" in self.names:
            raise self._broken("an OpenDocument file")
        raise self._broken("an archive without word/document.xml, so no DOCX")

    def bytes_of(self, part: str) -> bytes | None:
        """What a part holds; None where there is none. Raises InputError beyond the limits."""
        if part not in self.names:
            return None
        try:
            member = self._zip.getinfo(part)
            limit = min(MAX_PART, MAX_TOTAL - self._read)
            with self._zip.open(member) as stream:
                data = stream.read(limit + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, OSError) as error:
            raise self._broken(f"{part} is damaged or cut off ({error})") from error
        self._read += len(data)
        if len(data) > limit:
            raise self._broken(f"{part} unpacks to more than {limit // MIB} MiB")
        if len(data) > _RATIO_FROM and len(data) > MAX_RATIO * max(1, member.compress_size):
            raise self._broken(f"{part} is packed more than {MAX_RATIO} to 1, like a zip bomb")
        return data

    def xml_of(self, part: str) -> "etree._Element | None":
        """The root of a part; None where there is none. Raises InputError if it is damaged or hostile."""
        data = self.bytes_of(part)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            root = etree.fromstring(data.replace(_STRICT, _USUAL), parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._broken(f"{part} is not well-formed XML ({_short(str(error))})") from error
        if b"<!DOCTYPE" in data[:4096] or _declares(root):
            raise self._broken(f"{part} declares a document type, which no DOCX does and attacks need")
        return root

    def _broken(self, what: str) -> InputError:
        return InputError(f"{self.name}: {what}", hint=_ADVICE)


def _declares(root: "etree._Element") -> bool:
    information: Any = root.getroottree().docinfo
    return bool(information.doctype)


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:120]
