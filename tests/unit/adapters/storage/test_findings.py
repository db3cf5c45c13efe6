"""The journal of findings: killed at any byte it loses nothing that was written before."""

import threading
from pathlib import Path

import pytest

from drverify.adapters.storage.findings import FindingJournal
from drverify.errors import HostError
from drverify.model.finding import Cause, Event, Opened, Sighting, Subject
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
