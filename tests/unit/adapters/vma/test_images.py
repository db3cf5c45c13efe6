"""A signal between the making of a file and the noting of it leaves nothing behind."""

from pathlib import Path

import pytest

from drverify.adapters.vma.images import NewImage, partial_of, removed_if_interrupted
from drverify.errors import HostError


def interrupted(into: Path) -> None:
    NewImage(into, 1 << 20, sync=False)
    raise KeyboardInterrupt


def test_what_was_begun_and_noted_nowhere_is_removed(tmp_path: Path) -> None:
    into = tmp_path / "disk.raw"
    with pytest.raises(KeyboardInterrupt), removed_if_interrupted(into):
        interrupted(into)
    assert list(tmp_path.iterdir()) == []


def test_what_another_restore_writes_stays(tmp_path: Path) -> None:
    into = tmp_path / "disk.raw"
    others = NewImage(into, 1 << 20, sync=False)
    with pytest.raises(HostError, match="being written by another"), removed_if_interrupted(into):
        NewImage(into, 1 << 20, sync=False)
    assert partial_of(into).exists()
    others.keep()
    others.close()
    assert into.stat().st_size == 1 << 20
