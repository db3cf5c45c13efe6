"""The site's metrics, read back by Prometheus's own OpenMetrics parser."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from drverify.adapters.metrics.exposition import SiteNow, openmetrics_text
from drverify.model.board import Course, OfCopy
from drverify.model.booking import BookingId, BookingState, Lease, Worker, WorkerId
from drverify.model.drill import DrillId
from drverify.model.nights import Load, Room
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def course(shown: Outcome | None, lapses_at: datetime) -> Course:
    return Course(
        agreement='acme "quoted"',
        obligation=ObligationId("rpo-2.1"),
        workload="shop",
        shown=shown,
        since=NOW,
        judged_at=NOW,
        drill=None,
        achieved=None,
        limit=None,
        lapses_at=lapses_at,
        promised=True,
    )


def lease(memory: int) -> Lease:
    return Lease(
        booking=BookingId("b"), attempt=1, worker=WorkerId("w"), host="local", load=Load(memory_mib=memory), reads=0,
        since=NOW, seen=NOW, deadline=NOW,
    )  # fmt: skip


def samples(now: SiteNow) -> dict[tuple[str, frozenset[str]], float]:
    text = openmetrics_text(now).decode()
    assert text.endswith("# EOF\n")
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everything_is_there_in_base_units() -> None:
    site = SiteNow(
        site="fra1",
        at=NOW,
        tonight={BookingState.DONE: 3, BookingState.MISSED: 1},
        leases=[lease(512), lease(256)],
        rooms={"local": Room(host="local", at_once=3, memory_mib=1024)},
        workers=[
            Worker(
                id=WorkerId("fra1/m/1"), site="fra1", machine="m", pid=1, boot="b", version="1",
                seen=NOW - timedelta(seconds=5),
            )
        ],
        courses=[
            replace(
                course(Outcome.MET, NOW - timedelta(days=1)),
                copies=tuple(
                    OfCopy(copy=copy, shown=shown, drill=DrillId("d"), at=NOW)
                    for copy, shown in (("vault", Outcome.MET), ("tape", Outcome.UNPROVEN))
                ),
            )
        ],
        alarms={"promise overdue": 1},
        caught={
            ("acme", "shop", "flipped-bit"): NOW,
            ("zenith", "shop", "flipped-bit"): NOW - timedelta(days=9),
        },
    )  # fmt: skip
    found = samples(site)
    assert found["drverify_bookings_tonight", frozenset(("fra1", "done"))] == 3
    assert found["drverify_bookings_tonight", frozenset(("fra1", "wanted"))] == 0
    flipping = [value for (name, _), value in found.items() if name == "drverify_promise_flipping"]
    assert flipping == [0]
    about = ('acme "quoted"', "shop", "rpo-2.1")
    assert found["drverify_promise_shown_by_copy", frozenset((*about, "vault"))] == 1
    assert found["drverify_promise_shown_by_copy", frozenset((*about, "tape"))] == 0
    assert found["drverify_host_used_bytes", frozenset(("fra1", "local"))] == 768 << 20
    assert found["drverify_host_room_bytes", frozenset(("fra1", "local"))] == 1024 << 20
    assert (
        found["drverify_worker_seen_timestamp_seconds", frozenset(("fra1", "fra1/m/1"))]
        == NOW.timestamp() - 5
    )
    for agreement, at in (("acme", NOW), ("zenith", NOW - timedelta(days=9))):
        about = frozenset(("fra1", agreement, "shop", "flipped-bit"))
        assert found["drverify_control_caught_timestamp_seconds", about] == at.timestamp()
    promise = ('acme "quoted"', "shop", "rpo-2.1")
    assert found["drverify_promise", frozenset((*promise, "OVERDUE"))] == 1
    assert found["drverify_promise", frozenset((*promise, "MET"))] == 0  # an old green is none
