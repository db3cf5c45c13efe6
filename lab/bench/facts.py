"""What machine this was measured on."""

import os
import platform
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify import __version__
from drverify.adapters.linux.command import checked
from lab.bench.rows import GIB
from lab.bench.subject import Subject

QUICK = timedelta(seconds=20)


async def facts(one: Subject, load: float) -> list[str]:
    """Lines for the head of the table."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / GIB
    qemu = await _said("qemu-system-x86_64", "--version")
    libvirt = await _said("virsh", "--version")
    restic = await _said("restic", "version")
    versions = (
        f"drverify {__version__}, Python {platform.python_version()}, {' '.join(restic.split()[:2])}, "
        f"libvirt {libvirt}, QEMU {qemu.split()[3]}"
    )
    machine = (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {memory:.0f} GiB, acceleration {one.accel}, "
        f"{_os()}, Linux {platform.release()}, load at the start {load:.2f}"
    )
    return [
        machine,
        versions,
        "repository on a local disk and in the page cache; nobody syncs what he restored; no restic cache",
    ]


def _os() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


async def _said(*argv: str) -> str:
    done = await checked(list(argv), within=QUICK)
    return done.stdout.decode("utf-8", "replace").strip().splitlines()[0]
