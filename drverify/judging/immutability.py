"""Decides promises that backups cannot be deleted, from attempts to delete canaries. Pure.

In this order: an attempt that went through, or a canary that does not read back as it was planted: MISSED.
Nothing refused, or no canary that could be read back: UNPROVEN. For a promise with a time: the store's own
end of the lock decides, where it states one; else the age of the oldest canary that withstood, which proves
that much and no more. Refused, whole, and long enough: MET.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from drverify.model.duration import exact, human
from drverify.model.immutability import HeldCanary, LockVerdict, PromisedLock, Tampering
from drverify.model.verdict import Outcome

CLOCKS = timedelta(minutes=1)
"""By which the store's clock and ours may differ, and a store rounds instants."""


def withstood(tampering: Tampering) -> tuple[Outcome, str]:
    """Whether canaries withstood every attempt, and why."""
    through = [one for one in tampering.attempts if one.outcome == "went through"]
    if through:
        return Outcome.MISSED, f"{through[0].what} went through: {through[0].said}"
    broken = [one for one in tampering.held if one.whole is False]
    if broken:
        return Outcome.MISSED, f"canary {broken[0].canary.name} does not read back as it was planted"
    if tampering.problem:
        return Outcome.UNPROVEN, tampering.problem
    if problem := _undecided(tampering):
        return Outcome.UNPROVEN, problem
    number = len(tampering.attempts)
    return Outcome.MET, f"all {number} attempts were refused, and what was attacked reads back whole"


def _undecided(tampering: Tampering) -> str:
    """Why attempts of which none went through decide nothing; empty when they do."""
    if not tampering.attempts:
        return "nothing was refused, for nothing was tried"
    if undecided := [one for one in tampering.attempts if one.outcome == "not decided"]:
        return f"{undecided[0].what}: {undecided[0].said}"
    held = _attacked(tampering)
    if not held or any(one.whole is not True for one in held):
        return "a canary could not be read back after the attempts"
    return ""


def judged(promises: Sequence[PromisedLock], tampering: Tampering, at: datetime) -> tuple[LockVerdict, ...]:
    """What the probe shows about each promise, at the instant of the probe (UTC)."""
    outcome, reason = withstood(tampering)
    return tuple(_judged(one, tampering, outcome, reason, at) for one in promises)


def _judged(
    promise: PromisedLock, tampering: Tampering, outcome: Outcome, reason: str, at: datetime
) -> LockVerdict:
    shown = max((_safe(one, at) for one in _attacked(tampering)), default=None)
    if outcome is Outcome.MET and promise.open:
        outcome, reason = Outcome.UNPROVEN, f"{reason}; how long it must last is open: {promise.open}"
    elif outcome is Outcome.MET and promise.least is not None:
        outcome, reason = _lasting(promise.least, tampering, at, reason)
    return LockVerdict(
        provision=promise.provision,
        clause=promise.clause,
        outcome=outcome,
        limit=promise.least,
        shown=shown if outcome is not Outcome.MISSED else None,
        reason=reason,
    )


def _lasting(least: timedelta, tampering: Tampering, at: datetime, reason: str) -> tuple[Outcome, str]:
    held = _attacked(tampering)
    ends = [one for one in held if one.retain_until is not None]
    if ends:
        safe = min(_safe(one, at) for one in ends)
        if safe + CLOCKS < least:
            return Outcome.MISSED, f"the store ends the lock after {exact(safe)}; {exact(least)} is owed"
        return Outcome.MET, f"{reason}; locked for {exact(safe)}, {exact(least)} is owed"
    safe = max((_safe(one, at) for one in held), default=timedelta(0))
    if safe < least:
        return (
            Outcome.UNPROVEN,
            f"{reason}; the oldest canary is {human(safe)} old, and {exact(least)} is owed",
        )
    return Outcome.MET, f"{reason}; the oldest canary is {human(safe)} old, {exact(least)} is owed"


def _attacked(tampering: Tampering) -> list[HeldCanary]:
    tried = {one.canary for one in tampering.attempts}
    return [one for one in tampering.held if one.canary.name in tried]


def _safe(one: HeldCanary, at: datetime) -> timedelta:
    """From its making to the end of the lock, or to now; whole seconds, rounded down."""
    span = (one.retain_until or at) - one.canary.planted_at
    return timedelta(seconds=max(span // timedelta(seconds=1), 0))
