"""What becomes of a booking when an attempt of it has ended. Pure."""

from collections.abc import Sequence

from drverify.model.booking import Attempt, Booking, BookingState
from drverify.model.verdict import Outcome


def follow(_: Booking, attempts: Sequence[Attempt], *, at_most: int) -> BookingState:
    """Say whether it is done, wanted again, cancelled or given up; `attempts`: all of them, the newest last.

    Evidence ends it, unless it leaves something UNPROVEN, names a fault of ours and shows nothing MISSED:
    then it is wanted again, and the evidence stands beside what comes. What is MISSED is not run until it is
    green. Attempts without evidence, by whatever they ended, are counted; after `at_most` of all kinds it is
    given up, or done where one of them left evidence.
    """
    ending = attempts[-1].ending
    if ending.kind == "cancelled":
        return BookingState.CANCELLED
    if ending.kind == "concluded" and not _ours(attempts[-1]):
        return BookingState.DONE
    return BookingState.WANTED if len(attempts) < at_most else without_another(attempts)


def without_another(attempts: Sequence[Attempt]) -> BookingState:
    """Say what becomes of a booking that nobody runs any more; `attempts`: all of them, maybe none."""
    if any(one.ending.kind == "concluded" for one in attempts):
        return BookingState.DONE
    return BookingState.GIVEN_UP if attempts else BookingState.MISSED


def flips(attempts: Sequence[Attempt]) -> bool:
    """Whether two attempts with evidence judged the same obligation otherwise, UNPROVEN left aside."""
    seen: dict[str, Outcome] = {}
    for one in attempts:
        for obligation, outcome in one.ending.verdicts:
            if outcome is not Outcome.UNPROVEN and seen.setdefault(obligation, outcome) is not outcome:
                return True
    return False


def _ours(attempt: Attempt) -> bool:
    ending = attempt.ending
    shown = {outcome for _, outcome in ending.verdicts}
    return bool(ending.faults) and Outcome.UNPROVEN in shown and Outcome.MISSED not in shown
