"""Agreements, their clauses and workloads, and every promise by how it stands."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.model.board import Counts, Course, Promise
from drverify.model.result import Stands
from drverify.web.pages.asking import asked, asked_stands, keyed, unkeyed
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.overview import gate
from drverify.web.pages.rendering import link, missing, page

PAGE = 100


def agreement(request: Request, context: PageContext) -> Response:
    """One agreement: each clause in its own words, and how its promises stand."""
    visible, now, name = viewer_of(request).agreements, context.now(), asked(request, "id")
    with context.board.reading() as connection:
        found = reading.agreement(connection, visible, name)
        if found is None:
            raise missing()
        promises = reading.promises(connection, name)
        counts = reading.counts_by_promise(connection, name, now)
        values: dict[str, Any] = {
            "quotes": {one.number: one for one in reading.quotes(connection, name)},
            "covered": reading.covered(connection, {name}).get(name, 0),
            "missed": reading.standings(
                connection, visible, now, agreement=name, stands=Stands.MISSED, limit=PAGE // 4
            ),
            "mends": results.mend_counts(connection, {name}, now.date()),
            "gate": gate(connection, {name}, now),
            "trials": reading.trials(connection, {name}, limit=12),
        }
    clauses: dict[str, list[tuple[Promise, Counts]]] = {}
    for one in promises:
        clauses.setdefault(one.clause, []).append((one, counts.get(one.obligation, Counts())))
    return page(request, context, "agreement.html", agreement=found, clauses=clauses, **values)


def workloads(request: Request, context: PageContext) -> Response:
    """The workloads of an agreement, by name."""
    visible, now, name = viewer_of(request).agreements, context.now(), asked(request, "agreement")
    containing, after = asked(request, "containing"), asked(request, "after")
    with context.board.reading() as connection:
        found = reading.agreement(connection, visible, name)
        if found is None:
            raise missing()
        listed = reading.workloads(connection, name, containing=containing, after=after, limit=PAGE + 1)
        courses = reading.courses(connection, name, [one.workload for one in listed[:PAGE]])
    more = (
        link("workloads", agreement=name, containing=containing, after=listed[PAGE - 1].workload)
        if len(listed) > PAGE
        else ""
    )
    rows = [(one, counted(courses[one.workload], now), courses[one.workload]) for one in listed[:PAGE]]
    return page(
        request, context, "workloads.html", agreement=found, rows=rows, more=more, containing=containing
    )


def counted(courses: list[Course], now: datetime) -> Counts:
    """How the promises of one workload stand."""
    stands = [one.stands(now) for one in courses]
    return Counts(
        missed=stands.count(Stands.MISSED),
        overdue=stands.count(Stands.OVERDUE),
        unproven=stands.count(Stands.UNPROVEN),
        met=stands.count(Stands.MET),
    )


def standings(request: Request, context: PageContext) -> Response:
    """Every promise by workload: what stands behind each number of the other pages."""
    visible, now = viewer_of(request).agreements, context.now()
    name, obligation, stands = asked(request, "agreement"), asked(request, "promise"), asked_stands(request)
    flipping = asked(request, "flipping") == "yes"
    after = unkeyed(asked(request, "after"), 3)
    with context.board.reading() as connection:
        agreements = reading.agreements(connection, visible)
        if name and name not in {one.agreement for one in agreements}:
            raise missing()
        listed = reading.standings(
            connection,
            visible,
            now,
            agreement=name,
            obligation=obligation,
            stands=stands,
            flipping=flipping,
            after=(after[0], after[1], after[2]) if after else None,
            limit=PAGE + 1,
        )
        shown = {one.agreement for one in listed}
        promises = {
            (one.agreement, one.obligation): one
            for each in shown
            for one in reading.promises(connection, each)
        }
    more = ""
    if len(listed) > PAGE:
        last = listed[PAGE - 1]
        more = link(
            "standings",
            agreement=name,
            promise=obligation,
            stands=stands.value if stands else "",
            flipping="yes" if flipping else "",
            after=keyed(last.agreement, last.workload, last.obligation),
        )
    return page(
        request,
        context,
        "standings.html",
        agreements=agreements,
        rows=listed[:PAGE],
        promises=promises,
        more=more,
        chosen={"agreement": name, "promise": obligation, "stands": stands, "flipping": flipping},
    )
