"""Inventory files: the protected systems, where their points are and which playbook proves them.

Under `systems` stands what is known of any system besides, its real backup schedule above all; the rules
hold agreements against it.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from drverify.adapters.doors import groups
from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, refuse
from drverify.linting.inventory import facts_of
from drverify.model.group import Group
from drverify.model.quantity import Quantity, Unit
from drverify.model.recovery import (
    DiskImage,
    FurtherCopy,
    Network,
    SystemFiles,
    WholeMachine,
    Workload,
    networks_of,
)
from drverify.model.rule import SystemFact
from drverify.preparing.disks import impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupJob:
    """How a system is really backed up."""

    schedule: str = ""
    """In its own words, such as `daily at 02:00`."""
    every: timedelta | None = None
    """Time between two backups."""
    keep: timedelta | None = None
    """How long a backup is kept."""
    copy_location: str = ""
    """Site or zone of the second copy."""
    copy_lag: timedelta | None = None
    """How long after the backup the second copy is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSystem:
    """A system, whether it is drilled or not."""

    name: str
    kind: str = ""
    """cluster, host, vm, storage, switch, firewall, backup_repository, application, database or file_set."""
    description: str = ""
    aliases: tuple[str, ...] = ()
    """Other names, as an agreement may use them."""
    environment: str = ""
    location: str = ""
    """Site or zone where it runs."""
    backed_up: bool | None = None
    backup: BackupJob | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Protected systems and what is known about each."""

    version: Literal[1] = 1
    workloads: tuple[Workload, ...]
    systems: tuple[KnownSystem, ...] = ()
    groups: tuple[Group, ...] = ()
    """Systems that only work together."""
    copies: tuple[FurtherCopy, ...] = ()
    """Where else the points of workloads are kept."""


def load_groups(path: Path) -> tuple[Group, ...]:
    """Read the dependency groups. InputError as `load_inventory`."""
    return _load(path).groups


def load_copies(path: Path) -> Mapping[str, tuple[FurtherCopy, ...]]:
    """Read where else points are kept, by workload. InputError as `load_inventory`."""
    found: dict[str, tuple[FurtherCopy, ...]] = {}
    for one in _load(path).copies:
        found[one.workload] = (*found.get(one.workload, ()), one)
    return found


def load_inventory(path: Path) -> tuple[Workload, ...]:
    """Read all workloads. Raises InputError with file and line for everything wrong."""
    return _load(path).workloads


def load_facts(path: Path) -> tuple[SystemFact, ...]:
    """Read what is known of all systems, workloads first. InputError as `load_inventory`."""
    inventory = _load(path)
    known = {one.name: one for one in facts_of(inventory.workloads)}
    known |= {one.name: _fact(one, known.get(one.name)) for one in inventory.systems}
    return tuple(known.values())


def _load(path: Path) -> Inventory:
    document = load(path)
    inventory = shape_of(Inventory).read(document)
    refuse([document.complaint(loc, text) for loc, text in _findings(inventory)])
    return inventory


def _fact(one: KnownSystem, workload: SystemFact | None) -> SystemFact:
    job = one.backup or BackupJob()
    backed_up = one.backed_up if one.backed_up is not None or one.backup is None else True
    if backed_up is None and workload is not None:
        backed_up = workload.backed_up
    return SystemFact(
        name=one.name,
        kind=one.kind or (workload.kind if workload is not None else ""),
        description=one.description or (workload.description if workload is not None else ""),
        aliases=one.aliases,
        environment=one.environment,
        location=one.location,
        backed_up=backed_up,
        schedule=job.schedule,
        interval=_quantity(job.every),
        retention=_quantity(job.keep),
        copy_location=job.copy_location,
        copy_lag=_quantity(job.copy_lag),
    )


def _quantity(time: timedelta | None) -> Quantity | None:
    """A time in the greatest unit that holds it without a rest."""
    if time is None:
        return None
    for unit, size in _UNITS.items():
        if not time % size:
            return Quantity(value=Decimal(time // size), unit=unit)
    return Quantity(value=Decimal(str(time.total_seconds())), unit="second")


_UNITS: Mapping[Unit, timedelta] = MappingProxyType(
    {"day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1)}
)


def _findings(inventory: Inventory) -> Iterator[tuple[Loc, str]]:
    names: set[str] = set()
    for at, workload in enumerate(inventory.workloads):
        loc: Loc = ("workloads", at)
        if workload.name in names:
            yield (*loc, "name"), f"expected each name once, found {workload.name} again"
        names.add(workload.name)
        yield from (((*loc, *below), text) for below, text in _of_payload(workload))
        guest = ("guest",) if isinstance(workload.payload, DiskImage | SystemFiles) else ()
        networks: Loc = (*loc, "payload", *guest, "networks")
        for number, network in enumerate(networks_of(workload.payload)):
            yield from (((*networks, number, *below), text) for below, text in _of_network(network))
        yield from ((networks, text) for text in _twice(networks_of(workload.payload)))
    known: set[str] = set()
    for at, system in enumerate(inventory.systems):
        if system.name in known:
            yield ("systems", at, "name"), f"expected each name once, found {system.name} again"
        known.add(system.name)
    yield from groups.findings(inventory.groups, inventory.workloads)
    yield from _of_copies(inventory)


def _of_copies(inventory: Inventory) -> Iterator[tuple[Loc, str]]:
    taken = {one.name: {one.source} for one in inventory.workloads}
    for at, copy in enumerate(inventory.copies):
        if copy.workload not in taken:
            yield ("copies", at, "workload"), f"expected a workload of this inventory, found {copy.workload}"
        elif copy.source in taken[copy.workload]:
            yield (
                ("copies", at, "source"),
                "expected another source than the workload and its other copies have",
            )
        taken.setdefault(copy.workload, set()).add(copy.source)


def _of_payload(workload: Workload) -> Iterator[tuple[Loc, str]]:
    match workload.payload:
        case WholeMachine() if not workload.points.host.isdecimal():
            yield ("points", "host"), "expected the number of the machine (its VMID), as text"
        case DiskImage(guest=guest) if len(guest.disks) > 1:
            yield ("payload", "guest", "disks"), "expected one disk at most: a disk image is one"
        case SystemFiles(guest=guest, layout=layout):
            yield from ((("payload", "layout"), text) for text in impossible(layout, guest))


def _of_network(network: Network) -> Iterator[tuple[Loc, str]]:
    subnet = ipaddress.ip_network(network.subnet)
    for key, value in (("gateway", network.gateway), ("address", network.address)):
        if ipaddress.ip_address(value) not in subnet:
            yield (key,), f"expected an address in {network.subnet}, found {value}"
    if network.address == network.gateway:
        yield ("address",), "expected another address than the gateway's"


def _twice(networks: tuple[Network, ...]) -> Iterator[str]:
    for key in ("name", "subnet", "mac"):
        values = [getattr(network, key) for network in networks if getattr(network, key)]
        if len(values) != len(set(values)):
            yield f"expected each network to have its own {key}"
