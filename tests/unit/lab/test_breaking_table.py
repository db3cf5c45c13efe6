"""The table of ways to break, and the small pure parts of breaking."""

from pathlib import Path

import pytest

from drverify.cli.lab import KINDS as OFFERED
from drverify.model.verdict import Outcome
from lab.breaking.kinds import KINDS
from lab.breaking.surroundings import mounts_below

WANTED = {
    "pack-bit-flip", "pack-deleted", "truncated-image", "database-emptied", "application-disabled",
    "wrong-machine", "stale-point", "wrong-password", "repository-locked", "sandbox-disk-full",
    "missing-bootloader",
}  # fmt: skip
MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:25 / /lab/broken/full/state rw - tmpfs drverify-lab rw
31 30 0:26 / /lab/broken/full/state/in\\040side rw - tmpfs x rw
32 22 0:27 / /lab/brokenhearted rw - tmpfs x rw
"""


def test_every_kind_is_there_and_offered() -> None:
    assert set(KINDS) == WANTED
    assert set(OFFERED) == WANTED


@pytest.mark.parametrize("kind", sorted(WANTED))
def test_no_kind_is_expected_green_but_the_lock(kind: str) -> None:
    expected = KINDS[kind].expected
    assert (expected.outcome is Outcome.MET) == (kind == "repository-locked")
    assert (expected.attribution is not None) == (expected.outcome is Outcome.UNPROVEN)
    assert bool(expected.missed) == (expected.outcome is Outcome.MISSED)


def test_mounts_are_found_innermost_first_and_neighbours_spared() -> None:
    assert mounts_below(Path("/lab/broken"), MOUNTS) == [
        Path("/lab/broken/full/state/in side"),
        Path("/lab/broken/full/state"),
    ]
    assert mounts_below(Path("/elsewhere"), MOUNTS) == []
