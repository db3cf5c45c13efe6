"""How long before a successful restore test the one before it was. Pure."""

from datetime import timedelta

from drverify.judging.figures import Finding, figure, undecided
from drverify.judging.measure import owed_since
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.duration import whole_ms_up
from drverify.model.obligation import Register


def since_test_before(plan: DrillPlan, record: DrillRecord, register: Register, every: timedelta) -> Finding:
    """The time since the last successful test, or since tests are owed, against the promise."""
    owed, previous = owed_since(plan, register), plan.previous_success_at
    since = owed if previous is None else max(owed, previous)
    if since > record.ended_at:
        return undecided("the last successful restore test, or the start of the promise, lies in the future")
    first = previous is None or previous < owed
    what = (
        "first successful restore test since tests are owed," if first else "since the last successful test"
    )
    return figure(what, whole_ms_up(record.ended_at - since), every)
