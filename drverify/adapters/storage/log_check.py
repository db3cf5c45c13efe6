"""Reads a whole log and believes none of its files: the entries make every hash, and the signed root."""

from drverify.adapters.storage.log import LogDirectory
from drverify.errors import EvidenceError
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.rows import Rows
from drverify.transparency.tree import Growing, leaf_hash


def check_whole(log: LogDirectory) -> Checkpoint | None:
    """Check every file that counts; None for a log without entries.

    EvidenceError names what is changed, cut or gone: proofs that rest on it would not hold. Keeps one tile
    per level in memory.
    """
    head = log.head()
    if head is None:
        log.check_empty()
        return None
    stated = head[0]
    growing, rows = Growing(), Rows(log.tile, where=f"{log.path}/")
    for entry in log.entries(0, stated.size):
        leaf = leaf_hash(entry)
        growing.add(leaf)
        rows.add(leaf)
    rows.end()
    if growing.root() != stated.root:
        raise EvidenceError(f"{log.path}: its {stated.size} entries are not the tree that was signed")
    return stated
