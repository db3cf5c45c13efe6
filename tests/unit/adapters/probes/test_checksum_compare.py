import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from drverify.adapters.probes.checksum import Tally, compare


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "restored"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"a")
    (root / "sub" / "b.txt").write_bytes(b"b")
    (tmp_path / "outside").write_bytes(b"secret of the restore host")
    return root


def check(root: Path, manifest: str, name: str = "M") -> Tally:
    (root / name).write_bytes(manifest.encode())
    return compare(root, name, threading.Event())


def test_agreement(root: Path) -> None:
    tally = check(root, f"{digest(b'a')}  a.txt\n{digest(b'b').upper()} *sub/b.txt\n\n")
    assert (tally.agree, tally.wrong) == (2, [])


def test_paths_are_relative_to_the_manifest(root: Path) -> None:
    assert check(root, f"{digest(b'b')}  b.txt\n", "sub/M").agree == 1


def test_escaped_names_as_sha256sum_writes_them(root: Path) -> None:
    (root / "odd\n\\name").write_bytes(b"odd")
    assert check(root, f"\\{digest(b'odd')}  odd\\n\\\\name\n").agree == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{digest(b'x')}  a.txt", "a.txt: differs"),
        (f"{digest(b'a')}  absent", "absent: missing"),
        (f"{digest(b'a')}  sub", "sub: not a regular file"),
        (f"{digest(b'secret of the restore host')}  ../outside", "leads out of the restored files"),
        (f"{digest(b'secret of the restore host')}  link", "leads out of the restored files"),
        (f"{digest(b'secret of the restore host')}  linked/outside", "leads out of the restored files"),
        (f"{digest(b'')}  /dev/null", "leads out of the restored files"),
        (f"{digest(b'')}  pipe", "pipe: not a regular file"),
        (f"{digest(b'')}  loop", "loop: cannot be opened"),
        (f"{digest(b'')}  a\0b", "cannot be opened"),
        ("garbage", "not a line of a manifest"),
        ("d41d8cd98f00b204e9800998ecf8427e  a.txt", "not a line of a manifest"),
    ],
)
def test_disagreement_and_hostile_trees(root: Path, line: str, words: str) -> None:
    (root / "link").symlink_to("../outside")
    (root / "linked").symlink_to("..")
    (root / "loop").symlink_to("loop")
    os.mkfifo(root / "pipe")
    tally = check(root, f"{line}\n")
    assert tally.agree == 0
    assert words in tally.wrong[0]


@pytest.mark.needs_root
def test_a_device_of_a_hostile_backup_is_never_opened(root: Path) -> None:
    """Opening one can do things: rewind a tape, arm a watchdog. This one's driver does not exist."""
    os.mknod(root / "device", stat.S_IFCHR | 0o600, os.makedev(255, 255))
    assert check(root, f"{digest(b'')}  device\n").wrong == ["device: not a regular file"]


def test_links_inside_are_followed(root: Path) -> None:
    (root / "link").symlink_to("sub/b.txt")
    assert check(root, f"{digest(b'b')}  link\n").agree == 1


def test_no_manifest_or_a_manifest_that_leads_out(root: Path) -> None:
    assert compare(root, "absent", threading.Event()).wrong == ["absent: missing"]
    (root / "M2").symlink_to("../outside")
    assert "leads out" in compare(root, "M2", threading.Event()).wrong[0]


def test_complaints_are_bounded_but_counted(root: Path) -> None:
    tally = check(root, f"{digest(b'a')}  absent\n" * 1000)
    assert tally.wrong_count == 1000
    assert len(tally.wrong) == 100
