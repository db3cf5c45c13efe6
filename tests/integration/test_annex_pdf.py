"""The annex as PDF and HTML by the real programs: what is in it, that it is the same each time, who signed it."""

import asyncio
import io
import logging
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest
from asn1crypto import pem, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
from pyhanko_certvalidator import ValidationContext

from drverify.adapters.annex import html, pdf, ran
from drverify.adapters.annex.signing import Sealer, Stamping, sign
from drverify.adapters.annex.view import view
from drverify.annex.model import Annex
from drverify.errors import HostError, InputError
from drverify.model.duration import human
from drverify.sealing import codec
from lab.authority.making import make_authority
from tests.support import annexes, papers
from tests.support.authorities import trusted_root

SIGNED = "This file itself is not signed."
HOSTILE = (
    '#strong[x] *b* _i_ $x$ `c` <label> @ref \\u{41} // c /* d */ #import "x" [',
    "<script>alert(1)</script> &lt; \"'> {{ 7 * 7 }} {% raw %} </title></style>",
    "invoice\u202egpj.exe \u2066abc\u2069 \u200f",
    "\x00\x07\x1b[31mred\x85\ud7ff\ufffe",
    "\u05e9\u05dc\u05d5\u05dd \u0639\u0631\u0628\u064a \u5b89\u5168 \U0001f600",
    "A" * 10_000,
    "a b " * 3000,
)


def drawn(annex: Annex, pictures: dict[str, bytes]) -> bytes:
    shown = list(ran.pictures(annex, pictures.get))
    page = {**view(annex, signed=SIGNED), "pictures": [one for one, _ in shown]}
    files = {str(one["file"]): body for one, body in shown}
    return pdf.draw(page, codec.encode(annex), files, at=annex.basis.at)


def page_of(annex: Annex, pictures: dict[str, bytes]) -> str:
    shown = list(ran.pictures(annex, pictures.get))
    page = {**view(annex, signed=SIGNED), "pictures": [one for one, _ in shown]}
    return html.draw(page, {str(one["file"]): body for one, body in shown}).decode()


@pytest.fixture(scope="module")
def estate() -> annexes.Estate:
    return annexes.estate(30)


@pytest.fixture(scope="module")
def annex(estate: annexes.Estate) -> Annex:
    return estate.annex(findings=annexes.findings())


@pytest.fixture(scope="module")
def unsigned(estate: annexes.Estate, annex: Annex) -> bytes:
    return drawn(annex, estate.pictures)


@pytest.fixture(scope="module")
def signatory(tmp_path_factory: pytest.TempPathFactory) -> papers.Signatory:
    return papers.signatory(tmp_path_factory.mktemp("documents"))


@pytest.fixture(scope="module")
def sealer(signatory: papers.Signatory) -> Sealer:
    return Sealer.read(signatory.chain.read_bytes(), signatory.key.read_bytes())


@pytest.fixture(scope="module")
def stamping(tmp_path_factory: pytest.TempPathFactory) -> Stamping:
    scratch = tmp_path_factory.mktemp("authority")
    authority = make_authority(scratch / "tsa", "first")

    async def exchange(query: bytes) -> bytes:
        await asyncio.sleep(0)
        return authority.reply(query, scratch)

    return Stamping(exchange=exchange, roots=(trusted_root(authority).certificate_der,))


@pytest.fixture(scope="module")
def signed(unsigned: bytes, sealer: Sealer, stamping: Stamping) -> bytes:
    return sign(unsigned, sealer, stamping)


@pytest.fixture
def trusting(signatory: papers.Signatory, stamping: Stamping) -> Iterator[ValidationContext]:
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    roots = [pem.unarmor(signatory.root.read_bytes())[2], *stamping.roots]
    yield ValidationContext(
        trust_roots=[x509.Certificate.load(one) for one in roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
    )
    logging.getLogger("pyhanko").setLevel(logging.NOTSET)


def test_the_same_annex_gives_the_same_bytes(estate: annexes.Estate, annex: Annex, unsigned: bytes) -> None:
    assert drawn(annex, estate.pictures) == unsigned


def test_the_json_inside_is_the_annex(annex: Annex, unsigned: bytes, signed: bytes) -> None:
    for made in (unsigned, signed):
        assert papers.attached(made) == {"annex.json": codec.encode(annex)}
        assert papers.is_tagged(made)
        for mark in (b'pdfaid:part="3"', b"<pdfaid:part>3"):
            if mark in made:
                break
        else:
            pytest.fail("it does not say that it is PDF/A-3")


def test_every_figure_stands_on_the_pages(annex: Annex, unsigned: bytes) -> None:
    text = papers.text_of(unsigned).replace("\u00a0", " ")
    for line in annex.obligations:
        assert line.clause in text
        for figure in (line.figures.worst, line.figures.median, line.figures.last) if line.figures else ():
            assert human(figure) in text, line.obligation
    for words in (
        "29 of 30",
        "F-2026-014",
        "second uplink to the vault",
        "not signed",
        "The Recovery Time Objective is four (4) hours.",
        "with 95 % confidence",
        annex.drills[0].payload,
        annex.drills[-1].drill,
        annex.basis.signers[0].keyid,
        "Page 1 of",
        "Annex 2026Q3",
    ):
        assert words in text, words


@pytest.mark.parametrize("count", [1, 400])
def test_one_and_four_hundred_workloads(count: int) -> None:
    annex = annexes.estate(count).annex(findings=annexes.findings())
    data = codec.encode(annex)
    assert codec.decode(data, Annex, what="annex") == annex
    assert len(data) < 3_000 * count + 30_000
    assert sum(len(one.verdicts) for one in annex.drills) == sum(
        one.met + one.missed + one.unproven for one in annex.obligations
    )
    made = pypdfium2.PdfDocument(drawn(annex, {}))
    text = (
        papers.text_of(drawn(annex, {}))
        if count == 1
        else made[len(made) - 1].get_textpage().get_text_range()
    )
    assert annex.drills[-1].drill in text
    assert len(made) <= (9 if count == 1 else 32)
    for index in range(len(made)):
        width, height = made[index].get_size()
        assert (round(width), round(height)) == (595, 842)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:6].encode("unicode_escape").decode())
def test_strangers_text_is_only_text(text: str) -> None:
    """Everything that anybody outside can word: names, quotes, titles, reasons, findings."""
    hostile = stuffed(annexes.estate(1).annex(findings=annexes.findings()), text)
    made = drawn(hostile, {})
    shown = papers.text_of(made)
    assert len(pypdfium2.PdfDocument(made)) <= 40
    page = page_of(hostile, {})
    assert "<script" not in page
    assert "49" not in re.sub(r"\d{3,}|[0-9a-f]{16,}", "", page) or "7 * 7" not in text
    assert not {*"\u202e\u2066\u2069\u200f\x00\x07\x1b\x85"} & {*(page + shown)}
    if text.startswith("#strong"):
        assert "#strong[x] *b* _i_ $x$" in shown
        assert "#strong[x] *b* _i_ $x$" in page
    if text.startswith("<script"):
        assert "<script>alert(1)</script>" in shown.replace(" ", "").replace("alert(1)</", "alert(1)</")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    if text.startswith("invoice"):
        assert "invoice<U+202E>gpj.exe" in shown
    if text.startswith("A"):
        assert "10000 characters" in shown
    if "\u5b89" in text:
        assert "<U+5B89>" in shown
        assert "\u5b89" in page


def stuffed(annex: Annex, text: str) -> Annex:
    """The annex with a stranger's text in every place that one can fill."""
    obligations = tuple(
        replace(one, clause=text[:300], why=text, conditions=(text,), scope=(text,))
        for one in annex.obligations
    )
    return replace(
        annex,
        agreement=replace(annex.agreement, title=text, provider=text, customer=text, accepted_by=text),
        obligations=obligations,
        quotes=tuple(replace(one, number=text[:300], title=text, text=text) for one in annex.quotes),
        workloads=tuple(replace(one, name=text) for one in annex.workloads),
        drills=tuple(replace(one, workload=text, notes=(text,), faults=(text,)) for one in annex.drills),
        findings=tuple(
            replace(one, what=text, owner=text, action=text, workload=text) for one in annex.findings
        ),
        untested=tuple(replace(one, subject=text, why=text, clause=text) for one in annex.untested),
    )


def test_html_needs_nothing_and_runs_nothing(estate: annexes.Estate, annex: Annex) -> None:
    page = page_of(annex, estate.pictures)
    assert not re.findall(r"(?:src|href)=\"(?!data:image/png;base64,|#)", page)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert page.count("data:image/png;base64,") == min(len(estate.pictures), ran.MAX_PICTURES)
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_picture_that_is_not_the_one_is_left_out(estate: annexes.Estate, annex: Annex) -> None:
    changed = {digest: body + b"x" for digest, body in estate.pictures.items()}
    assert list(ran.pictures(annex, changed.get)) == []
    assert len(list(ran.pictures(annex, estate.pictures.get))) == ran.MAX_PICTURES


def test_pyhanko_finds_signature_and_document_time_stamp_whole(
    signed: bytes, trusting: ValidationContext
) -> None:
    reader = PdfFileReader(io.BytesIO(signed))
    (signature,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(signature, trusting, ts_validation_context=trusting)
    assert (status.bottom_line, status.trusted) == (True, True)
    assert status.modification_level <= ModificationLevel.LTA_UPDATES
    assert status.timestamp_validity is not None
    (stamp,) = reader.embedded_timestamp_signatures
    assert validate_pdf_timestamp(stamp, trusting).trusted
    assert "/DSS" in reader.root


PRINTED, UNSEEN = 1 << 2, 1 << 0 | 1 << 1 | 1 << 5
"""Flags of an annotation: to be printed; invisible, hidden, not to be viewed."""


@pytest.mark.parametrize("also", ["", "signed"])
def test_it_stays_what_pdf_a_3_asks_of_a_file(also: str, unsigned: bytes, signed: bytes) -> None:
    """Of ISO 19005-3 what signing could spoil; the rest is typst's, which refuses to write anything else."""
    reader = PdfFileReader(io.BytesIO(signed if also else unsigned))
    root, info = reader.root, reader.trailer_view["/Info"]
    assert max(reader.input_version, tuple(map(int, root.get("/Version", "/1.7")[1:].split(".")))) == (1, 7)
    assert {"/ISO_"}.isdisjoint(root.get("/Extensions", {}))
    assert "/Encrypt" not in reader.trailer_view
    assert len(reader.trailer_view["/ID"]) == 2
    assert [one.get_object()["/S"] for one in root["/OutputIntents"]] == ["/GTS_PDFA1"]
    (said,) = re.findall(r'pdfaid:conformance(?:>|=")(\w)', xmp := root["/Metadata"].data.decode())
    assert said == "A"
    assert f"1.7{'</' if '<pdf:PDFVersion>' in xmp else chr(34)}" in xmp
    for entry in ("/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer"):
        assert str(info.get(entry, "")) in xmp, entry
    for entry, name in (("/CreationDate", "CreateDate"), ("/ModDate", "ModifyDate")):
        (at,) = re.findall(rf'xmp:{name}(?:>|=")([-0-9T:]+)', xmp)
        assert re.sub(r"\D", "", at) == re.sub(r"\D", "", str(info[entry]))[:14], entry
    fields = [one.get_object() for one in root["/AcroForm"]["/Fields"]] if also else []
    assert len(fields) == (2 if also else 0)
    for one in fields:
        assert one["/F"] & PRINTED
        assert not one["/F"] & UNSEEN
        assert [float(side) for side in one["/Rect"]] == [0, 0, 0, 0]  # else it would need an appearance
    if also:
        assert not {"/NeedAppearances", "/XFA"} & {*root["/AcroForm"]}


def test_openssl_verifies_the_signature_over_the_byte_range(
    signed: bytes, signatory: papers.Signatory, tmp_path: Path
) -> None:
    content, signature = covered(signed)
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "signature.der").write_bytes(signature)
    words = ["openssl", "cms", "-verify", "-inform", "DER", "-in", tmp_path / "signature.der", "-binary"]
    words += [
        "-content",
        tmp_path / "content",
        "-CAfile",
        signatory.root,
        "-purpose",
        "any",
        "-out",
        "/dev/null",
    ]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    (tmp_path / "content").write_bytes(content.replace(b"/Producer", b"/producer", 1)[:-1] + b" ")
    assert subprocess.run([*map(str, words)], capture_output=True, check=False, timeout=60).returncode != 0


def covered(pdf_file: bytes) -> tuple[bytes, bytes]:
    """What the first signature is over, and the signature: ISO 32000-1, 12.8.1."""
    found = re.search(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", pdf_file)
    assert found is not None
    first, one, second, two = map(int, found.groups())
    gap = pdf_file[first + one : second].strip(b"<>")
    der = bytes.fromhex(gap.decode())
    length = 4 + int.from_bytes(der[2:4], "big")
    return pdf_file[first : first + one] + pdf_file[second : second + two], der[:length]


def test_pages_that_were_painted_over_later_are_refused(signed: bytes, trusting: ValidationContext) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    page = writer.root["/Pages"]["/Kids"][0]
    while "/Kids" in page:
        page = page["/Kids"][0]
    painted = writer.add_object(generic.StreamObject(stream_data=b"0 0 0 rg 0 0 600 800 re f"))
    old = page.raw_get("/Contents")
    page["/Contents"] = generic.ArrayObject(
        [*(old if isinstance(old, generic.ArrayObject) else [old]), painted]
    )
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    (signature,) = PdfFileReader(io.BytesIO(out.getvalue())).embedded_regular_signatures
    status = validate_pdf_signature(signature, trusting)
    assert status.intact
    assert not status.bottom_line
    assert status.modification_level is ModificationLevel.OTHER


def test_a_changed_byte_breaks_the_signature(signed: bytes, trusting: ValidationContext) -> None:
    at = signed.index(b"/EmbeddedFile") + 400
    changed = signed[:at] + bytes([signed[at] ^ 1]) + signed[at + 1 :]
    (signature,) = PdfFileReader(io.BytesIO(changed)).embedded_regular_signatures
    assert not validate_pdf_signature(signature, trusting).intact


def test_without_an_authority_it_is_signed_without_a_time_stamp(unsigned: bytes, sealer: Sealer) -> None:
    reader = PdfFileReader(io.BytesIO(sign(unsigned, sealer, None)))
    assert (len(reader.embedded_regular_signatures), len(reader.embedded_timestamp_signatures)) == (1, 0)


def test_an_authority_that_does_not_answer_is_named_and_nothing_is_signed(
    unsigned: bytes, sealer: Sealer, stamping: Stamping
) -> None:
    async def silent(_: bytes) -> bytes:
        raise TimeoutError("no answer")

    with pytest.raises(HostError, match="no time stamp for the PDF"):
        sign(unsigned, sealer, replace(stamping, exchange=silent))


def test_a_key_of_another_certificate_is_refused(signatory: papers.Signatory, tmp_path: Path) -> None:
    other = papers.signatory(tmp_path)
    with pytest.raises(InputError, match="do not belong together"):
        Sealer.read(signatory.chain.read_bytes(), other.key.read_bytes())
    with pytest.raises(InputError):
        Sealer.read(b"nothing", signatory.key.read_bytes())
