"""The interface's operations about tonight: bookings, what runs, hosts and workers; what operators do."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import count, groupby, islice
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.exceptions import HTTPException
from starlette.responses import Response

from drverify import __version__
from drverify.adapters.board import reading
from drverify.adapters.desk.rows import instant, micros
from drverify.adapters.metrics.exposition import CONTENT_TYPE as METRICS
from drverify.model.account import Viewer
from drverify.model.booking import Booking, BookingId, BookingState
from drverify.model.nights import Load
from drverify.operation.rooms import rooms_of
from drverify.operation.rounds import metrics_now
from drverify.web import api_acting as acting
from drverify.web import api_forms as forms
from drverify.web.api_entry import (
    After,
    Behind,
    Caller,
    Insider,
    Limit,
    Named,
    The,
    cursor,
    fields_of,
    placed,
    problems,
)
from drverify.web.discretion import booking_for, live_for

router = APIRouter()
_OPEN = (BookingState.WANTED, BookingState.RUNNING)
_TONIGHT = 1000
_PART = 500
"""Bookings that are loaded at once."""
Standing = tuple[Booking, BookingState]
Place = tuple[datetime, str]
"""(not_before, id) of a booking, by which lists of them are in order."""
Instant = Annotated[AwareDatetime | None, Query()]


@router.get("/health", responses=problems())
def health(the: The, viewer: Caller) -> forms.Health:
    """Whether the site's databases answer; 503 when one does not. Customers are told no numbers."""
    with the.board.reading() as connection:
        reading.agreements(connection, ())
    site = the.estate().operation.site
    workers, leases = the.desk.workers(), the.desk.leases()
    inside = viewer.agreements is None
    return forms.Health(
        status="ok",
        site=site,
        version=__version__,
        workers=len(workers) if inside else None,
        running=len(leases) if inside else None,
    )


@router.get("/bookings", responses=problems())
def list_bookings(
    the: The,
    viewer: Caller,
    *,
    begins: Instant = None,
    ends: Instant = None,
    state: Annotated[list[BookingState], Query(max_length=6)] = [],  # noqa: B006 - FastAPI copies it
    agreement: Named = "",
    workload: Named = "",
    after: After = "",
    limit: Limit = 100,
) -> forms.Page[forms.Booking]:
    """Bookings that may begin within [begins, ends), in that order."""
    found = _visible(
        the,
        viewer,
        agreement,
        begins=begins,
        ends=ends,
        states=state,
        workload=workload or None,
        most=limit,
        after=_place(after),
    )
    last = found[-1][0] if len(found) == limit else None
    following = cursor(micros(last.not_before), last.id) if last is not None else None
    return forms.Page(items=[_booking(one) for one in found], next=following)


@router.get("/bookings/{booking:path}", responses=problems(404))
def show_booking(the: The, viewer: Caller, booking: str) -> forms.Booking:
    """One booking."""
    found = the.desk.booking(BookingId(booking))
    if found is None or not viewer.sees(found[0].agreement):
        raise HTTPException(404)
    return _booking((booking_for(viewer.agreements, found[0]), found[1]))


@router.get("/tonight", responses=problems())
def tonight(the: The, viewer: Caller) -> forms.Tonight:
    """What runs now, and what waits."""
    waiting = _visible(the, viewer, "", states=_OPEN, most=_TONIGHT)
    mine = {one.id for one, _ in waiting}
    return forms.Tonight(
        running=[
            forms.Live.model_validate(live_for(viewer.agreements, one))
            for one in the.desk.live()
            if one.booking in mine
        ],
        open=[_booking(one) for one in waiting],
    )


@router.get("/metrics", responses={**problems(403), 200: {"content": {METRICS: {}}}}, response_class=Response)
def metrics(the: The, _: Insider) -> Response:
    """How the site works, as OpenMetrics text: promises, tonight's bookings, hosts, workers, controls."""
    return Response(metrics_now(the.estate(), the.desk, the.board, datetime.now(UTC)), media_type=METRICS)


@router.get("/hosts", responses=problems(403))
def list_hosts(the: The, _: Insider) -> list[forms.Host]:
    """Every host, and what is left of it."""
    estate, leases = the.estate(), the.desk.leases()
    nights = estate.main.settings.nights
    rooms = {room.host: room for room in rooms_of(nights)} if nights is not None else {}
    with the.board.reading() as connection:
        workloads = reading.hosts(connection, None)
    names = {name for one in estate.workshops.values() for name in one.settings.hosts} | set(rooms)
    held = {name: sum((one.load for one in leases if one.host == name), Load()) for name in names}
    return [
        forms.Host(
            name=name,
            at_once=rooms[name].at_once if name in rooms else None,
            memory_mib=rooms[name].memory_mib if name in rooms else None,
            running=sum(lease.slots for lease in leases if lease.host == name),
            memory_used_mib=held[name].memory_mib,
            vcpus=rooms[name].vcpus if name in rooms else None,
            vcpus_used=held[name].vcpus,
            disk_mib=rooms[name].disk_mib if name in rooms else None,
            disk_used_mib=held[name].disk_mib,
            mib_per_s=rooms[name].mib_per_s if name in rooms else None,
            mib_per_s_used=held[name].mib_per_s,
            workloads=workloads.get(name, 0),
        )
        for name in sorted(names)
    ]


@router.get("/workers", responses=problems(403))
def list_workers(the: The, _: Insider) -> list[forms.Worker]:
    """Every worker that did not end in order, and when it was seen last."""
    return [forms.Worker.model_validate(one) for one in the.desk.workers()]


@router.post("/run-now", status_code=201, responses=problems(403, 404, 409))
def run_now(the: The, viewer: Caller, asked: acting.RunNow) -> forms.Booking:
    """Book a drill of a workload that may begin at once; needs an operator's token."""
    return _booking((the.actions.run_now(viewer, asked.agreement, asked.workload), BookingState.WANTED))


@router.post("/cancel", status_code=202, responses=problems(403, 404, 409))
def cancel(the: The, viewer: Caller, asked: acting.Cancel) -> acting.Cancelled:
    """Ask for the end of a booking; needs an operator's token."""
    state = the.actions.cancel(viewer, BookingId(asked.booking))
    return acting.Cancelled(booking=asked.booking, state=state.value)


@router.post("/keep", status_code=202, responses=problems(403, 404, 409))
def keep(the: The, viewer: Caller, asked: acting.Keep) -> acting.Kept:
    """Ask that a running drill's sandbox stands when the drill is done; needs an operator's token."""
    the.actions.keep(viewer, BookingId(asked.booking), timedelta(minutes=asked.minutes))
    return acting.Kept(booking=asked.booking, minutes=asked.minutes)


@router.post("/release", status_code=202, responses=problems(403, 404, 409))
def release(the: The, viewer: Caller, asked: acting.Release) -> acting.Kept:
    """Let a sandbox that stands, or was to stand, be taken back; needs an operator's token."""
    the.actions.keep(viewer, BookingId(asked.booking), timedelta())
    return acting.Kept(booking=asked.booking, minutes=0)


def _booking(standing: Standing) -> forms.Booking:
    return forms.Booking.model_validate(
        fields_of(standing[0], **asdict(standing[0].load), state=standing[1].value)
    )


def _place(after: str) -> Place | None:
    """After which booking a part begins; None: at the beginning. 422 for what was never a place."""
    key = placed(after, int, str)
    if key is None:
        return None
    try:
        return instant(key[0]), key[1]
    except OverflowError as error:
        raise HTTPException(422, "after: not the `next` of an answer") from error


def _visible(
    the: Behind,
    viewer: Viewer,
    agreement: str,
    *,
    most: int,
    begins: datetime | None = None,
    ends: datetime | None = None,
    states: Sequence[BookingState] = (),
    workload: str | None = None,
    after: Place | None = None,
) -> Sequence[Standing]:
    """The first `most` bookings after a place that they may see, whichever agreements that are."""
    asked: list[str | None] = [agreement or None]
    if viewer.agreements is not None:
        asked = [one for one in sorted(viewer.agreements) if agreement in {"", one}]
    if after is not None:
        begins = max(begins, after[0]) if begins is not None else after[0]
    found: list[Standing] = []
    for one in asked:
        all_ = _in_order(the, begins=begins, ends=ends, states=states, agreement=one, workload=workload)
        found += islice((each for each in all_ if after is None or _key(each) > after), most)
    return [(booking_for(viewer.agreements, one), state) for one, state in sorted(found, key=_key)[:most]]


def _in_order(the: Behind, **asked: Any) -> Iterator[Standing]:
    """Bookings by their places, in whatever order the database has texts; loaded as they are looked at."""
    for _, together in groupby(_loaded(the, **asked), key=lambda standing: standing[0].not_before):
        yield from sorted(together, key=_key)


def _loaded(the: Behind, **asked: Any) -> Iterator[Standing]:
    for offset in count(0, _PART):
        part = the.desk.bookings(**asked, limit=_PART, offset=offset)
        yield from part
        if len(part) < _PART:
            return


def _key(standing: Standing) -> Place:
    return standing[0].not_before, standing[0].id
