"""Verifies drills as they lie in a directory: what `drverify verify` does, for whoever reads many of them."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from drverify.adapters.storage.drills import EVIDENCE
from drverify.adapters.storage.plain import plain_content
from drverify.engine.drills.journal import RESULT_PROOF, START, START_PROOF
from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.audit import AuditedDrill
from drverify.sealing import envelope
from drverify.sealing.keys import Trust
from drverify.sealing.logged import LogFiles
from drverify.sealing.papers import LoadArtefact
from drverify.sealing.stamps import CheckToken, StampFiles, Token
from drverify.sealing.strict_json import MAX_BYTES
from drverify.sealing.verification import Report, verify
from drverify.transparency import proof

_MAX_ARTEFACT = 1024 * 1024 * 1024
_MAX_TOKENS = 32
_MAX_TOKEN = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDrill:
    """A drill whose evidence holds."""

    drill: AuditedDrill
    """`index` is -1 of a drill that was not logged."""
    envelope: Sha256
    """Digest of the evidence file."""
    report: Report


def envelope_digest(directory: Path) -> Sha256 | None:
    """Digest of the drill's evidence file; none when there is none. EvidenceError when it is no such file."""
    try:
        content = plain_content(directory / EVIDENCE, 2 * MAX_BYTES)
    except FileNotFoundError:
        return None
    return Sha256(hashlib.sha256(content).hexdigest())


def verified(directory: Path, trust: Trust, check: CheckToken | None = None) -> VerifiedDrill:
    """Verify one drill's directory; `check` reads time stamps, which are noted as unread without it.

    EvidenceError (mostly RefusedError) when it does not hold; HostError when a file cannot be read.
    """
    data = _there(directory / EVIDENCE, 2 * MAX_BYTES)
    found = kept_beside(directory)
    logged = replace(found, stamps=replace(found.stamps, authorities=trust.authorities, check=check))
    report = verify(data, artefacts_of(directory), trust.keys, logged)
    started = report.record.start
    result = logged.result_proof
    slot = report.plan.slot
    return VerifiedDrill(
        drill=AuditedDrill(
            drill=report.plan.drill_id,
            workload=report.plan.workload.name,
            index=proof.parse(result, what=RESULT_PROOF).index if result is not None and started else -1,
            start_index=started.index if started is not None else -1,
            slot=slot.slot if slot is not None else None,
            payload=Sha256(hashlib.sha256(envelope.decode(data).payload).hexdigest()),
            not_before=None,
            not_after=None,
        ),
        envelope=Sha256(hashlib.sha256(data).hexdigest()),
        report=report,
    )


def artefacts_of(directory: Path) -> LoadArtefact:
    """Gives the artefacts that lie beside the evidence; EvidenceError for one that does not."""
    files = directory / "artefacts" / "sha256"
    return lambda digest: _there(files / digest, _MAX_ARTEFACT)


def kept_beside(directory: Path) -> LogFiles:
    """Start, proofs and time stamps that lie beside the evidence; whose stamps count is the caller's to say.

    EvidenceError for what is no such file, HostError when one cannot be read.
    """
    return LogFiles(
        start=_beside(directory / START),
        start_proof=_beside(directory / START_PROOF),
        result_proof=_beside(directory / RESULT_PROOF),
        stamps=StampFiles(start=_tokens(directory, "started"), result=_tokens(directory, "evidence")),
    )


def _tokens(directory: Path, stem: str) -> tuple[Token, ...]:
    found = sorted(directory.glob(f"{stem}.*.tsr"))
    if len(found) > _MAX_TOKENS:
        raise EvidenceError(f"{directory}: more than {_MAX_TOKENS} time stamps over one checkpoint")
    return tuple(
        Token(authority=path.name[len(stem) + 1 : -len(".tsr")], content=_there(path, _MAX_TOKEN))
        for path in found
    )


def _beside(path: Path) -> bytes | None:
    try:
        return plain_content(path, MAX_BYTES)
    except FileNotFoundError:
        return None


def _there(path: Path, limit: int) -> bytes:
    try:
        return plain_content(path, limit)
    except FileNotFoundError as error:
        raise EvidenceError(f"{path} is not there") from error
