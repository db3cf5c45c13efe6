"""Whole periods made by the real judging out of made-up facts, for annexes of 1 or of 400 workloads.

`estate(400)` gives an agreement, a drill for nearly every workload with its verdicts as judged, and the
audit of its schedule. What a drill met with follows from its number: most are well, some are slow, lost
data, met a defect or a fault of ours, did not recover; some slots were not run, one start has no result.
"""

import hashlib
from collections import Counter as Count
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random

from PIL import Image, ImageDraw

from drverify.annex.gathering import Beside, Gathering
from drverify.annex.model import Annex, FindingLine
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, AuditedDrill, AuditFinding, SlotOutcome, SlotState, Weight
from drverify.model.contract import Contract, Scope
from drverify.model.drill import (
    Artefact,
    Attribution,
    DrillId,
    DrillPlan,
    DrillRecord,
    Fault,
    PhaseName,
    PhaseRecord,
    ProbeStatus,
    ToolFact,
)
from drverify.model.evidence import TrustedKey
from drverify.model.obligation import Register
from drverify.model.records import DrillCounts, Period, PeriodId, Slot, SlotId
from drverify.model.verdict import Outcome
from drverify.planning.selection import select
from drverify.sealing import codec
from drverify.sealing.verification import Report
from tests.support import evidence, records

HOUR, MIN, SEC, DAY = records.HOUR, records.MIN, records.SEC, records.DAY
PERIOD = Period(
    id=PeriodId("2026Q3"), begins=datetime(2026, 7, 1, tzinfo=UTC), ends=datetime(2026, 10, 1, tzinfo=UTC)
)
AT = datetime(2026, 10, 2, 8, 0, tzinfo=UTC)
ORIGIN = evidence.ORIGIN
WELL, SLOW, OLD, DEFECT, FAULT, DEAD, DROPPED, NOT_RUN = [
    "well",
    "slow",
    "old",
    "defect",
    "fault",
    "dead",
    "dropped",
    "not-run",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """One period of one agreement."""

    contract: Contract
    drills: tuple[tuple[AuditedDrill, Report], ...]
    audit: Audit
    pictures: dict[Sha256, bytes]

    def annex(self, **beside: object) -> Annex:
        """Fold it."""
        gathering = Gathering()
        for drill, report in self.drills:
            gathering.take(drill, report)
        return gathering.finish(self.audit, replace(Beside(contract=self.contract, audited=True), **beside))


def names(count: int) -> tuple[str, ...]:
    """Names of workloads as estates have them."""
    kinds = ("shop", "erp", "mail", "files", "crm", "wiki", "build", "dns", "ad", "pos")
    return tuple(f"{kinds[n % len(kinds)]}-{n // len(kinds) + 1:02}" for n in range(count))


def contract_for(workloads: Sequence[str]) -> Contract:
    """The agreement of `records`, for these workloads."""
    scope = Scope(text="the Protected Systems", systems=tuple(workloads))
    made = tuple(
        replace(one, scope=scope) if one.scope.systems else one
        for one in records.provisions()
        if one.id != "rpo-other"
    )
    return records.contract(provisions=made)


def fate(number: int, count: int) -> str:
    """What becomes of the drill of that number."""
    if count < 10:
        return WELL
    marks = {97: SLOW, 41: OLD, 131: DEFECT, 67: FAULT, 173: DEAD, 199: DROPPED, 23: NOT_RUN}
    return next((what for every, what in marks.items() if number % every == every - 1), WELL)


def screen(text: str) -> bytes:
    """A picture of a made-up screen."""
    image = Image.new("L", (640, 400), 12)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(("Debian GNU/Linux 12", "", text, "made-up picture")):
        draw.text((20, 20 + 24 * row), line, fill=210)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def estate(count: int = 400, *, fates: Sequence[str] = (), seed: int = 7) -> Estate:
    """A period of so many workloads, each with one slot."""
    chance, workloads = Random(seed), names(count)
    contract = contract_for(workloads)
    drills, slots, pictures, size = [], [], {}, 2
    for number, name in enumerate(workloads):
        what = fates[number] if fates else fate(number, count)
        at = PERIOD.begins + 5 * DAY + number * (80 * DAY / max(count, 1))
        at = at.replace(second=0, microsecond=0)
        slot = Slot(
            id=SlotId(f"{PERIOD.id}/{name}/01"),
            workload=name,
            opens=at - 12 * HOUR,
            closes=at + 12 * HOUR,
            obligations=tuple(codec_ids(contract)),
        )
        drill_id = DrillId(f"{at:%Y%m%dT%H%M%SZ}-{number:06x}")
        state = {DROPPED: SlotState.FAILED, NOT_RUN: SlotState.NOT_STARTED}.get(what, SlotState.FINISHED)
        begun = () if what == NOT_RUN else (drill_id,)
        slots.append(SlotOutcome(slot=slot, state=state, drills=begun))
        size += len(begun)
        if state is SlotState.FINISHED:
            report = _report(contract, name, drill_id, at, what, chance, pictures)
            drills.append((_audited(report, size, slot.id), report))
            size += 1
    counts = _counts(slots, drills)
    return Estate(
        contract=contract, drills=tuple(drills), audit=_audit(counts, slots, size), pictures=pictures
    )


def codec_ids(contract: Contract) -> list[str]:
    """Ids of what a drill is for."""
    return [one.id for one in contract.provisions if one.kind != "recovery_allowance"]


def findings() -> tuple[FindingLine, ...]:
    """One open, one closed by a retest."""
    opened = PERIOD.begins + 40 * DAY
    return (
        FindingLine(
            id="F-2026-014",
            opened=opened,
            obligation="rto-shop",
            workload="files-10",
            what="recovered in 5 h 3 min against a limit of 4 h: the repository was read at 40 MB/s",
            owner="B. Keeper, storage team",
            action="second uplink to the vault; the order was placed on 14 August",
            due=(opened + 60 * DAY).date(),
            closed=None,
            retest="",
            retest_payload=None,
        ),
        FindingLine(
            id="F-2026-011",
            opened=opened - 9 * DAY,
            obligation="rpo-shop",
            workload="erp-05",
            what="newest record 3 h old: the backup job had been paused after an update",
            owner="C. Watch",
            action="job resumed; an alarm on a missing recovery point was added",
            due=(opened + 5 * DAY).date(),
            closed=opened + 4 * DAY,
            retest="20260814T100000Z-00a1b2",
            retest_payload=records.digest(b"retest"),
        ),
    )


def _report(
    contract: Contract,
    name: str,
    drill_id: DrillId,
    at: datetime,
    what: str,
    chance: Random,
    pictures: dict[Sha256, bytes],
) -> Report:
    register = records.agreed(contract).register(at)
    plan = records.plan(
        register,
        drill_id=drill_id,
        workload=replace(records.workload(), name=name, protected_since=PERIOD.begins - 90 * DAY),
        incident_at=at,
        obligations=tuple(one.id for one in register.obligations),
        previous_success_at=at - 80 * DAY,
    )
    record = _record(plan, register, what, chance)
    if what != DEAD and len(pictures) < 12:
        body = screen(f"{name} login:")
        pictures[records.digest(body)] = body
        shown = Artefact(
            name="screen.png", sha256=records.digest(body), size_bytes=len(body), media_type="image/png"
        )
        record = replace(record, artefacts=(*record.artefacts, shown))
    return Report(
        signers=(evidence.trusted(evidence.signer(), "site1"),),
        plan=plan,
        plan_sha256=codec.digest(plan),
        record=record,
        register=register,
        verdicts=judge_all(register, plan, record),
        tool=ToolFact(name="drverify", version="0.1.0"),
        held=("made up, and judged",),
        notes=(),
    )


def _record(plan: DrillPlan, register: Register, what: str, chance: Random) -> DrillRecord:
    at = plan.incident_at
    age = 3 * HOUR if what == OLD else chance.randint(3, 55) * MIN
    points = tuple(
        replace(
            records.point(0 * HOUR),
            id=f"{plan.drill_id[-6:]}-{n:04}",
            consistent_as_of=at - age - n * 50 * MIN + chance.randint(0, 40) * SEC * (n > 0),
        )
        for n in (*range(204), 24 * 42)
    )
    scale = chance.uniform(0.6, 1.6) * (140 if what == SLOW else 40)
    phases, clock = [], timedelta(0)
    for one in records.phases():
        took = one.took * scale * chance.uniform(0.7, 1.3) // SEC * SEC
        phases.append(PhaseRecord(name=one.name, started=clock, took=took))
        clock += took
    teardown = phases[-1].started
    base = records.record(
        drill_id=plan.drill_id,
        started_at=at + SEC,
        ended_at=at + SEC + clock + SEC,
        selection=select(points, "latest", at, at + SEC),
        phases=tuple(phases),
        probes=tuple(
            replace(
                one,
                started=teardown - 10 * SEC,
                settled=teardown - 5 * SEC,
                newest=at - age + 5 * SEC if one.newest else None,
            )
            for one in records.results()
        ),
    )
    if what == DEFECT:
        return replace(base, defects=(records.defect(at=phases[2].started + SEC),))
    if what == FAULT:
        made = Fault(
            attribution=Attribution.RESTORE_HOST,
            phase=PhaseName.RESTORE,
            what="no space left on the restore host",
            at=phases[2].started,
        )
        return replace(base, faults=(made,), restore=None, probes=())
    if what == DEAD:
        return records.with_result(
            base, "web", status=ProbeStatus.FAILED, observed="HTTP 502 Bad Gateway", settled=None
        )
    return base


def _audited(report: Report, size: int, slot: SlotId) -> AuditedDrill:
    payload = hashlib.sha256(codec.encode(report.record)).hexdigest()
    return AuditedDrill(
        drill=report.plan.drill_id,
        workload=report.plan.workload.name,
        index=size,
        start_index=size - 1,
        slot=slot,
        payload=Sha256(payload),
        not_before=report.record.started_at - 20 * SEC,
        not_after=report.record.ended_at + 30 * SEC,
    )


def _counts(slots: Sequence[SlotOutcome], drills: Sequence[tuple[AuditedDrill, Report]]) -> DrillCounts:
    states = Count(one.state for one in slots)
    outcomes = Count(verdict.outcome for _, report in drills for verdict in report.verdicts)
    return DrillCounts(
        planned=len(slots),
        started=sum(bool(one.drills) for one in slots),
        finished=len(drills),
        open=states[SlotState.FAILED],
        voided=0,
        not_started=states[SlotState.NOT_STARTED],
        unplanned=0,
        met=outcomes[Outcome.MET],
        missed=outcomes[Outcome.MISSED],
        unproven=outcomes[Outcome.UNPROVEN],
    )


def _audit(counts: DrillCounts, slots: Sequence[SlotOutcome], size: int) -> Audit:
    found = [
        AuditFinding(
            code="open-start",
            weight=Weight.FAILED,
            what="a drill was begun and there is no result of it: it counts as failed",
            where=one.drills[0],
        )
        for one in slots
        if one.state is SlotState.FAILED
    ]
    found += [
        AuditFinding(
            code="slot-not-started",
            weight=Weight.FAILED,
            what="a scheduled drill was never begun",
            where=one.slot.id,
        )
        for one in slots
        if one.state is SlotState.NOT_STARTED
    ]
    return Audit(
        agreement="A-1",
        period=PERIOD,
        at=AT,
        origin=ORIGIN,
        size=size,
        root=records.digest(b"root"),
        counts=counts,
        slots=tuple(slots),
        findings=tuple(found),
        held=("the log is the signed tree", "every result was computed again"),
    )


def log_key() -> TrustedKey:
    """The log's key."""
    return evidence.LOG_TRUST
