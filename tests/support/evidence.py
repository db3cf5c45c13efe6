"""Sealed evidence on disk, made by the real sealing code, for tests that verify or attack it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.errors import EvidenceError
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeAnswer, ChallengeBasis, ChallengeStatus
from drverify.model.drill import Artefact, DrillPlan, DrillRecord, LoggedStart
from drverify.model.evidence import PAYLOAD_TYPE, Blob, Envelope, RecordKind, Signature, TrustedKey
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import Agreed
from drverify.sealing.keys import trust_file
from drverify.sealing.logged import LogFiles, leaf_of, note_key
from drverify.sealing.seal import Sealing, seal
from drverify.sealing.started import seal_start
from drverify.sealing.strict_json import canonical
from drverify.transparency import leaf, note, proof, tree
from drverify.transparency.checkpoint import Checkpoint
from tests.support import records


def signer(seed: int = 1) -> KeyfileSigner:
    """A signer whose key follows from the seed."""
    return KeyfileSigner(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def trusted(by: KeyfileSigner, name: str = "test runner") -> TrustedKey:
    """The signer's public half in the runner's role."""
    return TrustedKey(role="runner", public_der=by.public_der, name=name)


ORIGIN = "provider.example/drverify/acme"
LOG = signer(9)
LOG_TRUST = TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN)
START, START_PROOF, RESULT_PROOF = "started.dsse.json", "started.tlog-proof", "evidence.tlog-proof"


@dataclass(slots=True)
class Sealed:
    """An envelope and the files beside it."""

    envelope: bytes
    files: dict[Sha256, bytes] = field(default_factory=dict)
    logged: dict[str, bytes] = field(default_factory=dict)
    """What shows that the drill was logged, by name."""

    def load(self, digest: Sha256) -> bytes:
        """As the verifier wants it."""
        if digest not in self.files:
            raise EvidenceError("is not there")
        return self.files[digest]

    @property
    def beside(self) -> LogFiles:
        """As the verifier wants what shows that it was logged."""
        return LogFiles(
            start=self.logged.get(START),
            start_proof=self.logged.get(START_PROOF),
            result_proof=self.logged.get(RESULT_PROOF),
        )

    @property
    def statement(self) -> dict[str, Any]:
        """The statement as any reader of JSON sees it."""
        return json.loads(base64.b64decode(json.loads(self.envelope)["payload"]))

    def write(self, directory: Path) -> Path:
        """Lay it out as a drill's directory; returns the directory."""
        files = directory / "artefacts" / "sha256"
        files.mkdir(parents=True)
        for digest, content in self.files.items():
            (files / digest).write_bytes(content)
        (directory / "evidence.dsse.json").write_bytes(self.envelope)
        for name, content in self.logged.items():
            (directory / name).write_bytes(content)
        return directory


def sealed(
    plan: DrillPlan | None = None,
    record: DrillRecord | None = None,
    agreed: Agreed | None = None,
    *,
    by: KeyfileSigner | None = None,
) -> Sealed:
    """Seal a drill (default: the good one of `records`) as the engine does."""
    promised = agreed or records.agreed()
    register = promised.register(records.INCIDENT)
    planned = plan or records.plan(register)
    found = record or records.record()
    made = Sealed(envelope=b"", files=dict(records.contents()))

    def keep(blob: Blob) -> Artefact:
        digest = records.digest(blob.content)
        made.files[digest] = blob.content
        return Artefact(
            name=blob.name, sha256=digest, size_bytes=len(blob.content), media_type=blob.media_type
        )

    verdicts = judge_all(register, planned, found)
    made.envelope = seal(
        Sealing(plan=planned, record=found, agreed=promised, register=register, verdicts=verdicts),
        keep=keep,
        signer=by or signer(),
    )
    return made


class MemoryLog:
    """A log of which nothing is kept but the entries' hashes."""

    def __init__(self, by: KeyfileSigner = LOG) -> None:
        self._by = by
        self._hashes: list[bytes] = []

    def add(self, kind: RecordKind, data: bytes) -> bytes:
        """Log an envelope; gives the proof in the tree that ends with it."""
        self._hashes.append(tree.leaf_hash(leaf.encode(leaf_of(kind, data))))
        return self.prove(len(self._hashes) - 1)

    def prove(self, index: int) -> bytes:
        """Show that the entry is in the log as it is now."""
        size = len(self._hashes)

        def node(height: int, place: int) -> bytes:
            return tree.root_of(self._hashes[place << height : (place + 1) << height])

        text = Checkpoint(origin=ORIGIN, size=size, root=tree.root_of(self._hashes)).text
        line = note.sign(text, note_key(LOG_TRUST), self._by.sign)
        path = tree.inclusion(index, size, node)
        made = proof.LogProof(index=index, path=path, note=note.Note(text=text, signatures=(line,)))
        return proof.render(made)

    def __len__(self) -> int:
        return len(self._hashes)


def logged(log: MemoryLog | None = None, *, plan: DrillPlan | None = None) -> Sealed:
    """Seal the good drill, its start and its result logged as the engine does, its challenge returned."""
    into = log or MemoryLog()
    planned, answer = challenged(plan or records.plan(records.agreed().register(records.INCIDENT)))
    start = seal_start(planned, signer())
    begun = LoggedStart(origin=ORIGIN, index=len(into), payload=leaf_of("drill-started", start).payload)
    start_proof = into.add("drill-started", start)
    ran = replace(records.record(), start=begun, drill_id=planned.drill_id, challenge=answer)
    made = sealed(planned, ran)
    made.logged = {
        START: start,
        START_PROOF: start_proof,
        RESULT_PROOF: into.add("restore-drill", made.envelope),
    }
    return made


def challenged(plan: DrillPlan) -> tuple[DrillPlan, ChallengeAnswer]:
    """The plan with a challenge that the customer gave a part of, and the guest's answer."""
    basis = ChallengeBasis(drill=plan.drill_id, origin=ORIGIN, nonce="of-the-customer", chance="0" * 64)
    value = codec.digest(basis)
    answer = ChallengeAnswer(
        status=ChallengeStatus.RETURNED,
        medium="SMBIOS OEM string",
        channel="agent",
        observed=value,
        asked=timedelta(seconds=100),
        transcript=records.record().artefacts[0].sha256,
    )
    return replace(plan, challenge=value, challenge_basis=basis), answer


def resigned(
    good: Sealed, change: Callable[[dict[str, Any]], None], *, by: KeyfileSigner | None = None
) -> Sealed:
    """The same evidence with its statement changed and signed again (default: by the trusted key)."""
    statement = good.statement
    change(statement)
    return with_payload(good, canonical(statement), by=by)


def with_payload(
    good: Sealed, payload: bytes, *, by: KeyfileSigner | None = None, kind: str = PAYLOAD_TYPE
) -> Sealed:
    """The same files under an envelope of any payload, signed properly."""
    key = by or signer()
    signature = Signature(keyid=key.keyid, sig=key.sign(envelope.pae(kind, payload)))
    data = envelope.encode(Envelope(payload_type=kind, payload=payload, signatures=(signature,)))
    return replace(good, envelope=data, files=dict(good.files))


def write_trust(path: Path, *keys: TrustedKey) -> Path:
    """A trust file for the keys."""
    path.write_text(json.dumps(trust_file(keys)))
    return path
