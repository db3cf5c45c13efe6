"""Systems that only work together: recovered in an order, into one sandbox, each judged by its own limits."""

from collections.abc import Iterator, Sequence
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


def out_of_order(members: Sequence[Member]) -> Iterator[tuple[int, str]]:
    """What keeps members from being started one after the other: each with the place of its member."""
    known: set[str] = set()
    for at, member in enumerate(members):
        if member.workload in known:
            yield at, f"{member.workload} is a member twice"
        known.add(member.workload)
    for at, member in enumerate(members):
        yield from (
            (at, f"{member.workload} needs {name}, no member") for name in member.after if name not in known
        )
    started: set[str] = set()
    left = dict(enumerate(members))
    while ready := [at for at, one in left.items() if started.issuperset(set(one.after) & known)]:
        started.update(left.pop(at).workload for at in ready)
    if left:
        circle = ", ".join(one.workload for one in left.values())
        yield min(left), f"{circle} wait for each other, and none can be first"


def needed(members: Sequence[Member], workload: str) -> bool:
    """Whether others of the group wait for this one."""
    return any(workload in member.after for member in members)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupReference:
    """The run of a group that a drill belongs to. Its members were declared at the same instant."""

    group: str
    run: GroupRunId
    members: tuple[Member, ...]
