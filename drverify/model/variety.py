"""What a drill takes of its workload: whose points, which of them, restored how; and what that can show.

No drill shows everything: the newest point says nothing of how long points are kept, the oldest nothing of
how much would be lost, an instant restore nothing of how long a full one takes, a further copy nothing of
what the points before it keep.
"""

from dataclasses import dataclass
from typing import Literal

from drverify.model.obligation import BackupFrequency, Mode, Objective, Retention, Rpo, Rto

Generation = Literal["newest", "between", "oldest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """What one drill takes."""

    generation: Generation
    mode: Mode
    copy: str | None = None
    """Source of the further copy; None: the points that the workload comes back from first."""

    @property
    def words(self) -> str:
        """As a person would say it."""
        point = "a point between the newest and the oldest"
        if self.generation != "between":
            point = f"the {self.generation} point"
        where = "" if self.copy is None else f" of the copy in {self.copy}"
        return f"{point}{where}, {self.mode} restore"


def meant(objective: Objective, taken: Variety) -> bool:
    """Whether a drill of that is meant to show the promise."""
    own = taken.copy is None
    match objective:
        case Retention():
            return own and taken.generation == "oldest"
        case Rpo():
            return own and taken.generation == "newest"
        case Rto(mode=mode):
            return taken.mode == mode
        case BackupFrequency():
            return own
        case _:
            return True
