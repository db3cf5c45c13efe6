"""A bundle's two forms: what is written is read again, and every other byte of an archive is refused."""

import hashlib
import io
import os
import random
import subprocess
import tarfile
from pathlib import Path

import pytest

from drverify.adapters.bundle import ustar
from drverify.adapters.bundle.reading import opened
from drverify.adapters.bundle.writing import write_directory, write_tar
from drverify.errors import DrverifyError, EvidenceError, InputError

BIG = random.Random(5).randbytes(300_000)
FILES = {
    "bundle.json": b"{}",
    "envelopes.intoto.jsonl": b"one\n" + b"x" * 300_000 + b"\nthree\n",
    "log/checkpoint": b"",
    **{f"artifacts/sha256/{hashlib.sha256(one).hexdigest()}": one for one in (b"a", b"b" * 512, BIG)},
}


@pytest.fixture(params=["tar", "directory"])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The files in either form."""
    target = tmp_path / "bundle"
    {"tar": write_tar, "directory": write_directory}[request.param](FILES, target)
    return target


def test_what_was_written_is_read_again(written: Path) -> None:
    with opened(written) as bundle:
        assert list(bundle.names("")) == sorted(name for name in FILES if "sha256" not in name)
        assert list(bundle.names("log/")) == ["log/checkpoint"]
        assert sorted(bundle.unread()) == sorted(FILES)
        for name, content in FILES.items():
            assert bundle.read(name, 1_000_000) == content
            assert bundle.measure(name, 1_000_000) == (hashlib.sha256(content).hexdigest(), len(content))
        assert list(bundle.lines("envelopes.intoto.jsonl", 400_000)) == [b"one", b"x" * 300_000, b"three"]
        assert list(bundle.unread()) == []


def test_what_nobody_asks_for_is_told(written: Path) -> None:
    with opened(written) as bundle:
        bundle.read("bundle.json", 10)
        for name in sorted(FILES)[:2]:
            bundle.measure(name, 1_000_000)
        assert sorted(bundle.unread()) == [name for name in sorted(FILES)[2:] if name != "bundle.json"]


@pytest.mark.parametrize("name", ["log/nothing", f"artifacts/sha256/{'0' * 64}", "../x"])
def test_what_is_not_there(written: Path, name: str) -> None:
    with opened(written) as bundle, pytest.raises(EvidenceError, match="is not there"):
        bundle.read(name, 10)


def test_no_more_is_read_than_was_asked_for(written: Path) -> None:
    with opened(written) as bundle:
        with pytest.raises(EvidenceError, match="larger than"):
            bundle.read("envelopes.intoto.jsonl", 100)
        with pytest.raises(EvidenceError, match="a line is longer"):
            list(bundle.lines("envelopes.intoto.jsonl", 100))
        with pytest.raises(EvidenceError, match="the last line is cut off"):
            list(bundle.lines("bundle.json", 100))


def test_the_same_files_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    write_tar(FILES, tmp_path / "one")
    os.utime(tmp_path / "one", (1, 1))
    write_tar(dict(reversed(FILES.items())), tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_other_programs_read_the_archive(tmp_path: Path) -> None:
    write_tar(FILES, tmp_path / "one.tar")
    subprocess.run(["tar", "-xf", tmp_path / "one.tar", "-C", tmp_path], check=True)
    assert {name: (tmp_path / name).read_bytes() for name in FILES} == FILES
    with tarfile.open(tmp_path / "one.tar") as archive:
        members = archive.getmembers()
    assert [one.name for one in members] == sorted(FILES)
    assert {(one.uid, one.gid, one.mtime, one.mode, one.type) for one in members} == {(0, 0, 0, 0o644, b"0")}


def test_gnu_tar_makes_what_is_accepted(tmp_path: Path) -> None:
    write_directory(FILES, tmp_path / "files")
    words = [
        "tar",
        "--format=ustar",
        "--owner=:0",
        "--group=:0",
        "--numeric-owner",
        "--mtime=@0",
        "--mode=0644",
    ]
    subprocess.run([*words, "-cf", "../made.tar", *sorted(FILES)], cwd=tmp_path / "files", check=True)
    write_tar(FILES, tmp_path / "ours.tar")
    assert (tmp_path / "made.tar").read_bytes() == (tmp_path / "ours.tar").read_bytes()


def test_every_changed_byte_outside_of_files_is_refused(tmp_path: Path) -> None:
    write_tar(FILES, tmp_path / "good")
    good = (tmp_path / "good").read_bytes()
    inside = set()
    at = 0
    for name in sorted(FILES):
        at += ustar.BLOCK
        inside.update(range(at, at + len(FILES[name])))
        at += len(FILES[name]) + ustar.padding(len(FILES[name]))
    places = [place for place in range(len(good)) if place not in inside]
    rng = random.Random(11)
    bad = tmp_path / "bad"
    for place in rng.sample(places, 300):
        changed = bytearray(good)
        changed[place] ^= rng.randrange(1, 256)
        bad.write_bytes(changed)
        with pytest.raises(EvidenceError), opened(bad):
            pass


@pytest.mark.parametrize("cut", [1, 512, 1024, 10240, 20480])
def test_an_archive_that_is_cut_or_longer_is_refused(tmp_path: Path, cut: int) -> None:
    write_tar(FILES, tmp_path / "good")
    good = (tmp_path / "good").read_bytes()
    for number, content in enumerate((good[:-cut], good + bytes(cut), b"")):
        path = tmp_path / f"bad{number}"
        path.write_bytes(content)
        with pytest.raises(EvidenceError), opened(path):
            pass


def _odd(name: str = "log/x", **changes: object) -> bytes:
    info = tarfile.TarInfo(name)
    for key, value in changes.items():
        setattr(info, key, value)
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        _odd(type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        _odd(type=tarfile.LNKTYPE, linkname="bundle.json"),
        _odd(type=tarfile.DIRTYPE),
        _odd(type=tarfile.CHRTYPE),
        _odd(type=tarfile.FIFOTYPE),
        _odd(type=b"S"),
        _odd("/etc/passwd"),
        _odd("log/../../x"),
        _odd("./log/x"),
        _odd("log//x"),
        _odd("log/.hidden"),
        _odd("log/\N{LATIN SMALL LETTER E WITH ACUTE}"),
        _odd("x" * 101),
        _odd(uid=1),
        _odd(uname="root"),
        _odd(mtime=1),
        _odd(mode=0o755),
        _odd(pax_headers={"path": "bundle.json"}),
        _odd(pax_headers={"GNU.sparse.major": "1"}),
    ],
)  # fmt: skip
def test_odd_members_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.tar"
    path.write_bytes(content)
    with pytest.raises(EvidenceError), opened(path):
        pass


def test_a_file_stands_in_an_archive_once_and_in_order(tmp_path: Path) -> None:
    for names in (("a", "a"), ("b", "a")):
        body = b"".join(ustar.header(name, 0) for name in names)
        path = tmp_path / "twice.tar"
        path.write_bytes(body + bytes(ustar.ending(len(body))))
        with pytest.raises(EvidenceError, match="twice in the bundle"), opened(path):
            pass


def test_a_directory_may_hold_files_only(tmp_path: Path) -> None:
    for number, make in enumerate(
        (
            lambda path: path.symlink_to("/etc/passwd"),
            os.mkfifo,
            lambda path: path.with_name(".hidden").write_bytes(b""),
            lambda path: path.with_name("a b").write_bytes(b""),
        )
    ):
        directory = tmp_path / str(number)
        write_directory(FILES, directory)
        make(directory / "log" / "more")
        with pytest.raises(EvidenceError), opened(directory):
            pass


def test_a_link_that_takes_a_files_place_later_is_not_followed(tmp_path: Path) -> None:
    write_directory(FILES, tmp_path / "b")
    with opened(tmp_path / "b") as bundle:
        (tmp_path / "b/bundle.json").unlink()
        (tmp_path / "b/bundle.json").symlink_to("/etc/passwd")
        with pytest.raises(DrverifyError):
            bundle.read("bundle.json", 100_000)


def test_nothing_is_overwritten_and_nothing_stays_of_what_failed(tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_bytes(b"mine")
    with pytest.raises(InputError, match="is there already"):
        write_tar(FILES, target)
    assert target.read_bytes() == b"mine"
    for write in (write_tar, write_directory):
        with pytest.raises(ValueError, match="cannot be in a bundle"):
            write({**FILES, "log/../x": b""}, tmp_path / "new")
        with pytest.raises(DrverifyError, match="cannot write the bundle"):
            write({**FILES, "log/x": tmp_path / "gone"}, tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def test_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no bundle"), opened(tmp_path / "none"):
        pass
