"""Merkle trees of an append-only log: hashes, roots, proofs, and their verification. Pure.

Sources: RFC 6962 section 2.1 for the hashes, RFC 9162 sections 2.1.3.2 and 2.1.4.2 for the checks of
proofs. A tree is seen through `Node`, which gives the hash of a full subtree; who keeps them, and how,
is not known here.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from drverify.errors import EvidenceError

HASH_BYTES = 32
MAX_SIZE = 2**53 - 1
"""No log is larger; sizes and indices fit any reader of JSON."""

Hash = bytes
Node = Callable[[int, int], Hash]
"""(height, index) -> hash of the full subtree over the leaves [index * 2^height, (index + 1) * 2^height)."""

EMPTY: Hash = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(entry: bytes) -> Hash:
    """Hash of an entry."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> Hash:
    """Root of the tree of the first `size` leaves."""
    return EMPTY if size == 0 else _over(0, size, node)


def root_of(leaves: Iterable[Hash]) -> Hash:
    """Root of the tree of these leaf hashes."""
    tree = Growing()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


class Growing:
    """A tree whose leaves come one by one, of which one hash per level is kept."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[Hash] = []
        """Hashes of the full subtrees from the left: one for each bit of `size`."""

    def add(self, leaf: Hash) -> None:
        """Add a leaf, by its hash."""
        found, bits = leaf, self.size
        while bits & 1:
            found, bits = node_hash(self._peaks.pop(), found), bits >> 1
        self._peaks.append(found)
        self.size += 1

    def root(self) -> Hash:
        """Root of the tree as it is now."""
        if not self._peaks:
            return EMPTY
        found = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            found = node_hash(peak, found)
        return found


def inclusion(index: int, size: int, node: Node) -> tuple[Hash, ...]:
    """The hashes from the leaf's sibling up to the root's child. ValueError when there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"the tree of {size} leaves has no leaf {index}")
    path: list[Hash] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_over(middle, high, node))
            high = middle
        else:
            path.append(_over(low, middle, node))
            low = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, node: Node) -> tuple[Hash, ...]:
    """The hashes that show that the tree of `new` leaves begins with that of `old`; else ValueError."""
    if not 0 < old <= new:
        raise ValueError(f"nothing is to be shown between trees of {old} and {new} leaves")
    path: list[Hash] = []
    low, high, whole = 0, new, True
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(_over(middle, high, node))
            high = middle
        else:
            path.append(_over(low, middle, node))
            low, whole = middle, False
    if not whole:
        path.append(_over(low, high, node))
    return tuple(reversed(path))


def check_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash], root_hash: Hash) -> None:
    """Raise EvidenceError unless the proof leads from the leaf to the root."""
    if not 0 <= index < size <= MAX_SIZE:
        raise EvidenceError(f"a tree of {size} leaves has no leaf {index}")
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise EvidenceError("the proof of inclusion is too long")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last or found != root_hash:
        raise EvidenceError(f"leaf {index} is not shown to be in the tree of {size} leaves")


def check_consistency(old: int, old_root: Hash, new: int, new_root: Hash, proof: Sequence[Hash]) -> None:
    """Raise EvidenceError unless the proof shows that the new tree begins with the old one."""
    if not 0 <= old <= new <= MAX_SIZE:
        raise EvidenceError(f"a tree of {new} leaves cannot follow one of {old}")
    if old in (0, new):
        if proof or (old_root != (EMPTY if old == 0 else new_root)):
            raise EvidenceError(f"the trees of {old} and {new} leaves contradict each other")
        return
    if not _leads(old, old_root, new, new_root, proof):
        raise EvidenceError(f"the tree of {new} leaves is not shown to begin with that of {old}")


def _leads(old: int, old_root: Hash, new: int, new_root: Hash, proof: Sequence[Hash]) -> bool:
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """The largest power of two below `count` (of at least 2)."""
    return 1 << ((count - 1).bit_length() - 1)


def _over(low: int, high: int, node: Node) -> Hash:
    """Hash over the leaves [low, high); `low` is a multiple of a power of two that covers the range."""
    parts: list[Hash] = []
    while low < high:
        size = 1 << ((high - low).bit_length() - 1)
        parts.append(node(size.bit_length() - 1, low // size))
        low += size
    found = parts.pop()
    while parts:
        found = node_hash(parts.pop(), found)
    return found
