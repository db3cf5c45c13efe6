"""What a breaker leaves behind: where the broken estate is, what is wrong with it, what must come of it."""

from dataclasses import dataclass

from drverify.model.drill import Attribution
from drverify.model.verdict import Outcome
from lab.estate.layout import Estate


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a drill of the broken estate must come to. Never a green, but for a lock that does not matter."""

    outcome: Outcome
    """The worst of its verdicts."""
    missed: tuple[str, ...] = ()
    """Kinds of objectives that must be MISSED."""
    defect: bool = False
    """Whether the record must name a defect of the backup."""
    attribution: Attribution | None = None
    """Whose fault the record must state when our own side failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One known-bad estate. It is removed by `mend`."""

    kind: str
    estate: Estate
    workload: str
    what: str
    """One line: what was broken."""
    facts: tuple[tuple[str, str], ...]
    """Name and value of every detail that a report of the defect may be held against."""
    expected: Expected

    def fact(self, name: str) -> str:
        """Return one detail; KeyError when this breaker does not state it."""
        return dict(self.facts)[name]
