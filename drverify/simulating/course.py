"""The values of a simulated site loss. Times are float seconds after the loss: nothing of it is evidence."""

from collections.abc import Mapping
from dataclasses import dataclass

from drverify.model.drill import PhaseName


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One phase of a recovery."""

    phase: PhaseName
    alone: float
    """Seconds of work that it takes when nothing else runs on its host."""
    load: float
    """Share of its host that the work keeps busy then."""
    waits: float = 0.0
    """Seconds that it waits besides, which no load of the host makes longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One system that has to come back."""

    workload: str
    host: str
    memory_mib: int
    stages: tuple[Stage, ...]
    begins: float = 0.0
    """When it is declared."""
    after: tuple[str, ...] = ()
    """Workloads that must be back before this one is started."""
    rank: float = 0.0
    """Who is let in first when a host is full: the smallest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one host gives."""

    power: float = 1.0
    """How much can go on at full pace, against the host on which loads were measured."""
    memory_mib: int
    at_once: int
    """Recoveries that may run side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One stage as it went."""

    phase: PhaseName
    began: float
    took: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """How one system came back."""

    workload: str
    admitted: float
    """When its host had room for it."""
    waited_for: str
    """Whose end made room, or whose return it had to wait for; empty: nobody's."""
    spans: tuple[Span, ...]
    back: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One simulated site loss, in the order of return."""

    returns: tuple[Return, ...]

    def of(self, workload: str) -> Return:
        """The return of a workload; KeyError when there is none of that name."""
        return self.by_name()[workload]

    def by_name(self) -> Mapping[str, Return]:
        """Every return by its workload."""
        return {one.workload: one for one in self.returns}

    def critical_path(self) -> tuple[Return, ...]:
        """The chain that the last return hung on, first to last."""
        known, path = self.by_name(), [self.returns[-1]]
        while path[-1].waited_for:
            path.append(known[path[-1].waited_for])
        return tuple(reversed(path))
