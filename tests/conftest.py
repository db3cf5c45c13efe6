"""What the machine must have for a test, said once and loudly: a skip is not a pass."""

import os
import shutil
from pathlib import Path

import pytest

NEEDS = {
    "needs_root": (lambda: os.geteuid() == 0, "root is needed: run `make test` as root or with sudo"),
    "needs_restic": (lambda: shutil.which("restic") is not None, "restic is not installed"),
    "needs_libvirt": (
        lambda: os.geteuid() == 0 and shutil.which("virsh") is not None,
        "root and libvirt are needed",
    ),
    "needs_lab": (
        lambda: os.geteuid() == 0 and shutil.which("mmdebstrap") is not None,
        "root and mmdebstrap are needed",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run; in CI that is a failure instead."""
    for item in items:
        for marker, (there, reason) in NEEDS.items():
            if item.get_closest_marker(marker) and not there():
                if os.environ.get("CI"):
                    pytest.exit(f"{item.nodeid}: {reason}; CI must not skip it", returncode=3)
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source checkout."""
    return Path(__file__).parents[1]
