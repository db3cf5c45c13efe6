"""Reads the read model: drills and findings. As in `reading`, everything takes what may be shown."""

from datetime import date

from sqlalchemy import Connection, func, select, tuple_

from drverify.adapters.board.reading import Visible, contains, rows, seen, value
from drverify.adapters.board.tables import DAYS, DETAILS, DRILLS, MARKS, MENDS
from drverify.model.board import Day, Mend
from drverify.model.finding import Examined, FindingState
from drverify.model.result import Detail, Result, Stands


def drills(
    connection: Connection,
    visible: Visible,
    *,
    agreement: str = "",
    workload: str = "",
    stands: Stands | None = None,
    changed: bool = False,
    before: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Result]:
    """Drills, newest first; `before` is drill and agreement of the last one of the page before."""
    key = (DRILLS.c.drill, DRILLS.c.agreement)
    chosen = select(DRILLS.c.body).where(seen(DRILLS, visible))
    if agreement:
        chosen = chosen.where(DRILLS.c.agreement == agreement)
    if workload:
        chosen = chosen.where(DRILLS.c.workload == workload)
    if stands is not None:
        chosen = chosen.where(DRILLS.c.stands == stands.value)
    if changed:
        chosen = chosen.where(DRILLS.c.changed == 1)
    if before is not None:
        chosen = chosen.where(tuple_(*key) < tuple_(*before))
    ordered = chosen.order_by(DRILLS.c.drill.desc(), DRILLS.c.agreement.desc())
    return rows(connection, ordered.limit(limit), Result)


def of_workload(connection: Connection, agreement: str, workload: str) -> list[Result]:
    """Every drill of a workload, oldest first."""
    chosen = select(DRILLS.c.body).where(DRILLS.c.agreement == agreement, DRILLS.c.workload == workload)
    return rows(connection, chosen.order_by(DRILLS.c.drill), Result)


def drill(
    connection: Connection, visible: Visible, agreement: str, drill: str
) -> tuple[Result, Detail] | None:
    """One drill with everything that its page shows; None when there is none that may be shown."""
    chosen = (
        select(DRILLS.c.body, DETAILS.c.body)
        .outerjoin(DETAILS, (DETAILS.c.agreement == DRILLS.c.agreement) & (DETAILS.c.drill == DRILLS.c.drill))
        .where(seen(DRILLS, visible), DRILLS.c.agreement == agreement, DRILLS.c.drill == drill)
    )
    found = connection.execute(chosen).first()
    if found is None:
        return None
    return value(found[0], Result), value(found[1], Detail) if found[1] else Detail()


def examined(connection: Connection, agreement: str, workload: str) -> list[Examined]:
    """What the drills of a workload leave to be mended, oldest first."""
    chosen = (
        select(DETAILS.c.examined)
        .join(DRILLS, (DETAILS.c.agreement == DRILLS.c.agreement) & (DETAILS.c.drill == DRILLS.c.drill))
        .where(DRILLS.c.agreement == agreement, DRILLS.c.workload == workload, DETAILS.c.examined != "")
    )
    return rows(connection, chosen.order_by(DRILLS.c.drill), Examined)


def named_drills(connection: Connection, visible: Visible, beginning: str, limit: int) -> list[Result]:
    """Drills whose id begins so, newest first."""
    chosen = select(DRILLS.c.body).where(
        seen(DRILLS, visible), DRILLS.c.drill >= beginning, DRILLS.c.drill < beginning + "\uffff"
    )
    return rows(connection, chosen.order_by(DRILLS.c.drill.desc()).limit(limit), Result)


def days(connection: Connection, visible: Visible, since: date) -> list[Day]:
    """Drills by agreement and day, oldest first."""
    chosen = select(DAYS.c.body).where(seen(DAYS, visible), DAYS.c.day >= since.isoformat())
    return rows(connection, chosen.order_by(DAYS.c.day, DAYS.c.agreement), Day)


def mends(
    connection: Connection,
    visible: Visible,
    *,
    state: FindingState | None = None,
    agreement: str = "",
    workload: str = "",
    before: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[Mend]:
    """Findings, the one seen last first; `before` is instant (microseconds) and id of the page's last."""
    chosen = select(MENDS.c.body).where(seen(MENDS, visible))
    if state is not None:
        chosen = chosen.where(MENDS.c.state == state.value)
    if agreement:
        chosen = chosen.where(MENDS.c.agreement == agreement)
    if workload:
        chosen = chosen.where(MENDS.c.workload == workload)
    if before is not None:
        chosen = chosen.where(tuple_(MENDS.c.last_at, MENDS.c.id) < tuple_(*before))
    return rows(connection, chosen.order_by(MENDS.c.last_at.desc(), MENDS.c.id.desc()).limit(limit), Mend)


def named_mends(connection: Connection, visible: Visible, text: str, limit: int) -> list[Mend]:
    """Findings whose id or workload contains the text."""
    chosen = select(MENDS.c.body).where(
        seen(MENDS, visible), contains(MENDS.c.id, text) | contains(MENDS.c.workload, text)
    )
    return rows(connection, chosen.order_by(MENDS.c.last_at.desc()).limit(limit), Mend)


def mend_counts(connection: Connection, visible: Visible, today: date) -> dict[str, int]:
    """Findings by state, and under `overdue` those whose date is over."""
    chosen = select(MENDS.c.state, func.count()).where(seen(MENDS, visible)).group_by(MENDS.c.state)
    found: dict[str, int] = dict(connection.execute(chosen).all())
    over = (
        select(func.count())
        .select_from(MENDS)
        .where(
            seen(MENDS, visible),
            MENDS.c.state == FindingState.ASSIGNED.value,
            MENDS.c.due != "",
            MENDS.c.due < today.isoformat(),
        )
    )
    return {**found, "overdue": int(connection.execute(over).scalar_one())}


def marked(connection: Connection, agreement: str, name: str) -> str:
    """How far was read; empty when nothing was."""
    chosen = select(MARKS.c.value).where(MARKS.c.agreement == agreement, MARKS.c.name == name)
    return str(connection.execute(chosen).scalar() or "")


def newest(connection: Connection, agreement: str) -> str:
    """Id of the newest drill; empty when there is none."""
    chosen = select(func.max(DRILLS.c.drill)).where(DRILLS.c.agreement == agreement)
    return str(connection.execute(chosen).scalar() or "")


def known(connection: Connection, agreement: str, beginning: str) -> dict[str, str]:
    """State of the drills whose id is not before `beginning`, by id."""
    chosen = select(DRILLS.c.drill, DRILLS.c.state)
    chosen = chosen.where(DRILLS.c.agreement == agreement, DRILLS.c.drill >= beginning)
    return dict(connection.execute(chosen).all())


def unsettled(connection: Connection, agreement: str) -> list[tuple[str, str]]:
    """Id and workload of the drills that had no result when they were looked at."""
    chosen = select(DRILLS.c.drill, DRILLS.c.workload)
    chosen = chosen.where(DRILLS.c.state == "without result", DRILLS.c.agreement == agreement)
    return [(name, workload) for name, workload in connection.execute(chosen)]
