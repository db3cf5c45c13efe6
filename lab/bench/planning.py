"""A plan of 90 nights for 10,000 workloads on 20 hosts: processor time and memory, of one core.

    python -m lab.bench.planning [--workloads 10000] [--nights 90] [--json]

Workloads are made up: monthly to yearly tests, some with retention, further copies and both ways to restore.
"""

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from random import Random

from drverify.model.agreement import Agreement, AgreementId, Sha256
from drverify.model.nights import Load, NightRule, Room
from drverify.model.obligation import (
    Objective,
    Obligation,
    ObligationId,
    Register,
    RestoreTestFrequency,
    Retention,
    Rto,
)
from drverify.planning.nights.calendar import nights
from drverify.planning.nights.due import Known, dues
from drverify.planning.nights.spreading import spread
from drverify.planning.nights.timetable import timetable
from lab.bench.weighed import taken

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTS = 20
RULE = NightRule(zone="UTC", begins=hour(22), ends=hour(6), weekdays=frozenset(range(7)))


def main() -> None:
    """Print what planning took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", type=int, default=10_000)
    parser.add_argument("--nights", type=int, default=90)
    parser.add_argument("--json", action="store_true", help="drills, seconds and MiB, for `make bench`")
    args = parser.parse_args()
    register, known = _promised(args.workloads), _known(args.workloads)
    rooms = [Room(host=f"h{number}", at_once=8, memory_mib=65536, vcpus=32) for number in range(HOSTS)]
    began = time.process_time()
    asked = nights(RULE, after=NOW, number=args.nights)
    owed = tuple(dues(register, known, {}, now=NOW, until=asked[-1].ends))
    plan = timetable(owed, asked, rooms, spread=lambda a, n, r: spread(a, n, r, seed="bench"), seed="bench")
    took = time.process_time() - began
    memory = taken()["peak"] / 2**20
    if args.json:
        print(json.dumps({"drills": len(plan.planned), "seconds": took, "mib": memory}))
        return
    print(
        f"{len(known)} workloads, {len(asked)} nights: {len(plan.planned)} drills planned, "
        f"{len(plan.unplanned)} without a night, {took:.2f} s of processor time, {memory:.0f} MiB"
    )


def _promised(workloads: int) -> Register:
    """One promise of each length for a part of the workloads."""
    names = [f"w{number}" for number in range(workloads)]
    objectives: list[tuple[Objective, list[str]]] = [
        (RestoreTestFrequency(every=days * DAY), names[at::4]) for at, days in enumerate((31, 92, 183, 365))
    ]
    objectives += [(Retention(at_least=30 * DAY), names[::2]), (Rto(limit=4 * DAY / 24), names)]
    objectives += [(Rto(limit=DAY / 24, mode="instant"), names[::3])]
    return Register(
        agreement=Agreement(
            id=AgreementId("bench"),
            title="",
            documents=(),
            provider="",
            customer="",
            effective=None,
            clauses=(),
        ),
        contract=Sha256("0" * 64),
        look_back=92 * DAY,
        obligations=tuple(
            Obligation(id=ObligationId(f"o{at}"), clause="1", scope=tuple(scope), objective=objective)
            for at, (objective, scope) in enumerate(objectives)
        ),
    )


def _known(workloads: int) -> list[Known]:
    chance = Random(7)
    return [
        Known(
            workload=f"w{number}",
            host=f"h{number % HOSTS}",
            load=Load(memory_mib=chance.choice((1024, 2048, 4096, 8192)), vcpus=chance.choice((1, 2, 4))),
            protected_since=NOW - 900 * DAY,
            tested_at=NOW - chance.randrange(60) * DAY,
            takes=timedelta(minutes=chance.randrange(5, 60)),
            drilled=chance.randrange(12),
        )
        for number in range(workloads)
    ]


if __name__ == "__main__":
    main()
