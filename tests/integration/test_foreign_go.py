"""The evidence log checked by the code that checks Go's module checksums (golang.org/x/mod/sumdb)."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.adapters.storage.log import CHECKPOINT, LogDirectory
from drverify.cli.main import main
from drverify.sealing.logged import note_key
from drverify.transparency import proof
from drverify.transparency.note import KeyType, NoteKey
from tests.support.attack_ways import rewritten_log
from tests.support.attacks import Files, by_drverify
from tests.support.evidence import LOG_TRUST
from tests.support.golang import LogCheck, compiled

LOG = Ed25519PrivateKey.from_private_bytes(bytes([3]) * 32)
KEY = NoteKey(name="provider.example/log", type=KeyType.LOG, material=LOG.public_key().public_bytes_raw())


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> LogCheck:
    return compiled(tmp_path_factory.mktemp("go") / "logcheck")


def made(path: Path, size: int, other: int = -1) -> LogDirectory:
    """A log of so many entries, one of which may be another one."""
    log = LogDirectory(path, KEY)
    grow(log, size, other)
    return log


def grow(log: LogDirectory, size: int, other: int = -1) -> None:
    entries = range(log.size, size)
    log.append([b"other" if n == other else b"entry %d" % n for n in entries], LOG.sign)


@pytest.mark.parametrize("base", [1, 255, 511, 65535])
def test_go_finds_every_entry_and_that_the_log_only_grew(check: LogCheck, tmp_path: Path, base: int) -> None:
    log, old = made(tmp_path / "log", base // 2 + 1), tmp_path / "old"
    for size in (base, base + 1, base + 2):
        shutil.copy(log.path / CHECKPOINT, old)
        before = log.size
        grow(log, size)
        assert check("log", log.path, KEY.vkey) == (True, f"entries {size}")
        assert check("grown", log.path, KEY.vkey, old) == (True, f"grown {before} {size}")
        (tmp_path / "proof").write_bytes(proof.render(log.proof(size // 2)))
        (tmp_path / "entry").write_bytes(b"entry %d" % (size // 2))
        shown = check("proof", tmp_path / "proof", KEY.vkey, tmp_path / "entry")
        assert shown == (True, f"proven {size // 2} {size}")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("checkpoint", "invalid signature"),
        ("tile/entries/000", "not the tree that was signed"),
        ("tile/entries/001.p/44", "not the tree that was signed"),
        ("tile/0/000", "is not the hashes of the entries"),
        ("tile/0/001.p/44", "is not the hashes of the entries"),
        ("tile/1/000.p/1", "is not the hashes of the entries"),
    ],
)
def test_go_refuses_what_was_changed(check: LogCheck, tmp_path: Path, name: str, why: str) -> None:
    log = made(tmp_path, 300)
    path = tmp_path / name
    content = bytearray(path.read_bytes())
    content[content.index(b"300") if name == "checkpoint" else 4] ^= 1
    path.write_bytes(content)
    accepted, said = check("log", log.path, KEY.vkey)
    assert (accepted, why in said) == (False, True), said


def test_go_refuses_another_log_another_key_and_another_entry(check: LogCheck, tmp_path: Path) -> None:
    early = made(tmp_path / "early", 200)
    other = made(tmp_path / "other", 300, other=100)
    assert check("log", other.path, KEY.vkey)[0]
    accepted, said = check("grown", other.path, KEY.vkey, early.path / CHECKPOINT)
    assert (accepted, said) == (False, "invalid transparency proof")
    stranger = Ed25519PrivateKey.from_private_bytes(bytes([4]) * 32).public_key().public_bytes_raw()
    assert not check("log", other.path, NoteKey(name=KEY.name, type=KeyType.LOG, material=stranger).vkey)[0]
    (tmp_path / "proof").write_bytes(proof.render(early.proof(7)))
    (tmp_path / "entry").write_bytes(b"entry 8")
    assert not check("proof", tmp_path / "proof", KEY.vkey, tmp_path / "entry")[0]


def unpacked(files: Files, path: Path) -> Path:
    """The log of a bundle as files."""
    for name, content in files.items():
        if name.startswith("log/"):
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    return path / "log"


def test_attack_3_a_log_without_the_failed_drill_is_refused_by_everybody(
    check: LogCheck, tmp_path: Path
) -> None:
    """By Go, by `customer pin`, which keeps the proof of it, and by the audit: each with what the customer held."""
    shown = rewritten_log(tmp_path / "made")
    log, held, vkey = unpacked(shown.files, tmp_path), tmp_path / "held", tmp_path / "log.vkey"
    held.write_bytes(shown.have[0])
    vkey.write_text(note_key(LOG_TRUST).vkey + "\n")
    assert check("log", log, note_key(LOG_TRUST).vkey)[0]
    assert not check("grown", log, note_key(LOG_TRUST).vkey, held)[0]
    assert main(["customer", "pin", str(log), "--key", str(vkey), "--held", str(held)]) == 12
    assert held.read_bytes() == shown.have[0]
    kept = [path for path in tmp_path.glob("held*") if "contradicted" in path.name]
    assert [path.read_bytes() for path in kept] == [(log / CHECKPOINT).read_bytes()]
    assert "forked-log" in by_drverify(shown, tmp_path).found
