"""What the machine must have for a test, said once and loudly: a skip is not a pass."""

import gc
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

pytest_plugins = ["tests.support.drilling", "tests.support.bookings"]

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # started in the background: children inherit it

if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    sys.dont_write_bytecode = False  # or every process that a test starts compiles everything anew

os.environ.pop("COLUMNS", None)  # what is printed is as wide as without a terminal, whoever runs the tests

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
    "test_nightly_chaos.py",
    "test_broken.py",
    "test_group_drill.py",
    "test_drill.py",
    "test_migrate_cli.py",
    "test_libvirt_guests.py",
    "test_pve_killed_drills.py",
    "test_host_libvirt.py",
    "test_workbench.py",
    "test_lab_estate.py",
    "test_rebuilding.py",
    "test_lab_images.py",
    "test_pve_drill.py",
    "test_documents_hostile.py",
    "test_vma.py",
)
"""Files that take half a minute or more, about the longest first; waiting ones and busy ones in turn."""


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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Collect without looking for garbage, a third of the time: what is collected stays, and is never gone through."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Where a test sends its log, it sends no other test's: its standard error is closed by then."""
    there, before = structlog.is_configured(), structlog.get_config()
    yield
    if not there:
        structlog.reset_defaults()
    elif structlog.get_config() != before:
        structlog.configure(**before)


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
