"""How a site stands, as tables and as data."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.model.board import Counts, Course, Promise
from drverify.model.duration import human
from drverify.model.result import Stands
from drverify.operation.standing import ALIVE, OfAgreement, SiteStanding

SHOWN = 20
"""Lines of each kind; the rest is counted."""
_STYLES: Mapping[Stands, str] = {
    Stands.MISSED: "bold red",
    Stands.OVERDUE: "bold magenta",
    Stands.UNPROVEN: "yellow",
    Stands.MET: "green",
}
_SHORT = {"rpo": "RPO", "rto": "RTO"}
_SECOND = timedelta(seconds=1)


def show(console: Console, standing: SiteStanding) -> None:
    """Print it for a person."""
    for of in standing.agreements:
        agreed = of.agreed
        title = f"{agreed.title} ({agreed.agreement}): {agreed.provider} for {agreed.customer}"
        console.print(f"[bold]{escape(title)}[/]", highlight=False)
        console.print(_table(of))
        for line in _of_agreement(of, standing.at):
            console.print(line, highlight=False)
        console.print()
    for line in _of_site(standing):
        console.print(line, highlight=False)


def _table(of: OfAgreement) -> Table:
    table = Table()
    for name in ("clause", "promise", "limit", "stands", "workloads"):
        table.add_column(name, overflow="fold")
    for promise in of.promises:
        counts = of.counts.get(promise.obligation, Counts())
        worst = counts.worst
        table.add_row(
            escape(promise.clause),
            escape(_named(promise)),
            _limit(promise),
            f"[{_STYLES[worst]}]{worst}[/]",
            ", ".join(_shares(counts)) or "[dim]none[/]",
        )
    return table


def _named(promise: Promise) -> str:
    named = _SHORT.get(promise.metric, promise.metric.replace("-", " "))
    return f"{named} ({promise.mode} restore)" if promise.mode else named


def _limit(promise: Promise) -> str:
    if promise.limit is None:
        return ""
    return f"{'at least' if promise.at_least else 'at most'} {human(promise.limit)}"


def _shares(counts: Counts) -> Iterator[str]:
    shares = (
        (Stands.MISSED, counts.missed),
        (Stands.OVERDUE, counts.overdue),
        (Stands.UNPROVEN, counts.unproven),
        (Stands.MET, counts.met),
    )
    for stands, number in shares:
        if number:
            yield f"[{_STYLES[stands]}]{number} {stands}[/]"


def _of_agreement(of: OfAgreement, now: datetime) -> Iterator[str]:
    last = f"{of.last[0]}, {_ago(of.last[1], now)}" if of.last else "none has been judged yet"
    coming = f"{of.coming[0]}, {of.coming[1]:%a %Y-%m-%d %H:%M} UTC" if of.coming else "none is planned"
    yield f"last drill   {escape(last)}"
    yield f"next drill   {escape(coming)}"
    clauses = {one.obligation: one.clause for one in of.promises}
    for number, course in enumerate(of.troubles):
        if number == SHOWN:
            yield f"             and {len(of.troubles) - SHOWN} more: --json, or the web page"
            break
        yield _trouble(course, clauses.get(course.obligation, ""), now)
    for course in of.flipping[:SHOWN]:
        clause = clauses.get(course.obligation, "")
        said = f"{course.workload}, clause {clause}: its verdict changed {course.flips} times"
        yield f"[bold yellow]flips[/]        {escape(said)}"
    for course in of.lacking[:SHOWN]:
        yield from _of_copies(course, clauses.get(course.obligation, ""))
    yield from _of_backups(of)


def _of_copies(course: Course, clause: str) -> Iterator[str]:
    """What a further copy lacks, which breaks no promise."""
    for one in course.lacking:
        said = f"{course.workload}, clause {clause}: not shown by the copy in {one.copy}"
        yield f"[yellow]copy[/]         {escape(f'{said}, {one.at:%Y-%m-%d}, drill {one.drill}')}"


def _of_backups(of: OfAgreement) -> Iterator[str]:
    """What the newest look at the estate found; nothing of it is proven."""
    for late in of.late[:SHOWN]:
        newest = f"the newest point is of {late.newest:%Y-%m-%d %H:%M} UTC" if late.newest else "no point"
        yield f"[{_STYLES[Stands.OVERDUE]}]late[/]         backups of {escape(late.workload)}: {newest}"
    for stray in of.strays[:SHOWN]:
        said = f"{stray.kind}: {stray.name + ', ' if stray.name else ''}{stray.place}: {stray.detail}"
        yield f"[yellow]seen[/]         {escape(said)}"
    if (more := max(0, len(of.late) - SHOWN) + max(0, len(of.strays) - SHOWN)) > 0:
        yield f"             and {more} more: drverify inventory show"


def _trouble(course: Course, clause: str, now: datetime) -> str:
    stands = course.stands(now)
    since = f"since {course.stands_since(now):%Y-%m-%d}"
    drill = f", drill {course.drill}" if course.drill else ", never drilled"
    drill += f" ({course.told})" if course.told else ""
    reason = f": {course.reason}" if course.reason else ""
    said = f"{course.workload}, clause {clause}, {since}{drill}{reason}"
    return f"[{_STYLES[stands]}]{stands:<12}[/] {escape(said)}"


def _of_site(standing: SiteStanding) -> Iterator[str]:
    counted = [f"{number} {state}" for state, number in standing.nights.items() if number]
    yield f"last 7 days  {', '.join(counted) or 'nothing was booked'}"
    for booking, state, attempt in standing.unkept[:SHOWN]:
        why = attempt.ending.why if attempt else "nobody had room for it before its night ended"
        yield f"[bold red]{state:<12}[/] {escape(booking.id)}: {escape(why)}"
    if len(standing.unkept) > SHOWN:
        yield f"             and {len(standing.unkept) - SHOWN} more: --json, or the web page"
    for one in standing.workers:
        silent = standing.at - one.seen
        seen = "alive" if silent <= ALIVE else f"[bold red]silent for {human(silent // _SECOND * _SECOND)}[/]"
        reaches = f", reaches {escape(', '.join(one.hosts))}" if one.hosts else ""
        yield f"worker       {escape(one.id)}, drverify {escape(one.version)}, {seen}{reaches}"
    if not standing.working:
        yield "[bold yellow]nobody works here[/]: no drill begins before `drverify up`"
    for gone in standing.unseen[:SHOWN]:
        yield f"[yellow]not read[/]     {escape(gone.agreement)}: {escape(gone.what)}: {escape(gone.why)}"


def _ago(at: datetime, now: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC, {human(max(now - at, timedelta()) // _SECOND * _SECOND)} ago"


def as_json(standing: SiteStanding) -> dict[str, object]:
    """How the site stands as data; instants are RFC 3339."""
    return {
        "at": standing.at.isoformat(),
        "site": standing.site,
        "agreements": [_agreement(of, standing.at) for of in standing.agreements],
        "last_7_days": {str(state): number for state, number in standing.nights.items()},
        "unkept": [
            {
                "booking": booking.id,
                "state": state,
                "why": attempt.ending.why if attempt else "",
                "attempts": attempt.number if attempt else 0,
            }
            for booking, state, attempt in standing.unkept
        ],
        "workers": [
            {"id": one.id, "version": one.version, "seen": one.seen.isoformat()} for one in standing.workers
        ],
        "working": standing.working,
        "unseen": [{"agreement": one.agreement, "what": one.what, "why": one.why} for one in standing.unseen],
    }


def _agreement(of: OfAgreement, now: datetime) -> dict[str, object]:
    return {
        "agreement": of.agreed.agreement,
        "title": of.agreed.title,
        "workloads": of.workloads,
        "last_drill": {"workload": of.last[0], "at": of.last[1].isoformat()} if of.last else None,
        "next_drill": {"workload": of.coming[0], "at": of.coming[1].isoformat()} if of.coming else None,
        "promises": [_promise(one, of.counts.get(one.obligation, Counts())) for one in of.promises],
        "troubles": [_course(one, now) for one in of.troubles],
        "flipping": [_course(one, now) for one in of.flipping],
        "lacking_copies": [
            {"workload": one.workload, "obligation": one.obligation, "copy": copy.copy, "drill": copy.drill}
            for one in of.lacking
            for copy in one.lacking
        ],
        "late_backups": [
            {"workload": one.workload, "newest": one.newest.isoformat() if one.newest else None}
            for one in of.late
        ],
        "seen": [
            {"kind": one.kind, "place": one.place, "name": one.name, "detail": one.detail}
            for one in of.strays
        ],
    }


def _promise(promise: Promise, counts: Counts) -> dict[str, object]:
    return {
        "obligation": promise.obligation,
        "clause": promise.clause,
        "metric": promise.metric,
        "stands": counts.worst,
        "missed": counts.missed,
        "overdue": counts.overdue,
        "unproven": counts.unproven,
        "met": counts.met,
    }


def _course(course: Course, now: datetime) -> dict[str, object]:
    return {
        "workload": course.workload,
        "obligation": course.obligation,
        "stands": course.stands(now),
        "since": course.stands_since(now).isoformat(),
        "drill": course.drill,
        "took": course.told,
        "flips": course.flips,
        "reason": course.reason,
    }
