"""Cards get the names back that configurations know them by."""

import pytest

from drverify.preparing.cards import LINK, Plugged, named, renamed

FIRST = Plugged(mac="52:54:00:00:00:01", address="10.20.0.30")
SECOND = Plugged(mac="52:54:00:00:00:02", address="10.21.0.30")
INTERFACES = """\
auto lo
iface lo inet loopback
allow-hotplug ens18
iface ens18 inet static
    address 10.21.0.30/24
auto ens19
iface ens19 inet static
    address 10.20.0.30/24
"""
NETPLAN = """\
network:
  version: 2
  ethernets:
    enp3s0:
      addresses:
        - 10.20.0.30/24
    "enp4s0":
      dhcp4: true
  bonds:
    bond0:
      interfaces: [enp3s0]
"""


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("/etc/network/interfaces", INTERFACES, {"ens18", "ens19"}),
        ("/etc/netplan/50.yaml", NETPLAN, {"enp3s0", "enp4s0"}),
        ("/etc/systemd/network/a.network", "[Match]\nName=eno1 eno2\n[Network]\nName=x\n", {"eno1", "eno2"}),
        ("/etc/systemd/network/a.network", "[Match]\nName=en*\n", set()),
        ("/etc/NetworkManager/system-connections/a", "[connection]\ninterface-name=ens3\n", {"ens3"}),
        ("/etc/network/interfaces", "auto ../../x\niface $(x) inet dhcp\n", set()),
    ],
)
def test_names_are_read(path: str, text: str, names: set[str]) -> None:
    assert {one.name for one in named(path, text)} == names


def test_cards_are_told_apart_by_the_addresses_that_they_had() -> None:
    found = renamed({"/etc/network/interfaces": INTERFACES}, [FIRST, SECOND])
    assert [one.change for one in found.reworks] == [
        "the card with 52:54:00:00:00:01 is named ens19",
        "the card with 52:54:00:00:00:02 is named ens18",
    ]
    assert "MACAddress=52:54:00:00:00:01" in found.files[LINK.format(name="ens19")]


def test_the_only_card_needs_no_address_to_be_known_by() -> None:
    path = "/etc/systemd/network/a.network"
    found = renamed({path: "[Match]\nName=eno1\n[Network]\nDHCP=yes\n"}, [FIRST])
    assert [*found.files] == [LINK.format(name="eno1")]


def test_names_that_belong_to_no_card_for_certain_stay() -> None:
    path = "/etc/systemd/network/a.network"
    assert not renamed({path: "[Match]\nName=eno1 eno2\n[Network]\nDHCP=yes\n"}, [FIRST]).reworks


def test_an_address_on_the_wire_that_is_gone_becomes_the_new_one() -> None:
    path = "/etc/systemd/network/a.network"
    found = renamed({path: "[Match]\nMACAddress=00:11:22:33:44:55\n"}, [FIRST])
    assert found.files[path] == "[Match]\nMACAddress=52:54:00:00:00:01\n"
    assert "00:11:22:33:44:55 is now 52:54:00:00:00:01" in found.reworks[0].change
