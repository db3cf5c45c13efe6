"""What runs now, what waits, and what came of the rest of the night."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board.reading import Visible
from drverify.engine.nightly.ports import Desk
from drverify.model.booking import Attempt, Booking, BookingId, BookingState, Keeping, Lease, Live
from drverify.planning.tonight.following import flips
from drverify.web.discretion import AN_OPERATOR, attempt_for, booking_for, live_for
from drverify.web.pages import charts
from drverify.web.pages.asking import asked
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.rendering import missing, page

BACK, AHEAD = timedelta(hours=20), timedelta(hours=16)
MOST = 1000
LISTED = 100
REFRESH_S = 5
LINES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """One drill that runs."""

    booking: Booking
    lease: Lease
    live: Live | None
    bars: tuple[tuple[str, tuple[charts.Bar, ...]], ...]
    """The phases so far, of a group by its members; the name is empty where there is one workload."""
    picture: bool
    keeping: Keeping | None
    """What was asked of its sandbox and not taken back; None: nothing."""
    share: int | None
    """Of the bytes, per cent; None: nobody knows."""


def bookings(
    desk: Desk,
    visible: Visible,
    begins: datetime,
    ends: datetime,
    *,
    states: Sequence[BookingState] = (),
    limit: int = MOST,
) -> list[tuple[Booking, BookingState]]:
    """Bookings of the agreements that may be shown, in the order of their times."""
    if visible is None:
        return list(desk.bookings(begins=begins, ends=ends, states=states, limit=limit))
    found = [
        one
        for name in sorted(visible)
        for one in desk.bookings(begins=begins, ends=ends, states=states, agreement=name, limit=limit)
    ]
    found.sort(key=lambda one: (one[0].not_before, one[0].id))
    return [(booking_for(visible, one), state) for one, state in found[:limit]]


def tonight(request: Request, context: PageContext) -> Response:
    """The night as it goes."""
    viewer, now = viewer_of(request), context.now()
    found = bookings(context.desk, viewer.agreements, now - BACK, now + AHEAD)
    by_state: dict[BookingState, list[Booking]] = {state: [] for state in BookingState}
    for booking, state in found:
        by_state[state].append(booking)
    done = by_state[BookingState.DONE]
    return page(
        request,
        context,
        "tonight.html",
        refresh=0 if asked(request, "still") == "yes" else REFRESH_S,
        still=asked(request, "still") == "yes",
        running=list(_running(context.desk, viewer.agreements, now)),
        waiting=by_state[BookingState.WANTED][:LISTED],
        done=[(one, _last(context.desk, viewer.agreements, one.id)) for one in done[::-1][:LISTED]],
        lost=[
            (one, state, _last(context.desk, viewer.agreements, one.id))
            for state in (BookingState.MISSED, BookingState.GIVEN_UP, BookingState.CANCELLED)
            for one in by_state[state][:LISTED]
        ],
        numbers={state.value: len(ones) for state, ones in by_state.items()},
        cut=len(found) >= MOST,
    )


def _running(desk: Desk, visible: Visible, now: datetime) -> Iterator[Running]:
    said = {one.booking: one for one in desk.live()}
    for lease in desk.leases():
        known = desk.booking(lease.booking)
        if known is None or (visible is not None and known[0].agreement not in visible):
            continue
        live = said.get(lease.booking)
        share = None
        if live is not None and live.bytes_total:
            share = min(100, live.bytes_done * 100 // live.bytes_total)
        yield Running(
            booking=booking_for(visible, known[0]),
            lease=replace(lease, cancelled_by=AN_OPERATOR) if visible and lease.cancelled_by else lease,
            live=live_for(visible, live) if live is not None else None,
            keeping=_keeping(desk, visible, lease),
            bars=tuple(_bars(live, now)) if live is not None else (),
            picture=bool(desk.picture(lease.booking)),
            share=share,
        )


def _bars(live: Live, now: datetime) -> Iterator[tuple[str, tuple[charts.Bar, ...]]]:
    for name in dict.fromkeys(one.member for one in live.phases):
        yield name, charts.live_phases([one for one in live.phases if one.member == name], now)


def _keeping(desk: Desk, visible: Visible, lease: Lease) -> Keeping | None:
    found = desk.keeping(lease.booking, lease.attempt)
    if found is None or not found.span:
        return None
    return found if visible is None else replace(found, by=AN_OPERATOR)


def _last(desk: Desk, visible: Visible, booking: BookingId) -> Attempt | None:
    attempts = desk.attempts(booking)
    return attempt_for(visible, attempts[-1]) if attempts else None


def picture(request: Request, context: PageContext) -> Response:
    """The newest picture of a running guest's console."""
    visible, name = viewer_of(request).agreements, BookingId(asked(request, "booking"))
    known = context.desk.booking(name)
    if known is None or (visible is not None and known[0].agreement not in visible):
        raise missing()
    content = context.desk.picture(name)
    if not content:
        raise missing()
    return Response(content, media_type="image/png", headers={"Cache-Control": "no-store"})


def booking(request: Request, context: PageContext) -> Response:
    """One booking: why it was planned, and every attempt."""
    visible, name = viewer_of(request).agreements, BookingId(asked(request, "id"))
    known = context.desk.booking(name)
    if known is None or (visible is not None and known[0].agreement not in visible):
        raise missing()
    attempts = context.desk.attempts(name)
    return page(
        request,
        context,
        "booking.html",
        booking=booking_for(visible, known[0]),
        state=known[1],
        attempts=[attempt_for(visible, one) for one in attempts],
        flipping=flips(attempts),
    )
