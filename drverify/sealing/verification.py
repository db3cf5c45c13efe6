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

import json
from collections.abc import Callable, Mapping, Sequence
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
from drverify.planning.obligations import Registers
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import edited, misquoted, sha256_of
from drverify.sealing.challenged import check_challenge
from drverify.sealing.consistency import contradictions, is_digest
from drverify.sealing.dating import check_key_times
from drverify.sealing.heartbeats import check_heartbeats
from drverify.sealing.keys import keyid_of
from drverify.sealing.logged import LogFiles, check_log
from drverify.sealing.stamps import StampFiles
from drverify.sealing.statement import build, manifest
from drverify.sealing.strict_json import MAX_BYTES, Json, canonical, parse_canonical

LoadArtefact = Callable[[Sha256], bytes]
"""Gives the file of a digest, unchecked; EvidenceError when there is none."""
Weigh = Callable[[Sha256], tuple[Sha256, int]]
"""Gives the true digest and size of the file of a digest; EvidenceError when there is none."""


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
    record: DrillRecord
    register: Register
    verdicts: tuple[Verdict, ...]
    tool: ToolFact
    held: tuple[str, ...]
    notes: tuple[str, ...]


NOT_LOGGED = LogFiles()


@dataclass(slots=True)
class Papers:
    """Registers and contracts that were checked, for whoever verifies many drills of one agreement."""

    registers: dict[Sha256, tuple[Register, Contract]] = field(default_factory=dict)
    """By the digest of the register."""
    following: dict[Sha256, Registers] = field(default_factory=dict)
    """What registers follow from a contract, by its digest."""
    quoted: set[Sha256] = field(default_factory=set)
    """Digests of the registers whose documents and quotes were checked."""


@dataclass(slots=True)
class _Verification:
    load: LoadArtefact
    keys: Sequence[TrustedKey]
    logged: LogFiles
    held: list[str] = field(default_factory=list)
    papers: Papers = field(default_factory=Papers)
    weigh: Weigh | None = None
    quick: bool = False
    """Whether the payload is compared as bytes with what is computed, and not read strictly."""


def verify(
    data: bytes, load: LoadArtefact, keys: Sequence[TrustedKey], logged: LogFiles = NOT_LOGGED
) -> Report:
    """Verify the bytes of an envelope file, and the log's files beside it; see the module for the steps.

    Raises RefusedError for evidence that does not hold, whatever is wrong with it.
    """
    verification = _Verification(load=load, keys=keys, logged=logged)
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
    quick = _Verification(load=load, keys=keys, logged=logged, papers=papers, weigh=weigh, quick=True)
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
    statement = _object(_read(sealed.payload, quick=run.quick), "statement")
    predicate = _object(statement.get("predicate"), "statement: predicate")
    plan = codec.from_json(predicate.get("plan"), DrillPlan, what="plan")
    record = codec.from_json(predicate.get("record"), DrillRecord, what="record")
    tool = codec.from_json(predicate.get("tool"), ToolFact, what="tool")
    run.held.append("statement, plan and record are well formed")
    register = _register(run, plan)
    _agreement(run, register, plan.register_sha256)
    subject = manifest(plan, record)
    _load(run, sha256_of(subject.content), "the restore point's manifest")
    run.held.append("the restore point's manifest is what plan and record say")
    _artefacts(run, record)
    if found := next(contradictions(plan, record, register), None):
        raise EvidenceError(f"facts: {found}")
    run.held.append("the facts agree with one another, and the point follows from the list")
    verdicts = judge_all(register, plan, record)
    try:
        computed = build(plan, record, register, verdicts, tool)
    except ValueError as error:
        raise EvidenceError(f"statement: cannot be built from the facts: {error}") from error
    notes = _same(statement, computed) if not run.quick else _same_bytes(sealed.payload, computed)
    run.held.append(f"{len(verdicts)} verdicts recomputed: the same as signed")
    beats, said = check_heartbeats(plan, record, lambda digest: _load(run, digest, "transcript"), run.keys)
    run.held += beats
    remarks: tuple[str, ...] = ()
    if data is not None:
        held, remarks = check_log(data, plan, record, run.logged, run.keys)
        run.held += held
    asked, open_ends = check_challenge(
        plan, record, lambda digest, what: _load(run, digest, what), run.keys, run.logged.stamps
    )
    run.held += asked
    return Report(
        signers=signers,
        plan=plan,
        record=record,
        register=register,
        verdicts=verdicts,
        tool=tool,
        held=tuple(run.held),
        notes=(*notes, *said, *remarks, *open_ends),
    )


def _register(run: _Verification, plan: DrillPlan) -> Register:
    register, contract = run.papers.registers.get(plan.register_sha256) or _read_register(run, plan)
    run.held.append("the register is the one that the drill was planned with")
    if contract.accepted is None:
        raise EvidenceError("contract: nobody accepted it")
    try:
        following = run.papers.following.get(register.contract) or Registers(contract, register.contract)
        computed = following.at(plan.incident_at)
    except (ValueError, OverflowError) as error:
        raise EvidenceError(f"contract: no register follows from it: {error}") from error
    if computed != register:
        raise EvidenceError("register: its limits and scopes do not follow from the accepted contract")
    run.papers.following[register.contract] = following
    run.papers.registers[plan.register_sha256] = computed, contract  # equal, and the next is compared sooner
    run.held.append(f"its limits follow from the contract that {contract.accepted.by} accepted")
    return register


def _read_register(run: _Verification, plan: DrillPlan) -> tuple[Register, Contract]:
    content = _load(run, plan.register_sha256, "the register")
    register = codec.decode(content, Register, what="register")
    contract = codec.decode(_load(run, register.contract, "the contract"), Contract, what="contract")
    if contract.accepted is None or edited(contract):
        raise EvidenceError("contract: it is not as somebody accepted it")
    run.papers.registers[plan.register_sha256] = register, contract
    return register, contract


def _agreement(run: _Verification, register: Register, digest: Sha256) -> None:
    agreement = register.agreement
    if digest not in run.papers.quoted:
        _quotes(run, register)
        run.papers.quoted.add(digest)
    run.held.append(f"the agreement is the signed one, and its {len(agreement.clauses)} quotes stand in it")


def _quotes(run: _Verification, register: Register) -> None:
    agreement = register.agreement
    texts: dict[str, str] = {}
    for signed in agreement.documents:
        _load(run, signed.sha256, f"the document {signed.name}")
        text = _load(run, signed.text_sha256, f"the text of {signed.name}")
        try:
            texts[signed.id] = text.decode()
        except UnicodeDecodeError as error:
            raise EvidenceError(f"agreement: the text of {signed.name} is not UTF-8") from error
    for wrong in misquoted(agreement, texts):
        raise EvidenceError(f"agreement: {wrong}")


def _artefacts(run: _Verification, record: DrillRecord) -> None:
    for artefact in record.artefacts:
        size = _weighed(run, artefact.sha256, f"artefact {artefact.name}")
        if size != artefact.size_bytes:
            raise EvidenceError(f"artefact {artefact.name}: has {size} bytes, not as recorded")
    run.held.append(f"{len(record.artefacts)} artefacts are there with their digests")


def _weighed(run: _Verification, digest: Sha256, what: str) -> int:
    """The size of a file that has its digest."""
    if run.weigh is None:
        return len(_load(run, digest, what))
    if not is_digest(digest):
        raise EvidenceError(f"{what}: {digest[:80]!r} is not a digest")
    try:
        found, size = run.weigh(digest)
    except EvidenceError as error:
        raise EvidenceError(f"{what}: {error}") from error
    if found != digest:
        raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")
    return size


def _load(run: _Verification, digest: Sha256, what: str) -> bytes:
    if not is_digest(digest):
        raise EvidenceError(f"{what}: {digest[:80]!r} is not a digest")
    try:
        content = run.load(digest)
    except EvidenceError as error:
        raise EvidenceError(f"{what}: {error}") from error
    if sha256_of(content) != digest:
        raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")
    return content


def _read(payload: bytes, *, quick: bool) -> Json:
    if not quick:
        return parse_canonical(payload, what="statement")
    try:
        found: Json = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("statement: not JSON") from error
    return found


def _same_bytes(payload: bytes, computed: dict[str, Json]) -> tuple[str, ...]:
    if len(payload) > MAX_BYTES or canonical(computed) != payload:
        raise EvidenceError("statement: not the bytes that follow from it")
    return ()


def _same(statement: Mapping[str, Json], computed: Mapping[str, Json]) -> tuple[str, ...]:
    """Refuse a statement that is not the one that follows from the facts; return what to note."""
    if difference := _difference(statement, computed, "statement"):
        raise EvidenceError(difference)
    reworded = statement != computed  # nothing but the words of a reason can differ now
    return ("the evidence words a reason differently from this version of drverify",) if reworded else ()


def _difference(written: object, computed: object, path: str) -> str:
    """Name the first place where two JSON values differ; empty when they do not."""
    if isinstance(written, dict) and isinstance(computed, dict):
        for name in sorted(written.keys() ^ computed.keys()):
            return f"{path}.{name}: {'unknown' if name in written else 'missing'}"
        below = (_difference(written[name], computed[name], f"{path}.{name}") for name in sorted(computed))
    elif isinstance(written, list) and isinstance(computed, list) and len(written) == len(computed):
        pairs = enumerate(zip(written, computed, strict=True))
        below = (_difference(one, other, f"{path}[{at}]") for at, (one, other) in pairs)
    elif type(written) is type(computed) and (written == computed or _is_reason(path)):
        return ""
    else:
        return f"{path}: signed is {_short(written)}, computed {_short(computed)}"
    return next(filter(None, below), "")


def _is_reason(path: str) -> bool:
    return path.startswith("statement.predicate.obligations[") and path.endswith("].reason")


def _object(value: Json, what: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise EvidenceError(f"{what}: not an object")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."  # noqa: PLR2004 - enough to recognise it
