"""A certificate that signs documents, made with openssl, and what is in a PDF."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = Documents root
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[document]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, nonRepudiation
extendedKeyUsage = 1.3.6.1.5.5.7.3.36
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Files of somebody who signs documents."""

    root: Path
    chain: Path
    """Own certificate and root."""
    key: Path


def signatory(directory: Path) -> Signatory:
    """Make one in the directory."""
    config = directory / "documents.cnf"
    config.write_text(CONFIG)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    made = [
        directory / name for name in ("root.pem", "root.key", "own.csr", "own.pem", "own.key", "chain.pem")
    ]
    root, root_key, asked, own, own_key, chain = made
    openssl(
        "req",
        "-x509",
        "-config",
        config,
        *key,
        "-keyout",
        root_key,
        "-extensions",
        "root",
        "-days",
        3650,
        "-out",
        root,
    )
    openssl(
        "req",
        "-new",
        "-config",
        config,
        *key,
        "-subj",
        "/CN=Provider GmbH reports",
        "-keyout",
        own_key,
        "-out",
        asked,
    )
    signing = ("-CA", root, "-CAkey", root_key, "-CAcreateserial", "-days", 900)
    openssl(
        "x509", "-req", "-in", asked, *signing, "-extfile", config, "-extensions", "document", "-out", own
    )
    chain.write_bytes(own.read_bytes() + root.read_bytes())
    own_key.chmod(0o600)
    return Signatory(root=root, chain=chain, key=own_key)


def openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


def text_of(pdf: bytes) -> str:
    """All text, in reading order, lines joined."""
    document = pypdfium2.PdfDocument(pdf)
    pages = (page.get_textpage().get_text_range() for page in document)
    return " ".join(" ".join(pages).replace("\u200b", "").split())


def attached(pdf: bytes) -> dict[str, bytes]:
    """The files inside."""
    document = pypdfium2.PdfDocument(pdf)
    found = [document.get_attachment(index) for index in range(document.count_attachments())]
    return {one.get_name(): bytes(one.get_data()) for one in found}


def is_tagged(pdf: bytes) -> bool:
    """Whether it says what is a heading, a table, a picture."""
    return bool(pdfium.FPDFCatalog_IsTagged(pypdfium2.PdfDocument(pdf)))
