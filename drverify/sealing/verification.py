"""Checks evidence offline and believes nothing that it can work out itself.

The steps, in this order; the first that does not hold ends the verification:

1. The envelope is read strictly: one byte form, so any changed byte is refused.
2. Every signature in it verifies, by a key that is trusted in the runner's role; there is one.
3. The payload is a statement of ours in its one byte form; its plan and its record decode.
4. The register is there by its digest, decodes, and is the one that the drill was planned with. The
   contract is there by the digest that the register states, unchanged since somebody accepted it, and the
   register is made again from it, for the instant of the incident.
5. The agreement's documents and their texts are there by the digests that the register states, and every
   quote stands in its text at its span, word for word.
6. The restore point's manifest, the statement's subject, is there and says what plan and record say.
7. Every artefact of the record is there, with its digest and size. Nothing else is looked at.
8. The facts can be true together: ids, times, order of phases, answers (none before there was anything
   to answer, none without its transcript), and the selection of the point, which is made again out of
   the listed points.
9. Readings and verdicts are computed again from plan, record and register, and the whole statement is
   built from them: it is the one that was signed. (Only the words of a reason may differ, which newer
   versions may word better; then the report says so and gives its own.)
10. The start beside the evidence is the runner's word on this very plan, and start and result are in the
    signed tree of a log that is trusted. Evidence without a log holds only when no log is trusted.
    Keys that have a time, or were revoked, signed in it, by the time stamps of others.
11. What the drill's challenge was made of is there, is the log's and the time authorities' own, and is not
    younger than the declaration; it is said what the guest answered.

Between 9 and 10 heartbeats that probes read are checked again, and it is said whose key they are of.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from drverify.errors import EvidenceError
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.contract import Contract
from drverify.model.drill import DrillPlan, DrillRecord, ToolFact
from drverify.model.evidence import PAYLOAD_TYPE, Envelope, TrustedKey
from drverify.model.obligation import Register
from drverify.model.verdict import Verdict
from drverify.sealing import codec, envelope, recurring
from drverify.sealing.contradictions.challenged import check_challenge
from drverify.sealing.contradictions.compared import check_draw
from drverify.sealing.contradictions.consistency import contradictions
from drverify.sealing.dating import check_key_times
from drverify.sealing.differing import same
from drverify.sealing.heartbeats import check_heartbeats
from drverify.sealing.keys import keyid_of
from drverify.sealing.logged import LogFiles, check_log
from drverify.sealing.papers import Files, LoadArtefact, Papers, Weigh
from drverify.sealing.recurring import Facts
from drverify.sealing.stamps import StampFiles
from drverify.sealing.statement import assembled, written
from drverify.sealing.strict_json import MAX_BYTES, Json, compact, parse_canonical


class RefusedError(EvidenceError):
    """Evidence that does not hold; `held` lists the steps before the one that failed."""

    def __init__(self, message: str, *, held: tuple[str, ...]) -> None:
        super().__init__(message)
        self.held = held


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Evidence that holds: what it is about, and the verdicts as computed here."""

    signers: tuple[TrustedKey, ...]
    plan: DrillPlan
    plan_sha256: Sha256
    """Digest of the plan's one byte form."""
    record: DrillRecord
    register: Register
    verdicts: tuple[Verdict, ...]
    tool: ToolFact
    held: tuple[str, ...]
    notes: tuple[str, ...]


NOT_LOGGED = LogFiles()


@dataclass(slots=True)
class _Verification:
    files: Files
    keys: Sequence[TrustedKey]
    logged: LogFiles
    held: list[str] = field(default_factory=list)
    quick: bool = False
    """Whether the payload is compared as bytes with what is computed, and not read strictly."""


def verify(
    data: bytes, load: LoadArtefact, keys: Sequence[TrustedKey], logged: LogFiles = NOT_LOGGED
) -> Report:
    """Verify the bytes of an envelope file, and the log's files beside it; see the module for the steps.

    Raises RefusedError for evidence that does not hold, whatever is wrong with it.
    """
    files = Files(read=load, weigh=None, papers=Papers())
    verification = _Verification(files=files, keys=keys, logged=logged)
    try:
        sealed = envelope.decode(data)
        verification.held.append("the envelope has its one strict form")
        report = _verified(verification, sealed, data)
        dated = check_key_times(data, logged, keys)
        return replace(report, notes=(*report.notes, *dated))
    except EvidenceError as error:
        raise RefusedError(str(error), held=tuple(verification.held)) from error


def verify_in_log(
    sealed: Envelope,
    load: LoadArtefact,
    keys: Sequence[TrustedKey],
    *,
    stamps: StampFiles,
    papers: Papers,
    weigh: Weigh,
) -> Report:
    """Verify a drill of a log that is audited whole: all but steps 1 and 10, which are the audit's.

    Nor are the keys asked for their time, which the log tells. Of `stamps` only what reads and who is
    believed matters. Raises RefusedError as `verify`.

    Strict reading costs more than all else here. A payload that is byte for byte what follows from the
    facts in it has its one form, however it was read; only what is not is read strictly, to say why.
    """
    logged = LogFiles(stamps=stamps)
    files = Files(read=load, weigh=weigh, papers=papers)
    quick = _Verification(files=files, keys=keys, logged=logged, quick=True)
    with suppress(EvidenceError, ValueError):
        return _verified(quick, sealed, None)
    verification = replace(quick, held=[], quick=False)
    try:
        return _verified(verification, sealed, None)
    except EvidenceError as error:
        raise RefusedError(str(error), held=tuple(verification.held)) from error


def _verified(run: _Verification, sealed: Envelope, data: bytes | None) -> Report:
    """`data`: the envelope's bytes, to be looked for in a log; None when that is done elsewhere."""
    signers = envelope.signers(sealed, run.keys, role="runner", signed=None)
    names = ", ".join(key.name or keyid_of(key.public_der)[:16] for key in signers)
    run.held.append(f"signed by the trusted runner key of {names}")
    if sealed.payload_type != PAYLOAD_TYPE:
        raise EvidenceError(f"envelope: the payload is of type {sealed.payload_type!r}")
    facts = recurring.read(sealed.payload) if run.quick else _read(sealed.payload)
    plan, record, tool = facts.plan, facts.record, facts.tool
    run.held.append("statement, plan and record are well formed")
    register = _agreed(run, plan)
    stated = recurring.written(plan, record) if run.quick else written(plan, record)
    run.files.manifest(stated.subject)
    run.held.append("the restore point's manifest is what plan and record say")
    run.files.artefacts(record)
    run.held.append(f"{len(record.artefacts)} artefacts are there with their digests")
    if found := next(contradictions(plan, record, register), None):
        raise EvidenceError(f"facts: {found}")
    run.held.append("the facts agree with one another, and the point follows from the list")
    verdicts = judge_all(register, plan, record)
    try:
        computed = assembled(stated, register, verdicts, tool)
    except ValueError as error:
        raise EvidenceError(f"statement: cannot be built from the facts: {error}") from error
    notes = _same_bytes(sealed.payload, computed) if run.quick else same(facts.statement, computed)
    run.held.append(f"{len(verdicts)} verdicts recomputed: the same as signed")
    beats, said = check_heartbeats(plan, record, run.files.transcript, run.keys)
    run.held += beats
    run.held += check_draw(plan, record, run.files.load)
    remarks: tuple[str, ...] = ()
    if data is not None:
        held, remarks = check_log(data, plan, record, run.logged, run.keys)
        run.held += held
    asked, open_ends = check_challenge(plan, record, run.files.load, run.keys, run.logged.stamps)
    run.held += asked
    return Report(
        signers=signers,
        plan=plan,
        plan_sha256=stated.plan_sha256,
        record=record,
        register=register,
        verdicts=verdicts,
        tool=tool,
        held=tuple(run.held),
        notes=(*notes, *said, *remarks, *open_ends),
    )


def _agreed(run: _Verification, plan: DrillPlan) -> Register:
    register, contract = run.files.register(plan)
    run.held.append("the register is the one that the drill was planned with")
    run.held.append(f"its limits follow from the contract that {_accepted_by(contract)} accepted")
    run.files.quotes(register, plan.register_sha256)
    quoted = len(register.agreement.clauses)
    run.held.append(f"the agreement is the signed one, and its {quoted} quotes stand in it")
    return register


def _accepted_by(contract: Contract) -> str:
    return contract.accepted.by if contract.accepted else "nobody"


def _read(payload: bytes) -> Facts:
    statement = _object(parse_canonical(payload, what="statement"), "statement")
    predicate = _object(statement.get("predicate"), "statement: predicate")
    return Facts(
        statement=statement,
        plan=codec.from_json(predicate.get("plan"), DrillPlan, what="plan"),
        record=codec.from_json(predicate.get("record"), DrillRecord, what="record"),
        tool=codec.from_json(predicate.get("tool"), ToolFact, what="tool"),
    )


def _same_bytes(payload: bytes, computed: dict[str, Json]) -> tuple[str, ...]:
    if len(payload) > MAX_BYTES or compact(computed) != payload:
        raise EvidenceError("statement: not the bytes that follow from it")
    return ()


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise EvidenceError(f"{what}: not an object")
    return value
