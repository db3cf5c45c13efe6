"""What is wrong in a register file is said with file, line and what was expected."""

from pathlib import Path

import pytest

from drverify.adapters.doors.contract import load_contract
from drverify.errors import InputError

GOOD = f"""\
schema: drverify/contract/1
id: A-1
documents:
  - {{id: main, name: a.md, sha256: {"a" * 64}, text_sha256: {"b" * 64}, format: md}}
calendars:
  - {{id: office, timezone: Europe/Berlin}}
look_back: report
provisions:
  - id: rpo
    kind: rpo
    status: defined
    figure: {{quantity: {{value: 99.5, unit: percent}}, comparator: <=, clock: office, span: [5, 9]}}
    slots: [{{name: stop, value: data_restored}}]
    citation: {{document: main, section: 4.10, heading: RPO, span: [0, 4], quote: four}}
  - id: report
    kind: reporting
    status: vague
    citation: {{document: main, section: "9", heading: "", span: [9, 12], quote: two}}
reader: {{version: "1"}}
"""


def complaint(path: Path, old: str, new: str) -> str:
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as caught:
        load_contract(path)
    return str(caught.value).replace(f"{path.parent}/", "")


def test_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(GOOD)
    one = load_contract(path).provisions[0]
    assert one.figure is not None
    assert f"{one.figure.quantity.value:f}" == "99.5"
    assert one.citation.section == "4.10"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("drverify/contract/1", "drverify/contract/2", "r.yaml:1: schema: expected 'drverify/contract/1'"),
        ("kind: rpo", "kind: rpoo", "r.yaml:10: provisions[0].kind: expected "),
        ("value: 99.5", "value: soon", "r.yaml:12: provisions[0].figure.quantity.value: expected a number such as 4 or 99.5, found 'soon'"),
        ("clock: office", "clock: offic", "r.yaml:12: provisions[0].figure.clock: expected elapsed or a calendar's id, found 'offic'"),
        ("value: 99.5,", "value: 1, upper: 2,", "r.yaml:12: provisions[0].figure: a range has the comparator between"),
        ("name: stop", "name: stopp", "r.yaml:13: provisions[0].slots[0]: a provision of kind rpo has no slot 'stopp' (known: start, stop)"),
        ("value: data_restored", "value: later", "r.yaml:13: provisions[0].slots[0]: slot stop takes incident_start"),
        ("document: main, section: 4.10", "document: mein, section: 4.10", "r.yaml:14: provisions[0].citation.document: expected the id of a document, found 'mein' (did you mean main?)"),
        ("span: [0, 4]", "span: [0, 5]", "r.yaml:14: provisions[0].citation.span: the span is 5 characters long, the quote 4"),
        ("id: report\n", "id: rpo\n", "r.yaml:15: provisions[1].id: expected each id once, found rpo again"),
        ("look_back: report", "look_back: reports", "r.yaml:7: look_back: expected the id of a provision, found 'reports' (did you mean report?)"),
        ("name: a.md", "name: ../a.md", "r.yaml:4: documents[0].name: expected a file name beside the register"),
        ("sha256: " + "a" * 64 + ",", "", "r.yaml:4: documents[0]: a supplied document has its digests"),
        ("Europe/Berlin", "Europe/Berlim", "r.yaml:6: calendars[0].timezone: expected a time zone such as Europe/Berlin"),
        ("status: vague", "status: vague\n    figur: 4", "r.yaml:18: provisions[1].figur: unknown key figur (did you mean figure?)"),
    ],
)  # fmt: skip
def test_says_where_and_how_to_mend(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in complaint(tmp_path / "r.yaml", old, new)
