"""Registers stay word for word with their agreements."""

import pytest

from drverify.errors import InputError
from lab.estate.contract import REGISTERS, differences, locate, main, quoted, respanned

TEXT = "# Title\n\n1.1 First. It has a figure: one hour.\n\n11.1 Other. It has a figure: one hour.\n"
REGISTER = f"""\
agreement:
  document: a.md
  sha256: {"0" * 64}
  clauses:
    - number: "1.1"
      quote: >-
        It has a figure:
        one hour.
      span: [0, 0]
    - number: "11.1"
      quote: Other.
      span: [7, 9]
"""


def test_a_quote_is_found_in_its_own_clause_only() -> None:
    start, end = locate(TEXT, "11.1", "It has a figure: one hour.")
    assert TEXT[start:end] == "It has a figure: one hour."
    assert start > TEXT.index("11.1")


@pytest.mark.parametrize(("number", "quote"), [("2", "First."), ("1.1", "Other."), ("1.1", "e")])
def test_a_clause_or_quote_that_is_not_there_once_is_refused(number: str, quote: str) -> None:
    with pytest.raises(InputError):
        locate(TEXT, number, quote)


def test_respanning_mends_what_check_complains_of() -> None:
    document = TEXT.encode()
    assert len(differences(REGISTER, document)) == 3
    mended = respanned(REGISTER, document)
    assert differences(mended, document) == []
    assert mended.count("span: [") == 2
    assert [TEXT[start:end] for _, _, start, end in quoted(mended).clauses] == [
        "It has a figure: one hour.",
        "Other.",
    ]


def test_one_changed_letter_of_the_document_is_seen() -> None:
    mended = respanned(REGISTER, TEXT.encode())
    assert any("1.1" in line for line in differences(mended, TEXT.replace("one hour", "two hours").encode()))
    assert differences(mended, (TEXT + " ").encode()) == ["sha256 is not the document's"]


def test_the_shipped_registers_hold() -> None:
    assert len(REGISTERS) == 2
    assert main(["check"]) == 0
