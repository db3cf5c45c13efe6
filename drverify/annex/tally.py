"""What the drills of a period said about each promise, kept small while they are read one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from drverify.annex.chance import chance_at_most, workloads_at_most
from drverify.annex.lines import Assurance, Bound, Figures, WorkloadOutcome
from drverify.model.drill import DrillId
from drverify.model.obligation import Obligation, Retention
from drverify.model.verdict import Outcome, Verdict

ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One verdict with a figure."""

    drill: DrillId
    achieved: timedelta


@dataclass(slots=True)
class Tally:
    """The verdicts on one promise, or on one promise for one workload."""

    met: int = 0
    missed: int = 0
    unproven: int = 0
    figures: list[Measured] = field(default_factory=list)
    limits: set[timedelta] = field(default_factory=set)
    allowance: timedelta = ZERO
    first_missed: tuple[DrillId, str] | None = None
    last_unproven: tuple[DrillId, str] | None = None
    last: Outcome = Outcome.UNPROVEN
    """Of the newest verdict."""

    def add(self, drill: DrillId, verdict: Verdict) -> None:
        """Count one verdict."""
        self.last = verdict.outcome
        match verdict.outcome:
            case Outcome.MET:
                self.met += 1
            case Outcome.MISSED:
                self.missed += 1
                self.first_missed = self.first_missed or (drill, verdict.reason)
            case Outcome.UNPROVEN:
                self.unproven += 1
                self.last_unproven = (drill, verdict.reason)
        if verdict.limit is not None:
            self.limits.add(verdict.limit)
        self.allowance = max(self.allowance, verdict.allowance)
        if verdict.achieved is not None and verdict.outcome is not Outcome.UNPROVEN:
            self.figures.append(Measured(drill=drill, achieved=verdict.achieved))

    @property
    def shown(self) -> int:
        """Drills that decided."""
        return self.met + self.missed

    @property
    def outcome(self) -> Outcome:
        """Of these verdicts alone: a miss is never outweighed, and nothing measured is never kept."""
        if self.missed:
            return Outcome.MISSED
        return Outcome.MET if self.met else Outcome.UNPROVEN


@dataclass(slots=True)
class Promise:
    """One promise over the period: all its verdicts, and those for each workload."""

    obligation: Obligation
    whole: Tally = field(default_factory=Tally)
    workloads: dict[str, Tally] = field(default_factory=dict)

    def add(self, drill: DrillId, workload: str, verdict: Verdict) -> None:
        """Count one verdict."""
        self.whole.add(drill, verdict)
        self.workloads.setdefault(workload, Tally()).add(drill, verdict)

    @property
    def at_least(self) -> bool:
        """Whether its limit bounds from below."""
        return isinstance(self.obligation.objective, Retention)

    def figures(self) -> Figures | None:
        """Worst, median and last of what was measured; None when nothing was."""
        return _figures(self.whole.figures, at_least=self.at_least)

    def assurance(self) -> tuple[Assurance, ...]:
        """What the drills can show at most; empty when none decided."""
        if not self.whole.shown:
            return ()
        of = len({*self.obligation.scope, *self.workloads})
        shown = sum(bool(one.shown) for one in self.workloads.values())
        missed = sum(bool(one.missed) for one in self.workloads.values())
        return (
            Assurance(
                counted=Bound.WORKLOADS,
                of=of,
                shown=shown,
                missed=missed,
                at_most=workloads_at_most(of=of, shown=shown, missed=missed),
            ),
            Assurance(
                counted=Bound.DRILLS,
                of=None,
                shown=self.whole.shown,
                missed=self.whole.missed,
                at_most=chance_at_most(shown=self.whole.shown, missed=self.whole.missed),
            ),
        )

    def of_workload(self, name: str) -> WorkloadOutcome:
        """What the period shows of it for one workload."""
        found = self.workloads.get(name, Tally())
        figures = _figures(found.figures, at_least=self.at_least)
        return WorkloadOutcome(
            obligation=self.obligation.id, outcome=found.outcome, worst=figures.worst if figures else None
        )


def _figures(measured: Sequence[Measured], *, at_least: bool) -> Figures | None:
    if not measured:
        return None
    ranked = sorted(measured, key=lambda one: one.achieved, reverse=not at_least)
    return Figures(
        measured=len(ranked),
        worst=ranked[0].achieved,
        worst_drill=ranked[0].drill,
        median=ranked[(len(ranked) - 1) // 2].achieved,
        last=measured[-1].achieved,
        last_drill=measured[-1].drill,
    )
