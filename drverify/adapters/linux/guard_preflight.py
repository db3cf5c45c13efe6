"""Isolation by configuration: what the kernel says about the namespace, held against what it may be.

`verdicts` decides (pure) over `Seen`, which `inspect` gathers. There is no edge to count packets at:
the checks show that no interface of the namespace leads anywhere else.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drverify.adapters.linux import command, guard, netns
from drverify.adapters.linux.links import QUICK, Segment
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.plot import Plot
from drverify.model.drill import IsolationCheck

Link = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found."""

    inode: int
    host_inode: int
    links: Sequence[Link]
    host_links: Sequence[Link]
    routes: Sequence[Mapping[str, Any]]
    settings: Mapping[str, str]
    tables: frozenset[str]
    """`family name` of the rule tables that are loaded."""


async def inspect(ground: Ground | Plot) -> tuple[IsolationCheck, ...]:
    """Gather and judge."""
    inside = await ground.vantage.run(_inside)
    seen = Seen(
        inode=inside[0],
        host_inode=netns.inode_of(Path("/proc/self/ns/net")),
        links=await netns.links(ground.namespace),
        host_links=await netns.links(None),
        routes=inside[1],
        settings=inside[2],
        tables=inside[3],
    )
    return verdicts(ground.planned, seen)


async def _inside() -> tuple[int, list[dict[str, Any]], dict[str, str], frozenset[str]]:
    routes = []
    for family in ("-4", "-6"):
        done = await command.checked(["ip", family, "-json", "route", "show", "table", "all"], within=QUICK)
        routes += json.loads(done.stdout or b"[]")
    listed = await command.checked(["nft", "--json", "list", "tables"], within=QUICK)
    tables = (entry["table"] for entry in json.loads(listed.stdout)["nftables"] if "table" in entry)
    return (
        netns.inode_of(Path("/proc/thread-self/ns/net")),
        routes,
        await asyncio.to_thread(guard.read_forwarding),
        frozenset(f"{table['family']} {table['name']}" for table in tables),
    )


def verdicts(planned: Sequence[Segment], seen: Seen) -> tuple[IsolationCheck, ...]:
    """Judge what was seen; one check for each way in which the sandbox could be open."""
    return (
        _check("own-namespace", [] if seen.inode != seen.host_inode else ["the vantage is in the host's"]),
        _check("interfaces", _strangers(planned, seen.links)),
        _check("bridge-ports", _ports(planned, seen.links)),
        _check("routes", _routes(planned, seen.routes)),
        _check("forwarding", [f"{name} is {value}" for name, value in seen.settings.items() if value != "0"]),
        _check("rules", [f"no {name}" for name in sorted({"inet drverify", "arp drverify"} - seen.tables)]),
        _check("host-side", _left_outside(planned, seen.host_links)),
    )


def _check(name: str, faults: Sequence[str]) -> IsolationCheck:
    return IsolationCheck(name=name, closed=not faults, detail="; ".join(faults) or "as it should be")


def _strangers(planned: Sequence[Segment], links: Sequence[Link]) -> list[str]:
    """Find interfaces that are not ours by name and kind, or that have a peer in another namespace."""
    kinds = {"lo": "", **{one.bridge: "bridge" for one in planned}, **{one.tap: "tun" for one in planned}}
    faults = []
    for link in links:
        name, kind = str(link["ifname"]), str(link.get("linkinfo", {}).get("info_kind", ""))
        if kinds.get(name) != kind:
            faults.append(f"{name} ({kind or 'physical'}) does not belong here")
        elif "link_netnsid" in link:
            faults.append(f"{name} has a peer in another namespace")
    return faults


def _ports(planned: Sequence[Segment], links: Sequence[Link]) -> list[str]:
    allowed = {one.tap: one.bridge for one in planned}
    return [
        f"{link['ifname']} is a port of {link['master']}"
        for link in links
        if "master" in link and allowed.get(str(link["ifname"])) != link["master"]
    ]


def _routes(planned: Sequence[Segment], routes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Find routes that leave the bridges; a blocked destination leads nowhere and is no fault."""
    inside = {"lo", *(one.bridge for one in planned), *(one.tap for one in planned)}
    faults = []
    for route in routes:
        if route.get("type") in {"unreachable", "blackhole", "prohibit"}:
            continue
        if route.get("dst") == "default":
            faults.append(f"a default route leads to {route.get('gateway', route.get('dev'))}")
        elif route.get("dev") not in inside:
            faults.append(f"{route.get('dst')} is routed to {route.get('dev')}")
    return faults


def _left_outside(planned: Sequence[Segment], links: Sequence[Link]) -> list[str]:
    taps = {one.tap for one in planned}
    return [f"{link['ifname']} is in the host's namespace" for link in links if link["ifname"] in taps]
