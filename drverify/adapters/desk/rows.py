"""Bookings, leases and their like as rows of tables, and back."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import RowMapping

from drverify.model.booking import (
    Action,
    Attempt,
    Booking,
    BookingId,
    BookingKind,
    Ending,
    EndingKind,
    FailedSignIn,
    Keeping,
    Lease,
    Live,
    LivePhase,
    Worker,
    WorkerId,
)
from drverify.model.drill import DrillId, PhaseName
from drverify.model.nights import LOADS, Load, WhichPoint
from drverify.model.obligation import Mode, ObligationId
from drverify.model.records import SlotId
from drverify.model.verdict import Outcome

LIVE_AT_MOST = 16 * 1024
"""Bytes of what a running drill says of itself."""
PICTURE_AT_MOST = 256 * 1024
"""Bytes of a console's picture; a larger one is not taken."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)

Row = RowMapping


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // _STEP


def instant(number: int) -> datetime:
    """Say which instant, in UTC, that is."""
    return _EPOCH + number * _STEP


def booking_row(one: Booking, state: str) -> dict[str, Any]:
    """Make a booking's row."""
    return {
        "id": one.id,
        "site": one.site,
        "agreement": one.agreement,
        "workload": one.workload,
        "kind": one.kind,
        "evening": one.evening.isoformat(),
        "not_before": micros(one.not_before),
        "not_after": micros(one.not_after),
        "due": micros(one.due),
        "priority": one.priority,
        "host": one.host,
        **asdict(one.load),
        "reads": one.reads,
        "takes": one.takes // _STEP,
        "mode": one.mode,
        "point": one.point,
        "slot": one.slot,
        "obligations": _json(one.obligations),
        "why": one.why,
        "asked_by": one.asked_by,
        "state": state,
        "elsewhere": _json(one.elsewhere),
        "members": _json(one.members),
    }


def booking_of(row: Row) -> Booking:
    """Read a booking's row."""
    return Booking(
        id=BookingId(row["id"]),
        site=row["site"],
        agreement=row["agreement"],
        workload=row["workload"],
        kind=cast("BookingKind", row["kind"]),
        evening=date.fromisoformat(row["evening"]),
        not_before=instant(row["not_before"]),
        not_after=instant(row["not_after"]),
        due=instant(row["due"]),
        priority=row["priority"],
        host=row["host"],
        load=_load_of(row),
        reads=row["reads"],
        takes=row["takes"] * _STEP,
        mode=cast("Mode", row["mode"]),
        point=cast("WhichPoint", row["point"]),
        slot=None if row["slot"] is None else SlotId(row["slot"]),
        obligations=tuple(ObligationId(one) for one in json.loads(row["obligations"])),
        why=row["why"],
        asked_by=row["asked_by"],
        elsewhere=tuple(json.loads(row["elsewhere"])),
        members=tuple(json.loads(row["members"])),
    )


def lease_row(one: Lease) -> dict[str, Any]:
    """Make the row of a lease that was just given out."""
    return {
        "booking": one.booking,
        "attempt": one.attempt,
        "worker": one.worker,
        "host": one.host,
        **asdict(one.load),
        "reads": one.reads,
        "since": micros(one.since),
        "seen": micros(one.seen),
        "deadline": micros(one.deadline),
        "cancelled_by": one.cancelled_by,
        "concluding": 0,
        "live": "",
        "picture": b"",
        "placed": one.placed,
        "slots": one.slots,
    }


def lease_of(row: Row) -> Lease:
    """Read a lease's row, without what its drill says of itself."""
    return Lease(
        booking=BookingId(row["booking"]),
        attempt=row["attempt"],
        worker=WorkerId(row["worker"]),
        host=row["host"],
        load=_load_of(row),
        reads=row["reads"],
        since=instant(row["since"]),
        seen=instant(row["seen"]),
        deadline=instant(row["deadline"]),
        cancelled_by=row["cancelled_by"],
        placed=row["placed"],
        slots=row["slots"],
    )


def _load_of(row: Row) -> Load:
    return Load(**{one: row[one] for one in LOADS})


def attempt_row(one: Attempt) -> dict[str, Any]:
    """Make the row of an attempt that ended."""
    ending = one.ending
    return {
        "booking": one.booking,
        "number": one.number,
        "worker": one.worker,
        "began": micros(one.began),
        "ended": micros(ending.at),
        "kind": ending.kind,
        "drill": ending.drill,
        "verdicts": _json(ending.verdicts),
        "faults": _json(ending.faults),
        "left_behind": int(ending.left_behind),
        "why": plain(ending.why),
        "host": one.host,
        "placed": one.placed,
        "others": _json(ending.others),
    }


def attempt_of(row: Row) -> Attempt:
    """Read the row of an attempt."""
    return Attempt(
        booking=BookingId(row["booking"]),
        number=row["number"],
        worker=WorkerId(row["worker"]),
        began=instant(row["began"]),
        ending=Ending(
            kind=cast("EndingKind", row["kind"]),
            at=instant(row["ended"]),
            drill=None if row["drill"] is None else DrillId(row["drill"]),
            verdicts=tuple(
                (ObligationId(name), Outcome(outcome)) for name, outcome in json.loads(row["verdicts"])
            ),
            faults=tuple(json.loads(row["faults"])),
            left_behind=bool(row["left_behind"]),
            why=row["why"],
            others=tuple(map(DrillId, json.loads(row["others"]))),
        ),
        host=row["host"],
        placed=row["placed"],
    )


def worker_row(one: Worker) -> dict[str, Any]:
    """Make a worker's row."""
    return {
        "id": one.id,
        "site": one.site,
        "machine": one.machine,
        "pid": one.pid,
        "boot": one.boot,
        "version": one.version,
        "seen": micros(one.seen),
        "hosts": _json(one.hosts),
    }


def worker_of(row: Row) -> Worker:
    """Read a worker's row."""
    return Worker(
        id=WorkerId(row["id"]),
        site=row["site"],
        machine=row["machine"],
        pid=row["pid"],
        boot=row["boot"],
        version=row["version"],
        seen=instant(row["seen"]),
        hosts=tuple(json.loads(row["hosts"])),
    )


def action_row(one: Action) -> dict[str, Any]:
    """Make the row of what a person did."""
    return {
        "at": micros(one.at),
        "account": plain(one.account),
        "what": one.what,
        "booking": one.booking,
        "detail": plain(one.detail),
    }


def action_of(row: Row) -> Action:
    """Read the row of what a person did."""
    return Action(
        at=instant(row["at"]),
        account=row["account"],
        what=row["what"],
        booking=None if row["booking"] is None else BookingId(row["booking"]),
        detail=row["detail"],
    )


def keeping_of(row: Row) -> Keeping:
    """Read the row of what was asked of a sandbox."""
    return Keeping(by=row["account"], at=instant(row["at"]), span=row["span"] * _STEP)


def failed_of(row: Row) -> FailedSignIn:
    """Read the row of somebody who did not get in."""
    return FailedSignIn(name=row["name"], place=row["place"], at=instant(row["at"]))


def live_text(live: Live) -> str:
    """Write what a running drill says of itself in LIVE_AT_MOST bytes; older lines go when it is more."""
    lines = list(live.lines[-40:])
    while True:
        text = _json(
            {
                "drill": live.drill,
                "at": micros(live.at),
                "phases": [
                    [
                        one.name,
                        micros(one.began),
                        None if one.ended is None else micros(one.ended),
                        one.member,
                    ]
                    for one in live.phases
                ],
                "bytes_done": live.bytes_done,
                "bytes_total": live.bytes_total,
                "lines": lines,
                "stands": None if live.stands_until is None else micros(live.stands_until),
                "ways_in": live.ways_in,
                "others": live.others,
            }
        )
        if len(text.encode()) <= LIVE_AT_MOST:
            return text
        if not lines:
            return ""
        del lines[: max(1, len(lines) // 4)]


def live_of(row: Row) -> Live | None:
    """Read what a running drill said last; None when it said nothing yet."""
    if not row["live"]:
        return None
    told = json.loads(row["live"])
    return Live(
        booking=BookingId(row["booking"]),
        attempt=row["attempt"],
        drill=None if told["drill"] is None else DrillId(told["drill"]),
        at=instant(told["at"]),
        phases=tuple(
            LivePhase(
                name=PhaseName(name),
                began=instant(began),
                ended=None if ended is None else instant(ended),
                member="".join(member),
            )
            for name, began, ended, *member in told["phases"]
        ),
        bytes_done=told["bytes_done"],
        bytes_total=told["bytes_total"],
        lines=tuple(told["lines"]),
        stands_until=None if told.get("stands") is None else instant(told["stands"]),
        ways_in=tuple(told.get("ways_in", ())),
        others=tuple(map(DrillId, told.get("others", ()))),
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def plain(text: str) -> str:
    """Without what a text column of one of the two databases refuses: NUL, half a surrogate pair."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
