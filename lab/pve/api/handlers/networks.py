"""Answers about bridges of nodes and the software-defined networks over them."""

import ipaddress
from typing import Any

from lab.pve.api.handlers.register import answers
from lab.pve.api.work import Work
from lab.pve.api.world import Call
from lab.pve.seam import Bridge


@answers("GET /nodes/{node}/network")
async def network(call: Call) -> list[dict[str, Any]]:
    """List a node's interfaces: bridges and their ports."""
    kind = call.values.get("type")
    node = call.world.node(call.node)
    bridges = [_shown(bridge) for bridge in node.bridges]
    ports = sorted({port for bridge in node.bridges for port in bridge.ports})
    found = bridges + [
        {"iface": port, "type": "eth", "method": "manual", "active": 1, "exists": 1, "families": ["inet"]}
        for port in ports
    ]
    networks = [
        {"iface": bridge.name, "type": "vnet", "active": 1, "method": "manual"}
        for bridge in call.world.fabric.bridges(call.node)
    ]
    if kind in {"any_bridge", "any_local_bridge"}:
        return bridges + (networks if kind == "any_bridge" else [])
    if kind == "include_sdn":
        return found + networks
    return [each for each in found + networks if each["type"] == kind] if kind else found


def _shown(bridge: Bridge) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "iface": bridge.name,
        "type": "bridge",
        "method": "static" if bridge.address else "manual",
        "method6": "manual",
        "families": ["inet"],
        "active": 1,
        "autostart": 1,
        "bridge_ports": " ".join(bridge.ports),
        "bridge_stp": "off",
        "bridge_fd": "0",
        "priority": 3,
    }
    if bridge.address:
        interface = ipaddress.ip_interface(bridge.address)
        facts |= {"cidr": bridge.address, "address": str(interface.ip)}
        facts |= {"netmask": str(interface.network.prefixlen)}
        if bridge.ports:
            facts["gateway"] = str(next(interface.network.hosts()))
    return facts


@answers("GET /cluster/sdn/zones")
async def zones(call: Call) -> list[dict[str, Any]]:
    """List zones that the caller may see."""
    wanted = call.values.get("type")
    return [
        _object(body)
        for body in call.world.fabric.zones()
        if wanted in {None, body["type"]}
        and call.may(f"/sdn/zones/{body['zone']}", "SDN.Audit", "SDN.Allocate", any_of=True)
    ]


@answers("GET /cluster/sdn/vnets")
async def vnets(call: Call) -> list[dict[str, Any]]:
    """List virtual networks that the caller may see."""
    return [
        {"type": "vnet"} | _object(body)
        for body in call.world.fabric.vnets()
        if call.may(f"/sdn/zones/{body['zone']}/{body['vnet']}", "SDN.Audit", "SDN.Allocate", any_of=True)
    ]


def _object(body: dict[str, Any]) -> dict[str, Any]:
    found = {key: int(value) if isinstance(value, bool) else value for key, value in body.items()}
    found.pop("applied")
    return found if body["applied"] else found | {"state": "new"}


@answers("POST /cluster/sdn/zones")
async def make_zone(call: Call) -> None:
    """Wish for a zone."""
    facts = {key: value for key, value in call.values.items() if key != "lock-token"}
    call.world.fabric.add_zone(facts["zone"], facts)


@answers("POST /cluster/sdn/vnets")
async def make_vnet(call: Call) -> None:
    """Wish for a virtual network."""
    facts = {key: value for key, value in call.values.items() if key != "lock-token"}
    call.check(f"/sdn/zones/{facts['zone']}", "SDN.Allocate")
    call.world.fabric.add_vnet(facts["vnet"], facts)


@answers("GET /cluster/sdn/vnets/{vnet}/subnets")
async def subnets(call: Call) -> list[dict[str, Any]]:
    """List a virtual network's subnets."""
    vnet = call.names["vnet"]
    path = f"/sdn/zones/{call.world.fabric.zone_of(vnet)}/{vnet}"
    call.check(path, "SDN.Audit", "SDN.Allocate", any_of=True)
    return [{"type": "subnet"} | _object(body) for body in call.world.fabric.subnets(vnet)]


@answers("POST /cluster/sdn/vnets/{vnet}/subnets")
async def make_subnet(call: Call) -> None:
    """Wish for a subnet."""
    vnet = call.names["vnet"]
    call.check(f"/sdn/zones/{call.world.fabric.zone_of(vnet)}/{vnet}", "SDN.Allocate")
    facts = {key: value for key, value in call.values.items() if key not in {"lock-token", "type", "subnet"}}
    call.world.fabric.add_subnet(vnet, call.values["subnet"], facts)


@answers("PUT /cluster/sdn")
async def apply(call: Call) -> str:
    """Make the wishes so, on every node that is up."""
    world = call.world

    async def job(work: Work) -> None:
        world.fabric.apply()
        for node in world.nodes.values():
            if node.up:
                work.log(f"{node.name}: reloading network config")
                await node.muscle.bridges(world.every_bridge(node.name))

    return world.tasks.spawn(call.asked, "reloadnetworkall", "", call.caller, job)
