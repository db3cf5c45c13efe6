"""The tree of files grows, and its manifest is one that sha256sum takes."""

import hashlib
from pathlib import Path

from lab.estate.files import FIRST, MANIFEST, MORE, grow


def test_it_grows_and_leaves_what_is_there(tmp_path: Path) -> None:
    tree = tmp_path / "files"
    assert grow(tree) == FIRST
    before = {path: path.read_bytes() for path in tree.rglob("*") if path.is_file() and path.name != MANIFEST}
    assert grow(tree) == FIRST + MORE
    assert all(path.read_bytes() == content for path, content in before.items())


def test_the_manifest_lists_every_file_but_itself(tmp_path: Path) -> None:
    grow(tmp_path)
    lines = (tmp_path / MANIFEST).read_text().splitlines()
    listed = {line[66:]: line[:64] for line in lines}
    present = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert present == {*listed, MANIFEST}
    assert all(
        hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() == it for name, it in listed.items()
    )
