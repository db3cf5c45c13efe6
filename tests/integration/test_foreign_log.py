"""The evidence log read and checked by other people's code: tlog-scales and openssl."""

import base64
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import NoteSignature, Vkey

from drverify.adapters.storage.log import CHECKPOINT, LogDirectory
from drverify.sealing.keys import der_of, pem_of
from drverify.transparency import note, tree
from drverify.transparency.note import KeyType, NoteKey

LOG, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (3, 4))
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=LOG.public_key().public_bytes_raw())
SEEN = NoteKey(
    name="acme.example/witness", type=KeyType.COSIGNER, material=WITNESS.public_key().public_bytes_raw()
)


def made(path: Path, size: int) -> LogDirectory:
    log = LogDirectory(path, KEY)
    log.append([b"entry %d" % n for n in range(size)], LOG.sign)
    return log


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 65535, 65536, 65537])
def test_another_reader_finds_the_same_tree_and_the_same_proofs(tmp_path: Path, size: int) -> None:
    log, theirs = made(tmp_path, size), TilesReader(LocalBackend(tmp_path))
    checkpoint = theirs.get_checkpoint()
    head = log.head()
    assert head is not None
    assert (checkpoint.origin, checkpoint.size, checkpoint.root_hash) == (KEY.name, size, head[0].root)
    theirs.set_size(size)
    assert theirs.calculate_root_hash() == head[0].root
    for index in {0, size // 2, size - 1}:
        assert theirs.get_entry(index) == b"entry %d" % index
        proof = theirs.get_inclusion_proof(index, size)
        assert tuple(proof.node_hashes) == log.proof(index).path
    for old in {1, size // 2, size - 1} - {0, size}:
        assert tuple(theirs.get_consistency_proof(old, size).node_hashes) == log.consistency(old)


def test_another_verifier_accepts_log_and_cosigner_and_nothing_else(tmp_path: Path) -> None:
    log = made(tmp_path, 7)
    head = log.head()
    assert head is not None
    at = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    log.cosign(head[0], [note.sign(head[0].text, SEEN, WITNESS.sign, at=at)])
    theirs = TilesReader(LocalBackend(tmp_path)).get_checkpoint()
    lines = note.parse((tmp_path / CHECKPOINT).read_bytes(), what="checkpoint").signatures
    for key, line in zip((KEY, SEEN), lines, strict=True):
        verifier = Vkey.from_string(key.vkey).get_verifier()
        verifier.verify(line.content, theirs)
        with pytest.raises(Exception, match=r".*"):
            verifier.verify(line.content[:-1] + bytes([line.content[-1] ^ 1]), theirs)
        assert Vkey.from_string(key.vkey).match(
            NoteSignature(line.name, int.from_bytes(line.id, "big"), line.content)
        )


def test_openssl_checks_a_checkpoint(tmp_path: Path) -> None:
    log = made(tmp_path / "log", 300)
    text, _, below = (tmp_path / "log" / CHECKPOINT).read_text().rpartition("\n\n")
    (tmp_path / "text").write_text(text + "\n")
    (tmp_path / "sig").write_bytes(base64.b64decode(below.split()[2])[4:])
    (tmp_path / "key.pem").write_text(pem_of(der_of(LOG.public_key())))
    command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "text"]
    run = subprocess.run(
        [*command, "-sigfile", "sig"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, "Verified Successfully" in run.stdout) == (0, True), run.stderr
    (tmp_path / "text").write_text(text.replace("300", "301") + "\n")
    run = subprocess.run(
        [*command, "-sigfile", "sig"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.returncode != 0
    root = base64.b64decode(text.splitlines()[2])
    assert root == tree.root(300, log.node(300))


@pytest.mark.skipif(
    shutil.which("signify-openbsd") is None,
    reason="signify is not installed: apt-get install signify-openbsd",
)
def test_signify_checks_a_checkpoint(tmp_path: Path) -> None:
    """OpenBSD's signify signs the same bytes with the same curve; its files have a number of the key in front."""
    made(tmp_path / "log", 300)
    text, _, below = (tmp_path / "log" / CHECKPOINT).read_text().rpartition("\n\n")
    number, signature = b"drverify", base64.b64decode(below.split()[2])[4:]
    for name, content in (("key.pub", KEY.material), ("text.sig", signature)):
        line = base64.b64encode(b"Ed" + number + content).decode()
        (tmp_path / name).write_text(f"untrusted comment: of a test\n{line}\n")
    command = ["signify-openbsd", "-V", "-p", "key.pub", "-m", "text"]
    for content, code in ((text + "\n", 0), (text.replace("300", "301") + "\n", 1)):
        (tmp_path / "text").write_text(content)
        assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == code
