"""What a group's run says of a promise: kept for the whole exactly when it is kept for each member. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from drverify.model.obligation import Obligation, Register, Retention
from drverify.model.verdict import Outcome, Verdict

_ZERO = timedelta(0)
_WORST = (Outcome.MET, Outcome.UNPROVEN, Outcome.MISSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """One promise over all members that it covers."""

    obligation: Obligation
    outcome: Outcome
    decided_by: str
    """The member whose verdict is the worst; of equal ones the one with the worst figure."""
    verdict: Verdict | None
    """That verdict; none when the member's drill has no result."""
    members: tuple[str, ...]
    """Whom the promise covers."""


def whole(
    register: Register, members: Sequence[str], verdicts: Mapping[str, Sequence[Verdict]]
) -> Iterator[Whole]:
    """One row for each promise that covers a member, in the register's order.

    `verdicts` are those of each member whose drill has a result.
    """
    for obligation in register.obligations:
        covered = tuple(name for name in members if name in obligation.scope)
        found = {name: _of(obligation, verdicts.get(name, ())) for name in covered}
        if not found:
            continue
        name = max(covered, key=lambda one: _badness(obligation, found[one]))
        verdict = found[name]
        yield Whole(
            obligation=obligation,
            outcome=verdict.outcome if verdict is not None else Outcome.UNPROVEN,
            decided_by=name,
            verdict=verdict,
            members=covered,
        )


def _of(obligation: Obligation, verdicts: Sequence[Verdict]) -> Verdict | None:
    return next((one for one in verdicts if one.obligation == obligation.id), None)


def _badness(obligation: Obligation, verdict: Verdict | None) -> tuple[int, timedelta]:
    """How bad a verdict is: by its outcome, then by its figure; of a retention the shorter is the worse."""
    if verdict is None:
        return _WORST.index(Outcome.UNPROVEN), timedelta.max
    figure = (verdict.achieved or _ZERO) + verdict.allowance
    sign = -1 if isinstance(obligation.objective, Retention) else 1
    return _WORST.index(verdict.outcome), sign * figure
