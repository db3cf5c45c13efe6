"""Entries of an evidence log: which statement was logged, by digest. Pure.

The envelope itself is not logged: base64 and the order of signatures could vary, and an entry holds
65,535 bytes at most. The entry binds the signed payload and the first signature over it.
"""

import re
from dataclasses import dataclass
from typing import get_args

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.evidence import KeyId, RecordKind

HEAD = "drverify-leaf/v1"
KINDS: tuple[RecordKind, ...] = get_args(RecordKind)
_LEAF = re.compile(
    rf"{HEAD}\nkind (?P<kind>[a-z-]+)\npayload sha256:(?P<payload>[0-9a-f]{{64}})\n"
    r"signature sha256:(?P<signature>[0-9a-f]{64})\nkeyid (?P<keyid>[0-9a-f]{64})\n",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry."""

    kind: RecordKind
    payload: Sha256
    """Of the envelope's payload."""
    signature: Sha256
    """Of the raw signature."""
    keyid: KeyId


def encode(leaf: Leaf) -> bytes:
    """The entry's bytes."""
    return (
        f"{HEAD}\nkind {leaf.kind}\npayload sha256:{leaf.payload}\n"
        f"signature sha256:{leaf.signature}\nkeyid {leaf.keyid}\n"
    ).encode()


def decode(entry: bytes, *, what: str) -> Leaf:
    """Read an entry; EvidenceError, naming it as `what`, for anything else."""
    found = _LEAF.fullmatch(entry.decode("ascii", "replace"))
    kind = next((kind for kind in KINDS if found is not None and kind == found["kind"]), None)
    if found is None or kind is None:
        raise EvidenceError(f"{what}: not an entry of {HEAD}")
    return Leaf(
        kind=kind,
        payload=Sha256(found["payload"]),
        signature=Sha256(found["signature"]),
        keyid=KeyId(found["keyid"]),
    )
