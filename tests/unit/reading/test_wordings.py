"""Each usual wording gives the kinds and figures it says, and each trap gives nothing."""

import pytest

from drverify.model.agreement import Sha256, Span
from drverify.model.contract import Provision
from drverify.model.document import Block, DocumentId, Text
from drverify.reading.reader import provisions
from drverify.reading.tables.promised import CUES
from tests.unit.reading import wordings
from tests.unit.reading.wordings_forms import FORMS
from tests.unit.reading.wordings_plain import PLAIN
from tests.unit.reading.wordings_styles import STYLES
from tests.unit.reading.wordings_turns import TURNS

WORDINGS = (*wordings.WORDINGS, *FORMS, *STYLES, *TURNS, *PLAIN)
CORE = {cue.kind for cue in CUES}


def read(heading: str, text: str) -> tuple[Provision, ...]:
    content = f"{heading}\n\n{text}" if heading else text
    start = len(content) - len(text)
    kind = "item" if text.startswith("- ") else "paragraph"
    blocks = [Block(kind="heading", span=Span(start=0, end=len(heading)), level=1)] if heading else []
    blocks.append(Block(kind=kind, span=Span(start=start, end=len(content))))
    document = Text(name="a.md", format="md", sha256=Sha256("0" * 64), content=content, blocks=tuple(blocks))
    return provisions(document, document=DocumentId("a"))


def said(one: Provision) -> str:
    if one.figure is None:
        return one.kind
    return f"{one.kind}={one.figure.quantity.value.normalize():f} {one.figure.quantity.unit}"


def missing(heading: str, text: str, expected: str) -> tuple[set[str], set[str]]:
    got = {said(one) for one in read(heading, text) if one.kind in CORE}
    wanted = {part.strip() for part in expected.split(",") if part.strip()}
    kinds = {one.partition("=")[0] for one in wanted}
    extra = {one for one in got - wanted if "=" in one or one.partition("=")[0] not in kinds}
    return wanted - got, extra


@pytest.mark.parametrize(
    ("heading", "text", "expected"), WORDINGS, ids=[text[:50] for _, text, _ in WORDINGS]
)
def test_wording(heading: str, text: str, expected: str) -> None:
    lacking, _ = missing(heading, text, expected)
    assert not lacking


@pytest.mark.parametrize(
    ("heading", "text"), [(heading, text) for heading, text, expected in WORDINGS if not expected]
)
def test_trap(heading: str, text: str) -> None:
    _, extra = missing(heading, text, "")
    assert not extra


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line", ["-" * 300, "+--------------+-----------+\n" * 6, "| " * 400, " " * 3000, "_" * 300]
)
def test_ruled_lines_are_read_at_once(line: str) -> None:
    """Borders of tables under a heading that says backup: a cue once went back over a run of dashes for ever."""
    assert read("Backup and restore", f"Tasks\n{line}\nDaily") is not None
