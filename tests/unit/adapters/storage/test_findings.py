"""The journal of findings: killed at any byte it loses nothing that was written before."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from drverify.adapters.storage.findings import VERSION, FindingJournal
from drverify.errors import HostError
from drverify.judging.findings import retest_of
from drverify.model.finding import Cause, Event, Examined, Opened, Sighting, Subject
from drverify.model.variety import Variety
from drverify.sealing import strict_json
from tests.support import records


def opened(number: int) -> Event:
    subject = Subject(
        agreement="A-1", cause=Cause.AUDIT, code=f"Grund {number} \N{LATIN SMALL LETTER U WITH DIAERESIS}"
    )
    return Opened(at=records.INCIDENT, sighting=Sighting(subject=subject, at=records.INCIDENT, reason="x"))


def test_events_come_back_in_order(tmp_path: Path) -> None:
    journal = FindingJournal(tmp_path / "state" / "findings")
    assert journal.events() == ()
    journal.append([])
    assert not journal.path.exists()
    journal.append([opened(0), opened(1)])
    journal.append([opened(2)])
    assert journal.events() == tuple(map(opened, range(3)))
    assert (journal.path.stat().st_mode & 0o777, journal.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_line_of_the_first_form_is_read_and_leaves_unknown_what_was_taken(tmp_path: Path) -> None:
    journal = FindingJournal(tmp_path)
    drill = retest_of(records.plan(), records.record(), evidence=records.digest(b""), index=None)
    taken = Variety(generation="oldest", mode="full", copy="vault")
    one = Examined(
        at=records.INCIDENT,
        drill=drill.drill,
        envelope=drill.evidence,
        retest=drill,
        sightings=(),
        met=(),
        taken=taken,
    )
    journal.append([one, opened(1)])
    assert journal.events() == (one, opened(1))
    first, second = (json.loads(line) for line in journal.path.read_bytes().splitlines())
    assert (first["version"], first["event"].pop("taken")["copy"]) == (VERSION, "vault")
    lines = (strict_json.canonical({**line, "version": 1}) + b"\n" for line in (first, second))
    journal.path.write_bytes(b"".join(lines))
    journal.append([one])
    assert journal.events() == (replace(one, taken=None), opened(1), one)
    journal.path.write_bytes(strict_json.canonical({**first, "version": VERSION}) + b"\n")
    with pytest.raises(HostError, match="taken"):
        journal.events()


def test_a_torn_line_is_nobody_s_and_is_cut_off(tmp_path: Path) -> None:
    journal = FindingJournal(tmp_path)
    journal.append([opened(0)])
    whole = journal.path.read_bytes()
    journal.append([opened(1)])
    both = journal.path.read_bytes()
    for length in range(len(whole), len(both)):
        journal.path.write_bytes(both[:length])
        assert journal.events() == (opened(0),)
    journal.append([opened(2)])
    assert journal.events() == (opened(0), opened(2))


@pytest.mark.parametrize("bad", [b"{}\n", b"\n", b'{"event":1}\n', b"\xff\n"])
def test_a_damaged_line_is_told_with_its_number(tmp_path: Path, bad: bytes) -> None:
    journal = FindingJournal(tmp_path)
    journal.append([opened(0)])
    journal.path.write_bytes(journal.path.read_bytes() + bad)
    with pytest.raises(HostError, match=r"journal\.jsonl:2"):
        journal.events()


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    journal = FindingJournal(tmp_path)

    def write(start: int) -> None:
        for number in range(start, start + 5):
            FindingJournal(tmp_path).append([opened(number)])

    threads = [threading.Thread(target=write, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(journal.events(), key=repr) == sorted(
        (opened(start + number) for start in (0, 10, 20, 30) for number in range(5)), key=repr
    )
