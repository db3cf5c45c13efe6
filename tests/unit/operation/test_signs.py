"""Signs of life: what the desk says of the lease counts, whatever else it cannot tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from drverify.errors import HostError
from drverify.model.booking import BookingId, Lease, WorkerId
from drverify.model.nights import Load
from drverify.operation.signs import SignsOfLife

BEGAN = datetime(2026, 11, 23, 22, tzinfo=UTC)
LEASE = Lease(
    booking=BookingId("a/b/2026-11-23/drill"), attempt=1, worker=WorkerId("s/m/1"), host="local", load=Load(memory_mib=1),
    reads=0, since=BEGAN, seen=BEGAN, deadline=datetime(2999, 1, 1, tzinfo=UTC) - timedelta(days=1),
)  # fmt: skip


class Desk:
    """Answers about the lease, and fails at what is asked of its sandbox."""

    def __init__(self, found: Lease | None) -> None:
        self.found = found

    def renew(self, *_: object) -> Lease | None:
        return self.found

    def keeping(self, *_: object) -> Any:
        raise HostError("the desk is away")


@pytest.mark.parametrize(("found", "asked"), [(None, ["lost"]), (LEASE, [])])
def test_a_lease_that_is_lost_ends_the_drill_at_once(found: Lease | None, asked: list[str]) -> None:
    ended: list[str] = []
    desk: Any = Desk(found)
    live: Any = lambda _: None  # noqa: E731
    signs = SignsOfLife(desk, LEASE, live=live, picture=bytes, end=ended.append)
    signs.start()
    signs.stop()
    assert ended == asked
