"""What tasks' ids and logs say."""

from datetime import UTC, datetime

import pytest

from drverify.adapters.proxmox.errors import Malformed
from drverify.adapters.proxmox.upids import (
    TaskResult,
    Upid,
    entry_of,
    node_of,
    outcome_of,
    progress_in,
    read_upid,
)

UPID = Upid("UPID:pve-1:000A1B2C:0123ABCDE:6553F100:qmrestore:9100:drill@pve!one:")


def test_an_id_says_node_kind_user_and_start() -> None:
    entry = entry_of(read_upid(UPID), ended=None, status="")
    assert (entry.node, entry.kind, entry.id, entry.user) == ("pve-1", "qmrestore", "9100", "drill@pve!one")
    assert entry.started == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert node_of(UPID) == "pve-1"


@pytest.mark.parametrize(
    "wrong", [None, 7, "", "UPID:", UPID + "x", "UPID:../x:1:2:3:a:b:c:", UPID.replace("pve-1", "a/b"), {}]
)
def test_what_is_no_id_is_refused(wrong: object) -> None:
    with pytest.raises(Malformed):
        read_upid(wrong)


@pytest.mark.parametrize(
    ("exit_status", "outcome"),
    [
        ("OK", "ok"),
        ("WARNINGS: 2", "warnings"),
        ("unexpected status", "unknown"),
        ("", "unknown"),
        ("VM is locked (backup)", "failed"),
        ("ok", "failed"),
    ],
)
def test_an_exit_status_has_three_values_and_unknown(exit_status: str, outcome: str) -> None:
    assert outcome_of(exit_status) == outcome


@pytest.mark.parametrize(
    ("line", "percent", "done", "seconds"),
    [
        ("progress 7% (read 4718592 bytes, duration 3 sec)", 7, 4718592, 3),
        ("progress 100% (read 34359738368 bytes, duration 128 sec)", 100, 34359738368, 128),
        (
            "progress 12% (read 4123000832 bytes, zeroes = 31% (1279262720 bytes), duration 9 sec)",
            12,
            4123000832,
            9,
        ),
        ("progress 50% (read 1.5 GiB, zeroes = 0% (0 B), duration 2.5 sec)", 50, 1610612736, 2.5),
        ("progress 250% (something new)", 100, None, None),
    ],
)
def test_progress_of_archives_and_of_backup_servers(
    line: str, percent: float, done: int | None, seconds: float | None
) -> None:
    found = progress_in(["progress 1% (read 1 bytes, duration 0 sec)", line, "rescan volumes..."])
    assert found is not None
    assert (found.percent, found.done, found.seconds) == (percent, done, seconds)


def test_lines_without_progress() -> None:
    assert progress_in(["CTIME: Mon Oct 19 02:00:00 2026", "new volume ID is 'drill:vm-9100-disk-0'"]) is None
    assert progress_in([]) is None


def test_warnings_are_lines_that_warn() -> None:
    log = ("WARN: old disk", "  warning: x", "no warning", "TASK WARNINGS: 2")
    result = TaskResult(upid=UPID, outcome="warnings", exit_status="WARNINGS: 2", log=log)
    assert result.warnings == ("WARN: old disk", "  warning: x")
