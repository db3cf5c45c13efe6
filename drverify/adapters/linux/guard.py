"""The rules inside a sandbox's namespace: nothing is forwarded, and what wanted to leave is counted.

Isolation does not rest on these rules: the namespace has no uplink at all. They answer the guest at
once ("no route") instead of letting it wait, protect us from what it sends, and keep count per
destination of everything that it tried to reach.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux import command
from drverify.adapters.linux.links import Segment
from drverify.errors import HostError

QUICK = timedelta(seconds=20)
TABLE = "drverify"
IPV4, IPV6 = 4, 6
REMEMBERED = 512
"""Destinations that are kept apart; a guest that tries more is still counted as a whole."""

SETTINGS: tuple[tuple[str, str], ...] = (
    ("net/ipv4/ip_forward", "0"),
    ("net/ipv4/conf/{}/forwarding", "0"),
    ("net/ipv4/conf/{}/accept_redirects", "0"),
    ("net/ipv4/conf/{}/send_redirects", "0"),
    ("net/ipv4/conf/{}/accept_source_route", "0"),
    ("net/ipv4/icmp_ratelimit", "0"),
    ("net/ipv6/conf/{}/forwarding", "0"),
    ("net/ipv6/conf/{}/accept_ra", "0"),
    ("net/ipv6/conf/{}/accept_redirects", "0"),
    ("net/ipv6/conf/{}/autoconf", "0"),
    ("net/ipv6/conf/{}/router_solicitations", "0"),
    ("net/bridge/bridge-nf-call-iptables", "0"),
    ("net/bridge/bridge-nf-call-ip6tables", "0"),
    ("net/bridge/bridge-nf-call-arptables", "0"),
)
"""Kernel settings of the namespace (`{}`: all and default), set before it has any interface.

The last three: what one guest of a group sends to another stays on their bridge, and is no forwarding.
"""
EMPTY, INHABITED = timedelta(milliseconds=200), timedelta(seconds=1)
"""Pause between two of the three requests for an address: while no guest can be there, so that the controls
do not hold up a short restore, and the kernel's own, for when there is one."""


def settle(root: Path = Path("/proc/sys")) -> None:
    """Write the kernel settings. Must run on a thread inside the namespace; HostError if refused."""
    for template, value in SETTINGS:
        for scope in ("all", "default") if "{}" in template else ("",):
            path = root / template.format(scope)
            if ("ipv6" in template or "bridge" in template) and not path.exists():
                continue  # a kernel without IPv6, or without rules for bridges, has nothing to close there
            try:
                path.write_text(value)
            except OSError as error:
                raise HostError(f"cannot set {path} to {value}: {error}") from error


def ask_again_after(pause: timedelta, planned: Sequence[Segment], root: Path = Path("/proc/sys")) -> None:
    """Set how long a request for a neighbour's address goes unanswered before it is repeated.

    Must run on a thread inside the namespace; HostError if refused.
    """
    value = f"{pause / timedelta(milliseconds=1):.0f}"
    for one in planned:
        for family in ("ipv4", "ipv6"):
            path = root / f"net/{family}/neigh/{one.bridge}/retrans_time_ms"
            try:
                if path.exists():
                    path.write_text(value)
            except OSError as error:
                raise HostError(f"cannot set {path} to {value}: {error}") from error


def read_forwarding(root: Path = Path("/proc/sys")) -> dict[str, str]:
    """Read what decides on forwarding and router advertisements. Runs inside the namespace."""
    names = ["net/ipv4/ip_forward"]
    names += [
        "net/ipv6/conf/all/forwarding",
        "net/ipv6/conf/all/accept_ra",
        "net/ipv6/conf/default/accept_ra",
    ]
    return {name: (root / name).read_text().strip() for name in names if (root / name).exists()}


def ruleset(planned: Sequence[Segment]) -> str:
    """Write the rules (nft) for these networks."""
    known = {address for one in planned for address in (*one.ours, one.guest) if address.version == IPV4}
    return _RULES.format(
        inside4=", ".join([*_inside(planned, IPV4), "224.0.0.0/4", "255.255.255.255"]),
        inside6=", ".join([*_inside(planned, IPV6), "fe80::/10", "ff00::/8"]),
        present=", ".join(sorted(map(str, known)) or ["255.255.255.255"]),
        size=REMEMBERED,
    )


def _inside(planned: Sequence[Segment], version: int) -> list[str]:
    """List the subnets, and those of our addresses that lie in none of them."""
    subnets = {one.subnet for one in planned if one.subnet.version == version}
    alone = {
        address
        for one in planned
        for address in one.ours
        if address.version == version and not any(address in subnet for subnet in subnets)
    }
    return sorted(map(str, subnets | alone))


_RULES = """\
table inet drverify {{
  counter guest_to_outside_ipv4 {{ }}
  counter guest_to_outside_ipv6 {{ }}
  counter guest_to_cloud_metadata {{ }}
  counter guest_router_advertisements {{ }}
  counter guest_refused_by_gateway {{ }}
  counter own_to_outside {{ }}
  counter forwarded {{ }}
  set tried4 {{ type ipv4_addr; size {size}; flags dynamic; counter; }}
  set tried6 {{ type ipv6_addr; size {size}; flags dynamic; counter; }}
  chain before {{
    type filter hook prerouting priority -300; policy accept;
    iifname "lo" accept
    icmpv6 type {{ nd-router-advert, nd-redirect }} counter name guest_router_advertisements drop
    ip daddr 169.254.169.254 counter name guest_to_cloud_metadata
    ip daddr != {{ {inside4} }} counter name guest_to_outside_ipv4 update @tried4 {{ ip daddr }} jump refuse
    ip6 daddr != {{ {inside6} }} counter name guest_to_outside_ipv6 update @tried6 {{ ip6 daddr }} jump refuse
  }}
  chain refuse {{
    limit rate over 200/second drop
    reject with icmpx no-route
    drop
  }}
  chain towards_us {{
    type filter hook input priority 0; policy drop;
    iifname "lo" accept
    ct state established,related accept
    icmp type echo-request limit rate 200/second accept
    icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, echo-request }} limit rate 200/second accept
    udp dport {{ 53, 67 }} limit rate 200/second burst 400 packets accept
    tcp dport 53 limit rate 50/second accept
    pkttype {{ broadcast, multicast }} drop
    counter name guest_refused_by_gateway
    limit rate over 200/second drop
    reject with icmpx port-unreachable
  }}
  chain through {{
    type filter hook forward priority 0; policy drop;
    counter name forwarded drop
  }}
  chain from_us {{
    type filter hook output priority 0; policy accept;
    oifname "lo" accept
    ip daddr != {{ {inside4} }} counter name own_to_outside
    ip6 daddr != {{ {inside6} }} counter name own_to_outside
  }}
}}
table arp drverify {{
  counter guest_asked_for_absent {{ }}
  set asked {{ type ipv4_addr; size {size}; flags dynamic; counter; }}
  chain towards_us {{
    type filter hook input priority 0; policy accept;
    arp operation request arp daddr ip != {{ {present} }} counter name guest_asked_for_absent update @asked {{ arp daddr ip }}
  }}
}}
"""  # noqa: E501 - one rule, one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the rules counted: whole counters, and packets per address that was tried."""

    counters: tuple[tuple[str, int], ...]
    outside: tuple[tuple[str, int], ...]
    """Addresses outside that the guest sent to."""
    absent: tuple[tuple[str, int], ...]
    """Addresses on its own network that the guest looked for and that are not there."""


def read_count(listing: bytes) -> Count:
    """Read `nft --json list ruleset`. HostError when it is not what our own nft prints."""
    try:
        items: list[dict[str, Any]] = json.loads(listing)["nftables"]
        counters = [one["counter"] for one in items if "counter" in one]
        sets = {one["set"]["name"]: _elements(one["set"]) for one in items if "set" in one}
        return Count(
            counters=tuple((one["name"], int(one["packets"])) for one in counters),
            outside=tuple(sorted((*sets.get("tried4", ()), *sets.get("tried6", ())))),
            absent=tuple(sorted(sets.get("asked", ()))),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"nft printed something unexpected: {error!r}") from error


def _elements(described: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    found = [one["elem"] for one in described.get("elem", []) if isinstance(one, dict)]
    return tuple((str(one["val"]), int(one["counter"]["packets"])) for one in found)


async def lay(planned: Sequence[Segment]) -> None:
    """Load the rules. Must run inside the vantage."""
    await command.checked(["nft", "-f", "-"], within=QUICK, stdin=ruleset(planned).encode())


async def count() -> Count:
    """Read the counts. Must run inside the vantage."""
    return read_count((await command.checked(["nft", "--json", "list", "ruleset"], within=QUICK)).stdout)
