"""A recipe's digest covers each of its inputs, and nothing else."""

import dataclasses
from pathlib import Path

import pytest

from lab.images.distro import Release
from lab.images.errors import LabError
from lab.images.recipe import HOST_PACKAGES, NAMES, Recipe, recipe

BOOKWORM = Release(distribution="debian", codename="bookworm")
NOBLE = Release(distribution="ubuntu", codename="noble")


async def build_nothing(workspace: Path, say: object) -> None:
    pass


BASE = Recipe(
    name="tiny",
    release=BOOKWORM,
    packages=("kernel", "busybox"),
    files=(("init", True, b"#!/bin/sh\n"), ("page", False, b"ok\n")),
    build=build_nothing,
)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "shop"},
        {"release": NOBLE},
        {"release": Release(distribution="debian", codename="trixie")},
        {"packages": ("kernel", "busybox", "nginx")},
        {"packages": ("kernelbusybox",)},
        {"files": BASE.files[:1]},
        {"files": (("init", False, b"#!/bin/sh\n"), BASE.files[1])},
        {"files": (("init", True, b"#!/bin/sh\n\n"), BASE.files[1])},
        {"files": (("init2", True, b"#!/bin/sh\n"), BASE.files[1])},
        {"files": (("init", True, b"#!/bin/sh\nok\n"), ("page", False, b""))},
    ],
)
def test_every_input_changes_the_digest(change: dict[str, object]) -> None:
    assert dataclasses.replace(BASE, **change).digest() != BASE.digest()


def test_the_order_of_files_does_not_matter() -> None:
    assert dataclasses.replace(BASE, files=BASE.files[::-1]).digest() == BASE.digest()


@pytest.mark.parametrize("name", NAMES)
def test_recipes_are_stable_and_hold_their_own_source(name: str) -> None:
    first, second = recipe(name, BOOKWORM), recipe(name, BOOKWORM)
    assert first.digest() == second.digest()
    names = {file for file, _, _ in first.files}
    assert {f"{name}.py", "disk.py", f"{name}/" + ("init" if name == "tiny" else "setup.sh")} <= names
    assert not any("__pycache__" in file for file in names)


def test_releases_choose_their_own_kernel() -> None:
    assert "linux-image-amd64" in recipe("shop", BOOKWORM).packages
    assert "linux-image-virtual" in recipe("shop", NOBLE).packages
    assert recipe("shop", NOBLE).digest() != recipe("shop", BOOKWORM).digest()


def test_the_readme_lists_the_host_packages() -> None:
    readme = (Path(__file__).parents[3] / "lab/images/README.md").read_text()
    assert [package for package in HOST_PACKAGES if f"`{package}`" not in readme] == []


def test_an_error_shows_its_hint() -> None:
    assert str(LabError("no", hint="do this")) == "no\ndo this"
    assert str(LabError("no")) == "no"
