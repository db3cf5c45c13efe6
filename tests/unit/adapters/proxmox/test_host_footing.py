"""How the guests of a group divide bridges, ground and tunnel; nothing is made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.linux.links import joined, tunnelled
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.proxmox.host_footing import Footing, Place, places
from drverify.adapters.proxmox.host_settings import DrillBridge
from drverify.adapters.proxmox.host_site import Site
from drverify.adapters.proxmox.space import Space
from drverify.adapters.proxmox.tunnel import Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.engine.sharing import Neighbour
from drverify.errors import HostError
from tests.conformance.host_suite import PRODUCTION, SHAPE, RecordingScope, spec_of

LAN = replace(PRODUCTION, mac="bc:24:11:00:00:10")
SAN = replace(LAN, name="san", subnet="10.31.0.0/24", address="10.31.0.10", mac="")
MEMBERS = (
    Neighbour(workload="database", networks=(SAN, LAN), memory_mib=1),
    Neighbour(workload="app", networks=(replace(LAN, address="10.30.0.11", mac=""),), memory_mib=1),
    Neighbour(workload="batch", networks=(), memory_mib=1),
)
BRIDGES = (DrillBridge(bridge="drill0", tap=0), DrillBridge(bridge="drill1", tap=1))


def divided(*, by_ssh: bool) -> tuple[Footing, dict[str, Place]]:
    laid_out = tunnelled(joined("0badcafe", [one.networks for one in MEMBERS]))
    planned = [one for own in laid_out for one in own] if by_ssh else []
    watch, client = FrameWatch(), None
    site: Any = Site(
        client=client,  # type: ignore[arg-type]
        node="pve1",
        bridges=BRIDGES,
        theirs=(),
        space=Space("pve1"),
    )
    tunnel = Tunnel([], watch) if by_ssh else None
    ground = Ground(planned, (), RecordingScope("0badcafe"))
    shared = Footing(site=site, ground=ground, watch=watch, tunnel=tunnel)
    return shared, places(shared, MEMBERS, laid_out)


@pytest.mark.parametrize("by_ssh", [True, False])
def test_each_has_the_bridges_of_its_own_networks(by_ssh: bool) -> None:
    _, found = divided(by_ssh=by_ssh)
    bridges = {name: [one.bridge for one in place.footing.site.bridges] for name, place in found.items()}
    assert bridges == {"database": ["drill0", "drill1"], "app": ["drill1"], "batch": ["drill0"]}
    owned = {name: len(place.footing.ground.own) for name, place in found.items()}
    assert owned == ({"database": 2, "app": 1, "batch": 0} if by_ssh else dict.fromkeys(found, 0))


async def test_what_is_shared_is_one_and_nobodys_to_make_or_to_end() -> None:
    shared, found = divided(by_ssh=True)
    assert {id(place.footing.watch) for place in found.values()} == {id(shared.watch)}
    for place in found.values():
        footing = place.footing
        assert footing.tunnel is not None
        assert footing.ground.namespace == shared.ground.namespace
        assert await footing.ground.open_taps() == ()
        await footing.tunnel.open(())
        await footing.tunnel.close()
        await footing.ground.make()
        await footing.ground.take_down()
    assert not Path(f"/run/netns/{shared.ground.namespace}").exists()
    with pytest.raises(TypeError):
        places(found["app"].footing, MEMBERS, ())


def test_a_guest_gets_the_card_that_the_ground_expects_and_keeps_its_own(tmp_path: Path) -> None:
    _, found = divided(by_ssh=True)
    cards = found["database"].cards
    assert cards[1] == LAN.mac
    spec = spec_of(RecordingScope(), tmp_path, replace(SHAPE, networks=MEMBERS[0].networks))
    assert tuple(one.mac for one in found["database"].fits(spec).guest.networks) == cards
    with pytest.raises(HostError, match="no such place for tiny"):
        found["app"].fits(spec)
