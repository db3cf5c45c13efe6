"""Isolation by what the API says of a bridge, and by what is heard at the tunnel's end."""

from dataclasses import replace

import pytest

from drverify.adapters.proxmox.isolation import NetworkView, bridge_check, config_check
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.adapters.proxmox.values import Bridge, Subnet, Vnet, Zone

DRILL = Bridge(name="drill0", kind="bridge", active=True)
VNET = Vnet(name="drlab", zone="drill")
SIMPLE = Zone(name="drill", kind="simple")
GUEST, VENDOR, MADE_UP = "bc:24:11:00:00:10", "00:16:3e:00:00:77", "52:54:00:12:34:56"


def by_bridge(bridge: Bridge, tap: int | None = 0) -> str:
    check = bridge_check(NetworkView(node="pve1", bridges=[bridge]), "drill0", tap)
    assert check.name == "bridge-drill0"
    return "" if check.closed else check.detail


def by_sdn(vnet: Vnet = VNET, zone: Zone | None = SIMPLE, subnets: tuple[Subnet, ...] | None = ()) -> str:
    view = NetworkView(
        node="pve1",
        bridges=[],
        vnets=[vnet],
        zones=[zone] if zone else [],
        subnets={} if subnets is None else {"drlab": subnets},
    )
    check = bridge_check(view, "drlab", 0)
    return "" if check.closed else check.detail


def test_a_bridge_with_nothing_on_it_but_our_tap_is_closed():
    assert by_bridge(DRILL) == ""
    assert by_bridge(replace(DRILL, ports=("tap0",))) == ""


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"ports": ("eno1",)}, "eno1 is a port of it"),
        ({"ports": ("tap1",)}, "tap1 is a port of it"),
        ({"addresses": ("10.0.0.1/24",)}, "the node has 10.0.0.1/24 on it"),
        ({"gateways": ("10.0.0.254",)}, "10.0.0.254 is a gateway behind it"),
        ({"kind": "eth"}, "kind eth, not a bridge"),
        ({"name": "vmbr0"}, "no bridge or SDN network of that name"),
    ],
)
def test_a_bridge_that_leads_anywhere_is_open(change: dict[str, object], says: str):
    assert says in by_bridge(replace(DRILL, **change))  # type: ignore[arg-type]


def test_without_a_tunnel_no_port_is_ours():
    assert "tap0 is a port" in by_bridge(replace(DRILL, ports=("tap0",)), tap=None)


def test_an_sdn_network_in_a_simple_zone_is_closed():
    assert by_sdn() == ""
    assert by_sdn(subnets=(Subnet(cidr="10.0.0.0/24"),)) == ""


@pytest.mark.parametrize("kind", ["vlan", "vxlan", "qinq", "evpn", ""])
def test_any_other_zone_leads_to_other_nodes(kind: str):
    assert "leads to other nodes" in by_sdn(zone=replace(SIMPLE, kind=kind))


def test_whatever_else_opens_an_sdn_network_is_named():
    assert "uses bridge vmbr0" in by_sdn(zone=replace(SIMPLE, bridge="vmbr0"))
    assert "runs DHCP (dnsmasq)" in by_sdn(zone=replace(SIMPLE, dhcp="dnsmasq"))
    assert "wait to be applied" in by_sdn(replace(VNET, pending=True))
    assert "gateway 10.0.0.1" in by_sdn(subnets=(Subnet(cidr="10.0.0.0/24", gateway="10.0.0.1"),))
    assert "translated" in by_sdn(subnets=(Subnet(cidr="10.0.0.0/24", snat=True),))


def test_what_may_not_be_seen_is_open():
    assert "zone drill is not to be seen" in by_sdn(zone=None)
    assert "subnets are not to be seen" in by_sdn(subnets=None)


def test_a_vnet_that_also_stands_among_the_bridges_is_looked_at_as_both():
    view = NetworkView(
        node="pve1",
        bridges=[Bridge(name="drlab", kind="bridge", addresses=("10.0.0.1/24",))],
        vnets=[VNET],
        zones=[SIMPLE],
        subnets={"drlab": ()},
    )
    assert "10.0.0.1/24" in bridge_check(view, "drlab", 0).detail


def test_a_configuration_with_problems_is_open():
    assert config_check(()).closed
    assert config_check(["net0: another bridge"]).detail == "net0: another bridge"
    assert not config_check(["net0: another bridge"]).closed


def frame(sender: str) -> bytes:
    return b"\xff" * 6 + bytes.fromhex(sender.replace(":", "")) + b"\x08\x06" + bytes(46)


def open_ones(watch: FrameWatch) -> dict[str, str]:
    return {check.name: check.detail for check in watch.checks() if not check.closed}


def test_a_silent_bridge_and_a_guest_that_speaks_are_closed():
    watch = FrameWatch()
    watch.came(b"runt")
    assert open_ones(watch) == {}
    assert not watch.admits(GUEST)
    watch.expect([GUEST.upper()])
    for sender in (GUEST, MADE_UP, "00:00:5e:00:01:07"):
        watch.came(frame(sender))
        assert watch.admits(sender)
    assert open_ones(watch) == {}
    assert {one.name: one.value for one in watch.counters()}["tunnel_from_node"] == 4


def test_any_frame_before_the_guest_is_somebody_else():
    watch = FrameWatch()
    for _ in range(3):
        watch.came(frame(MADE_UP))
    assert open_ones(watch)["drill-bridge-silent"].endswith(f"{MADE_UP} (3 frames)")


def test_a_vendors_card_beside_the_guest_is_a_stranger():
    watch = FrameWatch()
    watch.expect([GUEST])
    watch.came(frame(VENDOR))
    assert VENDOR in open_ones(watch)["drill-bridge-strangers"]
    assert not watch.admits(VENDOR)
    assert not watch.admits("")


def test_senders_are_bounded():
    watch = FrameWatch()
    for number in range(10_000):
        watch.came(bytes(6) + number.to_bytes(6, "big") + bytes(50))
    assert open_ones(watch)["drill-bridge-silent"].count("frames") == 32
