"""From the provider's own state to an annex: with a log it is audited whole, as an auditor would."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from drverify.adapters.bundle.gathering import Place, gather
from drverify.adapters.storage.plain import plain_content
from drverify.adapters.storage.verified import verified
from drverify.annex.gathering import Beside, Earlier, Gathering
from drverify.annex.model import FindingLine
from drverify.auditing.question import Question
from drverify.cli.finding_desk import Desk
from drverify.cli.report_files import GatheredFiles
from drverify.cli.report_gate import with_gate
from drverify.cli.report_gathering import MAX_PICTURE, Source, audited, earlier_of, finished, held_in
from drverify.cli.tokens import token_reader
from drverify.cli.trusted import trust_of
from drverify.compose import Workshop
from drverify.errors import EvidenceError, InputError
from drverify.exports.findings import finding_lines
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, AuditedDrill
from drverify.model.drill import DrillId
from drverify.model.records import DrillCounts, Period
from drverify.model.verdict import Outcome
from drverify.planning.period import period_of
from drverify.sealing.agreed import sha256_of
from drverify.sealing.verification import Report

_ID_TIME = "%Y%m%dT%H%M%SZ"


def from_state(
    workshop: Workshop,
    period: str,
    at: datetime,
    *,
    earlier: Sequence[Path] = (),
    trust: Path | None = None,
    held: Sequence[Path] = (),
) -> Source:
    """Fold the drills of the period. InputError for a period that is none, or wrong earlier annexes.

    Without `trust`, what others can be shown to believe, our own keys and those of the settings' parties
    count: of witnesses and authorities they know nothing. `held` are checkpoints that were handed out.
    """
    asked, log = period_of(period), workshop.log()
    found, _ = Desk(workshop).findings()
    findings = finding_lines(found, asked)
    if log is None or log.tiles.head() is None:
        if trust is not None or held:
            raise InputError("nothing is logged, so there is nothing to hold against --trust or --have")
        return _one_by_one(workshop, asked, at, findings=findings, earlier=earlier_of(earlier))
    place = Place(
        log=log.tiles,
        drills=workshop.drills.path,
        records=workshop.state_dir / "records",
        agreement=workshop.agreed.contract.id,
        agreed=tuple(workshop.agreed.blobs()),
    )
    files = GatheredFiles(gather(place, asked).files)
    believed = trust_of(trust or workshop.trust_file(), at)
    if trust is None:
        believed = replace(believed, keys=(*believed.keys, *workshop.parties.keys()))
    question = Question(trust=believed, at=at, held=held_in(held), check=token_reader())
    beside = Beside(
        contract=workshop.agreed.contract, audited=True, findings=findings, earlier=earlier_of(earlier)
    )
    return audited(files, question, with_gate(beside, workshop, asked))


def _one_by_one(
    workshop: Workshop,
    period: Period,
    at: datetime,
    *,
    findings: tuple[FindingLine, ...],
    earlier: tuple[Earlier, ...],
) -> Source:
    """Without a log: every drill of the period that holds; that none was left out nobody can show."""
    gathering, remarks = Gathering(), []
    trust = trust_of(workshop.trust_file(), at)
    begun, reports = 0, []
    places: dict[Sha256, Path] = {}
    for entry in sorted(workshop.drills.entries(), key=lambda one: one.drill_id):
        if not period.begins <= _started(entry.drill_id, period) < period.ends:
            continue
        begun += 1
        try:
            one = verified(entry.directory, trust, token_reader())
        except EvidenceError as error:
            remarks.append(f"{entry.drill_id} is not in the annex: {error}")
            continue
        gathering.take(one.drill, one.report)
        reports.append((one.drill, one.report))
        for artefact in one.report.record.artefacts:
            places.setdefault(artefact.sha256, entry.directory / "artefacts" / "sha256" / artefact.sha256)

    def load(digest: Sha256) -> bytes | None:
        content = plain_content(places[digest], MAX_PICTURE) if digest in places else b""
        return content if sha256_of(content) == digest else None

    done = Audit(
        agreement=workshop.agreed.contract.id,
        period=period,
        at=at,
        origin="",
        size=0,
        root=Sha256(""),
        counts=_counts(begun, reports),
        slots=(),
        findings=(),
        held=("the evidence of every drill in this annex holds, and its verdicts were computed again",),
    )
    beside = Beside(contract=workshop.agreed.contract, audited=False, findings=findings, earlier=earlier)
    made = finished(gathering, done, with_gate(beside, workshop, period))
    return Source(annex=made, load=load, remarks=tuple(remarks))


def _started(drill_id: DrillId, period: Period) -> datetime:
    """When the id says that the drill began; outside of the period for an id that says nothing."""
    try:
        return datetime.strptime(drill_id.partition("-")[0], _ID_TIME).replace(tzinfo=period.begins.tzinfo)
    except ValueError:
        return period.begins - timedelta(days=1)


def _counts(begun: int, done: Sequence[tuple[AuditedDrill, Report]]) -> DrillCounts:
    outcomes = [verdict.outcome for _, report in done for verdict in report.verdicts]
    return DrillCounts(
        planned=0,
        started=begun,
        finished=len(done),
        open=begun - len(done),
        voided=0,
        not_started=0,
        unplanned=begun,
        met=outcomes.count(Outcome.MET),
        missed=outcomes.count(Outcome.MISSED),
        unproven=outcomes.count(Outcome.UNPROVEN),
    )
