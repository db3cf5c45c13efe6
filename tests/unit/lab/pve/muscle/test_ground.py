"""From the interfaces that are there to the ones that are wanted."""

import pytest

from lab.pve.muscle.ground import changes
from lab.pve.muscle.names import Names, guest_tap, unit_of, vmid_of
from lab.pve.seam import Bridge

PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address="10.30.0.1/24")
DRILL = Bridge(name="drill0", taps=("tap0",))


def there(kind: str, tag: str = "t", **data: object) -> dict[str, object]:
    return {"ifalias": tag, "linkinfo": {"info_kind": kind, "info_data": data}}


def test_everything_is_made_out_of_nothing():
    lines = changes({"lo": there("", "t")}, [PRODUCTION, DRILL], "t")
    assert "link add vmbr0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0" in lines
    assert "addr add 10.30.0.1/24 dev vmbr0" in lines
    assert "link add eno1 type veth peer name eno1-far" in lines
    assert "link set eno1-far arp off up" in lines
    assert "tuntap add dev tap0 mode tap user 64909" in lines
    assert "link set tap0 alias t master drill0 up" in lines
    assert not any("addr add" in line and "drill0" in line for line in lines)


def test_what_is_there_stays_and_what_is_no_longer_wanted_goes():
    present = {
        "vmbr0": there("bridge"),
        "eno1": there("veth"),
        "drill0": there("bridge"),
        "tap0": there("tun", persist=True),
        "tap9100i0": there("tun", persist=False),
        "foreign": there("bridge", "somebody"),
    }
    lines = changes(present, [PRODUCTION], "t")
    assert [line for line in lines if "delete" in line] == ["link delete drill0", "link delete tap0"]
    assert not any(line.startswith(("link add", "tuntap")) for line in lines)
    assert "link set vmbr0 alias t up" in lines


def test_a_vantage_tap_has_the_name_that_ssh_can_say():
    assert unit_of("tap12") == 12
    for name in ("tap9100i0", "drill", "tap"):
        with pytest.raises(ValueError, match="vantage"):
            changes({}, [Bridge(name="drill0", taps=(name,))], "t")


def test_taps_of_guests_are_told_from_all_others():
    assert vmid_of(guest_tap(9100, 3)) == 9100
    assert vmid_of("tap0") is None
    assert vmid_of("eno1") is None


def test_names_fit_what_the_kernel_takes():
    names = Names(cluster="a1b2c3d4e5", node="pve1234567")
    assert len(names.namespace) <= 31
    assert len(str(names.run / "999999999" / "agent")) < 108
    for cluster in ("", "Upper", "a-b", "a/b", "elevenchars"):
        with pytest.raises(ValueError, match="letters or digits"):
            Names(cluster=cluster, node="pve1")
