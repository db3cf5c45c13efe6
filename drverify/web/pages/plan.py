"""The nights that were, and those to come: what is booked, what was missed, and what no night covers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading
from drverify.model.booking import Booking, BookingState
from drverify.model.result import Stands
from drverify.web.pages.asking import asked_day
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.forecast import Foreseen, forecast
from drverify.web.pages.rendering import link, page
from drverify.web.pages.tonight import bookings

NIGHTS = 7
LISTED, ALONE = 25, 500
"""Bookings of each night of a week, and of a night that is looked at alone."""
MOST = 5000
OVERDUE = 20_000


def plan(request: Request, context: PageContext) -> Response:
    """A week of nights; `from` is its first evening, the day before yesterday's without one.

    `night` is the evening of the one that is looked at alone.
    """
    visible, now = viewer_of(request).agreements, context.now()
    alone = asked_day(request, "night")
    first = alone or asked_day(request, "from") or now.date() - timedelta(days=2)
    number, listed = (1, ALONE) if alone else (NIGHTS, LISTED)
    begins = datetime.combine(first, time(12), UTC)
    ends = begins + timedelta(days=number)
    found = bookings(context.desk, visible, begins, ends, limit=MOST)
    nights: dict[str, list[tuple[Booking, BookingState]]] = {}
    for one in found:
        nights.setdefault(one[0].evening.isoformat(), []).append(one)
    with context.board.reading() as connection:
        overdue = reading.standing_workloads(connection, visible, now, Stands.OVERDUE, limit=OVERDUE)
        agreements = reading.agreements(connection, visible)
        covered = reading.covered(connection, visible)
    ahead = forecast(context.current().state_dir, [one.agreement for one in agreements], first, ends.date())
    coming: dict[str, list[Foreseen]] = {}
    for seen in ahead.foreseen:
        if seen.evening.isoformat() not in nights and seen.evening >= now.date():
            coming.setdefault(seen.evening.isoformat(), []).append(seen)
    booked = _booked(found, coming)
    lost = [one for one in overdue if one not in booked]
    return page(
        request,
        context,
        "plan.html",
        nights=nights,
        sums={evening: Counter(state.value for _, state in ones) for evening, ones in nights.items()},
        states=[state.value for state in BookingState],
        first=first,
        earlier=link("plan", **{"from": first - timedelta(days=NIGHTS)}),
        later=link("plan", **{"from": first + timedelta(days=number)}),
        agreements=agreements,
        covered=covered,
        late=Counter(name for name, _ in overdue),
        lost=lost,
        lacking=Counter(name for name, _ in lost),
        number=number,
        coming=coming,
        uncovered=ahead.uncovered[:ALONE],
        untried=ahead.untried[:ALONE],
        more_untried=max(0, len(ahead.untried) - ALONE),
        listed=listed,
        cut=len(found) >= MOST,
        many=len(overdue) >= OVERDUE,
    )


def _booked(
    found: Sequence[tuple[Booking, BookingState]], coming: Mapping[str, Sequence[Foreseen]]
) -> set[tuple[str, str]]:
    """Agreement and name of the workloads that a night will test."""
    open_ = {BookingState.WANTED, BookingState.RUNNING}
    booked = {(one.agreement, name) for one, state in found if state in open_ for name in one.workloads}
    return booked | {
        (one.agreement, name)
        for ones in coming.values()
        for one in ones
        for name in one.members or (one.workload,)
    }
