"""What a holder of a checkpoint asks of a log that has grown since: everything is still there. Pure."""

from collections.abc import Sequence

from drverify.errors import EvidenceError
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.tree import Hash, root_of


class ContradictionError(EvidenceError):
    """Two checkpoints that one log signed and that cannot both be true: whoever has both can show it."""


def check_growth(held: Checkpoint | None, stated: Checkpoint, leaves: Sequence[Hash]) -> None:
    """Check that the entries make the stated tree, and that it begins with the one that is held.

    `leaves` are the hashes of all entries. EvidenceError when the files are not the stated tree,
    ContradictionError when the held one is not its beginning.
    """
    if len(leaves) != stated.size or root_of(leaves) != stated.root:
        raise EvidenceError(f"the {len(leaves)} entries are not the tree of {stated.size} that was signed")
    if held is None:
        return
    if held.origin != stated.origin:
        raise EvidenceError(f"held is a checkpoint of {held.origin}, this is the log {stated.origin}")
    if held.size > stated.size:
        raise ContradictionError(f"the log had {held.size} entries, and now it has {stated.size}")
    if root_of(leaves[: held.size]) != held.root:
        raise ContradictionError(f"the first {held.size} entries are not those that were there before")
