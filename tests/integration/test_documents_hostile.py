"""Hostile and broken documents: an InputError with advice, or a text, within seconds and bounded memory."""

import contextlib
import io
import random
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import pytest

from drverify.adapters.documents import limits
from drverify.adapters.documents.intake import read_document
from drverify.errors import InputError
from drverify.model.document import Text
from tests.support.documents import (
    NAMESPACES,
    W,
    assembled,
    docx,
    grid,
    numbering,
    paragraph,
    pdf_bytes,
    run,
    table,
)

BODY = f"<w:document {NAMESPACES}><w:body>{{}}</w:body></w:document>"


def refused(path: Path, match: str) -> InputError:
    started = time.monotonic()
    with pytest.raises(InputError, match=match) as caught:
        read_document(path)
    assert time.monotonic() - started < 20
    assert str(path.name) in str(caught.value)
    assert caught.value.hint
    return caught.value


def archive(path: Path, parts: dict[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return path


def test_a_zip_bomb_is_refused_by_what_comes_out(tmp_path):
    bomb = BODY.format("<w:p><w:r><w:t>" + "a" * (60 * limits.MIB) + "</w:t></w:r></w:p>")
    refused(archive(tmp_path / "a.docx", {"word/document.xml": bomb}), "unpacks to more than 48 MiB")
    bomb = BODY.format("<w:p><w:r><w:t>" + "a" * (20 * limits.MIB) + "</w:t></w:r></w:p>")
    refused(archive(tmp_path / "b.docx", {"word/document.xml": bomb}), "250 to 1")


def test_a_lying_size_in_the_archive_is_no_way_around_the_limit(tmp_path):
    path = archive(tmp_path / "a.docx", {"word/document.xml": BODY.format("<w:p/>" * 2_000_000)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(data)
    refused(path, "damaged|packed|not well-formed")


def test_entities_are_never_expanded(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(20))
    xml = f"<!DOCTYPE w:document [{laughs}]>" + BODY.format(paragraph("&l19;"))
    refused(archive(tmp_path / "a.docx", {"word/document.xml": xml}), "document type|not well-formed")
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    xml = f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{secret.as_uri()}">]>' + BODY.format(paragraph("&x;"))
    refused(archive(tmp_path / "b.docx", {"word/document.xml": xml}), "document type|not well-formed")
    xml = xml.encode("utf-16")
    refused(archive(tmp_path / "c.docx", {"word/document.xml": xml}), "document type|not well-formed")


def test_deep_nesting(tmp_path):
    deep = "<w:sdt><w:sdtContent>" * 300 + paragraph("x") + "</w:sdtContent></w:sdt>" * 300
    refused(archive(tmp_path / "a.docx", {"word/document.xml": BODY.format(deep)}), "not well-formed.*depth")
    nested = paragraph("RPO 4 hours")
    for _ in range(40):
        nested = table([nested])
    text = read_document(archive(tmp_path / "b.docx", {"word/document.xml": BODY.format(nested)}))
    assert [remark.kind for remark in text.remarks] == ["other", "no-text"]
    (tmp_path / "c.md").write_text("> " * 5000 + "x\n" + "- " * 5000 + "y\n" + "[" * 20_000)
    assert "y" in read_document(tmp_path / "c.md").content
    (tmp_path / "d.html").write_text("<b>" * 100_000 + "x")
    refused(tmp_path / "d.html", "nested deeper")


def test_what_is_no_docx(tmp_path):
    refused(archive(tmp_path / "a.docx", {"xl/workbook.xml": "<x/>"}), "a spreadsheet")
    refused(archive(tmp_path / "b.docx", {"content.xml": "<x/>"}), "OpenDocument")
    refused(archive(tmp_path / "c.docx", {"readme": "x"}), "no DOCX")
    (tmp_path / "d.docx").write_bytes(docx(tmp_path / "e.docx", paragraph("x")).read_bytes()[:200])
    refused(tmp_path / "d.docx", "damaged or cut off")
    (tmp_path / "f.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    refused(tmp_path / "f.doc", "old binary")
    (tmp_path / "g.docx").write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    )
    refused(tmp_path / "g.docx", "encrypted")
    (tmp_path / "h.pdf").write_text("<p>no pdf")
    refused(tmp_path / "h.pdf", "its bytes are not")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "picture"),
        (b"PK\x03\x04" + bytes(100), "damaged"),
        (b"\x7fELF" + bytes(100), "program"),
        (b"{\\rtf1 x}", "RTF"),
        (b"a\0b\0" * 100, "no text"),
        (b"\xff\xfea", "not valid"),
    ],
    ids=["empty", "picture", "zip", "program", "rtf", "binary", "cut utf-16"],
)
def test_other_files(tmp_path, data, match):
    (tmp_path / "a.txt").write_bytes(data)
    refused(tmp_path / "a.txt", match)


def test_what_is_no_file(tmp_path):
    refused(tmp_path, "not a file")
    refused(tmp_path / "absent.txt", "cannot be read")


def test_two_hundred_megabytes_are_refused_before_they_are_read(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(200 * limits.MIB)
    refused(path, "larger than 64 MiB")


def test_too_much_text_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"backup " * (3 * limits.MIB))
    refused(path, "16 million characters")
    path.write_bytes(b"a\n" * 300_000)
    refused(path, "200000 lines")


@pytest.mark.parametrize(
    "line", ["a " * 50, "-" * 90, "| a | b ", "1.1.1 a ", "(a) b; ", "<b <a ", "<!-- ", "&#x;", "**a__", "[a](", "{{% a "],
    ids=["words", "rules", "cells", "numbers", "items", "tags", "comments", "references", "marks", "links", "templates"],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_one_thing_again_and_again_takes_no_square_of_time(tmp_path, line, suffix):
    path = tmp_path / f"a{suffix}"
    started = time.process_time()
    for content in (line * (100_000 // len(line)), (line + "\n") * (100_000 // len(line))):
        path.write_text(content)
        with contextlib.suppress(InputError):
            read_document(path)
    assert time.process_time() - started < 5


MEASURE = """
import resource, sys
from pathlib import Path
from drverify.adapters.documents.intake import read_document
from drverify.errors import InputError
try:
    text = read_document(Path(sys.argv[1]))
    of_it = [text.pages, len(text.blocks), *(remark.kind for remark in text.remarks)]
except InputError:
    of_it = ["refused"]
own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(peak // 1024, child.ru_maxrss // 1024, own.ru_utime + child.ru_utime, *of_it)
"""
"""Memory in MiB, time in seconds, what was read; in a process of its own, whose only child is the reader. Peak from /proc, for `ru_maxrss` of a new process begins with that of the one it was forked from."""


def measured(path: Path) -> tuple[float, float, float, list[str]]:
    """Peak memory of the asker and of its reader (MiB), their time (s), and what was read or `refused`."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    own, reader, seconds, *read = done.stdout.split()
    return float(own), float(reader), float(seconds), read


def test_a_thousand_pages_stay_within_memory(tmp_path):
    words = "The Provider shall keep the backups of all systems for thirty days and test one each month."
    page = [(60, 800 - 14 * at, f"{at}.{words}" if at % 9 == 0 else words) for at in range(14)]
    single = pdf_bytes([page])
    path = tmp_path / "a.pdf"
    import pypdfium2  # noqa: PLC0415 - to repeat the page

    document = pypdfium2.PdfDocument.new()
    source = pypdfium2.PdfDocument(single)
    for _ in range(1000):
        document.import_pages(source)
    document.save(path)
    own, reader, _, (pages, blocks, *_) = measured(path)
    assert int(pages) == 1000
    assert int(blocks) > 1000
    assert own + reader < 300


def test_sixty_pages_take_less_than_two_seconds_of_processor(tmp_path):
    words = "The Provider shall keep the backups of all systems for thirty days and test one each month."
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([[(60, 800 - 14 * at, words) for at in range(50)]] * 60))
    assert measured(path)[2] < 2


SEEDS = {
    ".txt": b"1. BACKUP.\n\n4.1 The Provider shall\n(a) back up; and\n\n\x0cName   Kept\nA      7 days\nB      8 days\n",
    ".md": b"---\na: b\n---\n# 4 Backup\n\n| a | b |\n|---|---|\n| c | 1 day |\n\n1. x\n   - y\n\n<table><tr><td>z</td></tr></table>\n",
    ".html": b"<!DOCTYPE html><html><body><h1>4 Backup</h1><ol><li>a<li>b</ol><table><tr><td>x<td>1 day</table><del>9</del>&amp;",
    ".pdf": pdf_bytes(
        [[(60, 700, "4.1 Backup"), (60, 680, "Provider"), (200, 680, "daily"), (60, 660, "Customer"), (200, 660, "x")]] * 2,
        rules=[grid([50, 190, 300], [655, 675, 695])],
    ),
}  # fmt: skip


def word_seed() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        body = paragraph("Backup", number=(1, 0)) + table(
            ["Kind", "Kept"], ["Daily", run("7 days", "<w:strike/>")]
        )
        made.writestr("word/document.xml", BODY.format(body))
        made.writestr("word/numbering.xml", numbering([("decimal", "%1.")]))
        made.writestr("word/styles.xml", f"<w:styles {W}/>")
    return target.getvalue()


def mutated(data: bytes, chance: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(made)) if made else 0
        match chance.randrange(5):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del made[at : at + chance.randrange(1, 40)]
            case 2:
                other = chance.randrange(len(made)) if made else 0
                made[at:at] = made[other : other + chance.randrange(1, 40)]
            case 3:
                made[at:at] = chance.choice(
                    (b"\0", b"<", b"&", b"%", b"9" * 30, b"-1", b"\xff\xfe", b"]]>", b"endobj")
                )
            case _:
                del made[chance.randrange(len(made)) if made else 0 :]
    return bytes(made)


@pytest.mark.parametrize(
    ("suffix", "tries"), [(".txt", 150), (".md", 150), (".html", 150), (".docx", 250), (".pdf", 12)]
)
def test_mutated_bytes_give_a_text_or_an_input_error(tmp_path, suffix, tries):
    seed = word_seed() if suffix == ".docx" else SEEDS[suffix]
    path = tmp_path / f"a{suffix}"
    for number in range(tries):
        path.write_bytes(mutated(seed, random.Random(number)))
        try:
            text = read_document(path)
        except InputError:
            continue
        holds(text)


FUZZ = """
import random, sys, resource
sys.path.insert(0, sys.argv[1])
from tests.integration.test_documents_hostile import SEEDS, mutated
from drverify.adapters.documents.pdf_child import answer_of
for number in range(100, 500):
    answer = answer_of(mutated(SEEDS[".pdf"], random.Random(number)), lambda done, of: None)
    assert ("drafts" in answer) != ("refused" in answer), number
print("done")
"""


def test_mutated_pdfs_do_not_break_the_library_or_us(checkout):
    """In one process, for speed: what would break it there breaks the child, and that becomes an InputError."""
    done = subprocess.run(
        [sys.executable, "-c", FUZZ, str(checkout)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout == "done\n", done.stderr[-2000:]


def holds(text: Text) -> None:
    """The invariants of every text."""
    at = 0
    for block in text.blocks:
        assert at <= block.span.start < block.span.end <= len(text.content)
        at = block.span.end
        assert text.of(block.span).strip()
        place = block.span.start
        for cell in block.cells:
            assert place <= cell.start <= cell.end <= block.span.end
            place = cell.end
    assert len(text.sha256) == 64


def test_a_child_that_dies_becomes_an_input_error(tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_bytes(SEEDS[".pdf"])
    monkeypatch.setattr(sys, "executable", "/bin/false")
    refused(path, "broke down")


def test_a_child_that_hangs_is_stopped(tmp_path, monkeypatch):
    script = tmp_path / "hangs"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    path = tmp_path / "a.pdf"
    path.write_bytes(SEEDS[".pdf"])
    monkeypatch.setattr(sys, "executable", str(script))
    monkeypatch.setattr("drverify.adapters.documents.pdf.WITHIN_S", 0.3)
    refused(path, "longer than")


def test_a_pdf_that_unpacks_to_gigabytes_ends_in_a_refusal(tmp_path):
    packer = zlib.compressobj(9)
    stream = b"".join(packer.compress(b"q Q " * (1 << 20)) for _ in range(100)) + packer.flush()
    path = tmp_path / "a.pdf"
    path.write_bytes(
        assembled(
            [
                b"<< /Type /Catalog /Pages 2 0 R >>",
                b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
                b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
            ]
        )
    )
    started = time.monotonic()
    own, reader, _, read = measured(path)
    assert read[-1] in ("refused", "no-text")
    assert time.monotonic() - started < 30
    assert max(own, reader) < 1600
