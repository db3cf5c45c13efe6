"""Notes, checkpoints, proofs and leaves: what is written is read again, and nothing else is."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import KeyId
from drverify.transparency import checkpoint, leaf, note, proof, tree
from drverify.transparency.checkpoint import Checkpoint
from drverify.transparency.note import KeyType, Note, NoteKey

ORIGIN = "provider.example/drverify/acme"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


def key_of(private: Ed25519PrivateKey, name: str, kind: KeyType) -> NoteKey:
    return NoteKey(name=name, type=kind, material=private.public_key().public_bytes_raw())


LOG_KEY = key_of(LOG, ORIGIN, KeyType.LOG)
WITNESS_KEY = key_of(WITNESS, "acme.example/witness", KeyType.COSIGNER)
ENTRIES = [f"entry {n}".encode() for n in range(5)]


def node(height: int, index: int) -> bytes:
    row = [tree.leaf_hash(entry) for entry in ENTRIES[index << height : (index + 1) << height]]
    while len(row) > 1:
        row = [tree.node_hash(row[n], row[n + 1]) for n in range(0, len(row), 2)]
    return row[0]


TREE = Checkpoint(origin=ORIGIN, size=5, root=tree.root(5, node))


def signed(text: str = TREE.text) -> Note:
    own = note.sign(text, LOG_KEY, LOG.sign)
    seen = note.sign(text, WITNESS_KEY, WITNESS.sign, at=NOW)
    return Note(text=text, signatures=(own, seen))


def test_the_example_of_the_format_is_read():
    content = (
        "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n"
        "\u2014 quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMc"
        "Xxj99ihAQwaqP3ZekRwNtIc=\n"
    ).encode()
    found = note.parse(content, what="note")
    assert found.text.endswith("sole:\n\ned è subito sera.\n")
    assert [one.name for one in found.signatures] == ["quasimodo.example/salvatore"]
    assert note.render(found) == content


def test_a_log_and_a_cosigner_are_told_apart_and_counted_by_their_keys():
    found = note.parse(note.render(signed()), what="note")
    own, seen = note.signers(found, [LOG_KEY, WITNESS_KEY], what="note")
    assert (own.key, own.at) == (LOG_KEY, None)
    assert (seen.key, seen.at) == (WITNESS_KEY, NOW)
    assert note.signers(found, [], what="note") == ()
    assert [one.key for one in note.signers(found, [WITNESS_KEY], what="note")] == [WITNESS_KEY]


def test_one_key_under_two_names_is_one_signer():
    other = replace(WITNESS_KEY, name="another.example/witness")
    text = TREE.text
    both = Note(
        text=text,
        signatures=tuple(note.sign(text, key, WITNESS.sign, at=NOW) for key in (WITNESS_KEY, other)),
    )
    assert len(note.signers(both, [WITNESS_KEY, other], what="note")) == 1


def test_a_signature_of_a_known_key_must_hold():
    moved = replace(signed(), text=replace(TREE, size=6).text)
    for key in (LOG_KEY, WITNESS_KEY):
        with pytest.raises(EvidenceError, match="does not hold"):
            note.signers(moved, [key], what="note")
    own, seen = signed().signatures
    later = replace(seen, content=(int(NOW.timestamp()) + 1).to_bytes(8, "big") + seen.content[8:])
    with pytest.raises(EvidenceError, match="does not hold"):
        note.signers(replace(signed(), signatures=(own, later)), [WITNESS_KEY], what="note")
    short = replace(own, content=own.content[:-1])
    with pytest.raises(EvidenceError, match="wrong length"):
        note.signers(replace(signed(), signatures=(short,)), [LOG_KEY], what="note")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n- name AAAAAAA=\n",
        "text\n\n\u2014 name\n".encode(),
        "text\n\n\u2014 na+me AAAAAAA=\n".encode(),
        "text\n\n\u2014 name AAAAAAB=\n".encode(),
        "text\n\n\u2014 name AAAA\n".encode(),
        "te\txt\n\n\u2014 name AAAAAAA=\n".encode(),
        "text\n\n\u2014 name AAAAAAA=".encode(),
        b"\xfftext\n",
        b"x" * 70_000,
        ("text\n\n" + "\u2014 name AAAAAAA=\n" * 65).encode(),
    ],
)
def test_what_is_no_note_is_refused(content):
    with pytest.raises(EvidenceError, match=r"^n: "):
        note.parse(content, what="n")


def test_keys_are_one_line_and_fit_their_id():
    for key in (LOG_KEY, WITNESS_KEY):
        assert note.parse_vkey(key.vkey + "\n", what="key") == key
    name, identity, typed = LOG_KEY.vkey.split("+", 2)
    for bad in ("", name, f"{name}+{identity}", f"{name}+00000000+{typed}", f"other+{identity}+{typed}"):
        with pytest.raises(InputError, match=r"^key: "):
            note.parse_vkey(bad, what="key")


def test_a_cosigner_says_when():
    with pytest.raises(ValueError, match="says when"):
        note.sign("text\n", WITNESS_KEY, WITNESS.sign)


def test_a_checkpoint_has_one_form():
    assert checkpoint.parse(TREE.text, what="c") == TREE
    root = base64.b64encode(TREE.root).decode()
    for bad in (
        "",
        f"{ORIGIN}\n5\n{root}",
        f"\n5\n{root}\n",
        f"{ORIGIN}\n05\n{root}\n",
        f"{ORIGIN}\n-1\n{root}\n",
        f"{ORIGIN}\n5\n{root}\nmore\n",
        f"{ORIGIN}\n5\n{root[:-4]}\n",
        f"{ORIGIN}\n99999999999999999\n{root}\n",
    ):
        with pytest.raises(EvidenceError, match=r"^c: "):
            checkpoint.parse(bad, what="c")


@pytest.mark.parametrize("index", range(5))
def test_a_proof_shows_its_entry_and_no_other(index):
    made = proof.LogProof(index=index, path=tree.inclusion(index, 5, node), note=signed())
    found = proof.parse(proof.render(made), what="p")
    assert found == made
    shown = proof.check(found, ENTRIES[index], [LOG_KEY, WITNESS_KEY], what="p")
    assert (shown.index, shown.checkpoint, len(shown.signed)) == (index, TREE, 2)
    with pytest.raises(EvidenceError, match="not shown to be in"):
        proof.check(found, ENTRIES[index - 1], [LOG_KEY], what="p")
    with pytest.raises(EvidenceError, match="did not sign its checkpoint"):
        proof.check(found, ENTRIES[index], [WITNESS_KEY], what="p")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_of_a_proof_is_accepted(place, change):
    made = proof.LogProof(index=3, path=tree.inclusion(3, 5, node), note=signed())
    content = bytearray(proof.render(made))
    content[place % len(content)] ^= change
    try:
        found = proof.parse(bytes(content), what="p")
        shown = proof.check(found, ENTRIES[3], [LOG_KEY, WITNESS_KEY], what="p")
    except EvidenceError:
        return
    # Only the line of an unknown signer may change: what it says then counts for nothing.
    assert len(shown.signed) == 1


KINDS = st.sampled_from(leaf.KINDS)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


@given(KINDS, DIGESTS, DIGESTS, DIGESTS)
def test_a_leaf_is_read_as_it_was_written(kind, payload, signature, keyid):
    made = leaf.Leaf(kind=kind, payload=Sha256(payload), signature=Sha256(signature), keyid=KeyId(keyid))
    assert leaf.decode(leaf.encode(made), what="leaf") == made
    assert len(leaf.encode(made)) < 300


@pytest.mark.parametrize(
    "change", [("kind restore-drill", "kind other"), ("v1", "v2"), ("sha256", "sha1"), ("\n", "\r\n")]
)
def test_what_is_no_leaf_is_refused(change):
    made = leaf.Leaf(
        kind="restore-drill", payload=Sha256("0" * 64), signature=Sha256("1" * 64), keyid=KeyId("2" * 64)
    )
    with pytest.raises(EvidenceError, match=r"^leaf: "):
        leaf.decode(leaf.encode(made).decode().replace(*change).encode(), what="leaf")
