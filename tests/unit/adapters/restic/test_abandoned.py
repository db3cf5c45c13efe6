"""What a lock says of the process that left it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from drverify.adapters.restic.abandoned import told

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def lock(**said: object) -> bytes:
    facts = {"time": "2026-11-23T11:00:00.123456789+01:00", "hostname": "shop", "pid": 471}
    return json.dumps(facts | said).encode()


def test_a_lock_that_nobody_refreshes_is_of_a_process_that_died() -> None:
    found = told("vault", lock(), NOW)
    assert found is not None
    assert (found.place, found.host) == ("vault", "shop")
    assert found.at == datetime(2026, 11, 23, 10, 0, 0, 123456, tzinfo=UTC)
    assert found.why.startswith("process 471 of shop died with it")


@pytest.mark.parametrize(
    ("exclusive", "told_"), [(True, "a forget, a prune, a check or"), (False, "a backup, or another command")]
)
def test_it_says_no_more_of_the_command_than_the_lock_does(exclusive: bool, told_: str) -> None:
    found = told("vault", lock(exclusive=exclusive), NOW)
    assert found is not None
    assert found.why.startswith(f"process 471 of shop died with it: {told_}")


@pytest.mark.parametrize(
    "content",
    [
        lock(time=(NOW - timedelta(minutes=29)).isoformat()),
        lock(time="2026-11-23T10:00:00"),
        lock(pid="many"),
        b"[1]",
        b"{",
    ],
)
def test_one_that_is_refreshed_or_that_nobody_can_read_says_nothing(content: bytes) -> None:
    assert told("vault", content, NOW) is None
