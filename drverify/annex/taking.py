"""Takes the verified results of a period, one by one. Nothing but summaries is kept."""

from collections import Counter as Count
from dataclasses import dataclass, field
from datetime import datetime

from drverify.annex.gaps import SeenPoints
from drverify.annex.lines import DrillLine, Picture, ProbeCounts
from drverify.annex.model import Isolation, SignerLine
from drverify.annex.tally import Promise
from drverify.annex.untested import SeenProbes
from drverify.judging.measure import owed_since
from drverify.judging.objectives import recovered
from drverify.model.agreement import Sha256
from drverify.model.audit import AuditedDrill
from drverify.model.drill import Counter, DrillPlan, DrillRecord, ProbeStatus
from drverify.model.obligation import ObligationId, Register
from drverify.model.recovery import boots
from drverify.sealing.keys import keyid_of
from drverify.sealing.verification import Report

NOT_LOGGED = -1
"""The index of a drill that is in no log."""


@dataclass(slots=True)
class _Contained:
    """Sums of what shows that nothing left a sandbox."""

    drills: int = 0
    closed: int = 0
    booted: int = 0
    booted_closed: int = 0
    checks: int = 0
    checks_closed: int = 0
    cleaned_up: int = 0
    counters: Count[str] = field(default_factory=Count)

    def add(self, plan: DrillPlan, record: DrillRecord) -> None:
        checks = record.isolation.checks
        closed = bool(checks) and all(one.closed for one in checks)
        boot = boots(plan.workload.payload)
        self.drills += 1
        self.closed += closed
        self.booted += boot
        self.booted_closed += boot and closed
        self.checks += len(checks)
        self.checks_closed += sum(one.closed for one in checks)
        self.cleaned_up += record.cleaned_up
        for one in record.isolation.counters:
            self.counters[one.name] += one.value

    def sums(self) -> Isolation:
        return Isolation(
            drills=self.drills,
            closed=self.closed,
            booted=self.booted,
            booted_closed=self.booted_closed,
            checks=self.checks,
            checks_closed=self.checks_closed,
            counters=tuple(Counter(name=name, value=value) for name, value in sorted(self.counters.items())),
            cleaned_up=self.cleaned_up,
        )


class Taken:
    """What was read of a period so far."""

    def __init__(self) -> None:
        self.drills: list[DrillLine] = []
        self.promises: dict[ObligationId, Promise] = {}
        self.points: dict[str, SeenPoints] = {}
        self.probes = SeenProbes()
        self.contracts: list[Sha256] = []
        self.register: Register | None = None
        """Of the newest incident."""
        self.signers: set[SignerLine] = set()
        self.tools: set[str] = set()
        self._newest: datetime | None = None
        self._contained = _Contained()

    def take(self, drill: AuditedDrill, report: Report) -> None:
        """Take one result whose evidence holds, in the log's order."""
        plan, record, register = report.plan, report.record, report.register
        self.drills.append(_line(drill, report))
        self._agreed(register, plan.incident_at)
        promised = {one.id: one for one in register.obligations}
        for verdict in report.verdicts:
            one = promised[verdict.obligation]
            known = self.promises.setdefault(one.id, Promise(obligation=one))
            known.obligation = one
            known.add(drill.drill, drill.workload, verdict)
        self.points.setdefault(drill.workload, SeenPoints()).add(
            record, incident_at=plan.incident_at, look_back=plan.look_back, since=owed_since(plan, register)
        )
        self.probes.add(plan, record)
        self._contained.add(plan, record)
        self.signers |= {
            SignerLine(role=key.role, name=key.name, keyid=keyid_of(key.public_der)) for key in report.signers
        }
        self.tools.add(f"{report.tool.name} {report.tool.version}")

    @property
    def isolation(self) -> Isolation:
        """What shows that nothing left the sandboxes."""
        return self._contained.sums()

    def _agreed(self, register: Register, at: datetime) -> None:
        if register.contract not in self.contracts:
            self.contracts.append(register.contract)
        if self._newest is None or at >= self._newest:
            self._newest, self.register = at, register


def _line(drill: AuditedDrill, report: Report) -> DrillLine:
    plan, record = report.plan, report.record
    point, checks = record.selection.point, record.isolation.checks
    logged = drill.index != NOT_LOGGED
    return DrillLine(
        drill=drill.drill,
        workload=drill.workload,
        slot=drill.slot,
        group=plan.group.group if plan.group is not None else "",
        mode=plan.mode,
        incident_at=plan.incident_at,
        started_at=record.started_at,
        ended_at=record.ended_at,
        point=point.id if point else "",
        point_at=point.consistent_as_of if point else None,
        recovered=recovered(plan, record),
        verdicts=report.verdicts,
        phases=record.phases,
        probes=_probes(record),
        checks_closed=sum(one.closed for one in checks),
        checks=len(checks),
        counters=record.isolation.counters,
        faults=tuple(f"{one.attribution}, in phase {one.phase}: {one.what}" for one in record.faults),
        defects=tuple(f"in phase {one.phase}: {one.what}" for one in record.defects),
        pictures=_pictures(record),
        notes=report.notes,
        payload=drill.payload,
        index=drill.index if logged else None,
        start_index=drill.start_index if logged else None,
        not_before=drill.not_before,
        not_after=drill.not_after,
    )


def _probes(record: DrillRecord) -> ProbeCounts:
    found = Count(one.status for one in record.probes)
    return ProbeCounts(
        passed=found[ProbeStatus.PASSED],
        failed=found[ProbeStatus.FAILED],
        unanswered=found[ProbeStatus.UNANSWERED],
        errored=found[ProbeStatus.ERRORED],
    )


def _pictures(record: DrillRecord) -> tuple[Picture, ...]:
    return tuple(
        Picture(name=one.name, sha256=one.sha256, media_type=one.media_type)
        for one in record.artefacts
        if one.media_type == "image/png"
    )
