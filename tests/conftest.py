"""What the machine must have for a test, said once and loudly: a skip is not a pass."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.drilling"]

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # started in the background: children inherit it

settings.register_profile("busy", deadline=None)  # beside guests on two cores an example may take seconds
settings.load_profile("busy")

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


LONGEST = (
    "test_pve_faults.py",
    "test_killed_drills.py",
    "test_drill.py",
    "test_lab_images.py",
    "test_broken.py",
    "test_group_drill.py",
    "test_migrate_cli.py",
    "test_rebuilding.py",
    "test_workbench.py",
    "test_pve_killed_drills.py",
    "test_lab_estate.py",
    "test_libvirt_guests.py",
)
"""Files that take a minute or more, longest first."""


def _turn(item: pytest.Item) -> int:
    name = item.path.name
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run; in CI that fails the run in the end.

    The longest files come first, the others stay shuffled: two processes that take one file after
    another (`make test`) then end at about the same time.
    """
    items.sort(key=_turn)
    for item in items:
        for marker, (there, reason) in NEEDS.items():
            if item.get_closest_marker(marker) and not there():
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the source checkout."""
    return Path(__file__).parents[1]


MAY_BE_SKIPPED = (
    "vagrant is not installed",
    "node is not installed",
    "chromium is not installed",
    "this machine has no IPv6",
    "runs systemd",
    "the shared corpus is not beside this checkout",
)
"""Reasons that CI accepts: the same thing is shown by another test, or cannot exist on the machine."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI a skip whose reason is not listed fails the run: a skip is not a pass."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.getreports("skipped")]
    unknown = [reason for reason in reasons if not any(known in reason for known in MAY_BE_SKIPPED)]
    if unknown and os.environ.get("CI"):
        terminalreporter.write_line("CI may not skip this:", red=True)
        for reason in sorted(set(unknown)):
            terminalreporter.write_line(f"  {reason}", red=True)
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED
