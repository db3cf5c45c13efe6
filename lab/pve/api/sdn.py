"""Bridges of the nodes and the software-defined zones and virtual networks over them."""

from collections.abc import Iterator
from typing import Any

from lab.pve.api.problems import failed, wrong
from lab.pve.api.store import Store
from lab.pve.seam import Bridge

LOCAL = "localnetwork"
"""The zone that plain bridges of nodes count to."""


class Fabric:
    """Zones and vnets, wished for and applied; documents of kind `zone` and `vnet` with `applied`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add_zone(self, zone: str, facts: dict[str, Any]) -> None:
        """Wish for a zone. Raises ApiError when it is there."""
        if self._store.get("zone", zone) is not None:
            raise failed(f"sdn zone object ID '{zone}' already defined")
        self._store.put("zone", zone, facts | {"zone": zone, "applied": False})

    def add_vnet(self, vnet: str, facts: dict[str, Any]) -> None:
        """Wish for a virtual network. Raises ApiError without its zone, or when it is there."""
        if self._store.get("vnet", vnet) is not None:
            raise failed(f"sdn vnet object ID '{vnet}' already defined")
        if self._store.get("zone", facts["zone"]) is None:
            raise wrong({"zone": f"zone {facts['zone']} doesn't exist"})
        self._store.put("vnet", vnet, facts | {"vnet": vnet, "applied": False})

    def add_subnet(self, vnet: str, cidr: str, facts: dict[str, Any]) -> None:
        """Wish for a subnet of a virtual network. Raises ApiError without that, or when it is there."""
        zone = self.zone_of(vnet)
        name = f"{zone}-{cidr.replace('/', '-')}"
        if self._store.get("subnet", name) is not None:
            raise failed(f"sdn subnet object ID '{name}' already defined")
        body = facts | {
            "id": name,
            "subnet": name,
            "cidr": cidr,
            "vnet": vnet,
            "zone": zone,
            "applied": False,
        }
        self._store.put("subnet", name, body)

    def subnets(self, vnet: str) -> Iterator[dict[str, Any]]:
        """Every subnet of a virtual network."""
        return (body for _, body in self._store.all("subnet") if body["vnet"] == vnet)

    def zone_of(self, vnet: str) -> str:
        """The zone of a virtual network. Raises ApiError without that network."""
        found = self._store.get("vnet", vnet)
        if found is None:
            raise failed(f"sdn '{vnet}' does not exist")
        return str(found["zone"])

    def apply(self) -> None:
        """Make what was wished for so."""
        for kind in ("zone", "vnet", "subnet"):
            for name, body in self._store.all(kind):
                self._store.put(kind, name, body | {"applied": True})

    def zones(self) -> Iterator[dict[str, Any]]:
        """Every zone."""
        return (body for _, body in self._store.all("zone"))

    def vnets(self) -> Iterator[dict[str, Any]]:
        """Every virtual network."""
        return (body for _, body in self._store.all("vnet"))

    def bridges(self, node: str) -> list[Bridge]:
        """Bridges that applied networks of simple zones are on a node: no ports, a gateway's address."""
        zones = {body["zone"]: body for body in self.zones() if body["applied"] and body["type"] == "simple"}
        found: list[Bridge] = []
        for vnet in self.vnets():
            zone = zones.get(vnet["zone"])
            if vnet["applied"] and zone is not None and node in (zone.get("nodes") or node).split(","):
                found.append(Bridge(name=vnet["vnet"], address=self._gateway(vnet["vnet"])))
        return found

    def _gateway(self, vnet: str) -> str:
        for subnet in self.subnets(vnet):
            if subnet["applied"] and subnet.get("gateway"):
                return f"{subnet['gateway']}/{subnet['cidr'].split('/')[1]}"
        return ""

    def path(self, bridge: str) -> str:
        """Path of the rights on a bridge or virtual network."""
        vnet = self._store.get("vnet", bridge)
        return f"/sdn/zones/{vnet['zone'] if vnet else LOCAL}/{bridge}"
