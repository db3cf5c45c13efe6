"""What a sandbox on a cluster stands on: bridges of a node, a ground here, and the tunnel between them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drverify.adapters.linux.links import Segment
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.linux.plot import Plot
from drverify.adapters.proxmox.host_site import Site
from drverify.adapters.proxmox.tunnel import Branch, Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.engine.ports import SandboxSpec
from drverify.engine.sharing import Neighbour
from drverify.errors import HostError


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """Of one guest, or of several that share it."""

    site: Site
    ground: Ground | Plot
    watch: FrameWatch
    """Counts the tunnel's frames, whoever's they are."""
    tunnel: Tunnel | Branch | None
    """None: nothing leads to the bridges from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One guest's place among those that share a footing."""

    cards: tuple[str, ...]
    """Card address on each of its networks, as the ground expects it."""
    footing: Footing

    def fits(self, spec: SandboxSpec) -> SandboxSpec:
        """The guest with cards that the ground knows. HostError when it has others than were told of."""
        networks = spec.guest.networks
        if len(networks) != len(self.cards):
            raise HostError(f"the group's sandbox has no such place for {spec.workload}")
        known = tuple(
            replace(network, mac=network.mac or card)
            for network, card in zip(networks, self.cards, strict=True)
        )
        return replace(spec, guest=replace(spec.guest, networks=known))


def places(
    shared: Footing, members: Sequence[Neighbour], laid_out: Sequence[tuple[Segment, ...]]
) -> dict[str, Place]:
    """Divide a footing among the members, by workload; `laid_out` are their networks, in their order.

    Each has the drill bridges of its own networks. What is shared is made, opened and taken back by others.
    """
    site, ground, tunnel = shared.site, shared.ground, shared.tunnel
    if not isinstance(ground, Ground):
        raise TypeError("a plot is not divided again")
    names = dict.fromkeys(network.name for one in members for network in one.networks)
    bridges = dict(zip(names, site.bridges, strict=False))
    branch = Branch(tunnel) if isinstance(tunnel, Tunnel) else None
    moving = asyncio.Lock()  # no tap ever leaves: nobody waits for it
    found = {}
    for one, own in zip(members, laid_out, strict=True):
        plugged = tuple(bridges[network.name] for network in one.networks)
        found[one.workload] = Place(
            cards=tuple(segment.mac for segment in own),
            footing=Footing(
                site=replace(site, bridges=plugged or site.bridges[:1]),
                ground=Plot(ground, own if ground.planned else (), moving),
                watch=shared.watch,
                tunnel=branch,
            ),
        )
    return found
