"""What a restore test brings back, a file, a machine, a whole system, and what a drill shows of it. Pure.

A promise may say of what a restore test is ("each quarter a file and a virtual machine"). A drill brings back
its workload and asks its playbook's questions, so what it shows follows from the two: a booted machine whose
files nobody compares is no file restore, and files that were compared are no machine.
"""

from collections.abc import Iterable, Iterator, Sequence

from drverify.model.hardware import HardwareProfile
from drverify.model.obligation import Grain
from drverify.model.playbook import (
    ChecksumProbe,
    DumpProbe,
    FreshnessProbe,
    NewestRow,
    NewestToken,
    Playbook,
    PostgresProbe,
    ProbeSpec,
    TokenRow,
)
from drverify.model.recovery import FileSet, Payload, SystemFiles

WORDS: dict[Grain, str] = {
    "file": "a file restore",
    "item": "a restore of single items",
    "database": "a database restore",
    "vm": "a restore of a virtual machine",
    "bare_metal": "a bare-metal restore",
    "full_system": "a full-system restore",
    "application": "a restore of the application",
    "site": "a recovery of the site",
}
HOW: dict[Grain, str] = {
    "file": "a required checksum probe, or a workload of files",
    "item": "no drill does yet",
    "database": "a required probe that asks the database",
    "vm": "a workload that is a disk image or a machine",
    "bare_metal": "a workload of a system's files, or a drill on other hardware",
    "full_system": "a workload that boots",
    "application": "a required probe with proves_application",
    "site": "no drill of one workload does: `drverify simulate` foretells it",
}
"""What makes a drill show it."""


def shown_by(
    payload: Payload, playbook: Playbook, hardware: HardwareProfile | None = None
) -> frozenset[Grain]:
    """What a drill shows that brings its workload back."""
    return frozenset(_shown(payload, [one for one in playbook.probes if one.required], hardware))


def lacking(promised: Iterable[Grain], shown: frozenset[Grain]) -> str:
    """What of a promise a drill does not show, in words; empty: nothing."""
    return named(one for one in promised if one not in shown)


def named(grains: Iterable[Grain]) -> str:
    """As a person would say it."""
    return " and ".join(WORDS[one] for one in grains)


def _shown(payload: Payload, asked: Sequence[ProbeSpec], hardware: HardwareProfile | None) -> Iterator[Grain]:
    if isinstance(payload, FileSet):
        yield "file"
    else:
        yield "full_system"
        if any(isinstance(one, ChecksumProbe) for one in asked):
            yield "file"
        if isinstance(payload, SystemFiles) or hardware is not None:
            yield "bare_metal"
        if not isinstance(payload, SystemFiles):
            yield "vm"
    if any(map(_asks_database, asked)):
        yield "database"
    if any(one.proves_application for one in asked):
        yield "application"


def _asks_database(probe: ProbeSpec) -> bool:
    match probe:
        case PostgresProbe() | DumpProbe():
            return True
        case FreshnessProbe(newest=NewestRow() | NewestToken(tokens=TokenRow())):
            return True
        case _:
            return False
