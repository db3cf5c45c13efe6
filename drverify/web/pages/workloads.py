"""One workload: every promise with what drills achieved against its limit, and all of its drills."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.model.booking import BookingState
from drverify.web.pages import charts
from drverify.web.pages.agreements import counted
from drverify.web.pages.asking import asked, keyed, unkeyed
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.rendering import link, missing, page

DRILLS = 40
"""On a page, and in its charts."""
AHEAD = timedelta(days=400)
_OPEN = (BookingState.WANTED, BookingState.RUNNING)


def workload(request: Request, context: PageContext) -> Response:
    """How it stands, over time."""
    visible, now = viewer_of(request).agreements, context.now()
    agreement, name = asked(request, "agreement"), asked(request, "name")
    before = unkeyed(asked(request, "before"), 2)
    with context.board.reading() as connection:
        found = reading.agreement(connection, visible, agreement)
        known = reading.workload(connection, agreement, name) if found is not None else None
        if found is None or known is None:
            raise missing()
        courses = reading.courses(connection, agreement, [name])[name]
        listed = results.drills(
            connection,
            {agreement},
            agreement=agreement,
            workload=name,
            before=(before[0], before[1]) if before else None,
            limit=DRILLS + 1,
        )
        promises = {one.obligation: one for one in reading.promises(connection, agreement)}
        quotes = {one.number: one for one in reading.quotes(connection, agreement)}
        backups = reading.backups(connection, agreement, name)
        mends = results.mends(connection, {agreement}, agreement=agreement, workload=name, limit=20)
    shown = listed[:DRILLS]
    order = {one: place for place, one in enumerate(promises)}
    lines = [
        (promises[one.obligation], one, charts.history(shown[::-1], one.obligation))
        for one in sorted(courses, key=lambda one: order.get(one.obligation, len(order)))
        if one.obligation in promises
    ]
    more = ""
    if len(listed) > DRILLS:
        more = link("workload", agreement=agreement, name=name, before=keyed(shown[-1].drill, agreement))
    booked = context.desk.bookings(
        begins=now - timedelta(days=2),
        ends=now + AHEAD,
        states=_OPEN,
        agreement=agreement,
        workload=name,
        limit=5,
    )
    return page(
        request,
        context,
        "workload.html",
        agreement=found,
        workload=known,
        lines=lines,
        quotes=quotes,
        counts=counted(courses, now),
        drills=shown,
        backups=backups,
        mends=mends,
        booked=booked,
        more=more,
        older=before is not None,
    )
