"""From evidence to an annex: out of a bundle that was handed over, or out of the provider's own state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drverify.adapters.bundle.gathering import Place, gather
from drverify.adapters.storage.plain import plain_content
from drverify.adapters.storage.verified import verified
from drverify.annex.gathering import Beside, Earlier, Gathering
from drverify.annex.model import Annex, FindingLine, SignerLine
from drverify.auditing import layout
from drverify.auditing.audit import audit
from drverify.auditing.bundle import Bundle
from drverify.auditing.periods import period_named
from drverify.auditing.question import Held, Question
from drverify.cli.finding_desk import Desk
from drverify.cli.report_files import GatheredFiles
from drverify.cli.tokens import token_reader
from drverify.cli.trusted import own_file, trust_of
from drverify.compose import Workshop
from drverify.errors import EvidenceError, InputError
from drverify.exports.findings import finding_lines
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, AuditedDrill, Weight
from drverify.model.contract import Contract
from drverify.model.drill import DrillId
from drverify.model.records import DrillCounts, Period
from drverify.model.verdict import Outcome
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust, keyid_of
from drverify.sealing.strict_json import MAX_BYTES
from drverify.sealing.verification import Report
from drverify.transparency import note

_MAX_PICTURE = 4 * 1024 * 1024
_TRUST = "trust/"
_ID_TIME = "%Y%m%dT%H%M%SZ"
LoadFile = Callable[[Sha256], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An annex and where its pictures are."""

    annex: Annex
    load: LoadFile
    """A file that evidence names, if it is at hand and has its digest."""
    remarks: tuple[str, ...] = ()
    """What whoever asked should know."""


def from_bundle(
    bundle: Bundle, trust: Path, at: datetime, *, earlier: Sequence[Path], held: Sequence[Path]
) -> Source:
    """Audit a bundle and fold it. InputError when no contract can be found in it.

    `held` are checkpoints that whoever asks was handed before.
    """
    with TemporaryDirectory(prefix="drverify-trust-") as name:
        for path in bundle.names(_TRUST):
            below = path.removeprefix(_TRUST)
            if "/" not in below:
                (Path(name) / below).write_bytes(bundle.read(path, MAX_BYTES))
        believed = trust_of(trust, at, beside=Path(name))
    checkpoints = tuple(
        Held(name=str(one), note=note.parse(own_file(one, note.MAX_BYTES), what=str(one))) for one in held
    )
    question = Question(trust=believed, at=at, held=checkpoints, check=token_reader())
    return _audited(bundle, question, _earlier(earlier))


def from_state(workshop: Workshop, period: str, at: datetime, earlier: Sequence[Path]) -> Source:
    """Fold the provider's own drills: with a log it is audited whole, as an auditor would."""
    asked, log = period_named(period), workshop.log()
    found, _ = Desk(workshop).findings()
    findings = finding_lines(found, asked)
    if log is None or log.tiles.head() is None:
        return _one_by_one(workshop, asked, at, findings=findings, earlier=_earlier(earlier))
    place = Place(
        log=log.tiles,
        drills=workshop.drills.path,
        records=workshop.state_dir / "records",
        agreement=workshop.agreed.contract.id,
        agreed=tuple(workshop.agreed.blobs()),
    )
    files = GatheredFiles(gather(place, asked).files)
    own = trust_of(workshop.trust_file(), at)
    trust = replace(own, keys=(*own.keys, *workshop.parties.keys()))
    question = Question(trust=trust, at=at, check=token_reader())
    return _audited(files, question, _earlier(earlier), contract=workshop.agreed.contract, findings=findings)


def _audited(
    bundle: Bundle,
    question: Question,
    earlier: tuple[Earlier, ...],
    *,
    contract: Contract | None = None,
    findings: tuple[FindingLine, ...] = (),
) -> Source:
    gathering = Gathering()
    done = audit(bundle, question, gathering.take)

    def load(digest: Sha256) -> bytes | None:
        try:
            content = bundle.read(layout.artefact(digest), _MAX_PICTURE)
        except EvidenceError:
            return None
        return content if sha256_of(content) == digest else None

    agreed = contract or _contract(bundle, gathering, done)
    beside = Beside(
        contract=agreed,
        audited=True,
        findings=findings,
        earlier=earlier,
        signers=_signers(question.trust, done.origin),
    )
    return Source(annex=_finished(gathering, done, beside), load=load)


def _contract(bundle: Bundle, gathering: Gathering, done: Audit) -> Contract:
    """The contract that the newest drill was judged by."""
    if gathering.register is None:
        refused = [one.what for one in done.findings if one.weight is Weight.REFUSED]
        if refused:
            raise EvidenceError(f"nothing in this bundle holds: {refused[0]}")
        raise InputError("no drill of this bundle holds, so nothing says what was promised")
    digest = gathering.register.contract
    content = bundle.read(layout.artefact(digest), layout.LARGEST_LOADED)
    return codec.decode(content, Contract, what="contract")


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
        content = plain_content(places[digest], _MAX_PICTURE) if digest in places else b""
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
    return Source(annex=_finished(gathering, done, beside), load=load, remarks=tuple(remarks))


def _finished(gathering: Gathering, done: Audit, beside: Beside) -> Annex:
    try:
        return gathering.finish(done, beside)
    except ValueError as error:
        raise InputError(f"no annex of this: {error}") from error


def _earlier(paths: Sequence[Path]) -> tuple[Earlier, ...]:
    found = []
    for path in paths:
        content = own_file(path, MAX_BYTES)
        try:
            annex = codec.decode(content, Annex, what=str(path))
        except EvidenceError as error:
            raise InputError(str(error), hint="--earlier names what `report annex --json` wrote") from error
        found.append(Earlier(annex=annex, sha256=sha256_of(content)))
    return tuple(found)


def _signers(trust: Trust, origin: str) -> tuple[SignerLine, ...]:
    """The keys besides the runners' that a reader checks with."""
    return tuple(
        SignerLine(role=key.role, name=key.name, keyid=keyid_of(key.public_der))
        for key in trust.keys
        if key.role in {"provider", "customer", "witness"} or (key.role == "log" and key.name == origin)
    )


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
