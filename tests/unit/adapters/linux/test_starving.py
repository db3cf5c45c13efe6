"""How long virtual processors have waited: out of the kernel's files."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.linux.starving import longest_wait


def threads(root: Path, *rows: tuple[str, str]) -> Path:
    for number, (name, stat) in enumerate(rows):
        place = root / "task" / str(100 + number)
        place.mkdir(parents=True)
        (place / "comm").write_text(f"{name}\n")
        (place / "schedstat").write_text(stat)
    return root


def test_of_the_processors_the_one_that_waited_longest_counts(tmp_path: Path) -> None:
    found = threads(
        tmp_path,
        ("qemu-system-x86", "1 99000000000 1\n"),
        ("CPU 0/TCG", "1 2000000000 1\n"),
        ("CPU 1/KVM", "1 3500000999 1\n"),
    )
    assert longest_wait(found) == timedelta(seconds=3.5)


@pytest.mark.parametrize("stat", ["", "1", "1 x 1"])
def test_what_cannot_be_read_says_nothing(tmp_path: Path, stat: str) -> None:
    assert longest_wait(threads(tmp_path, ("CPU 0/TCG", stat))) is None


def test_a_process_without_virtual_processors_says_nothing(tmp_path: Path) -> None:
    assert longest_wait(Path(f"/proc/{os.getpid()}")) is None
    assert longest_wait(tmp_path / "gone") is None
