"""Every phase has a pattern of its own on the page, on paper and in the browser."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.annex import pdf, ran
from drverify.adapters.annex.words import PHASES
from drverify.model.drill import PhaseName
from tests.support import annexes

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


def test_only_phases_that_a_drill_went_through_are_explained() -> None:
    """A period without bare metal has no row and no pattern of a rebuild; one drill with it is enough."""
    annex = annexes.estate(2).annex()
    usual = ran.chart(annex)
    assert isinstance(usual, dict)
    assert usual["phases"] == ["select", "provision", "restore", "isolate", "boot", "application", "probe"]
    assert [one["phase"] for one in usual["sums"]] == usual["phases"]
    first, *rest = annex.drills
    rebuilt = (*first.phases, replace(first.phases[0], name=PhaseName.REBUILD))
    more = ran.chart(replace(annex, drills=(replace(first, phases=rebuilt), *rest)))
    assert isinstance(more, dict)
    assert [one for one in PHASES.values() if one in more["phases"]] == more["phases"]
    assert {*more["phases"]} - {*usual["phases"]} == {"rebuild"}
