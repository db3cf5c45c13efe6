"""An accepted contract with the documents that it was read from: what a drill is planned and judged by."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from drverify.model.agreement import Agreement, Sha256
from drverify.model.contract import Acceptance, Contract
from drverify.model.evidence import Blob
from drverify.model.obligation import Register
from drverify.planning.obligations import register_of
from drverify.sealing import codec

CONTRACT_NAME = "contract.json"
CONTRACT_TYPE = "application/vnd.drverify.contract+json"
DOCUMENT_TYPE = "application/octet-stream"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One signed document: its bytes, and the text that was read from them."""

    name: str
    original: bytes
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A contract that a person accepted, and its papers."""

    contract: Contract
    papers: tuple[Paper, ...]

    def register(self, at: datetime) -> Register:
        """Make the register for one instant (UTC): the simulated incident."""
        return register_of(self.contract, digest=codec.digest(self.contract), at=at)

    def blobs(self) -> Iterator[Blob]:
        """Everything that evidence has to keep of it."""
        yield contract_document(self.contract)
        for paper in self.papers:
            yield Blob(name=paper.name, media_type=DOCUMENT_TYPE, content=paper.original)
            if (text := paper.text.encode()) != paper.original:
                yield Blob(name=f"{paper.name}.txt", media_type=TEXT_TYPE, content=text)


def contract_document(contract: Contract) -> Blob:
    """The contract's one byte form; its digest is the register's `contract`."""
    return Blob(name=CONTRACT_NAME, media_type=CONTRACT_TYPE, content=codec.encode(contract))


def content_digest(contract: Contract) -> Sha256:
    """Digest of everything in a contract but its acceptance: what the acceptance states."""
    return codec.digest(replace(contract, accepted=None))


def provision_digests(contract: Contract) -> tuple[tuple[str, str], ...]:
    """Each provision's id and the digest of its one byte form."""
    return tuple((one.id, codec.digest(one)) for one in contract.provisions)


def accept(contract: Contract, *, by: str, at: datetime, note: str = "") -> Contract:
    """Set the acceptance over the contract as it stands."""
    acceptance = Acceptance(
        by=by, at=at, content=content_digest(contract), provisions=provision_digests(contract), note=note
    )
    return replace(contract, accepted=acceptance)


def edited(contract: Contract) -> tuple[str, ...]:
    """What was changed after the acceptance: ids of provisions, or `contract`; empty when nothing was.

    ValueError when the contract was never accepted.
    """
    if contract.accepted is None:
        raise ValueError("the contract was not accepted")
    if content_digest(contract) == contract.accepted.content:
        return ()
    before, now = dict(contract.accepted.provisions), dict(provision_digests(contract))
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return tuple(changed) or ("contract",)


def misquoted(agreement: Agreement, texts: Mapping[str, str]) -> Iterator[str]:
    """Each clause that is not quoted word for word; `texts` by document id."""
    for clause in agreement.clauses:
        span, text = clause.span, texts.get(clause.document, "")
        if not 0 <= span.start < span.end or text[span.start : span.end] != clause.quote:
            yield f"clause {clause.number} is not quoted word for word"


def sha256_of(content: bytes) -> Sha256:
    """Digest as the model writes it."""
    return Sha256(hashlib.sha256(content).hexdigest())
