"""Drills of `shop` on several days, sealed by the real code: good ones, late ones, ones that prove nothing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.model.drill import DrillId, DrillPlan, DrillRecord
from drverify.planning.selection import select
from drverify.sealing import codec
from tests.support import records
from tests.support.evidence import Sealed, sealed

HALF_AN_HOUR = timedelta(minutes=30)


def drill_id(day: int) -> DrillId:
    """The drill of that day."""
    started = records.STARTED + timedelta(days=day)
    return DrillId(f"{started:%Y%m%dT%H%M%SZ}-{day:06x}")


def planned(day: int) -> DrillPlan:
    """Its plan: as `records.plan()`, so many days later."""
    later = timedelta(days=day)
    return records.plan(
        records.agreed().register(records.INCIDENT + later),
        drill_id=drill_id(day),
        incident_at=records.INCIDENT + later,
        previous_success_at=records.INCIDENT + later - 30 * records.DAY,
    )


def recorded(day: int, *, newest: timedelta = HALF_AN_HOUR, closed: bool = True) -> DrillRecord:
    """Its record; `newest` is the age of the newest point, and unless `closed` nothing was isolated."""
    later = timedelta(days=day)
    incident = records.INCIDENT + later
    points = tuple(
        replace(records.point(age), consistent_as_of=incident - age)
        for age in (newest + n * records.HOUR for n in range(24 * 7 + 2))
    )
    made = records.record(
        drill_id=drill_id(day),
        started_at=records.STARTED + later,
        ended_at=records.STARTED + later + 150 * records.SEC,
        selection=select(points, "latest", incident, records.STARTED + later),
        probes=tuple(
            replace(one, newest=incident - newest - records.SEC) if one.newest is not None else one
            for one in records.results()
        ),
    )
    if closed:
        return made
    checks = tuple(replace(one, closed=False) for one in made.isolation.checks)
    return replace(made, isolation=replace(made.isolation, checks=checks))


def lay(drills: Path, day: int, by: KeyfileSigner, *, copy: str = "", **changes: object) -> Sealed:
    """Seal the drill of that day and lay it out as a runner does; `copy`: of the copy in that source."""
    plan = planned(day)
    if copy:
        plan = replace(plan, requested_point="copy", workload=replace(plan.workload, source=copy))
    made = sealed(plan, recorded(day, **changes), by=by)  # type: ignore[arg-type]
    directory = made.write(drills / plan.drill_id)
    (directory / "plan.json").write_bytes(codec.encode(plan))
    return made
