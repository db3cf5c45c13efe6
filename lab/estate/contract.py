"""``python -m lab.estate.contract check|respan``: keep registers word for word with their agreements.

A register cites each clause by number, verbatim quote, character span (counted from 0 in the
decoded text, ends exclusive) and the digest of the document. People write the quotes; spans and
digest follow from them.
"""

import argparse
import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from drverify.errors import InputError
from lab.settings import ROOT

REGISTERS = (
    ROOT / "contracts" / "acme-managed-hosting.register.yaml",
    ROOT / "lab" / "estate" / "tiny-agreement.register.yaml",
)
_SPAN = re.compile(r"span: \[\d+, \d+\]")
_DIGEST = re.compile(r"sha256: [0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a register says of its document: the digest and (clause number, quote, start, end)."""

    document: str
    sha256: str
    clauses: tuple[tuple[str, str, int, int], ...]


def quoted(register: str) -> Quoted:
    """Read the citations out of a register's YAML text."""
    agreement = yaml.safe_load(register)["agreement"]
    return Quoted(
        document=agreement["document"],
        sha256=agreement["sha256"],
        clauses=tuple(
            (clause["number"], clause["quote"], *clause["span"]) for clause in agreement["clauses"]
        ),
    )


def locate(text: str, number: str, quote: str) -> tuple[int, int]:
    """Find the quote inside the paragraph that carries the clause's number.

    Raises InputError when the clause is not there exactly once or does not hold the quote exactly once.
    """
    starts = [found.start() for found in re.finditer(rf"^{re.escape(number)} ", text, re.MULTILINE)]
    if len(starts) != 1:
        raise InputError(f"clause {number} stands {len(starts)} times in the document")
    paragraph = text[starts[0] :].partition("\n")[0]
    if paragraph.count(quote) != 1:
        raise InputError(f"clause {number} does not hold its quote exactly once: {quote!r}")
    start = starts[0] + paragraph.index(quote)
    return start, start + len(quote)


def differences(register: str, document: bytes) -> list[str]:
    """Say in plain lines where a register does not agree with its document; empty: it does."""
    said, text, found = quoted(register), document.decode(), []
    if said.sha256 != hashlib.sha256(document).hexdigest():
        found.append("sha256 is not the document's")
    for number, quote, start, end in said.clauses:
        try:
            place = locate(text, number, quote)
        except InputError as error:
            found.append(str(error))
            continue
        if place != (start, end):
            found.append(f"clause {number} stands at {place[0]}..{place[1]}, not at {start}..{end}")
    return found


def respanned(register: str, document: bytes) -> str:
    """Return the register's text with digest and spans recomputed; everything else stays as it is."""
    text = document.decode()
    spans = iter([locate(text, number, quote) for number, quote, _, _ in quoted(register).clauses])

    def span(_: re.Match[str]) -> str:
        start, end = next(spans)
        return f"span: [{start}, {end}]"

    dated = _DIGEST.sub(f"sha256: {hashlib.sha256(document).hexdigest()}", register, count=1)
    return _SPAN.sub(span, dated)


def main(argv: list[str] | None = None) -> int:
    """Run one verb over the registers; 2 when one does not agree with its document."""
    parser = argparse.ArgumentParser(prog="python -m lab.estate.contract", description=__doc__)
    parser.add_argument("verb", choices=("check", "respan"))
    parser.add_argument("register", nargs="*", type=Path, default=list(REGISTERS))
    options = parser.parse_args(argv)
    bad = 0
    for path in options.register:
        register = path.read_text()
        document = (path.parent / quoted(register).document).read_bytes()
        if options.verb == "respan":
            path.write_text(respanned(register, document))
            continue
        for line in differences(register, document):
            print(f"{path}: {line}")
            bad = 2
    return bad


if __name__ == "__main__":
    sys.exit(main())
