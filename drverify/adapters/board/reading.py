"""Reads the read model: agreements, promises and how they stand.

Everything takes the agreements that may be shown, None for all; what is of another agreement is as if it were
not there. Lists are read in pages: `after` is the key of the last row of the page before.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
)

from drverify.adapters.board.tables import (
    AGREEMENTS,
    BACKUPS,
    COURSES,
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
    Counts,
    Course,
    Promise,
    Protected,
    Quoted,
    Stray,
    Tried,
    Unseen,
)
from drverify.model.result import Stands
from drverify.sealing import codec

Visible = Collection[str] | None
"""Ids of the agreements that may be shown; None: all."""
T = TypeVar("T")


def value(text: str, form: type[T]) -> T:
    """Read a row's body."""
    return codec.from_json(json.loads(text), form, what=form.__name__)


def seen(table: Table, visible: Visible) -> ColumnElement[bool]:
    """The condition that a row may be shown."""
    if visible is None:
        return true()
    return table.c.agreement.in_(sorted(visible)) if visible else false()


def rows(connection: Connection, chosen: Any, form: type[T]) -> list[T]:
    """The bodies of a query's rows, which are its first column."""
    return [value(text, form) for text in connection.execute(chosen).scalars()]


def agreements(connection: Connection, visible: Visible) -> list[Agreed]:
    """The agreements in the order of the settings."""
    return rows(
        connection,
        select(AGREEMENTS.c.body).where(seen(AGREEMENTS, visible)).order_by(AGREEMENTS.c.position),
        Agreed,
    )


def agreement(connection: Connection, visible: Visible, name: str) -> Agreed | None:
    """One agreement; None when there is none of that id, or it may not be shown."""
    chosen = select(AGREEMENTS.c.body).where(seen(AGREEMENTS, visible), AGREEMENTS.c.agreement == name)
    return next(iter(rows(connection, chosen, Agreed)), None)


def quotes(connection: Connection, name: str) -> list[Quoted]:
    """The clauses of an agreement that may be shown, in its order."""
    chosen = select(QUOTES.c.body).where(QUOTES.c.agreement == name).order_by(QUOTES.c.position)
    return rows(connection, chosen, Quoted)


def promises(connection: Connection, name: str) -> list[Promise]:
    """The promises of an agreement that may be shown, in its order."""
    chosen = select(PROMISES.c.body).where(PROMISES.c.agreement == name).order_by(PROMISES.c.position)
    return rows(connection, chosen, Promise)


def _stands(now: datetime) -> ColumnElement[str]:
    """`Course.stands`, as the database works it out."""
    lapsed = COURSES.c.lapses_at < micros(now)
    return case(
        (COURSES.c.shown == Stands.MISSED.value, Stands.MISSED.value),
        (and_(lapsed, COURSES.c.promised == 1), Stands.OVERDUE.value),
        (lapsed, Stands.UNPROVEN.value),
        (COURSES.c.shown == Stands.MET.value, Stands.MET.value),
        else_=Stands.UNPROVEN.value,
    )


def counts(connection: Connection, visible: Visible, now: datetime) -> dict[str, Counts]:
    """How the promises stand, by agreement."""
    chosen = select(COURSES.c.agreement, _stands(now).label("stands"), func.count())
    chosen = chosen.where(seen(COURSES, visible))
    return _counted(connection.execute(chosen.group_by(COURSES.c.agreement, "stands")))


def counts_by_promise(connection: Connection, name: str, now: datetime) -> dict[str, Counts]:
    """How the promises of one agreement stand, by obligation."""
    chosen = select(COURSES.c.obligation, _stands(now).label("stands"), func.count())
    chosen = chosen.where(COURSES.c.agreement == name)
    return _counted(connection.execute(chosen.group_by(COURSES.c.obligation, "stands")))


def _counted(found: Iterable[tuple[str, str, int]]) -> dict[str, Counts]:
    shares: dict[str, dict[str, int]] = {}
    for key, stands, number in found:
        shares.setdefault(key, {})[stands.lower()] = number
    return {key: Counts(**share) for key, share in shares.items()}


def courses(connection: Connection, name: str, workloads: Sequence[str]) -> dict[str, list[Course]]:
    """How every promise stands for these workloads of an agreement."""
    chosen = select(COURSES.c.body).where(COURSES.c.agreement == name, COURSES.c.workload.in_(workloads))
    found: dict[str, list[Course]] = {one: [] for one in workloads}
    for course in rows(connection, chosen, Course):
        found[course.workload].append(course)
    return found


def standings(
    connection: Connection,
    visible: Visible,
    now: datetime,
    *,
    agreement: str = "",
    obligation: str = "",
    stands: Stands | None = None,
    flipping: bool = False,
    after: tuple[str, str, str] | None = None,
    limit: int = 100,
) -> list[Course]:
    """Promises by workload, in the order of agreement, workload and obligation, which `after` names."""
    key = (COURSES.c.agreement, COURSES.c.workload, COURSES.c.obligation)
    chosen = select(*key).where(seen(COURSES, visible)).order_by(*key).limit(limit)
    if agreement:
        chosen = chosen.where(COURSES.c.agreement == agreement)
    if obligation:
        chosen = chosen.where(COURSES.c.obligation == obligation)
    if stands is not None:
        chosen = chosen.where(_stands(now) == stands.value)
    if flipping:
        chosen = chosen.where(COURSES.c.flipping == 1)
    if after is not None:
        chosen = chosen.where(tuple_(*key) > tuple_(*after))
    # the keys alone stand in an index, which is a tenth of the table
    found = chosen.subquery()
    bodies = select(COURSES.c.body).join(
        found,
        and_(
            COURSES.c.agreement == found.c.agreement,
            COURSES.c.workload == found.c.workload,
            COURSES.c.obligation == found.c.obligation,
        ),
    )
    return rows(connection, bodies.order_by(*key), Course)


def standing_workloads(
    connection: Connection, visible: Visible, now: datetime, stands: Stands, *, limit: int
) -> list[tuple[str, str]]:
    """Agreement and name of workloads of which a promise stands so."""
    key = (COURSES.c.agreement, COURSES.c.workload)
    chosen = select(*key).distinct().where(seen(COURSES, visible), _stands(now) == stands.value)
    return [(one, other) for one, other in connection.execute(chosen.order_by(*key).limit(limit))]


def flipping(connection: Connection, visible: Visible) -> int:
    """How many promises flip."""
    chosen = select(func.count()).select_from(COURSES).where(seen(COURSES, visible), COURSES.c.flipping == 1)
    return int(connection.execute(chosen).scalar_one())


def workloads(
    connection: Connection, name: str, *, containing: str = "", after: str = "", limit: int = 100
) -> list[Protected]:
    """Workloads of an agreement that may be shown, by name."""
    chosen = select(WORKLOADS.c.body).where(WORKLOADS.c.agreement == name, WORKLOADS.c.workload > after)
    if containing:
        chosen = chosen.where(contains(WORKLOADS.c.workload, containing))
    return rows(connection, chosen.order_by(WORKLOADS.c.workload).limit(limit), Protected)


def workload(connection: Connection, name: str, workload: str) -> Protected | None:
    """One workload of an agreement that may be shown."""
    chosen = select(WORKLOADS.c.body).where(WORKLOADS.c.agreement == name, WORKLOADS.c.workload == workload)
    return next(iter(rows(connection, chosen, Protected)), None)


def named_workloads(
    connection: Connection, visible: Visible, containing: str, limit: int
) -> list[tuple[str, str]]:
    """Agreement and name of workloads whose name contains the text, however it is spelled."""
    chosen = (
        select(WORKLOADS.c.agreement, WORKLOADS.c.workload)
        .where(seen(WORKLOADS, visible), contains(WORKLOADS.c.workload, containing))
        .order_by(WORKLOADS.c.agreement, WORKLOADS.c.workload)
        .limit(limit)
    )
    return [(one, other) for one, other in connection.execute(chosen)]


def covered(connection: Connection, visible: Visible) -> Mapping[str, int]:
    """How many workloads each agreement has."""
    chosen = select(WORKLOADS.c.agreement, func.count()).where(seen(WORKLOADS, visible))
    return dict(connection.execute(chosen.group_by(WORKLOADS.c.agreement)).all())


def hosts(connection: Connection, visible: Visible) -> Mapping[str, int]:
    """How many workloads are drilled on each host."""
    chosen = select(WORKLOADS.c.host, func.count()).where(seen(WORKLOADS, visible)).group_by(WORKLOADS.c.host)
    return dict(connection.execute(chosen).all())


def backups(connection: Connection, name: str, workload: str) -> Backups | None:
    """What the newest look found of a workload's points; None when nobody looked."""
    chosen = select(BACKUPS.c.body).where(BACKUPS.c.agreement == name, BACKUPS.c.workload == workload)
    return next(iter(rows(connection, chosen, Backups)), None)


def late_backups(connection: Connection, visible: Visible, limit: int = 50) -> list[Backups]:
    """Workloads whose newest point was older than promised when somebody looked last."""
    chosen = select(BACKUPS.c.body).where(seen(BACKUPS, visible), BACKUPS.c.late == 1)
    return rows(connection, chosen.order_by(BACKUPS.c.agreement, BACKUPS.c.workload).limit(limit), Backups)


def strays(connection: Connection, visible: Visible, limit: int = 50) -> list[Stray]:
    """What the newest look found besides."""
    chosen = select(STRAYS.c.body).where(seen(STRAYS, visible))
    return rows(connection, chosen.order_by(STRAYS.c.agreement, STRAYS.c.position).limit(limit), Stray)


def trials(
    connection: Connection, visible: Visible, *, kind: str = "", caught: str | None = None, limit: int = 20
) -> list[Tried]:
    """Controls and attempts to delete, newest first; `caught`: `yes`, `no`, or empty for nothing shown."""
    chosen = select(TRIALS.c.body).where(seen(TRIALS, visible)).order_by(TRIALS.c.at.desc()).limit(limit)
    if kind:
        chosen = chosen.where(TRIALS.c.kind == kind)
    if caught is not None:
        chosen = chosen.where(TRIALS.c.caught == caught)
    return rows(connection, chosen, Tried)


def passed(connection: Connection, visible: Visible, limit: int = 50) -> list[Tried]:
    """Controls that were not caught, unless a later one of that damage to that workload was; newest first."""
    chosen = _deciding(visible, TRIALS.c.body).where(TRIALS.c.caught == "no")
    return rows(connection, chosen.order_by(TRIALS.c.at.desc()).limit(limit), Tried)


def kinds_caught(connection: Connection, visible: Visible) -> tuple[int, int]:
    """Kinds of damage to a workload whose newest control that decided was caught, and all that were tried."""
    chosen = _deciding(visible, TRIALS.c.caught, func.count()).group_by(TRIALS.c.caught)
    found = {str(caught): int(number) for caught, number in connection.execute(chosen)}
    return found.get("yes", 0), sum(found.values())


def _deciding(visible: Visible, *asked: Any) -> Select[Any]:
    """The newest control that decided of each kind of damage to each workload."""
    same = (TRIALS.c.agreement, TRIALS.c.workload, TRIALS.c.harm)
    decided = select(*same, func.max(TRIALS.c.at).label("at")).group_by(*same)
    newest = decided.where(
        seen(TRIALS, visible), TRIALS.c.kind == "control", TRIALS.c.caught != ""
    ).subquery()
    joined = and_(*(column == newest.c[column.name] for column in (*same, TRIALS.c.at)))
    return select(*asked).join(newest, joined).where(TRIALS.c.kind == "control")


def caught_like(connection: Connection, one: Tried) -> Tried | None:
    """The newest control of the same damage to the same workload that was caught."""
    chosen = select(TRIALS.c.body).where(
        TRIALS.c.kind == one.kind,
        TRIALS.c.agreement == one.agreement,
        TRIALS.c.workload == one.workload,
        TRIALS.c.harm == one.harm,
        TRIALS.c.caught == "yes",
    )
    return next(iter(rows(connection, chosen.order_by(TRIALS.c.at.desc()).limit(1), Tried)), None)


def unseen(connection: Connection, visible: Visible) -> list[Unseen]:
    """What could not be read, and is missing from everything that is shown."""
    return rows(connection, select(UNSEEN.c.body).where(seen(UNSEEN, visible)).limit(50), Unseen)


def contains(column: Any, text: str) -> ColumnElement[bool]:
    """The condition that a column contains the text, however it is spelled."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found: ColumnElement[bool] = func.lower(column).like(f"%{escaped}%", escape="\\")
    return or_(found)
