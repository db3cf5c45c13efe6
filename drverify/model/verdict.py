"""The judgement of one obligation."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from drverify.model.obligation import ObligationId


class Outcome(StrEnum):
    """Never green by default: what was not measured is UNPROVEN."""

    MET = "MET"
    MISSED = "MISSED"
    UNPROVEN = "UNPROVEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one drill shows about one obligation."""

    obligation: ObligationId
    outcome: Outcome
    limit: timedelta | None
    """None where the objective has no figure."""
    achieved: timedelta | None
    """What was measured, without allowances; none: not measured."""
    allowance: timedelta
    """Stated time that counts against the limit besides what was measured."""
    reason: str
