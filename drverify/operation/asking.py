"""What somebody asks for now, as a booking like any other: it may begin at once, and goes before the plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from drverify.compose import Workshop
from drverify.errors import EvidenceError
from drverify.model.booking import Booking, BookingId
from drverify.model.drill import DrillRecord
from drverify.model.obligation import Mode, Rto, in_scope
from drverify.operation.alternatives import Alternatives
from drverify.operation.past_drills import load_of
from drverify.planning.nights.due import ASSUMED
from drverify.settings import Nights

PRIORITY = 5
"""Before everything that was planned (`planning.tonight.booking`)."""


def asked_for(
    workshop: Workshop,
    name: str,
    *,
    site: str,
    account: str,
    now: datetime,
    nights: Nights | None,
    window: timedelta,
) -> Booking:
    """The newest point of a workload, recovered as is promised. InputError when there is no such workload.

    `nights`: of the site, whose evening it is counted to; None: the day in UTC. `window`: within which it has
    to begin and end. Its id is never one that the plan gives: what was asked for takes the place of nothing
    that is planned; who enters it adds a number where somebody asked before.
    """
    workload = workshop.workload(name)
    owed = in_scope(workshop.agreed.register(now), name)
    modes = {one.objective.mode for one in owed if isinstance(one.objective, Rto)}
    mode: Mode = "instant" if modes == {"instant"} else "full"
    record = _newest(workshop, name)
    agreement, evening = workshop.agreed.contract.id, evening_of(nights, now)
    made = Booking(
        id=BookingId(f"{agreement}/{name}/{evening.isoformat()}/asked"),
        site=site,
        agreement=agreement,
        workload=name,
        kind="drill",
        evening=evening,
        not_before=now,
        not_after=now + window,
        due=now + window,
        priority=PRIORITY,
        host=workshop.settings.host_of(workload.host),
        load=load_of(workload, record),
        reads=(record.restore.read_bytes or 0) if record and record.restore else 0,
        takes=min(record.ended_at - record.started_at, window / 2) if record else min(ASSUMED, window / 2),
        mode=mode,
        point="latest",
        slot=None,
        obligations=tuple(one.id for one in owed),
        why=f"asked for by {account}",
        asked_by=account,
    )
    return made if nights is None else replace(made, elsewhere=Alternatives(workshop, nights).of(made))


def evening_of(nights: Nights | None, now: datetime) -> date:
    """The evening of the night that `now` lies in, or of the coming one."""
    if nights is None:
        return now.astimezone(UTC).date()
    local = now.astimezone(ZoneInfo(nights.zone))
    over_midnight = nights.ends <= nights.begins
    return local.date() - timedelta(days=1 if over_midnight and local.time() < nights.ends else 0)


def _newest(workshop: Workshop, name: str) -> DrillRecord | None:
    """What the newest drill that recovered it measured; None: never, or in evidence of another version."""
    entries = workshop.drills.entries()
    last = next((one for one in entries if one.workload == name and one.outcome == "recovered"), None)
    if last is None:
        return None
    try:
        sealed = workshop.sealed(last.drill_id)
    except EvidenceError:
        return None
    return sealed.record if sealed is not None else None
