"""What a holder of a checkpoint asks of a log that has grown since: everything is still there. Pure."""

from collections.abc import Callable, Iterable, Sequence

from drverify.errors import EvidenceError
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.tree import EMPTY, Growing, Hash, check_consistency

Between = Callable[[int, int], Sequence[Hash]]
"""(smaller size, larger size) -> the proof that the larger tree begins with the smaller. EvidenceError."""


class ContradictionError(EvidenceError):
    """Two checkpoints that one log signed and that cannot both be true.

    Of the same size, the two alone show it to anybody; of different sizes, together with the entries.
    """


def check_growth(held: Checkpoint | None, stated: Checkpoint, leaves: Iterable[Hash]) -> None:
    """Check that the entries make the stated tree, and that it begins with the one that is held.

    `leaves` are the hashes of all entries in their order; they are read once, and not kept.
    ContradictionError when the stated tree does not begin with the held one, EvidenceError when the
    files are not the stated tree, or the stated tree is older than the held one: that shows nothing,
    as both can be true.
    """
    if held is not None:
        _comparable(held, stated)
    growing, before = Growing(), EMPTY
    for leaf in leaves:
        growing.add(leaf)
        if held is not None and growing.size == held.size:
            before = growing.root()
    if growing.size != stated.size or growing.root() != stated.root:
        raise EvidenceError(f"the {growing.size} entries are not the tree of {stated.size} that was signed")
    if held is not None and before != held.root:
        raise ContradictionError(f"the first {held.size} entries are not those that were there before")


def check_together(held: Checkpoint, shown: Checkpoint, between: Between | None) -> bool:
    """Whether it is shown that two checkpoints are of one log, whichever is the older one.

    `between` gives the proof between two sizes; without it only checkpoints of the same size can be compared,
    and False says that nothing was shown. ContradictionError when both are of one size and differ,
    EvidenceError when the proof does not lead from one to the other.
    """
    if held.origin != shown.origin:
        raise EvidenceError(f"held is a checkpoint of {held.origin}, this is the log {shown.origin}")
    if held.size == shown.size:
        if held.root != shown.root:
            raise ContradictionError(f"the log signed two trees of {held.size} entries")
        return True
    if between is None:
        return False
    old, new = sorted((held, shown), key=lambda one: one.size)
    check_consistency(old.size, old.root, new.size, new.root, between(old.size, new.size))
    return True


def _comparable(held: Checkpoint, stated: Checkpoint) -> None:
    if held.origin != stated.origin:
        raise EvidenceError(f"held is a checkpoint of {held.origin}, this is the log {stated.origin}")
    if held.size > stated.size:
        raise EvidenceError(
            f"the log had {held.size} entries before, and there are {stated.size} in this copy",
            hint="ask for its newest state; when that has no more entries, the log was cut",
        )
    if held.size == stated.size and held.root != stated.root:
        raise ContradictionError(f"the {held.size} entries are not those that were there before")
