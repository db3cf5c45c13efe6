"""What the plan itself spaces out is never overdue by it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.judging.promised import Owed, course
from drverify.model.drill import DrillId
from drverify.model.nights import Due, Load
from drverify.model.obligation import BackupFrequency, Obligation, Retention, Rpo, Rto
from drverify.model.result import Judged, Result, Stands
from drverify.model.verdict import Outcome
from drverify.planning.nights.due import Known, dues, every_of, varieties
from drverify.planning.nights.turns import Varieties, meant_every
from tests.support import records
from tests.support.records import DAY, HOUR

NOW = datetime(2026, 11, 23, 23, tzinfo=UTC)
SHOP = Known(
    workload="shop",
    host="h",
    load=Load(memory_mib=1),
    protected_since=NOW - 800 * DAY,
    copies=("vault",),
    generations=("up to a week old",),
)


def promised() -> tuple[Obligation, ...]:
    made = records.register().obligations
    return (*made, records.obligation("6.1", Rto(limit=HOUR, mode="instant")))


def shows(one: Obligation, due: Due) -> bool:
    match one.objective:
        case Retention():
            return due.point == "oldest"
        case Rpo():
            return due.point == "latest"
        case Rto(mode=mode):
            return due.mode == mode
        case BackupFrequency():
            return not due.point.startswith("copy:")
    return True


def drilled(owed: Sequence[Obligation], found: Sequence[Due]) -> list[Result]:
    """A drill for each window, by turns at its very begin and its very end."""
    made = []
    for place, due in enumerate(found):
        at = due.closes - HOUR if place % 2 else due.opens
        verdicts = tuple(
            Judged(obligation=one.id, outcome=Outcome.MET, limit=None, achieved=None, allowance=timedelta(0))
            for one in owed
            if shows(one, due)
        )
        result = Result(
            agreement="a",
            drill=DrillId(f"{at:%Y%m%dT%H%M%SZ}-000001"),
            workload="shop",
            state="concluded",
            started_at=at,
            ended_at=at,
            recovered=True,
            mode=due.mode,
            verdicts=verdicts,
        )
        made.append(result)
    return made


def test_no_promise_is_overdue_by_our_own_turns() -> None:
    owed = promised()
    every, choice = every_of(owed), varieties(SHOP, owed)
    assert every is not None
    register = replace(records.register(), obligations=owed)
    found = list(dues(register, [SHOP], {}, now=NOW, until=NOW + 24 * every))
    results = drilled(owed, found)
    one_of = {one.id: meant_every(one.objective, choice) for one in owed}
    said = Owed(agreement="a", workload="shop", since=NOW, every=every, one_of=one_of)
    for one in owed:
        for upto in range(4, len(results) + 1):
            until = results[upto].started_at if upto < len(results) else results[-1].started_at
            made = course(said, one, results[:upto])
            assert made.stands(until) is Stands.MET, (one.objective, upto)
        late = results[-1].started_at + 5 * every
        assert course(said, one, results).stands(late) is Stands.OVERDUE


def test_how_seldom_each_is_meant() -> None:
    both = Varieties(modes=frozenset({"full", "instant"}), retained=True, copies=("vault",), between=True)
    every = {
        Rpo(limit=HOUR): 2,
        Rto(limit=HOUR, mode="full"): 2,
        Rto(limit=HOUR, mode="instant"): 4,
        Retention(at_least=DAY): 4,
        BackupFrequency(every=DAY): 2,
    }
    assert {one: meant_every(one, both) for one in every} == every
    only = Varieties(modes=frozenset({"full"}))
    assert meant_every(Rpo(limit=HOUR), only) == meant_every(Rto(limit=HOUR, mode="full"), only) == 1
