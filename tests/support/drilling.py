"""Fixtures of whole drills: one tiny estate for all; each test has a state directory of its own."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from drverify.adapters.workbench.factory import CACHE
from lab.estate.layout import Estate
from lab.estate.tiny import tiny_estate
from tests.support.estates import Seen, left_on_machine, tell_acceleration, traversable_directory, with_state
from tests.support.restic_init import initialise_in
from tests.support.workbench import appliance_cache


@pytest.fixture(scope="session")
def tiny() -> Iterator[Estate]:
    """The tiny guest's estate: a restic repository with two points, register, inventory, playbook."""
    with traversable_directory("drills") as root:
        estate = asyncio.run(tiny_estate(initialise_in(root / "estate")))
        (estate.state / CACHE).symlink_to(appliance_cache())
        yield estate


@pytest.fixture
def state(tiny: Estate) -> Path:
    """A fresh state directory."""
    made = tiny.root.parent / f"state-{secrets.token_hex(4)}"
    asyncio.run(tell_acceleration(made))
    return made


@pytest.fixture
def config(tiny: Estate, state: Path, seen: Seen) -> Iterator[Path]:
    """Settings of the tiny estate with a state directory of its own; nothing may be left at the end."""
    yield with_state(tiny, state)
    assert left_on_machine(state) == []
    assert seen.alive() == []


@pytest.fixture
def seen(state: Path) -> Iterator[Seen]:
    """Every sandbox that came to life during the test."""
    with Seen(state) as watching:
        yield watching
