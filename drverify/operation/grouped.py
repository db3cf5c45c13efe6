"""A booking of a dependency group: its members drilled as one, and how its attempt ended."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from drverify.compose import Workshop
from drverify.engine.drills.drill import Concluded
from drverify.engine.staying import Stay
from drverify.engine.wiring import Fence
from drverify.errors import DrverifyError, HarnessError, HostError, InputError, SupersededError
from drverify.model.booking import Booking, Ending
from drverify.model.drill import DrillId
from drverify.model.obligation import ObligationId, in_scope
from drverify.model.verdict import Outcome
from drverify.operation.endings import FAULTS, counted, of_concluded
from drverify.operation.groups import Attended, drilled_together, group_of, orders_of
from drverify.operation.jobs import JobDirectory
from drverify.operation.telling import LiveProgress, printable

Came = Concluded | DrverifyError
"""What came of one member: its drill, or why there is no result."""


async def run_group_booking(
    workshop: Workshop,
    booking: Booking,
    progress: LiveProgress,
    *,
    fence: Fence,
    begun: Callable[[DrillId], None],
    stay: Stay | None = None,
) -> Ending:
    """Drill the members together on the booking's host, and say how the attempt ended.

    Errors as `operation.groups.drilled_together`, InputError for a group that has other members by now, and
    what kept every member from having a result.
    """
    group = group_of(workshop, booking.workload)
    if tuple(one.workload for one in group.members) != booking.members:
        raise InputError(
            f"group {group.name} was booked with other members: {', '.join(booking.members)}",
            hint="the next night is planned with the ones that it has now",
        )
    done = await drilled_together(
        workshop,
        group,
        orders_of(workshop, group, mode=booking.mode, host=booking.host),
        Attended(progress=progress.member),
        open_only=False,
        fence=fence,
        begun=begun,
        stay=stay,
    )
    for one in done.members:
        if isinstance(one, SupersededError):
            raise one
    if done.left is not None:
        progress.note(f"not everything could be taken back: {done.left}")
    ending = of_members(workshop, booking.members, done.members, datetime.now(UTC))
    drills = progress.drills
    return replace(
        ending,
        drill=drills[0],
        others=drills[1:],
        left_behind=ending.left_behind or done.left is not None,
    )


def of_members(workshop: Workshop, names: Sequence[str], came: Sequence[Came], at: datetime) -> Ending:
    """The ending of a group's attempt, without its drills; raises the first error where nobody has evidence.

    A promise is as its worst member has it; of a member without a result every promise is UNPROVEN.
    """
    register = workshop.agreed.register(at)
    shown: list[tuple[ObligationId, Outcome]] = []
    faults: list[str] = []
    left_behind, errors = False, [one for one in came if not isinstance(one, Concluded)]
    if len(errors) == len(came):
        raise errors[0]
    for name, one in zip(names, came, strict=True):
        if isinstance(one, Concluded):
            alone = of_concluded(one, at)
            shown += alone.verdicts
            faults += [printable(f"{name}: {fault}") for fault in alone.faults]
            left_behind = left_behind or alone.left_behind
        else:
            shown += [(owed.id, Outcome.UNPROVEN) for owed in in_scope(register, name)]
            faults.append(printable(f"{name}: no result: {one}"))
    worst = worst_of(shown)
    return Ending(
        kind="concluded",
        at=at,
        verdicts=worst,
        faults=tuple(faults)[:FAULTS],
        left_behind=left_behind,
        why=counted([outcome for _, outcome in worst]),
    )


def worst_of(shown: Sequence[tuple[ObligationId, Outcome]]) -> tuple[tuple[ObligationId, Outcome], ...]:
    """Each promise once, as the member has it that shows the worst of it."""
    order = (Outcome.MISSED, Outcome.UNPROVEN, Outcome.MET)
    found: dict[ObligationId, Outcome] = {}
    for name, outcome in shown:
        found[name] = min(outcome, found.get(name, outcome), key=order.index)
    return tuple(found.items())


def of_dead_group(workshop: Workshop, job: JobDirectory, booking: Booking, at: datetime) -> Ending:
    """The ending of a group's attempt whose process is gone without a word.

    Where a member's evidence was signed before, the attempt concluded: what the others lack is ours.
    """
    drills, gone = job.drills(), "its process is gone without a word"
    came: list[Came] = [_sealed(workshop, drill) or HostError(gone) for drill in drills]
    came += [HostError(gone)] * (len(booking.members) - len(came))
    runs = {one.plan.group.run for one in came if isinstance(one, Concluded) and one.plan.group}
    listed = any(view.drill_id in {*drills, *runs} for view in workshop.ledgers.views())
    try:
        ending = of_members(workshop, booking.members, came, at)
    except DrverifyError as error:
        why = printable(str(error))
        ending = Ending(kind="died", at=at, faults=(why,), why=why)
    else:
        ending = replace(ending, left_behind=listed)
    return replace(ending, drill=next(iter(drills), None), others=drills[1:])


def _sealed(workshop: Workshop, drill: DrillId) -> Came | None:
    try:
        return workshop.sealed(drill)
    except DrverifyError as error:
        return HarnessError(f"its process is gone, and its evidence cannot be read: {error}")
