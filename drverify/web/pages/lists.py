"""Findings with their owners, hosts and what is on them, the audit trail, and search."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.adapters.board.reading import Visible
from drverify.adapters.board.tables import micros
from drverify.model.booking import Action, BookingId
from drverify.model.finding import FindingState
from drverify.model.nights import Load, Room
from drverify.web.discretion import action_for
from drverify.web.pages.asking import asked, keyed, unkeyed
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.rendering import link, page

PAGE = 100
ACTIONS = 500
FOUND = 25
_SHORTEST = 2


def findings(request: Request, context: PageContext) -> Response:
    """What is to be mended, by whom, until when."""
    visible, now = viewer_of(request).agreements, context.now()
    named = asked(request, "state")
    state = FindingState(named) if named in set(FindingState) else None
    before = unkeyed(asked(request, "before"), 2)
    number = int(before[0]) if before and before[0].lstrip("-").isdecimal() else 0
    with context.board.reading() as connection:
        listed = results.mends(
            connection,
            visible,
            state=state,
            before=(number, before[1]) if before else None,
            limit=PAGE + 1,
        )
        counts = results.mend_counts(connection, visible, now.date())
    more = ""
    if len(listed) > PAGE:
        last = listed[PAGE - 1]
        more = link("findings", state=named, before=keyed(micros(last.last_at), last.id))
    return page(request, context, "findings.html", mends=listed[:PAGE], counts=counts, state=state, more=more)


def hosts(request: Request, context: PageContext) -> Response:
    """Hosts with what they have, what is taken of it, and who works for them.

    Who does not see every agreement sees the hosts of their own workloads, and what their own drills take:
    not how large a shared host is, and nothing of who else is on it.
    """
    visible = viewer_of(request).agreements
    rooms = context.current().rooms if visible is None else {}
    with context.board.reading() as connection:
        used = reading.hosts(connection, visible)
    leases = [one for one in context.desk.leases() if _shown(context, visible, one.booking)]
    known = {name for name in used if name} | set(rooms)
    rows = []
    for name in sorted(known):
        held = [one for one in leases if one.host == name]
        room = rooms.get(name) or Room(host=name, at_once=0, memory_mib=0)
        taken = sum((one.load for one in held), Load())
        rows.append(
            {
                "name": name,
                "room": room,
                "planned": name in rooms,
                "held": sum(one.slots for one in held),
                "taken": taken,
                "share": min(100, taken.memory_mib * 100 // room.memory_mib) if room.memory_mib else None,
                "reads": sum(one.reads for one in held),
                "workloads": used.get(name, 0),
            }
        )
    workers = context.desk.workers() if visible is None else ()
    return page(request, context, "hosts.html", rows=rows, workers=workers)


def actions(request: Request, context: PageContext) -> Response:
    """What people did.

    Customers are shown nothing of other agreements, nor of other people without a booking; and not the name
    of the provider's account that did something to theirs.
    """
    viewer = viewer_of(request)
    trail = context.desk.actions(limit=ACTIONS)
    if viewer.agreements is not None:
        trail = [
            action_for(viewer.account, one)
            for one in trail
            if _theirs(context, viewer.account, viewer.agreements, one)
        ]
    return page(request, context, "actions.html", trail=trail, most=ACTIONS)


def _theirs(context: PageContext, account: str, agreements: frozenset[str], one: Action) -> bool:
    if one.booking is None:
        return one.account == account
    return _shown(context, agreements, BookingId(one.booking))


def _shown(context: PageContext, visible: Visible, booking: BookingId) -> bool:
    """Whether a booking is of an agreement that they see."""
    if visible is None:
        return True
    known = context.desk.booking(booking)
    return known is not None and known[0].agreement in visible


def search(request: Request, context: PageContext) -> Response:
    """Agreements, workloads, drills and findings by a part of their name."""
    visible, text = viewer_of(request).agreements, asked(request, "q").strip()
    enough = len(text) >= _SHORTEST
    with context.board.reading() as connection:
        agreements = [
            one
            for one in reading.agreements(connection, visible)
            if enough and text.lower() in f"{one.agreement} {one.title} {one.customer} {one.provider}".lower()
        ]
        values: dict[str, Any] = {
            "workloads": reading.named_workloads(connection, visible, text, FOUND) if enough else [],
            "drills": results.named_drills(connection, visible, text, FOUND) if enough else [],
            "mends": results.named_mends(connection, visible, text, FOUND) if enough else [],
        }
    return page(
        request, context, "search.html", text=text, enough=enough, agreements=agreements, most=FOUND, **values
    )
