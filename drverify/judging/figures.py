"""What a judgement of one obligation finds, before it is a verdict. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from drverify.judging.measure import ZERO
from drverify.model.duration import exact, human, whole_ms_up
from drverify.model.obligation import Allowance
from drverify.model.verdict import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A verdict without its obligation."""

    outcome: Outcome
    reason: str
    achieved: timedelta | None = None
    allowance: timedelta = ZERO


def missed(reason: str, achieved: timedelta | None = None) -> Finding:
    """The promise is broken."""
    return Finding(outcome=Outcome.MISSED, reason=reason, achieved=achieved)


def undecided(reason: str, achieved: timedelta | None = None) -> Finding:
    """The facts do not say."""
    return Finding(outcome=Outcome.UNPROVEN, reason=reason, achieved=achieved)


def figure(what: str, achieved: timedelta, limit: timedelta) -> Finding:
    """Compare what was measured with an inclusive upper limit."""
    outcome = Outcome.MET if achieved <= limit else Outcome.MISSED
    return Finding(outcome=outcome, achieved=achieved, reason=f"{what} {_against(achieved, limit)}")


def allowed(granted: Iterable[Allowance]) -> timedelta:
    """The time that is allowed for what a drill cannot do, in whole milliseconds."""
    return whole_ms_up(sum((max(one.time, ZERO) for one in granted), ZERO))


def _against(achieved: timedelta, limit: timedelta) -> str:
    """Both figures in words that show which one is larger."""
    same_words = human(achieved) == human(limit) and achieved != limit
    return f"{exact(achieved) if same_words else human(achieved)} against a limit of {exact(limit)}"
