"""Whether a playbook stays within the networks of its workload: pure."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from drverify.errors import InputError
from drverify.model.playbook import Playbook, addresses
from drverify.model.recovery import Network, Workload, boots, networks_of
from drverify.model.steps import access_of_step


def check_addresses(workload: Workload, playbook: Playbook, also: tuple[Network, ...] = ()) -> None:
    """Refuse a playbook that would ask addresses outside the sandbox: nothing could ever answer there.

    `also` are networks that the sandbox has besides: those of the other members of a group.
    """
    if not boots(workload.payload):
        return
    networks = [ip_network(network.subnet) for network in (*networks_of(workload.payload), *also)]
    for what, address in _asked(playbook):
        if not any(ip_address(address) in network for network in networks):
            known = ", ".join(map(str, dict.fromkeys(networks))) or "none"
            raise InputError(
                f"{what} of playbook {playbook.name} asks {address}, "
                f"which lies in no network of workload {workload.name}",
                hint=f"its networks are: {known}; look at its variables in the inventory",
            )


def _asked(playbook: Playbook) -> Iterator[tuple[str, str]]:
    """Every address that is spoken to, and by what."""
    for probe in playbook.probes:
        yield from ((f"probe {probe.id}", address) for address in addresses(probe))
    for step in playbook.steps:
        access = access_of_step(step)
        if access is not None and access.via == "ssh":
            yield f"step {step.id}", access.address
