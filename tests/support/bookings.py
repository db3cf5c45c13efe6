"""Bookings, rooms and leases of tests, and the PostgreSQL that a session shares."""

import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from drverify.model.booking import Booking, BookingId, Ending, EndingKind, Lease, WorkerId
from drverify.model.nights import Load, Room
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from tests.support.databases import Server, postgres

NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
MORNING = NIGHT + timedelta(hours=8)
SEC = timedelta(seconds=1)
MIN = timedelta(minutes=1)
W1, W2 = WorkerId("fra1/one/1"), WorkerId("fra1/two/1")


def booking(name: str, **changes: Any) -> Booking:
    """A drill of workload `name` tonight: 512 MiB, five minutes, on host `local`."""
    said: dict[str, Any] = {
        "id": BookingId(f"acme/{name}/2026-11-23/drill"),
        "site": "fra1",
        "agreement": "acme",
        "workload": name,
        "kind": "drill",
        "evening": date(2026, 11, 23),
        "not_before": NIGHT,
        "not_after": MORNING,
        "due": MORNING,
        "priority": 20,
        "host": "local",
        "load": Load(memory_mib=changes.pop("memory_mib", 512)),
        "reads": 0,
        "takes": 5 * MIN,
        "mode": "full",
        "point": "latest",
        "slot": None,
        "obligations": (ObligationId("7.1"),),
        "why": "a restore test is due",
    }
    return Booking(**{**said, **changes})


def room(**changes: Any) -> Room:
    """Host `local`: two at once, 2 GiB."""
    return Room(**{"host": "local", "at_once": 2, "memory_mib": 2048, **changes})


def lease(one: Booking, attempt: int = 1, **changes: Any) -> Lease:
    """What was given out for a booking."""
    said: dict[str, Any] = {
        "booking": one.id,
        "attempt": attempt,
        "worker": W1,
        "host": one.host,
        "load": one.load,
        "reads": one.reads,
        "since": NIGHT,
        "seen": NIGHT,
        "deadline": one.not_after,
    }
    return Lease(**{**said, **changes})


def ending(kind: EndingKind, *outcomes: Outcome, faults: tuple[str, ...] = ()) -> Ending:
    """How an attempt ended."""
    verdicts = tuple((ObligationId(f"7.{number}"), one) for number, one in enumerate(outcomes, start=1))
    return Ending(kind=kind, at=NIGHT + MIN, verdicts=verdicts, faults=faults, why=kind)


@pytest.fixture(scope="session")
def shared_postgres() -> Iterator[Server]:
    """One server for all tests of the session; each takes a site of its own."""
    with postgres() as server:
        yield server


def emptied(server: Server, schema: str, role: str) -> None:
    """Lose everything in a schema while others work on it; they may be in the way for a moment."""
    statements = f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema} AUTHORIZATION {role}"
    for left in reversed(range(20)):
        try:
            server.sql(statements)
        except subprocess.CalledProcessError as error:
            if not left:
                raise AssertionError(error.stderr) from error
            time.sleep(0.2)
        else:
            return


def admin_url(server: Server) -> str:
    """URL of its superuser, over the socket."""
    return f"postgresql://postgres@/postgres?host={server.socket}&port={server.port}"
