"""Every phase has a pattern of its own on the page, on paper and in the browser."""

import re
from pathlib import Path

import pytest

from drverify.adapters.annex import pdf
from drverify.adapters.annex.words import PHASES

TEMPLATES = Path(pdf.__file__).parent / "templates"


@pytest.mark.parametrize(
    ("template", "table", "entry"),
    [
        ("annex.typ", r"#let phase-fills = \((.*?)\n\)", r"^  ([\w-]+): (.+),$"),
        ("annex.html", r"{% set phases = {(.*?)} %}", r'"([\w-]+)": "([^"]+)"'),
    ],
)
def test_each_phase_is_drawn_in_its_own_way(template: str, table: str, entry: str) -> None:
    found = re.search(table, (TEMPLATES / template).read_text(), re.DOTALL)
    assert found is not None
    drawn = dict(re.findall(entry, found[1], re.MULTILINE))
    assert drawn.keys() == {str(phase) for phase in PHASES} == {*PHASES.values()}
    assert len(set(drawn.values())) == len(drawn)
