"""Writes the read model: each call replaces what is known of its keys, inside the caller's transaction."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, delete, func, insert, select, update

from drverify.adapters.board.tables import (
    AGREEMENTS,
    BACKUPS,
    COURSES,
    DAYS,
    DETAILS,
    DRILLS,
    MARKS,
    MENDS,
    PROMISES,
    QUOTES,
    STRAYS,
    TRIALS,
    UNSEEN,
    WORKLOADS,
    micros,
)
from drverify.model.board import (
    Agreed,
    Backups,
    Course,
    Day,
    Mend,
    Promise,
    Protected,
    Quoted,
    Stray,
    Tried,
    Unseen,
)
from drverify.model.finding import Examined
from drverify.model.result import Detail, Result, Stands
from drverify.sealing import codec

_OF_AN_AGREEMENT: tuple[Table, ...] = (
    AGREEMENTS, QUOTES, PROMISES, WORKLOADS, DRILLS, DETAILS, COURSES, DAYS, MENDS, BACKUPS, STRAYS, TRIALS,
    UNSEEN, MARKS,
)  # fmt: skip
_CAUGHT = {True: "yes", False: "no", None: ""}


def body(value: object) -> str:
    """A value as its row keeps it."""
    return json.dumps(codec.to_json(value), separators=(",", ":"), ensure_ascii=False)


def forget(connection: Connection, agreement: str) -> None:
    """Drop everything of an agreement that the site does not have any more."""
    for table in _OF_AN_AGREEMENT:
        connection.execute(delete(table).where(table.c.agreement == agreement))


def put_agreement(
    connection: Connection,
    agreed: Agreed,
    *,
    position: int,
    quotes: Sequence[Quoted],
    promises: Sequence[Promise],
    workloads: Sequence[Protected],
) -> None:
    """Replace the agreement, its clauses, its promises and its workloads."""
    name = agreed.agreement
    _replace(connection, AGREEMENTS, name, [{"position": position, "body": body(agreed)}])
    _replace(connection, QUOTES, name, [{"position": n, "body": body(one)} for n, one in enumerate(quotes)])
    _replace(
        connection,
        PROMISES,
        name,
        [{"obligation": one.obligation, "position": n, "body": body(one)} for n, one in enumerate(promises)],
    )
    _replace(
        connection,
        WORKLOADS,
        name,
        [{"workload": one.workload, "host": one.host, "body": body(one)} for one in workloads],
    )


def put_drill(
    connection: Connection, result: Result, detail: Detail | None = None, examined: Examined | None = None
) -> None:
    """Enter a drill in place of an older word on it; without a detail the one that is there stays."""
    of = (DRILLS.c.agreement == result.agreement, DRILLS.c.drill == result.drill)
    connection.execute(delete(DRILLS).where(*of))
    connection.execute(insert(DRILLS), drill_row(result))
    if detail is not None:
        of = (DETAILS.c.agreement == result.agreement, DETAILS.c.drill == result.drill)
        connection.execute(delete(DETAILS).where(*of))
        connection.execute(insert(DETAILS), detail_row(result, detail, examined))


def fill(connection: Connection, drills: Iterable[tuple[Result, Detail]]) -> None:
    """Enter many drills of which none is known yet, without looking for older words on them."""
    rows = [(drill_row(result), detail_row(result, detail, None)) for result, detail in drills]
    if rows:
        connection.execute(insert(DRILLS), [row for row, _ in rows])
        connection.execute(insert(DETAILS), [row for _, row in rows])


def drop_drill(connection: Connection, agreement: str, drill: str) -> None:
    """Forget a drill that turned out to run still, or is not there any more."""
    for table in (DRILLS, DETAILS):
        connection.execute(delete(table).where(table.c.agreement == agreement, table.c.drill == drill))


def drill_row(one: Result) -> dict[str, Any]:
    """Make the row of a drill."""
    return {
        "agreement": one.agreement,
        "drill": one.drill,
        "workload": one.workload,
        "state": one.state,
        "day": f"{one.started_at:%Y-%m-%d}",
        "recovered": int(one.recovered),
        "stands": one.stands.value,
        "changed": int(one.changed),
        "body": body(one),
    }


def detail_row(result: Result, detail: Detail, examined: Examined | None) -> dict[str, Any]:
    """Make the row of what else is known of a drill."""
    return {
        "agreement": result.agreement,
        "drill": result.drill,
        "body": body(detail),
        "examined": body(examined) if examined is not None else "",
    }


def put_courses(connection: Connection, agreement: str, workload: str, courses: Sequence[Course]) -> None:
    """Replace how the promises of a workload stand."""
    connection.execute(
        delete(COURSES).where(COURSES.c.agreement == agreement, COURSES.c.workload == workload)
    )
    if courses:
        connection.execute(insert(COURSES), [course_row(one) for one in courses])


def course_row(one: Course) -> dict[str, Any]:
    """Make the row of one promise for one workload."""
    return {
        "agreement": one.agreement,
        "obligation": one.obligation,
        "workload": one.workload,
        "shown": one.shown.value if one.shown else "",
        "lapses_at": micros(one.lapses_at),
        "promised": int(one.promised),
        "flipping": int(one.flipping),
        "body": body(one),
    }


def keep_workloads(connection: Connection, agreement: str, names: Sequence[str]) -> None:
    """Drop how promises stand for workloads that the agreement does not cover any more."""
    known = connection.execute(
        select(COURSES.c.workload).where(COURSES.c.agreement == agreement).distinct()
    ).scalars()
    for gone in set(known) - set(names):
        put_courses(connection, agreement, gone, ())


def count_days(connection: Connection, agreement: str, days: Iterable[str]) -> None:
    """Count the drills of these days again."""
    for day in days:
        _replace_where(
            connection,
            DAYS,
            {"agreement": agreement, "day": day},
            [{"day": day, "body": body(_counted(connection, agreement, day))}],
        )


def _counted(connection: Connection, agreement: str, day: str) -> Day:
    def share(of: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((of, 1), else_=0)), 0)

    stands = DRILLS.c.stands
    row = connection.execute(
        select(
            func.count().label("drills"),
            share(DRILLS.c.recovered == 1).label("recovered"),
            share(stands == Stands.MISSED.value).label("missed"),
            share(stands == Stands.UNPROVEN.value).label("unproven"),
            share(stands == Stands.MET.value).label("met"),
        ).where(DRILLS.c.agreement == agreement, DRILLS.c.day == day)
    ).one()
    numbers = {name: int(value) for name, value in row._asdict().items()}
    return codec.from_json({"agreement": agreement, "day": day, **numbers}, Day, what=f"drills of {day}")


def put_mends(connection: Connection, agreement: str, workload: str, mends: Sequence[Mend]) -> None:
    """Replace the findings about a workload, or about none when that is empty."""
    rows = [
        {
            "id": one.id,
            "state": one.state.value,
            "due": one.due.isoformat() if one.due else "",
            "last_at": micros(one.last_at),
            "body": body(one),
        }
        for one in mends
    ]
    _replace_where(connection, MENDS, {"agreement": agreement, "workload": workload}, rows)


def put_look(
    connection: Connection, agreement: str, backups: Sequence[Backups], strays: Sequence[Stray]
) -> None:
    """Replace what the newest look at the estate found."""
    rows = [{"workload": one.workload, "late": int(one.late), "body": body(one)} for one in backups]
    _replace(connection, BACKUPS, agreement, rows)
    _replace(
        connection, STRAYS, agreement, [{"position": n, "body": body(one)} for n, one in enumerate(strays)]
    )


def put_trials(connection: Connection, agreement: str, trials: Sequence[Tried]) -> None:
    """Replace what is known of controls and of attempts to delete."""
    rows = [
        {
            "name": one.name,
            "kind": one.kind,
            "at": micros(one.at),
            "caught": _CAUGHT[one.caught],
            "workload": one.workload,
            "harm": one.harm,
            "body": body(one),
        }
        for one in trials
    ]
    _replace(connection, TRIALS, agreement, rows)


def put_unseen(connection: Connection, agreement: str, unseen: Sequence[Unseen]) -> None:
    """Replace what could not be read."""
    rows = [{"position": n, "body": body(one)} for n, one in enumerate(unseen)]
    _replace(connection, UNSEEN, agreement, rows)


def mark(connection: Connection, agreement: str, name: str, value: str) -> None:
    """Note how far was read."""
    at = (MARKS.c.agreement == agreement, MARKS.c.name == name)
    if connection.execute(update(MARKS).where(*at).values(value=value)).rowcount == 0:
        connection.execute(insert(MARKS), {"agreement": agreement, "name": name, "value": value})


def _replace(connection: Connection, table: Table, agreement: str, rows: Sequence[Mapping[str, Any]]) -> None:
    _replace_where(connection, table, {"agreement": agreement}, rows)


def _replace_where(
    connection: Connection, table: Table, of: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    connection.execute(delete(table).where(*(table.c[name] == value for name, value in of.items())))
    if rows:
        connection.execute(insert(table), [{**of, **row} for row in rows])
