"""What is said of a night: what runs, waits and has ended."""

import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rich.console import Console

from drverify.cli.tonight_output import Tonight, as_json, lines, shown
from drverify.model.booking import (
    Attempt,
    Booking,
    BookingId,
    BookingState,
    Ending,
    Lease,
    Live,
    LivePhase,
    Worker,
    WorkerId,
)
from drverify.model.drill import DrillId, PhaseName
from drverify.model.nights import Load
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
ME = WorkerId("fra1/node/1")


def booking(name: str, **other: object) -> Booking:
    made = Booking(
        id=BookingId(f"acme/{name}/2026-11-23/drill"), site="fra1", agreement="acme", workload=name, kind="drill",
        evening=date(2026, 11, 23), not_before=NOW - timedelta(minutes=30), not_after=NOW + timedelta(hours=7),
        due=NOW, priority=10, host="local", load=Load(memory_mib=0), reads=0, takes=timedelta(minutes=5), mode="full",
        point="latest", slot=None, obligations=(), why="promised every 92 days",
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


RUNS, WAITS, DONE, MISSED, GONE = (booking(name) for name in ("shop", "mail", "[wiki]", "docs", "erp"))
ENDED = Attempt(
    booking=DONE.id, number=1, worker=ME, host="local", began=NOW - timedelta(minutes=20),
    ending=Ending(
        kind="concluded", at=NOW - timedelta(minutes=8), drill=DrillId("d"),
        verdicts=((ObligationId("rto"), Outcome.MET),), why="1 MET",
    ),
)  # fmt: skip
FAILED = Attempt(
    booking=GONE.id, number=3, worker=ME, host="local", began=NOW - timedelta(minutes=20),
    ending=Ending(kind="died", at=NOW - timedelta(minutes=8), left_behind=True, why="its process is gone"),
)  # fmt: skip
NIGHT = Tonight(
    now=NOW,
    bookings=(
        (DONE, BookingState.DONE), (WAITS, BookingState.WANTED), (RUNS, BookingState.RUNNING),
        (MISSED, BookingState.MISSED), (GONE, BookingState.GIVEN_UP),
    ),
    leases={
        RUNS.id: Lease(
            booking=RUNS.id, attempt=2, worker=ME, host="local", load=Load(memory_mib=0), reads=0,
            since=NOW - timedelta(seconds=95), seen=NOW - timedelta(seconds=40), deadline=NOW + timedelta(hours=4),
            cancelled_by="ana",
        )
    },
    live={
        RUNS.id: Live(
            booking=RUNS.id, attempt=2, drill=DrillId("e"), at=NOW,
            phases=(LivePhase(name=PhaseName.RESTORE, began=NOW - timedelta(seconds=61, milliseconds=3)),),
            bytes_done=3 << 20, bytes_total=12 << 20, lines=("[bold]line[/]", "newest of 3 points"),
        )
    },
    attempts={DONE.id: (ENDED,), GONE.id: (FAILED,)},
    workers=(Worker(id=ME, site="fra1", machine="node", pid=1, boot="", version="1", seen=NOW),),
)  # fmt: skip


def test_lines() -> None:
    assert lines(NIGHT) == (
        (
            "running    acme/shop/2026-11-23/drill  local  attempt 2  restore 1 min 1 s, 3.0 of 12.0 MiB (25 %), "
            "1 min 35 s in all, cancelled by ana, no sign of life for 40 s"
        ),
        "           [bold]line[/]",
        "           newest of 3 points",
        "wanted     acme/mail/2026-11-23/drill  local  attempt 0  for room on host local: promised every 92 days",
        "done       acme/[wiki]/2026-11-23/drill  local  attempt 1  1 MET, in 12 min",
        "missed     acme/docs/2026-11-23/drill  local  attempt 0  nobody had room for it before its night ended",
        (
            "given up   acme/erp/2026-11-23/drill  local  attempt 1  died: its process is gone, in 12 min; something "
            "was left behind: drverify sandbox reap"
        ),
    )


def test_a_table_says_the_same_and_takes_nothing_for_markup() -> None:
    out = io.StringIO()
    Console(file=out, width=160).print(shown(NIGHT))
    said = out.getvalue()
    assert "Tonight, 2026-11-23 22:30:00 UTC: 1 running, 1 wanted, 1 done, 1 missed, 1 given up" in said
    assert "[wiki]" in said
    assert "[bold]line[/]" in said


def test_a_group_is_one_booking_with_its_members() -> None:
    shop = replace(RUNS, members=("database", "[app]"))
    phases = tuple(
        LivePhase(name=PhaseName.BOOT, began=NOW - timedelta(seconds=9), member=name) for name in shop.members
    )
    live = replace(NIGHT.live[RUNS.id], phases=phases, bytes_done=0, others=(DrillId("f"),))
    night = replace(NIGHT, bookings=((shop, BookingState.RUNNING),), live={shop.id: live})
    out = io.StringIO()
    Console(file=out, width=160).print(shown(night))
    assert "shop (database + [app])" in out.getvalue()
    assert "database boot 9 s and [app] boot 9 s" in next(iter(lines(night)))
    row = json.loads(json.dumps(as_json(night)))["bookings"][0]
    assert (row["members"], row["live"]["others"]) == (["database", "[app]"], ["f"])


def test_nobody_works_and_nothing_is_there() -> None:
    empty = Tonight(now=NOW, bookings=(), leases={}, live={}, attempts={}, workers=())
    assert lines(empty) == (
        "nothing runs, waits or has ended this night",
        "no worker runs: nothing begins before `drverify up`",
    )
    silent = replace(empty, workers=(replace(NIGHT.workers[0], seen=NOW - timedelta(minutes=3)),))
    assert lines(silent)[-1] == "worker fra1/node/1 has been silent for 3 min"


def test_as_data() -> None:
    told = json.loads(json.dumps(as_json(NIGHT)))
    assert [one["state"] for one in told["bookings"]] == ["running", "wanted", "done", "missed", "given up"]
    first = told["bookings"][0]
    assert first["live"]["phases"] == [
        {"name": "restore", "member": "", "began": "2026-11-23T22:28:58.997000+00:00", "ended": None}
    ]
    assert (first["cancelled_by"], first["attempt"]) == ("ana", 2)
    assert told["bookings"][2]["attempts"][0]["verdicts"] == {"rto": "MET"}


def test_what_stands_is_said_with_how_to_get_in() -> None:
    ways_in = ("ip netns exec drv-3f9c01aa bash",)
    live = replace(NIGHT.live[RUNS.id], stands_until=NOW + timedelta(hours=2), ways_in=ways_in)
    night = replace(NIGHT, live={RUNS.id: live})
    said = lines(night)
    until = f"{NOW + timedelta(hours=2):%H:%M} UTC"
    assert any(line.endswith(f"signed; its sandbox stands for a look until {until}") for line in said)
    assert "           get in: ip netns exec drv-3f9c01aa bash" in said
    (row,) = [one for one in as_json(night)["bookings"] if one["booking"] == RUNS.id]  # type: ignore[attr-defined]
    assert row["live"]["ways_in"] == list(ways_in)
