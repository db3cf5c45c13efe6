"""The drill that a year of evidence repeats: its workload, its playbook, and what it would have recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from drverify.model.drill import (
    Artefact,
    ControlResult,
    DrillId,
    DrillPlan,
    DrillRecord,
    IsolationCheck,
    IsolationRecord,
    LoggedStart,
    PhaseName,
    PhaseRecord,
    ProbeResult,
    ProbeStatus,
    RestoreFacts,
    ToolFact,
)
from drverify.model.evidence import Blob
from drverify.model.playbook import ChecksumProbe, FreshnessProbe, NewestFile, Playbook
from drverify.model.recovery import FileSet, PointFilter, PointId, RecoveryPoint, Workload
from drverify.planning.selection import select
from drverify.sealing.agreed import sha256_of

POINTS = 31
_SEC, _DAY = timedelta(seconds=1), timedelta(days=1)

PLAYBOOK = Playbook(
    name="files",
    applies_to="file-set",
    probes=(
        ChecksumProbe(id="intact", manifest="SHA256SUMS", min_files=100, proves_application=True),
        FreshnessProbe(id="fresh", newest=NewestFile(pattern="*")),
    ),
)
WORKLOAD = Workload(
    name="shop-files",
    source="vault",
    points=PointFilter(host="shop", tags=("files",)),
    payload=FileSet(path="/srv/shop"),
    playbook="files",
    protected_since=datetime(2025, 1, 1, tzinfo=UTC),
)


def transcript(probe: str, drill: DrillId) -> Blob:
    """What a probe said."""
    return Blob(name=f"probes/{probe}.txt", media_type="text/plain", content=f"{probe} {drill}".encode())


def invented(plan: DrillPlan, begun: LoggedStart, kept: tuple[Artefact, ...]) -> DrillRecord:
    """The record of a drill in which all went well; `kept` are the transcripts of its probes, in order."""
    at = plan.incident_at + _SEC
    newest = plan.incident_at.replace(hour=0, minute=0, second=0) - timedelta(minutes=30)
    spans = (
        (PhaseName.SELECT, 0, 1), (PhaseName.PROVISION, 1, 1), (PhaseName.RESTORE, 2, 50),
        (PhaseName.PROBE, 52, 8), (PhaseName.TEARDOWN, 60, 2),
    )  # fmt: skip
    return DrillRecord(
        drill_id=plan.drill_id,
        start=begun,
        started_at=at,
        ended_at=at + 62 * _SEC,
        selection=select(tuple(_points(newest)), "latest", plan.incident_at, at),
        phases=tuple(PhaseRecord(name=name, started=at * _SEC, took=took * _SEC) for name, at, took in spans),
        restore=RestoreFacts(
            mode="full",
            restored_bytes=1 << 30,
            allocated_bytes=1 << 30,
            read_bytes=1 << 29,
            files=1200,
            cache="cold",
        ),
        probes=tuple(
            ProbeResult(
                probe=one.id,
                kind=one.kind,
                status=ProbeStatus.PASSED,
                expected="as stated",
                observed="as stated",
                started=53 * _SEC,
                took=_SEC,
                attempts=1,
                settled=54 * _SEC,
                newest=newest if one.kind == "freshness" else None,
                transcript=said.sha256,
            )
            for one, said in zip(PLAYBOOK.probes, kept, strict=True)
        ),
        controls=tuple(
            ControlResult(probe=one.id, status=ProbeStatus.FAILED, observed="nothing")
            for one in PLAYBOOK.probes
        ),
        isolation=IsolationRecord(
            checks=(IsolationCheck(name="files", closed=True, detail="nothing is started"),)
        ),
        dependencies=(),
        guest_clock_skew=None,
        faults=(),
        defects=(),
        artefacts=kept,
        tools=(ToolFact(name="restic", version="0.18.0"),),
        cleaned_up=True,
    )


def _points(newest: datetime) -> Iterator[RecoveryPoint]:
    for nights in range(POINTS):
        at = newest - nights * _DAY
        yield RecoveryPoint(
            id=PointId(sha256_of(str(at).encode())),
            source="vault",
            consistent_as_of=at,
            as_of_origin="tag",
            host="shop",
            paths=("/srv/shop",),
            tags=("files",),
            size_bytes=1 << 30,
        )
