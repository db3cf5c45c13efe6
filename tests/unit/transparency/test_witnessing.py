"""What a witness answers, as https://c2sp.org/tlog-witness says, status by status."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import EvidenceError
from drverify.transparency import note, tree, witnessing
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note, NoteKey
from drverify.transparency.tree import Hash
from drverify.transparency.witnessing import Refused, Submission

LOG, WITNESS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (5, 6, 7))
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=LOG.public_key().public_bytes_raw())
SEEN = NoteKey(name="acme", type=KeyType.COSIGNER, material=WITNESS.public_key().public_bytes_raw())
STALE = NoteKey(name="acme", type=KeyType.COSIGNER, material=OTHER.public_key().public_bytes_raw())


def hashes(size: int, tag: str = "") -> list[Hash]:
    return [tree.leaf_hash(f"{tag}{number}".encode()) for number in range(size)]


def stated(size: int, tag: str = "") -> Checkpoint:
    return Checkpoint(origin=KEY.name, size=size, root=tree.root_of(hashes(size, tag)))


def signed(of: Checkpoint, by: Ed25519PrivateKey = LOG) -> Note:
    return Note(text=of.text, signatures=(note.sign(of.text, KEY, by.sign),))


def proof(old: int, new: int, tag: str = "") -> tuple[Hash, ...]:
    leaves = hashes(new, tag)
    if old in (0, new):
        return ()
    return tree.consistency(
        old, new, lambda height, at: tree.root_of(leaves[at << height : (at + 1) << height])
    )


def asked(old: int, new: int, tag: str = "", steps: Sequence[Hash] | None = None) -> Submission:
    return Submission(
        old=old, proof=tuple(proof(old, new, tag) if steps is None else steps), note=signed(stated(new, tag))
    )


def judge(held: Checkpoint | None, submission: Submission) -> Checkpoint | Refused:
    return witnessing.judge(held, submission, KEY)


@pytest.mark.parametrize(
    ("old", "new"), [(0, 1), (0, 7), (1, 2), (3, 7), (4, 8), (7, 7), (255, 257), (256, 512)]
)
def test_a_tree_that_grew_is_held(old: int, new: int) -> None:
    assert judge(stated(old) if old else None, asked(old, new)) == stated(new)


@pytest.mark.parametrize(
    ("held", "submission", "status", "why"),
    [
        (stated(3), asked(0, 7), 409, "3"),
        (None, asked(3, 7), 409, "0"),
        (stated(7), asked(3, 5), 409, "7"),
        (stated(7), asked(7, 5, steps=()), 400, "the old size is larger than the checkpoint's"),
        (stated(3), asked(3, 7, "fork"), 422, "the tree of 7 leaves is not shown to begin with that of 3"),
        (stated(3), asked(3, 7, steps=()), 422, "the tree of 7 leaves is not shown to begin with that of 3"),
        (None, asked(0, 7, steps=hashes(1)), 422, "the trees of 0 and 7 leaves contradict each other"),
        (stated(7), asked(7, 7, "fork"), 409, "another tree of 7 entries than the one that was cosigned"),
        (stated(7), asked(7, 7, steps=hashes(1)), 422, "the trees of 7 and 7 leaves contradict each other"),
        (None, replace(asked(0, 7), note=signed(stated(7), OTHER)), 403, "the log did not sign it"),
        (
            None,
            replace(asked(0, 7), note=signed(replace(stated(7), origin="other"))),
            404,
            "no such log is known here",
        ),
        (
            None,
            replace(asked(0, 0), note=signed(replace(stated(0), root=b"\0" * 32))),
            409,
            "another tree of 0",
        ),
    ],
)
def test_what_is_refused(held: Checkpoint | None, submission: Submission, status: int, why: str) -> None:
    found = judge(held, submission)
    assert isinstance(found, Refused)
    assert (found.status, found.why.startswith(why)) == (status, True), found
    assert found.is_size == (status == 409 and why.isdecimal())
    assert found.signed == (status == 422 or why.startswith("another"))


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40))
def test_no_order_of_submissions_leads_to_two_histories(first: int, second: int, fork: int) -> None:
    """Whatever a witness has accepted, a fork that differs in an early entry is not accepted after it."""
    held: Checkpoint | None = None
    for size in sorted({first + 1, second + 1}):
        found = judge(held, asked(held.size if held else 0, size))
        assert isinstance(found, Checkpoint)
        held = found
    assert held is not None
    if fork >= held.size:
        assert isinstance(judge(held, asked(held.size, fork, "fork")), Refused)


def test_a_question_is_read_as_it_was_sent() -> None:
    for one in (asked(0, 1), asked(3, 7), asked(7, 7)):
        assert witnessing.parse(witnessing.render(one)) == one


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"old 3\n",
        b"old 03\n\n" + note.render(signed(stated(7))),
        b"old -1\n\n" + note.render(signed(stated(7))),
        b"size 3\n\n" + note.render(signed(stated(7))),
        b"old 3\nAAAA\n\n" + note.render(signed(stated(7))),
        b"old 3\n!\n\n" + note.render(signed(stated(7))),
        b"old 3\n" + b"A" * 43 + b"=\n" * 1 + b"\nno note\n",
        b"old 3\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + note.render(signed(stated(7))),
    ],
)
def test_a_question_in_another_form_is_none(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        witnessing.parse(content)


def test_only_the_witnesss_own_line_counts() -> None:
    head = signed(stated(7))
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    right, stale = (
        note.sign(head.text, SEEN, WITNESS.sign, at=at),
        note.sign(head.text, STALE, OTHER.sign, at=at),
    )
    answer = witnessing.lines([stale, right], head.text)
    line, found = witnessing.read_cosignature(head, answer, SEEN)
    assert (line, found.at) == (right, at)
    forged = note.sign(head.text, SEEN, OTHER.sign, at=at)
    elsewhere = note.sign(stated(8).text, SEEN, WITNESS.sign, at=at)
    for wrong in (witnessing.lines([one], head.text) for one in (stale, forged, elsewhere)):
        with pytest.raises(EvidenceError):
            witnessing.read_cosignature(head, wrong, SEEN)
    for garbage in (b"", b"hello", b"\xff", b"\n\n" + answer):
        with pytest.raises(EvidenceError):
            witnessing.read_cosignature(head, garbage, SEEN)


@pytest.mark.parametrize("content", [b"", b"7", b"07\n", b"-1\n", b"7\n7\n", b"99999999999999999999\n"])
def test_a_size_has_one_form(content: bytes) -> None:
    assert witnessing.read_size(b"7\n") == 7
    with pytest.raises(EvidenceError):
        witnessing.read_size(content)
