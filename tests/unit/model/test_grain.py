"""What a drill shows of a restore test's promise."""

import json
from dataclasses import replace

import pytest

from drverify.model.grain import HOW, WORDS, lacking, shown_by
from drverify.model.obligation import GRAINS
from drverify.model.playbook import ChecksumProbe
from drverify.model.recovery import DiskImage, FileSet, WholeMachine
from drverify.sealing.codec import to_json
from tests.support.records import plan, playbook
from tests.support.second import _PROGRAM

SHAPE = plan().workload.payload.guest
IMAGE, FILES = DiskImage(path="/disk.raw", guest=SHAPE), FileSet(path="/srv")
SUMS = ChecksumProbe(id="sums", manifest="/srv/SUMS")


def probes(*changes):
    """A playbook that asks nothing but these."""
    return replace(playbook(), probes=changes)


def test_every_grain_has_its_words() -> None:
    assert WORDS.keys() == HOW.keys() == set(GRAINS)


CASES = [
    (FILES, probes(), {"file"}),
    (IMAGE, probes(), {"vm", "full_system"}),
    (WholeMachine(), probes(), {"vm", "full_system"}),
    (IMAGE, probes(SUMS), {"vm", "full_system", "file"}),
    (IMAGE, probes(replace(SUMS, required=False)), {"vm", "full_system"}),
    (IMAGE, probes(replace(SUMS, proves_application=True)), {"vm", "full_system", "file", "application"}),
]


@pytest.mark.parametrize(("payload", "book", "shown"), CASES)
def test_a_drill_shows_what_it_brings_back_and_asks(payload, book, shown) -> None:
    assert shown_by(payload, book) == shown


def test_the_usual_playbook_shows_the_application_and_its_database() -> None:
    assert {"vm", "database", "application"} <= shown_by(IMAGE, playbook())


@pytest.mark.parametrize(("payload", "book", "shown"), [*CASES, (IMAGE, playbook(), None)])
def test_the_second_verifier_agrees(payload, book, shown) -> None:
    planned = replace(plan(), playbook=book, workload=replace(plan().workload, payload=payload))
    drill = object.__new__(_PROGRAM.Drill)
    drill.plan = json.loads(json.dumps(to_json(planned)))
    assert drill._brought_back() == (shown or shown_by(payload, book))


def test_what_lacks_is_said_in_words() -> None:
    assert lacking(("file", "vm"), frozenset({"vm"})) == "a file restore"
    assert not lacking((), frozenset())
