"""The customer's side by the command line: what was seen once cannot be taken out of the log."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.signing.keyfile import create
from drverify.adapters.storage.log import LogDirectory
from drverify.transparency import note, proof
from drverify.transparency.note import KeyType, NoteKey, parse_vkey

LOG = Ed25519PrivateKey.from_private_bytes(bytes([5]) * 32)
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=LOG.public_key().public_bytes_raw())


def grown(path: Path, *entries: bytes) -> LogDirectory:
    log = LogDirectory(path, KEY)
    log.append(list(entries), LOG.sign)
    return log


class Customer:
    """A directory of the customer's, and the command that works in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "provider.vkey").write_text(KEY.vkey + "\n")
        create(root / "acme.key")

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "drverify", "customer", *words]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def pin(self, log: Path) -> subprocess.CompletedProcess[str]:
        return self("pin", str(log), "--key", "provider.vkey", "--held", "held")


@pytest.fixture
def customer(tmp_path: Path) -> Customer:
    root = tmp_path / "acme"
    root.mkdir()
    return Customer(root)


def test_a_log_that_grows_is_held_again_and_again(customer: Customer, tmp_path: Path) -> None:
    log = grown(tmp_path / "log", b"one", b"two")
    first = customer.pin(tmp_path / "log")
    assert (first.returncode, "2 entries, held for the first time" in first.stderr) == (0, True), first.stderr
    log.append([b"three"], LOG.sign)
    second = customer.pin(tmp_path / "log")
    assert (second.returncode, "3 entries, 1 of them new" in second.stderr) == (0, True), second.stderr
    assert (customer.root / "held").read_bytes() == (tmp_path / "log" / "checkpoint").read_bytes()


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ((b"one", b"other", b"three"), "the first 2 entries are not those"),
        ((b"two", b"one"), "the 2 entries are not those that were there before"),
    ],
)
def test_another_history_is_refused_and_both_checkpoints_are_kept(
    customer: Customer, tmp_path: Path, entries: tuple[bytes, ...], why: str
) -> None:
    grown(tmp_path / "log", b"one", b"two")
    assert customer.pin(tmp_path / "log").returncode == 0
    held = (customer.root / "held").read_bytes()
    grown(tmp_path / "rewritten", *entries)
    ran = customer.pin(tmp_path / "rewritten")
    assert (ran.returncode, why in ran.stderr, "signed both" in ran.stderr) == (12, True, True), ran.stderr
    assert (customer.root / "held").read_bytes() == held
    other = customer.root / f"held.contradicted-by-{len(entries)}"
    for content in (held, other.read_bytes()):
        assert len(note.signers(note.parse(content, what="it"), [KEY], what="it")) == 1


def test_two_checkpoints_of_one_size_are_kept_even_when_the_files_are_gone(
    customer: Customer, tmp_path: Path
) -> None:
    grown(tmp_path / "log", b"one", b"two")
    assert customer.pin(tmp_path / "log").returncode == 0
    grown(tmp_path / "rewritten", b"two", b"one")
    shutil.rmtree(tmp_path / "rewritten" / "tile")
    ran = customer.pin(tmp_path / "rewritten")
    assert (ran.returncode, "signed both" in ran.stderr) == (12, True), ran.stderr
    assert (customer.root / "held.contradicted-by-2").exists()


def test_an_older_copy_is_refused_and_nobody_is_accused(customer: Customer, tmp_path: Path) -> None:
    """An honest log had one entry once: that it signed so contradicts nothing."""
    log = grown(tmp_path / "log", b"one")
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    log.append([b"two"], LOG.sign)
    assert customer.pin(tmp_path / "log").returncode == 0
    held = (customer.root / "held").read_bytes()
    ran = customer.pin(tmp_path / "older")
    assert (ran.returncode, "had 2 entries before, and there are 1 in this copy" in ran.stderr) == (12, True)
    assert "signed both" not in ran.stderr
    assert sorted(path.name for path in customer.root.iterdir()) == ["acme.key", "held", "provider.vkey"]
    assert (customer.root / "held").read_bytes() == held


def test_files_that_are_not_the_signed_tree_are_no_log(customer: Customer, tmp_path: Path) -> None:
    grown(tmp_path / "log", b"one", b"two")
    bundle = next((tmp_path / "log" / "tile" / "entries").glob("**/2"))
    bundle.write_bytes(bundle.read_bytes().replace(b"two", b"TWO"))
    ran = customer.pin(tmp_path / "log")
    assert (ran.returncode, "are not the tree of 2" in ran.stderr) == (12, True), ran.stderr
    assert not (customer.root / "held").exists()


def test_a_cosigned_checkpoint_goes_back_into_the_log_and_its_proofs(
    customer: Customer, tmp_path: Path
) -> None:
    log = grown(tmp_path / "log", b"one", b"two")
    shutil.copytree(tmp_path / "log", tmp_path / "copy")
    name = "acme.example/drverify"
    asked = ("--key", "provider.vkey", "--held", "held", "--sign", "acme.key", "--name", name)
    signed = customer("cosign", str(tmp_path / "copy"), *asked)
    assert signed.returncode == 0, signed.stderr
    theirs = parse_vkey(customer("key", "acme.key", "--name", name).stdout, what="key")
    found = note.parse(signed.stdout.encode(), what="cosigned")
    assert [one.key for one in note.signers(found, [theirs, KEY], what="cosigned")] == [KEY, theirs]
    head = log.head()
    assert head is not None
    log.cosign(head[0], found.signatures)
    shown = proof.check(proof.parse(proof.render(log.proof(1)), what="p"), b"two", [KEY, theirs], what="p")
    assert [one.key.name for one in shown.signed] == [KEY.name, name]
    assert shown.signed[1].at is not None


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pin", "absent", "--key", "provider.vkey", "--held", "held"), 2, "absent: not a directory"),
        (("pin", ".", "--key", "provider.vkey", "--held", "held"), 2, "no entries"),
        (("pin", "../log", "--key", "absent.vkey", "--held", "held"), 2, "absent.vkey: cannot be read"),
        (("key", "acme.key", "--name", "a b"), 2, "cannot be the name of a key"),
        (("pin", "acme.key", "--key", "provider.vkey", "--held", "held"), 2, "not a directory"),
        (("pin", "../log", "--key", "provider.vkey", "--held", "absent/held"), 2, "--held names a file"),
        (("pin", "../log", "--key", "provider.vkey", "--held", "acme.key"), 2, "--held names the file that"),
        (("pin", "../log", "--key", "acme.key", "--held", "held"), 2, "not a key of a log"),
        (("pin", "../log", "--key", ".", "--held", "held"), 2, "cannot be read"),
    ],
)
def test_what_is_wrong_is_said(customer: Customer, words: tuple[str, ...], code: int, said: str) -> None:
    grown(customer.root.parent / "log", b"one")
    ran = customer(*words)
    assert (ran.returncode, said in ran.stderr) == (code, True), ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("action", ["pin", "cosign"])
def test_a_key_that_is_no_logs_is_wrong_input(customer: Customer, tmp_path: Path, action: str) -> None:
    grown(tmp_path / "log", b"one")
    named = ("--sign", "acme.key", "--name", "acme.example/drverify")
    own = customer("key", "acme.key", "--name", "acme.example/drverify").stdout
    (customer.root / "acme.vkey").write_text(own)
    more = named if action == "cosign" else ()
    ran = customer(action, str(tmp_path / "log"), "--key", "acme.vkey", "--held", "held", *more)
    assert (ran.returncode, "not the key of a log" in ran.stderr) == (2, True), ran.stderr
    assert not (customer.root / "held").exists()
