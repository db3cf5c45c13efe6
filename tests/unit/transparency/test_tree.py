"""Roots and proofs against the definition of RFC 6962, written down once more without any cleverness."""

import hashlib
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.transparency import tree

LEAVES = tuple(tree.leaf_hash(f"entry {n}".encode()) for n in range(300))


@cache
def defined(low: int, high: int) -> bytes:
    """MTH of RFC 6962 section 2.1 over D[low:high]."""
    if low == high:
        return hashlib.sha256(b"").digest()
    if high - low == 1:
        return LEAVES[low]
    k = 1
    while k * 2 < high - low:
        k *= 2
    return hashlib.sha256(b"\x01" + defined(low, low + k) + defined(low + k, high)).digest()


def node(height: int, index: int) -> bytes:
    return defined(index << height, (index + 1) << height)


SIZES = st.integers(0, len(LEAVES))


def test_the_empty_tree_and_the_prefixes_of_rfc_6962():
    assert tree.EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_the_root_is_the_defined_one(size):
    assert tree.root(size, node) == defined(0, size)


@given(st.data())
def test_every_leaf_is_shown_to_be_in_every_tree(data):
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion(index, size, node)
    tree.check_inclusion(LEAVES[index], index, size, proof, defined(0, size))


@given(st.data())
def test_every_tree_is_shown_to_begin_with_every_smaller_one(data):
    new = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(1, new))
    proof = tree.consistency(old, new, node)
    tree.check_consistency(old, defined(0, old), new, defined(0, new), proof)


@given(st.data())
def test_nothing_else_is_shown_by_a_proof_of_inclusion(data):
    size = data.draw(st.integers(2, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = list(tree.inclusion(index, size, node))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index))
    wrong = data.draw(st.sampled_from(["leaf", "index", "root", "cut", "longer", "step"]))
    leaf, root = LEAVES[index], defined(0, size)
    match wrong:
        case "leaf":
            leaf = LEAVES[other]
        case "index":
            index = other
        case "root":
            root = defined(0, size - 1)
        case "cut":
            proof.pop(data.draw(st.integers(0, len(proof) - 1)))
        case "longer":
            proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[other])
        case "step":
            proof[data.draw(st.integers(0, len(proof) - 1))] = bytes(32)
    with pytest.raises(EvidenceError):
        tree.check_inclusion(leaf, index, size, proof, root)


@given(st.data())
def test_nothing_else_is_shown_by_a_proof_of_consistency(data):
    new = data.draw(st.integers(3, len(LEAVES)))
    old = data.draw(st.integers(2, new - 1))
    proof = list(tree.consistency(old, new, node))
    old_root, new_root = defined(0, old), defined(0, new)
    match data.draw(st.sampled_from(["old", "new", "cut", "longer", "step"])):
        case "old":
            old_root = defined(0, old - 1)
        case "new":
            new_root = defined(1, new)
        case "cut":
            proof.pop(data.draw(st.integers(0, len(proof) - 1)))
        case "longer":
            proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[0])
        case "step":
            proof[data.draw(st.integers(0, len(proof) - 1))] = bytes(32)
    with pytest.raises(EvidenceError):
        tree.check_consistency(old, old_root, new, new_root, proof)


def test_a_tree_without_leaves_and_the_same_tree_need_no_proof():
    tree.check_consistency(0, tree.EMPTY, 7, defined(0, 7), ())
    tree.check_consistency(7, defined(0, 7), 7, defined(0, 7), ())
    for old, old_root, proof in (
        (0, defined(0, 1), ()),
        (7, defined(0, 6), ()),
        (7, defined(0, 7), (LEAVES[0],)),
        (8, defined(0, 8), ()),
    ):
        with pytest.raises(EvidenceError):
            tree.check_consistency(old, old_root, 7, defined(0, 7), proof)


@pytest.mark.parametrize(("index", "size"), [(-1, 5), (5, 5), (0, 0)])
def test_a_leaf_that_is_not_there_has_no_proof(index, size):
    with pytest.raises(ValueError, match="has no leaf"):
        tree.inclusion(index, size, node)
    with pytest.raises(EvidenceError, match="has no leaf"):
        tree.check_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_consistency_needs_an_older_tree(old, new):
    with pytest.raises(ValueError, match="nothing is to be shown"):
        tree.consistency(old, new, node)
