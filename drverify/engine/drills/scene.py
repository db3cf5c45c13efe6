"""What one drill has found so far: filled by the drill's parts, turned into the record at the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from drverify.engine.drills.recorder import Recorder
from drverify.engine.drills.returning import unasked, without_guest
from drverify.engine.keeping import DrillStore
from drverify.engine.ports import Blob, Planted
from drverify.model.drill import (
    RUNNING,
    Artefact,
    ControlResult,
    Counter,
    DrillPlan,
    DrillRecord,
    GaveUp,
    IsolationCheck,
    IsolationRecord,
    LoggedStart,
    ProbeResult,
    RestoreFacts,
    Selection,
    ToolFact,
    UndeclaredDependency,
)
from drverify.model.files import FileComparison
from drverify.model.inspection import Inspection
from drverify.model.layout import Rework
from drverify.model.recovery import Deviation, MachineDescription, boots
from drverify.model.steps import StepRecord

NOT_LISTED = Selection(point=None, why="the source could not be listed", newest_eligible=False, listed=())


class Scene:
    """The drill in progress."""

    def __init__(self, *, plan: DrillPlan, recorder: Recorder, store: DrillStore, keep_sandbox: bool) -> None:
        self.plan = plan
        self.recorder = recorder
        self.keep_sandbox = keep_sandbox
        self.start: LoggedStart | None = None
        self.selection = NOT_LISTED
        self.machine: MachineDescription | None = None
        self.restore: RestoreFacts | None = None
        self.reworks: tuple[Rework, ...] = ()
        self.inspection: Inspection | None = None
        self.probes: tuple[ProbeResult, ...] = ()
        self.comparison: FileComparison | None = None
        self.steps: list[StepRecord] = []
        self.controls: tuple[ControlResult, ...] = ()
        booting = boots(plan.workload.payload)
        self.challenge = without_guest(boots=booting) if plan.challenge else None
        self.dependencies: tuple[UndeclaredDependency, ...] = ()
        self.guest_clock_skew: timedelta | None = None
        self.gave_up = ""
        self.gave_up_by = GaveUp.NOT
        self.gave_up_at: timedelta | None = None
        self.tools: tuple[ToolFact, ...] = ()
        self.kept = False
        self.ways_in: Callable[[], tuple[str, ...]] | None = None
        """How to get into what was made; None: nothing was made that anybody could get into."""
        self.cleaned_up = True
        self._store = store
        self._checks: list[IsolationCheck] = []
        self._counters: tuple[Counter, ...] = ()
        self._artefacts: dict[str, Artefact] = {}

    def keep(self, blob: Blob) -> Artefact:
        """Keep a file with the evidence; the newest of a name counts."""
        artefact = self._store.keep(self.plan.drill_id, blob)
        self._artefacts[artefact.name] = artefact
        return artefact

    def deviates(self, found: tuple[Deviation, ...]) -> None:
        """Add what the host changed in the machine while it restored it."""
        if self.machine is not None:
            self.machine = replace(self.machine, deviations=(*self.machine.deviations, *found))

    def planted(self, found: Planted) -> None:
        """Note how the guest is given its challenge, or why it is not."""
        if self.plan.challenge:
            self.challenge = unasked(found)

    def isolated(self, when: str, found: IsolationRecord) -> None:
        """Add a look at the sandbox, `before` or `during` the guest's life; counters are the newest."""
        self._checks += [
            IsolationCheck(name=f"{when}: {check.name}", closed=check.closed, detail=check.detail)
            for check in found.checks
        ]
        self._counters = found.counters

    @property
    def closed(self) -> bool:
        """Whether every look so far found it closed: one at least, and one once a guest was booted."""
        booted = any(phase.name in RUNNING for phase in self.recorder.phases)
        seen = any(check.name.startswith("during: ") for check in self._checks)
        return bool(self._checks) and (seen or not booted) and all(check.closed for check in self._checks)

    def counted(self, counters: tuple[Counter, ...]) -> None:
        """Take the counters as they stand at the end."""
        self._counters = counters

    def record(self, *, ended_at: datetime) -> DrillRecord:
        """Turn everything found into the record."""
        return DrillRecord(
            drill_id=self.plan.drill_id,
            start=self.start,
            started_at=self.recorder.started_at,
            ended_at=ended_at,
            selection=self.selection,
            phases=tuple(self.recorder.phases),
            machine=self.machine,
            restore=self.restore,
            reworks=self.reworks,
            inspection=self.inspection,
            probes=self.probes,
            comparison=self.comparison,
            steps=tuple(self.steps),
            controls=self.controls,
            challenge=self.challenge,
            isolation=IsolationRecord(checks=tuple(self._checks), counters=self._counters),
            dependencies=self.dependencies,
            guest_clock_skew=self.guest_clock_skew,
            faults=tuple(self.recorder.faults),
            defects=tuple(self.recorder.defects),
            artefacts=tuple(self._artefacts[name] for name in sorted(self._artefacts)),
            tools=self.tools,
            gave_up=self.gave_up,
            gave_up_by=self.gave_up_by,
            gave_up_at=self.gave_up_at,
            cleaned_up=self.cleaned_up,
        )
