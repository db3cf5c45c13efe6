"""What customers are not told of their own bookings: which of the provider's people did something to them."""

from dataclasses import replace

from drverify.adapters.board.reading import Visible
from drverify.model.booking import Action, Attempt, Booking, Live

AN_OPERATOR = "an operator"
"""Instead of an account's name."""


def booking_for(visible: Visible, one: Booking) -> Booking:
    """A booking as they read it who see `visible` (None: everything)."""
    if visible is None or not one.asked_by:
        return one
    return replace(one, asked_by=AN_OPERATOR, why=one.why.replace(one.asked_by, AN_OPERATOR))


def attempt_for(visible: Visible, one: Attempt) -> Attempt:
    """An attempt as they read it: who cancelled it stands in the audit trail of the provider."""
    if visible is None or one.ending.kind != "cancelled":
        return one
    return replace(one, ending=replace(one.ending, why=f"cancelled by {AN_OPERATOR}"))


def live_for(visible: Visible, one: Live) -> Live:
    """What a running drill says as they read it: how to get into a sandbox is for the provider's people."""
    return one if visible is None else replace(one, ways_in=())


def action_for(account: str, one: Action) -> Action:
    """An action as the customer of that account reads it; their own ones bear their name.

    A program's bear the name of its account, and which token it used.
    """
    own = one.account == account or one.account.startswith(f"{account} (token ")
    return one if own else replace(one, account=AN_OPERATOR)
