"""One tiny estate for all end-to-end tests; each test has a state directory of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.estate.layout import Estate
from lab.estate.tiny import tiny_estate
from tests.support.estates import everything_of_ours, left_on_machine, test_directory, with_state


@pytest.fixture(scope="session")
def tiny() -> Iterator[Estate]:
    """The tiny guest's estate: a restic repository with two points, register, inventory, playbook."""
    with test_directory("faults") as root:
        yield asyncio.run(tiny_estate(root / "estate"))


@pytest.fixture
def config(tiny: Estate, request: pytest.FixtureRequest) -> Iterator[Path]:
    """Settings of the tiny estate with a fresh state directory; nothing may be left when the test ends."""
    before = everything_of_ours()
    state = tiny.root.parent / f"state-{abs(hash(request.node.nodeid)) % 10**8}"
    yield with_state(tiny, state)
    assert left_on_machine(state) == []
    assert everything_of_ours() <= before
