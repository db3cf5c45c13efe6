"""Isolation as the cluster's API shows it: pure, over what the API says of a drill bridge and of a copy.

A drill bridge leads nowhere: it has no uplink, and neither the node nor the cluster's SDN has an address
on it. What the API cannot show (an address that a node gives itself, a neighbour on the bridge) is found
by listening at the tunnel's end (`tunnel_watch`) and by trying (`canary`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drverify.adapters.proxmox.values import Bridge, Subnet, Vnet, Zone
from drverify.model.drill import IsolationCheck

BRIDGES = frozenset({"bridge", "OVSBridge"})
CLOSED_ZONE = "simple"
"""The one kind of SDN zone that is a bridge on each node and nothing between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkView:
    """What the API says of a node's network."""

    node: str
    bridges: Sequence[Bridge]
    vnets: Sequence[Vnet] = ()
    zones: Sequence[Zone] = ()
    subnets: Mapping[str, Sequence[Subnet]] = field(default_factory=dict)
    """Of the SDN networks that were asked for, by name."""


def bridge_check(view: NetworkView, name: str, tap: int | None) -> IsolationCheck:
    """Judge one drill bridge; `tap` is the unit of our own tap on it."""
    vnet = next((one for one in view.vnets if one.name == name), None)
    plain = next((one for one in view.bridges if one.name == name), None)
    if vnet is not None:
        faults = [*_vnet(vnet, view), *(_plain(plain, tap) if plain is not None else ())]
    elif plain is None:
        faults = [f"node {view.node} has no bridge or SDN network of that name"]
    elif plain.kind not in BRIDGES:
        faults = [f"it is of kind {plain.kind or 'unknown'}, not a bridge"]
    else:
        faults = _plain(plain, tap)
    return IsolationCheck(
        name=f"bridge-{name}",
        closed=not faults,
        detail="; ".join(faults) or f"no uplink, no address, no gateway on node {view.node}",
    )


def _plain(bridge: Bridge, tap: int | None) -> list[str]:
    faults = [f"{port} is a port of it" for port in bridge.ports if tap is None or port != f"tap{tap}"]
    faults += [f"the node has {address} on it" for address in bridge.addresses]
    faults += [f"{gateway} is a gateway behind it" for gateway in bridge.gateways]
    return faults


def _vnet(vnet: Vnet, view: NetworkView) -> list[str]:
    zone = next((one for one in view.zones if one.name == vnet.zone), None)
    faults = []
    if zone is None:
        faults.append(f"its SDN zone {vnet.zone or '?'} is not to be seen (needs SDN.Audit)")
    else:
        if zone.kind != CLOSED_ZONE:
            faults.append(f"its SDN zone is of kind {zone.kind}, which leads to other nodes")
        if zone.bridge:
            faults.append(f"its SDN zone uses bridge {zone.bridge}")
        if zone.dhcp:
            faults.append(f"its SDN zone runs DHCP ({zone.dhcp})")
    if vnet.pending:
        faults.append("changes of it wait to be applied")
    if vnet.name not in view.subnets:
        faults.append("its subnets are not to be seen (needs SDN.Audit)")
    for subnet in view.subnets.get(vnet.name, ()):
        if subnet.gateway:
            faults.append(f"the node is gateway {subnet.gateway} of {subnet.cidr}")
        if subnet.snat:
            faults.append(f"{subnet.cidr} is translated to the outside")
    return faults


def config_check(problems: Sequence[object]) -> IsolationCheck:
    """Judge the copy's configuration by the problems that were found in it."""
    return IsolationCheck(
        name="copy-configuration",
        closed=not problems,
        detail="; ".join(map(str, problems)) or "as it was planned",
    )
