"""The script that drverify is measured against does the whole drill, and leaves nothing behind."""

import asyncio
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.bench.subject import Subject, by_hand, environment, subject
from lab.bench.watching import watched
from lab.estate.tiny import tiny_estate
from tests.support.estates import traversable_directory
from tests.support.restic_init import initialise_in

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
]


@pytest.fixture(scope="module")
def tiny() -> Iterator[Subject]:
    with traversable_directory("bench") as root:
        estate = asyncio.run(tiny_estate(initialise_in(root / "estate")))
        found = asyncio.run(subject(estate, "tiny", root))
        assert found is not None
        yield found


def made_by_scripts() -> set[str]:
    """Namespaces, links and domains that some run of the script made."""
    looks = (
        ["ip", "netns", "list"],
        ["ip", "-o", "link"],
        ["virsh", "-c", "qemu:///system", "list", "--name"],
    )
    said = "".join(subprocess.run(look, capture_output=True, text=True, check=True).stdout for look in looks)
    return set(re.findall(r"\bhand-?\d+", said))


@pytest.fixture(autouse=True)
def nothing_is_left(tiny: Subject) -> Iterator[None]:
    before = made_by_scripts()
    yield
    assert made_by_scripts() <= before
    assert list(tiny.work.iterdir()) == []
    assert Path("/dev/null").is_char_device()  # virtlogd unlinks and re-creates whatever it is told to log to


@pytest.mark.soak  # it is what `make bench` runs
def test_by_hand_gets_the_page_healthy_and_leaves_nothing(tiny: Subject) -> None:
    done = by_hand(tiny)
    settle = tiny.settle.total_seconds()
    assert done.phases["restore"] + settle < done.healthy < done.total


def test_by_hand_that_fails_leaves_nothing_either(tiny: Subject) -> None:
    told = {**environment(tiny), "ACCEL": "no-such-thing"}
    done = watched(["sh", "lab/bench/by_hand.sh"], within=60, env=told)
    assert done.code != 0
    assert "healthy=" not in done.out
