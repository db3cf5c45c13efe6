"""How long a drill's sandbox stands on for a person to look into, and when that cannot be asked for. Pure."""

from datetime import datetime, timedelta

from drverify.model.booking import Booking, BookingState, Keeping
from drverify.model.duration import human

SHORTEST, USUAL, LONGEST = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=8)
"""What may be asked for; USUAL: where nothing is said."""


def until(since: datetime, keeping: Keeping, deadline: datetime) -> datetime:
    """When it goes: so long after it was asked for, or began to stand, whichever is later.

    Never later than LONGEST after it began to stand, however often it is asked for again, and never later
    than its attempt's deadline.
    """
    return min(max(since, keeping.at) + keeping.span, since + LONGEST, deadline)


def refusal(booking: Booking, state: BookingState, span: timedelta) -> str:
    """Why that cannot be kept; empty: it can. `span` zero: it is released."""
    if state is not BookingState.RUNNING:
        return f"it does not run: it is {state}"
    if booking.kind != "drill":
        return f"a {booking.kind} has no sandbox to look into"
    if span and not SHORTEST <= span <= LONGEST:
        return f"a sandbox is kept from {human(SHORTEST)} to {human(LONGEST)}"
    return ""
