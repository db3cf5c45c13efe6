"""The year that audits are measured with is honest evidence, and each row is of what it says."""

import re
from pathlib import Path

import pytest

from drverify.errors import HostError
from lab.bench import appends, audits
from lab.bench.evidence_year import BUNDLE


def test_an_invented_year_is_audited_by_the_real_program(tmp_path: Path) -> None:
    said: list[str] = []
    time, reading, clock, memory = audits.rows(tmp_path, (24,), 1, said.append)
    assert "24 drills" in time.what
    assert "86 signatures" in time.what  # two a drill, two of the register, three a month
    assert float(time.ratio) > float(reading.ratio) > 0
    assert float(clock.ratio) > 0
    assert re.search(r"by [2-4] processes", clock.what)
    assert memory.ours.count(" MiB") == 2
    assert list(tmp_path.iterdir()) == []


def test_a_year_that_does_not_hold_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = audits._audited

    def damaged(place: Path) -> audits.Audited:
        content = (place / BUNDLE).read_bytes()
        (place / BUNDLE).write_bytes(
            content.replace(b"probes", b"probe5", 1).replace(b"intact 20", b"intact 21")
        )
        return real(place)

    monkeypatch.setattr(audits, "_audited", damaged)
    with pytest.raises(HostError, match="ended with 12"):
        audits.rows(tmp_path, (2,), 1, lambda _: None)


def test_a_log_is_appended_to_and_its_syncs_are_counted(tmp_path: Path) -> None:
    one, many = appends.rows(tmp_path, 1, lambda _: None, single=3, batches=2)
    assert "3 entries one by one, against 9 syncs" in one.what  # entries, hashes, checkpoint
    assert "2 batches of 256 entries" in many.what
    assert "against 8 syncs" in many.what  # and a hash of the level above
    assert list(tmp_path.iterdir()) == []
