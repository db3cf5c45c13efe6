"""What a sandbox's network shall be, and how what is seen of it is judged."""

import ipaddress
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drverify.adapters.linux import dhcp_dns, guard, links
from drverify.adapters.linux.canary import neighbours
from drverify.adapters.linux.guard_preflight import Seen, verdicts
from drverify.errors import HostError, InputError
from drverify.model.playbook import DnsAnswer
from drverify.model.recovery import Network

ID = "0badcafe"
NETWORK = Network(
    name="production", subnet="10.20.0.0/24", gateway="10.20.0.1", dns="10.20.0.2", address="10.20.0.10"
)
(ONE,) = links.segments(ID, (NETWORK,))
ANSWERS = (DnsAnswer(name="db.shop.example", address="10.20.0.20"),)


# --- links ----------------------------------------------------------------------------------------


def test_the_bridge_holds_gateway_and_dns():
    assert ONE.interfaces == ("10.20.0.1/24", "10.20.0.2/32")
    assert (ONE.bridge, ONE.tap) == ("br0", "dv0badcafe-0")
    assert len(ONE.tap) <= 15


@pytest.mark.parametrize(
    ("changes", "interfaces"),
    [
        ({"dns": "10.20.0.1"}, ("10.20.0.1/24",)),
        ({"dns": "9.9.9.9"}, ("10.20.0.1/24", "9.9.9.9/32")),
        ({"dns": "10.20.0.10"}, ("10.20.0.1/24",)),  # the guest is its own name server
        ({"gateway": "10.20.0.10"}, ("10.20.0.254/24", "10.20.0.2/32")),  # the guest is the router
        ({"gateway": "192.168.9.1"}, ("10.20.0.254/24", "192.168.9.1/32", "10.20.0.2/32")),
    ],
)
def test_unusual_networks(changes: dict[str, str], interfaces: tuple[str, ...]):
    (one,) = links.segments(ID, (replace(NETWORK, **changes),))
    assert one.interfaces == interfaces
    assert one.guest not in one.ours


@pytest.mark.parametrize(
    "changes", [{"subnet": "10.20.0.7/24"}, {"address": "10.21.0.1"}, {"gateway": "x"}, {"dns": "fd00::1"}]
)
def test_addresses_that_do_not_fit_are_the_users_mistake(changes: dict[str, str]):
    with pytest.raises(InputError, match="production"):
        links.segments(ID, (replace(NETWORK, **changes),))


@given(st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_made_up_card_addresses_are_in_qemus_range(number: int, index: int):
    mac = links.mac_address(f"{number:08x}", index)
    assert mac.startswith("52:54:00:")
    assert len(bytes.fromhex(mac.replace(":", ""))) == 6


def test_a_production_card_address_is_kept():
    (one,) = links.segments(ID, (replace(NETWORK, mac="AA:BB:CC:00:11:22"),))
    assert one.mac == "aa:bb:cc:00:11:22"
    assert one.bridge_mac != one.mac


def test_every_interface_is_marked():
    script = links.script("drverify:0badcafe", (ONE,)).splitlines()
    for name in (ONE.bridge, ONE.tap):
        assert any(line.startswith(f"link set {name} alias drverify:0badcafe") for line in script)


def test_neighbours_are_production_addresses_of_others():
    chosen = neighbours(ONE)
    assert len(chosen) == 4
    assert all(one in ONE.subnet for one in chosen)
    assert not {*ONE.ours, ONE.guest} & set(chosen)
    assert ONE.subnet.broadcast_address not in chosen


# --- rules ----------------------------------------------------------------------------------------


def test_the_rules_forward_nothing_and_name_only_our_networks():
    rules = guard.ruleset((ONE,))
    assert "hook forward priority 0; policy drop;" in rules
    assert "ip daddr != { 10.20.0.0/24, 224.0.0.0/4, 255.255.255.255 }" in rules
    assert "arp daddr ip != { 10.20.0.1, 10.20.0.10, 10.20.0.2 }" in rules


def test_a_dns_server_outside_the_subnet_is_inside_the_sandbox():
    planned = links.segments(ID, (replace(NETWORK, dns="9.9.9.9"),))
    assert "10.20.0.0/24, 9.9.9.9, 224.0.0.0/4" in guard.ruleset(planned)


LISTING = {
    "nftables": [
        {"metainfo": {}},
        {"counter": {"name": "forwarded", "packets": 0, "bytes": 0}},
        {"counter": {"name": "guest_to_outside_ipv4", "packets": 3, "bytes": 180}},
        {"set": {"name": "tried4", "elem": [{"elem": {"val": "8.8.8.8", "counter": {"packets": 3}}}]}},
        {"set": {"name": "tried6"}},
        {"set": {"name": "asked", "elem": [{"elem": {"val": "10.20.0.9", "counter": {"packets": 1}}}]}},
    ]
}


def test_counters_are_read():
    count = guard.read_count(json.dumps(LISTING).encode())
    assert dict(count.counters) == {"forwarded": 0, "guest_to_outside_ipv4": 3}
    assert count.outside == (("8.8.8.8", 3),)
    assert count.absent == (("10.20.0.9", 1),)


@pytest.mark.parametrize("text", [b"", b"{}", b'{"nftables": [{"counter": {}}]}'])
def test_a_listing_that_cannot_be_read_is_no_zero(text: bytes):
    with pytest.raises(HostError):
        guard.read_count(text)


# --- preflight ------------------------------------------------------------------------------------

LINKS: list[dict[str, Any]] = [
    {"ifname": "lo"},
    {"ifname": "br0", "linkinfo": {"info_kind": "bridge"}},
    {"ifname": ONE.tap, "linkinfo": {"info_kind": "tun"}, "master": "br0"},
]
CLOSED = Seen(
    inode=2,
    host_inode=1,
    links=LINKS,
    host_links=[{"ifname": "eth0"}],
    routes=[{"dst": "10.20.0.0/24", "dev": "br0"}, {"dst": "default", "type": "unreachable"}],
    settings={"net/ipv4/ip_forward": "0"},
    tables=frozenset({"inet drverify", "arp drverify"}),
)


def test_a_closed_sandbox_is_closed():
    assert all(check.closed for check in verdicts((ONE,), CLOSED))


VETH = {"ifname": "veth1", "linkinfo": {"info_kind": "veth"}, "link_netnsid": 0}


@pytest.mark.parametrize(
    ("changes", "open_check"),
    [
        ({"inode": 1}, "own-namespace"),
        ({"links": [*LINKS, VETH]}, "interfaces"),
        ({"links": [*LINKS, {"ifname": "eth0"}]}, "interfaces"),
        ({"links": [*LINKS[:2], {"ifname": ONE.tap, "linkinfo": {"info_kind": "veth"}}]}, "interfaces"),
        ({"links": [*LINKS[:1], {**LINKS[1], "link_netnsid": 3}]}, "interfaces"),
        ({"links": [*LINKS, {**VETH, "master": "br0"}]}, "bridge-ports"),
        ({"routes": [{"dst": "default", "gateway": "10.20.0.1", "dev": "br0"}]}, "routes"),
        ({"routes": [{"dst": "10.0.0.0/8", "dev": "eth0"}]}, "routes"),
        ({"settings": {"net/ipv4/ip_forward": "1"}}, "forwarding"),
        ({"tables": frozenset({"inet drverify"})}, "rules"),
        ({"host_links": [{"ifname": ONE.tap}]}, "host-side"),
    ],
)
def test_each_way_out_is_seen(changes: dict[str, Any], open_check: str):
    found = {check.name for check in verdicts((ONE,), replace(CLOSED, **changes)) if not check.closed}
    assert open_check in found


# --- DNS ------------------------------------------------------------------------------------------


def test_dnsmasq_gives_the_production_address_and_knows_declared_names_only():
    argv = dhcp_dns.arguments((ONE,), ANSWERS)
    assert f"--dhcp-host={ONE.mac},10.20.0.10,infinite" in argv
    assert "--host-record=db.shop.example,10.20.0.20" in argv
    assert {"--no-resolv", "--no-hosts", "--address=/#/"} <= set(argv)


@pytest.mark.parametrize("name", ["", "a b", "x,y", "-x", "x\n--server=9.9.9.9", "a" * 300])
def test_a_declared_name_cannot_carry_options(name: str):
    with pytest.raises(InputError):
        dhcp_dns.arguments((ONE,), (DnsAnswer(name=name, address="10.20.0.20"),))


@pytest.mark.parametrize("address", ["", "10.20.0.1,10.20.0.2", "somewhere"])
def test_a_declared_address_is_one_address(address: str):
    with pytest.raises(InputError):
        dhcp_dns.arguments((ONE,), (DnsAnswer(name="db.example", address=address),))


def line(question: str) -> bytes:
    return f"Nov 23 00:32:34 dnsmasq[13503]: {question}".encode()


def test_undeclared_names_of_the_guest_are_counted():
    asked = dhcp_dns.Questions((ONE,), ANSWERS)
    for question in (
        "query[A] Mail.Example from 10.20.0.10",
        "query[AAAA] mail.example from 10.20.0.10",
        "query[A] db.shop.example from 10.20.0.10",
        "query[PTR] 9.0.20.10.in-addr.arpa from 10.20.0.10",
        "query[A] canary.example from 10.20.0.2",
        "config mail.example is NXDOMAIN",
    ):
        asked.add(line(question))
    assert asked.undeclared == {"mail.example": 2}


def test_a_name_that_looks_like_a_log_line_stays_one_name():
    query = dhcp_dns.query_in(line("query[TXT] a b from 1.2.3.4 from 10.20.0.10").decode())
    assert query == dhcp_dns.Query(kind="TXT", name="a b from 1.2.3.4", asker="10.20.0.10")


def test_a_guest_that_asks_without_end_is_bounded():
    asked = dhcp_dns.Questions((ONE,), ())
    for number in range(5000):
        asked.add(line(f"query[A] {'x' * 200}{number}.example from 10.20.0.10"))
    assert len(asked.undeclared) == dhcp_dns.KEPT_NAMES
    assert len(asked.log) < dhcp_dns.KEPT_LOG + 2048
    assert b"more lines" in asked.log


@given(st.binary(max_size=300))
def test_no_line_of_a_log_breaks_the_reader(text: bytes):
    asked = dhcp_dns.Questions((ONE,), ())
    asked.add(text)
    assert len(asked.log) <= dhcp_dns.KEPT_LOG + 2048


def test_segments_are_plain_values():
    assert ONE.guest == ipaddress.ip_address("10.20.0.10")


def test_a_neighbour_is_waited_for_as_told_and_only_on_our_bridges(tmp_path: Path):
    for family in ("ipv4", "ipv6"):
        for name in ("br0", "lo"):
            folder = tmp_path / f"net/{family}/neigh/{name}"
            folder.mkdir(parents=True)
            (folder / "retrans_time_ms").write_text("1000")
    guard.ask_again_after(guard.EMPTY, (ONE,), tmp_path)
    told = {str(path.parent.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("retrans*")}
    assert told == {
        "net/ipv4/neigh/br0": "200",
        "net/ipv6/neigh/br0": "200",
        "net/ipv4/neigh/lo": "1000",
        "net/ipv6/neigh/lo": "1000",
    }
    guard.ask_again_after(guard.INHABITED, (ONE,), tmp_path)
    assert (tmp_path / "net/ipv4/neigh/br0/retrans_time_ms").read_text() == "1000"


def test_several_guests_share_a_bridge_by_the_name_of_their_network() -> None:
    other = replace(NETWORK, address="10.20.0.11")
    back = replace(NETWORK, name="back", subnet="10.21.0.0/24", gateway="10.21.0.1", dns="10.21.0.2")
    (first,), (second, third) = links.joined(ID, [[NETWORK], [other, replace(back, address="10.21.0.10")]])
    assert [one.bridge for one in (first, second, third)] == ["br0", "br0", "br1"]
    assert len({one.tap for one in (first, second, third)}) == len({first.mac, second.mac, third.mac}) == 3
    assert first.bridge_mac == second.bridge_mac != third.bridge_mac
    text = links.script("drverify:0badcafe", (first, second, third))
    assert text.count("type bridge") == 2
    assert text.count("tuntap add") == 3
    said = dhcp_dns.arguments((first, second, third), ())
    assert len([one for one in said if one.startswith("--dhcp-range")]) == 2
    assert [one for one in said if one.startswith("--dhcp-host")] == [
        f"--dhcp-host={one.mac},{one.guest},infinite" for one in (first, second, third)
    ]


def test_guests_elsewhere_stand_behind_one_tap_on_each_bridge() -> None:
    other = replace(NETWORK, address="10.20.0.11")
    back = replace(NETWORK, name="back", subnet="10.21.0.0/24", gateway="10.21.0.1", dns="10.21.0.2")
    laid_out = links.joined(ID, [[NETWORK], [other, replace(back, address="10.21.0.10")]])
    (first,), (second, third) = links.tunnelled(laid_out)
    assert first.tap == second.tap != third.tap
    assert [one.mac for one in (first, second, third)] == [one.mac for own in laid_out for one in own]
    assert links.one_each_tap((first, second, third)) == (first, third)
    assert links.script("drverify:0badcafe", (first, second, third)).count("tuntap add") == 2


def test_an_address_of_one_member_is_held_by_us_for_nobody() -> None:
    """A member may be the others' DNS server or gateway."""
    (first,), (second,) = links.joined(ID, [[NETWORK], [replace(NETWORK, address=NETWORK.dns)]])
    assert second.guest not in {*first.ours, *second.ours}


def test_questions_are_told_apart_by_who_asked() -> None:
    asked = dhcp_dns.Questions((ONE,), ())
    for asker, name in (
        ("10.20.0.10", "a.example"),
        ("10.20.0.11", "b.example"),
        ("10.20.0.11", "a.example"),
    ):
        asked.add(f"x dnsmasq[7]: query[A] {name} from {asker}".encode())
    assert asked.undeclared == {"a.example": 2, "b.example": 1}
    assert asked.undeclared_by({"10.20.0.11"}) == {"b.example": 1, "a.example": 1}
