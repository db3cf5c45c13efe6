"""The first page: what is promised, how it stands, and whether what says so can be believed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.model.board import Counts, Course
from drverify.model.result import WORST, Stands
from drverify.sealing.codec import INSTANT
from drverify.web.pages import charts
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.rendering import page

DAYS = 60
SHOWN = 8
STALE = timedelta(hours=1)
"""Figures that were made longer ago are told to be old."""
RARE = timedelta(days=14)
"""A gate that caught nothing for longer is told to be untried."""


def overview(request: Request, context: PageContext) -> Response:
    """Everything at one glance."""
    visible, now = viewer_of(request).agreements, context.now()
    with context.board.reading() as connection:
        agreements = reading.agreements(connection, visible)
        counts = reading.counts(connection, visible, now)
        read = [results.marked(connection, one.agreement, "read") for one in agreements]
        values: dict[str, Any] = {
            "agreements": agreements,
            "counts": counts,
            "covered": reading.covered(connection, visible),
            "missed": reading.standings(connection, visible, now, stands=Stands.MISSED, limit=SHOWN),
            "overdue": by_workload(
                reading.standings(connection, visible, now, stands=Stands.OVERDUE, limit=SHOWN * 6), now
            ),
            "flips": reading.standings(connection, visible, now, flipping=True, limit=SHOWN),
            "flipping": reading.flipping(connection, visible),
            "mends": results.mend_counts(connection, visible, now.date()),
            "late": reading.late_backups(connection, visible, SHOWN),
            "strays": reading.strays(connection, visible, SHOWN),
            "unseen": reading.unseen(connection, visible),
            "gate": gate(connection, visible, now),
            "changed": results.drills(connection, visible, changed=True, limit=SHOWN),
            "chart": charts.columns(
                results.days(connection, visible, now.date() - timedelta(days=DAYS - 1)),
                now.date(),
                number=DAYS,
            ),
        }
        named = {one.agreement for one in (*values["missed"], *values["flips"])}
        promises = {
            (one.agreement, one.obligation): one
            for name in named
            for one in reading.promises(connection, name)
        }
    agreements.sort(key=lambda one: WORST.index(counts.get(one.agreement, Counts()).worst))
    total = together(list(counts.values()))
    made_at = min(map(_instant, read), default=None) if all(read) else None
    stale = made_at is None or now - made_at > STALE
    return page(
        request,
        context,
        "overview.html",
        total=total,
        made_at=made_at,
        stale=stale,
        promises=promises,
        **values,
    )


def by_workload(courses: list[Course], now: datetime) -> list[tuple[str, str, int, datetime]]:
    """The first workloads of a list: agreement, name, how many promises, since when."""
    found: dict[tuple[str, str], list[datetime]] = {}
    for one in courses:
        found.setdefault((one.agreement, one.workload), []).append(one.stands_since(now))
    return [(*key, len(since), min(since)) for key, since in list(found.items())[:SHOWN]]


def together(shares: list[Counts]) -> Counts:
    """The sums of all."""
    return Counts(
        missed=sum(one.missed for one in shares),
        overdue=sum(one.overdue for one in shares),
        unproven=sum(one.unproven for one in shares),
        met=sum(one.met for one in shares),
    )


def gate(connection: Connection, visible: reading.Visible, now: datetime) -> dict[str, Any]:
    """Whether the gate holds: not while `passed`, however long ago that was.

    It does not while the newest control of any kind of damage to any workload that decided was not caught.
    """
    uncaught = reading.passed(connection, visible)
    passed = uncaught[0] if uncaught else None
    caught_kinds, tried_kinds = reading.kinds_caught(connection, visible)
    newest = reading.trials(connection, visible, kind="control", caught="yes", limit=1)
    caught = newest[0] if newest else None
    return {
        "caught": caught,
        "passed": passed,
        "uncaught": uncaught,
        "kinds": (caught_kinds, tried_kinds),
        "before": reading.caught_like(connection, passed) if passed is not None else None,
        "tried": bool(reading.trials(connection, visible, kind="control", limit=1)),
        "rare": caught is None or now - caught.at > RARE,
    }


def _instant(text: str) -> datetime:
    if not INSTANT.fullmatch(text):
        raise ValueError(f"the mark is no instant: {text!r}")
    return datetime.fromisoformat(text)
