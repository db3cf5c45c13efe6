import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.doors.register import load_register, locate
from drverify.errors import InputError
from drverify.model.agreement import Span
from drverify.model.obligation import Rpo

PROSE = "# Vertrag über Wiederherstellung\n\n4.1 The RPO is one (1) hour.\n4.2 Reports are sent monthly.\n"
QUOTE = "The RPO is one (1) hour."


def register(folder: Path, **changed: str) -> Path:
    span = locate(PROSE, QUOTE)
    given = {
        "sha256": hashlib.sha256(PROSE.encode()).hexdigest(),
        "span": f"[{span.start}, {span.end}]",
        "quote": QUOTE,
        "document": "a.md",
        "clause": "4.1",
        "gap": "4.1",
        **changed,
    }
    (folder / "a.md").write_text(PROSE)
    path = folder / "r.yaml"
    path.write_text(
        """\
version: 1
look_back: 30d
agreement:
  id: A-1
  title: An agreement
  document: {document}
  sha256: {sha256}
  provider: P
  customer: C
  effective: 2025-01-01
  clauses:
    - number: 4.1
      title: RPO
      quote: {quote}
      span: {span}
obligations:
  - id: rpo
    clause: {clause}
    scope: [shop]
    objective: {{kind: rpo, limit: 1h}}
gaps:
  - {{id: g, subject: RTO, question: how long, clause: {gap}}}
""".format(**given)
    )
    return path


def complaint(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load_register(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_reads_and_agrees_with_the_prose(tmp_path: Path) -> None:
    found = load_register(register(tmp_path))
    assert found.agreement.clauses[0].number == "4.1"
    assert PROSE[found.agreement.clauses[0].span.start :].startswith(QUOTE)  # characters: ü is one
    assert found.obligations[0].objective == Rpo(limit=timedelta(hours=1))


def test_another_document(tmp_path: Path) -> None:
    path = register(tmp_path)
    (tmp_path / "a.md").write_text(PROSE.replace("one (1)", "two (2)"))
    said = complaint(path).splitlines()
    assert said[0].startswith("r.yaml:7: agreement.sha256: a.md has the digest ")
    assert said[1].startswith(
        "r.yaml:14: agreement.clauses[0].quote: clause 4.1: the quote does not stand in the document"
    )
    assert "'two (2) hour.\\n4.2 Report', the quote 'one (1) hour.'" in said[1]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"span": "[0, 24]"}, "r.yaml:15: agreement.clauses[0].span: expected [38, 62], where the quote stands, found [0, 24]"),
        ({"span": "[1]"}, "r.yaml:15: agreement.clauses[0].span[1]: expected the key 1, which is missing"),
        ({"span": "{start: 1}"}, "r.yaml:15: agreement.clauses[0].span: expected a list, found a mapping"),
        ({"span": "[-1, 5]"}, "r.yaml:15: agreement.clauses[0].span[0]: expected at least 0, found the number -1"),
        ({"document": "../a.md"}, "r.yaml:6: agreement.document: expected a file name beside the register"),
        ({"document": "b.md"}, "r.yaml:6: agreement.document: the document b.md cannot be read: No such file"),
        ({"clause": "4.3"}, "r.yaml:18: obligations[0].clause: expected the number of a clause of the agreement, found '4.3' (did you mean 4.1?)"),
        ({"gap": "9"}, "r.yaml:22: gaps[0].clause: expected the number of a clause of the agreement, found '9'"),
        ({"sha256": "abc"}, "r.yaml:7: agreement.sha256: expected text that matches"),
    ],
)  # fmt: skip
def test_says_where_and_how_to_mend(tmp_path: Path, changed: dict[str, str], line: str) -> None:
    assert line in complaint(register(tmp_path, **changed))


def test_locate() -> None:
    assert locate("aäb", "b") == Span(start=2, end=3)
    with pytest.raises(InputError, match="more than once"):
        locate("abab", "ab")
    with pytest.raises(InputError, match="does not stand"):
        locate("abc", "")
    with pytest.raises(InputError) as caught:
        locate("The limit is four hours.", "The limit is five hours.")
    assert "up to character 14" in caught.value.hint
