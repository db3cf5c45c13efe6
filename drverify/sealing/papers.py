"""The files that evidence rests on, each by its digest: register, contract, documents, artefacts. Pure.

Whoever verifies many drills of one agreement keeps its `Papers`: what was checked of a file that has its
digest is not checked again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.contract import Contract
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.evidence import Blob
from drverify.model.obligation import Register
from drverify.planning.obligations import Registers
from drverify.sealing import codec
from drverify.sealing.agreed import edited, misquoted, sha256_of
from drverify.sealing.contradictions.consistency import is_digest

LoadArtefact = Callable[[Sha256], bytes]
"""Gives the file of a digest, unchecked; EvidenceError when there is none."""
Weigh = Callable[[Sha256], tuple[Sha256, int]]
"""Gives the true digest and size of the file of a digest; EvidenceError when there is none."""
MOST_REMEMBERED = 50_000


@dataclass(slots=True)
class Papers:
    """Registers, contracts and manifests that were checked."""

    registers: dict[Sha256, tuple[Register, Contract]] = field(default_factory=dict)
    """By the digest of the register."""
    following: dict[Sha256, Registers] = field(default_factory=dict)
    """What registers follow from a contract, by its digest."""
    quoted: set[Sha256] = field(default_factory=set)
    """Digests of the registers whose documents and quotes were checked."""
    manifests: set[bytes] = field(default_factory=set)
    """Digests of the restore points' manifests that are there; not more than MOST_REMEMBERED."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the files are, and what is known of them already."""

    read: LoadArtefact
    weigh: Weigh | None
    """None: every file is read whole."""
    papers: Papers

    def load(self, digest: Sha256, what: str) -> bytes:
        """A file that has its digest; EvidenceError, naming it as `what`, for any other."""
        if not is_digest(digest):
            raise EvidenceError(f"{what}: {digest[:80]!r} is not a digest")
        try:
            content = self.read(digest)
        except EvidenceError as error:
            raise EvidenceError(f"{what}: {error}") from error
        if sha256_of(content) != digest:
            raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")
        return content

    def transcript(self, digest: Sha256) -> bytes:
        """What a probe said."""
        return self.load(digest, "transcript")

    def size(self, digest: Sha256, what: str) -> int:
        """The size of a file that has its digest; EvidenceError, naming it as `what`, for any other."""
        if self.weigh is None:
            return len(self.load(digest, what))
        if not is_digest(digest):
            raise EvidenceError(f"{what}: {digest[:80]!r} is not a digest")
        try:
            found, size = self.weigh(digest)
        except EvidenceError as error:
            raise EvidenceError(f"{what}: {error}") from error
        if found != digest:
            raise EvidenceError(f"{what}: the content does not have the digest {digest[:16]}")
        return size

    def register(self, plan: DrillPlan) -> tuple[Register, Contract]:
        """The register that the plan names, made again from the contract that somebody accepted."""
        papers, digest = self.papers, plan.register_sha256
        register, contract = papers.registers.get(digest) or self._read_register(plan)
        if contract.accepted is None:
            raise EvidenceError("contract: nobody accepted it")
        try:
            following = papers.following.get(register.contract) or Registers(contract, register.contract)
            computed = following.at(plan.incident_at)
        except (ValueError, OverflowError) as error:
            raise EvidenceError(f"contract: no register follows from it: {error}") from error
        if computed is not register and computed != register:
            raise EvidenceError("register: its limits and scopes do not follow from the accepted contract")
        papers.following[register.contract] = following
        papers.registers[digest] = computed, contract  # equal, and the next is compared sooner
        return register, contract

    def _read_register(self, plan: DrillPlan) -> tuple[Register, Contract]:
        content = self.load(plan.register_sha256, "the register")
        register = codec.decode(content, Register, what="register")
        contract = codec.decode(self.load(register.contract, "the contract"), Contract, what="contract")
        if contract.accepted is None or edited(contract):
            raise EvidenceError("contract: it is not as somebody accepted it")
        self.papers.registers[plan.register_sha256] = register, contract
        return register, contract

    def quotes(self, register: Register, digest: Sha256) -> None:
        """EvidenceError unless the signed documents are there, and every quote stands in its text."""
        if digest in self.papers.quoted:
            return
        agreement = register.agreement
        texts: dict[str, str] = {}
        for signed in agreement.documents:
            self.load(signed.sha256, f"the document {signed.name}")
            text = self.load(signed.text_sha256, f"the text of {signed.name}")
            try:
                texts[signed.id] = text.decode()
            except UnicodeDecodeError as error:
                raise EvidenceError(f"agreement: the text of {signed.name} is not UTF-8") from error
        for wrong in misquoted(agreement, texts):
            raise EvidenceError(f"agreement: {wrong}")
        self.papers.quoted.add(digest)

    def manifest(self, subject: Blob) -> None:
        """EvidenceError unless the restore point's manifest is there, byte for byte."""
        digest = sha256_of(subject.content)
        known, name = self.papers.manifests, bytes.fromhex(digest)
        if name not in known:
            self.load(digest, "the restore point's manifest")
            if len(known) < MOST_REMEMBERED:
                known.add(name)

    def artefacts(self, record: DrillRecord) -> None:
        """EvidenceError unless every artefact of the record is there, with its digest and size."""
        for one in record.artefacts:
            size = self.size(one.sha256, f"artefact {one.name}")
            if size != one.size_bytes:
                raise EvidenceError(f"artefact {one.name}: has {size} bytes, not as recorded")
