"""Names the reader's tables by a digest, so that a register says with which ones it was read."""

import hashlib

from drverify.model.agreement import Sha256
from drverify.model.slots import SLOTS
from drverify.reading.tables.all import LEXICONS, SLOT_CUES


def grammar_digest() -> Sha256:
    """Digest over all cues, gates and slots."""
    tables = repr((LEXICONS, SLOT_CUES, {kind: dict(slots) for kind, slots in SLOTS.items()}))
    return Sha256(hashlib.sha256(tables.encode()).hexdigest())
