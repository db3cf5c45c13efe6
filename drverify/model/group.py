"""Systems that only work together: recovered in an order, into one sandbox, each judged by its own limits."""

from dataclasses import dataclass
from typing import NewType

GroupRunId = NewType("GroupRunId", str)
"""As a drill's id; one for all members of one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One system of a group."""

    workload: str
    after: tuple[str, ...] = ()
    """Workloads of the group that must be healthy before this one is started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A dependency group of the inventory."""

    name: str
    description: str = ""
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReference:
    """The run of a group that a drill belongs to. Its members were declared at the same instant."""

    group: str
    run: GroupRunId
    members: tuple[Member, ...]
