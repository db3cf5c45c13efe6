"""A made-up site for the bench of the pages: 20 agreements, their workloads, each with drills of years."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from drverify.adapters.board import writing
from drverify.adapters.board.database import Database
from drverify.adapters.desk.desk import TableDesk
from drverify.judging.promised import Owed, course, marked
from drverify.model.agreement import Sha256
from drverify.model.board import Agreed, Backups, Mend, Promise, Protected, Quoted
from drverify.model.booking import Booking, BookingId
from drverify.model.drill import DrillId, PhaseName, PhaseRecord
from drverify.model.finding import Cause, FindingId, FindingState
from drverify.model.nights import Load
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Obligation,
    ObligationId,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.result import Asked, Detail, Judged, Result, Screen
from drverify.model.verdict import Outcome
from drverify.sealing import codec

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AGREEMENTS, EVERY, HOUR, SECOND = 20, timedelta(days=31), timedelta(hours=1), timedelta(seconds=1)
OBLIGATIONS = tuple(
    Obligation(id=ObligationId(name), clause=clause, scope=(), objective=objective)
    for name, clause, objective in (
        ("rpo", "5.1", Rpo(limit=HOUR)),
        ("rto", "6.1", Rto(limit=4 * HOUR)),
        ("backup-frequency", "4.1", BackupFrequency(every=HOUR)),
        ("retention", "4.6", Retention(at_least=timedelta(days=30))),
        ("restore-test", "7.1", RestoreTestFrequency(every=EVERY)),
        ("application", "8.1", ApplicationValidation()),
    )
)
LIMITS = (HOUR, 4 * HOUR, HOUR, timedelta(days=30), EVERY, None)
DIGEST = Sha256("0123456789abcdef" * 4)


def agreement_of(number: int) -> str:
    """Agreements share the workloads evenly."""
    return f"agreement-{number % AGREEMENTS:02}"


def workload_of(number: int) -> str:
    """The name of the workload of that number."""
    return f"system-{number:05}"


def drills_of(number: int, count: int, chance: Random) -> Iterator[tuple[Result, Detail]]:
    """The drills of a workload, oldest first: most are well, some miss, some prove nothing."""
    workload = workload_of(number)
    for place in range(count):
        at = NOW - timedelta(days=3 + 10 * (count - 1 - place), minutes=number % 1440, seconds=number // 1440)
        luck = chance.random()
        verdicts = tuple(
            Judged(
                obligation=one.id,
                outcome=_outcome(luck, index),
                limit=limit,
                achieved=limit * chance.uniform(0.1, 0.9) // SECOND * SECOND
                if limit and index != 3
                else None,
                allowance=timedelta(0),
            )
            for index, (one, limit) in enumerate(zip(OBLIGATIONS, LIMITS, strict=True))
        )
        result = Result(
            agreement=agreement_of(number),
            drill=DrillId(f"{at:%Y%m%dT%H%M%SZ}-{number:06x}"),
            workload=workload,
            state="concluded",
            started_at=at,
            ended_at=at + timedelta(minutes=chance.randint(5, 90)),
            recovered=luck > 0.02,
            mode="full",
            verdicts=verdicts,
        )
        yield result, DETAIL


def _outcome(luck: float, index: int) -> Outcome:
    if index == 3:
        return Outcome.MET if luck > 0.75 else Outcome.UNPROVEN
    if luck < 0.02 and index < 2:
        return Outcome.MISSED
    return Outcome.UNPROVEN if luck > 0.985 else Outcome.MET


DETAIL = Detail(
    reasons=tuple(
        (one.id, "what was measured, against its limit, in one sentence of a common length")
        for one in OBLIGATIONS
    ),
    phases=tuple(
        PhaseRecord(name=name, started=place * 60 * SECOND, took=60 * SECOND)
        for place, name in enumerate(PhaseName)
    ),
    point="0123456789abcdef",
    point_at=NOW,
    chosen="newest of 205 listed points at or before the incident, 20 min before it",
    playbook="linux-web",
    restored_bytes=1 << 35,
    probes=tuple(
        Asked(probe=f"probe-{n}", status="passed", expected="200", observed="200") for n in range(5)
    ),
    screens=(Screen(name="screen.png", sha256=DIGEST, media_type="image/png"),),
    envelope=DIGEST,
    payload=DIGEST,
    held=tuple(f"what the verifier checked, step {n}" for n in range(10)),
    verified_at=NOW,
)


def fill(board: Database, workloads: int, drills: int) -> None:
    """Enter everything, a workload's drills after another's."""
    chance, each = Random(1), drills // workloads
    for number in range(AGREEMENTS):
        _agreement(board, number, range(number, workloads, AGREEMENTS))
    days: dict[str, set[str]] = {}
    for first in range(0, workloads, 50):
        with board.writing() as connection:
            for number in range(first, min(first + 50, workloads)):
                made = list(drills_of(number, each, chance))
                shown = marked([result for result, _ in made])
                writing.fill(
                    connection, ((one, detail) for one, (_, detail) in zip(shown, made, strict=True))
                )
                name = agreement_of(number)
                owed = Owed(
                    agreement=name,
                    workload=workload_of(number),
                    since=NOW - timedelta(days=900),
                    every=EVERY if number % 9 else timedelta(days=2),
                    one_of={},
                )
                courses = [course(owed, one, shown) for one in OBLIGATIONS]
                writing.put_courses(connection, name, owed.workload, courses)
                days.setdefault(name, set()).update(f"{one.started_at:%Y-%m-%d}" for one in shown[-8:])
                if number % 10 == 0:
                    writing.put_mends(connection, name, owed.workload, [_mend(name, number)])
    with board.writing() as connection:
        for name, found in days.items():
            writing.count_days(connection, name, found)
            writing.mark(connection, name, "read", str(codec.to_json(NOW)))


def _agreement(board: Database, number: int, workloads: Sequence[int]) -> None:
    """An agreement, what it promises, what it protects, and the backups that were seen of it."""
    name = agreement_of(number)
    agreed = Agreed(
        agreement=name,
        title=f"Agreement {number}",
        provider="Provider",
        customer=f"Customer {number}",
        effective=NOW.date(),
        contract=DIGEST,
        accepted_by="A. Person",
        open_points=3,
    )
    with board.writing() as connection:
        writing.put_agreement(
            connection,
            agreed,
            position=number,
            quotes=[_quoted(one) for one in OBLIGATIONS],
            promises=[_promise(name, one, limit) for one, limit in zip(OBLIGATIONS, LIMITS, strict=True)],
            workloads=[_protected(name, one) for one in workloads],
        )
        writing.put_look(connection, name, [_backups(name, one) for one in workloads], ())


def _quoted(one: Obligation) -> Quoted:
    return Quoted(
        number=one.clause,
        title="",
        document="agreement",
        text="A clause of a common length. " * 6,
    )


def _promise(agreement: str, one: Obligation, limit: timedelta | None) -> Promise:
    return Promise(
        agreement=agreement,
        obligation=one.id,
        clause=one.clause,
        metric=one.objective.kind,
        mode="",
        party="provider",
        limit=limit,
        at_least=False,
        allowances=(),
        conditions=(),
    )


def _protected(agreement: str, number: int) -> Protected:
    return Protected(
        agreement=agreement,
        workload=workload_of(number),
        description="a system",
        kind="disk-image",
        source="vault",
        host=f"host-{number % 8}",
        playbook="linux-web",
        memory_mib=4096,
        protected_since=NOW - timedelta(days=900),
        every=EVERY,
    )


def _backups(agreement: str, number: int) -> Backups:
    return Backups(
        agreement=agreement,
        workload=workload_of(number),
        source="vault",
        points=700,
        newest=NOW - HOUR * (1 + number % 40),
        oldest=NOW - timedelta(days=30),
        largest_gap=HOUR,
        size_bytes=1 << 35,
        allowed_gap=24 * HOUR,
        kept_for=timedelta(days=30),
        looked_at=NOW,
    )


def _mend(agreement: str, number: int) -> Mend:
    return Mend(
        agreement=agreement,
        id=FindingId(f"F-{number:012x}"),
        cause=Cause.MISSED,
        workload=workload_of(number),
        obligation="rpo",
        state=FindingState.ASSIGNED if number % 20 else FindingState.OPEN,
        reason="data loss of 3 h against a limit of 1 h",
        first_at=NOW - timedelta(days=90),
        last_at=NOW - timedelta(minutes=number),
        seen=3,
        drill="",
        owner="A. Person",
        action="more backups",
        due=NOW.date(),
        reopened=0,
        closed_at=None,
        closed_by="",
        retests=0,
    )


def book(desk: TableDesk, workloads: int) -> None:
    """A fortnight in which a tenth of the workloads is booked."""
    desk.publish(
        [
            Booking(
                id=BookingId(f"{agreement_of(n)}/system-{n:05}/{n % 14}/drill"),
                site="local",
                agreement=agreement_of(n),
                workload=workload_of(n),
                kind="drill",
                evening=(NOW + timedelta(days=n % 14 - 3)).date(),
                not_before=NOW + timedelta(days=n % 14 - 3, minutes=n % 300),
                not_after=NOW + timedelta(days=n % 14 - 3, hours=8),
                due=NOW + timedelta(days=30),
                priority=30,
                host=f"host-{n % 8}",
                load=Load(memory_mib=4096),
                reads=0,
                takes=HOUR,
                mode="full",
                point="latest",
                slot=None,
                obligations=tuple(one.id for one in OBLIGATIONS),
                why="a restore test every 31 days",
            )
            for n in range(0, workloads, 10)
        ]
    )
