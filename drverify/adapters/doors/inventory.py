"""Inventory files: the protected systems, where their points are and which playbook proves them."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Loc, load, refuse
from drverify.model.recovery import DiskImage, Network, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Protected systems and what is known about each."""

    version: Literal[1] = 1
    workloads: tuple[Workload, ...]


def load_inventory(path: Path) -> tuple[Workload, ...]:
    """Read all workloads. Raises InputError with file and line for everything wrong."""
    document = load(path)
    inventory = shape_of(Inventory).read(document)
    refuse([document.complaint(loc, text) for loc, text in _findings(inventory)])
    return inventory.workloads


def _findings(inventory: Inventory) -> Iterator[tuple[Loc, str]]:
    names: set[str] = set()
    for at, workload in enumerate(inventory.workloads):
        loc: Loc = ("workloads", at)
        if workload.name in names:
            yield (*loc, "name"), f"expected each name once, found {workload.name} again"
        names.add(workload.name)
        if isinstance(workload.payload, DiskImage):
            networks: Loc = (*loc, "payload", "guest", "networks")
            for number, network in enumerate(workload.payload.guest.networks):
                yield from (((*networks, number, *below), text) for below, text in _of_network(network))
            yield from ((networks, text) for text in _twice(workload.payload.guest.networks))


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
