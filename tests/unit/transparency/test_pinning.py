"""What a holder of a checkpoint accepts, refuses, and may accuse a log of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.transparency import tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.pinning import ContradictionError, check_growth
from tests.unit.transparency.test_tree import LEAVES, defined

SIZES = st.integers(1, 40)


def of(*leaves: bytes, origin: str = "log.example") -> Checkpoint:
    return Checkpoint(origin=origin, size=len(leaves), root=tree.root_of(leaves))


@pytest.mark.parametrize("size", range(70))
def test_a_growing_tree_has_the_defined_root_at_every_size(size: int) -> None:
    assert tree.root_of(LEAVES[:size]) == defined(0, size)


@given(SIZES, SIZES)
def test_every_larger_tree_of_the_same_entries_is_accepted(one: int, other: int) -> None:
    old, new = sorted((one, other))
    check_growth(of(*LEAVES[:old]), of(*LEAVES[:new]), iter(LEAVES[:new]))
    check_growth(None, of(*LEAVES[:new]), iter(LEAVES[:new]))


@given(SIZES, SIZES, st.data())
def test_a_tree_that_changes_what_was_there_contradicts(one: int, other: int, data: st.DataObject) -> None:
    old, new = sorted((one, other))
    changed = list(LEAVES[:new])
    changed[data.draw(st.integers(0, old - 1))] = bytes(32)
    with pytest.raises(ContradictionError):
        check_growth(of(*LEAVES[:old]), of(*changed), iter(changed))


@given(st.integers(2, 40), st.data())
def test_an_older_tree_contradicts_nothing(old: int, data: st.DataObject) -> None:
    less = data.draw(st.integers(1, old - 1))
    with pytest.raises(EvidenceError, match="in this copy") as raised:
        check_growth(of(*LEAVES[:old]), of(*LEAVES[:less]), iter(LEAVES[:less]))
    assert not isinstance(raised.value, ContradictionError)


@pytest.mark.parametrize("there", [LEAVES[:4], LEAVES[:6], (*LEAVES[:4], bytes(32))])
def test_files_that_are_not_the_tree_accuse_nobody(there: tuple[bytes, ...]) -> None:
    with pytest.raises(EvidenceError, match="are not the tree of 5") as raised:
        check_growth(of(*LEAVES[:2]), of(*LEAVES[:5]), iter(there))
    assert not isinstance(raised.value, ContradictionError)


def test_two_logs_cannot_be_held_against_each_other() -> None:
    with pytest.raises(EvidenceError, match=r"held is a checkpoint of other\.example"):
        check_growth(of(*LEAVES[:2], origin="other.example"), of(*LEAVES[:2]), iter(LEAVES[:2]))
