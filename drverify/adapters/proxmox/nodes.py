"""Questions about one node."""

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.errors import Malformed
from drverify.adapters.proxmox.reading import Row
from drverify.adapters.proxmox.values import Bridge, NodeLoad, NodeTime


class Nodes:
    """The paths below `/nodes/NODE` that are about the node itself."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def load(self, node: str) -> NodeLoad:
        """Memory and processors; needs Sys.Audit on /nodes/NODE."""
        found = reading.row(await self._caller.get("nodes", node, "status"), f"status of node {node}")
        memory = reading.row(found.get("memory"), f"memory of node {node}")
        total, free = reading.size(memory, "total"), reading.size(memory, "free")
        available = reading.size(memory, "available")  # since 8.4; counts what the page cache would give back
        if total is None or (free is None and available is None):
            raise Malformed(f"the API does not say how much memory node {node} has")
        info = found.get("cpuinfo")
        return NodeLoad(
            memory_total=total,
            memory_free=available if available is not None else free or 0,
            cpus=reading.whole(info, "cpus") or 0 if isinstance(info, dict) else 0,
            cpu_busy=reading.number(found, "cpu"),
            pve=reading.text(found, "pveversion"),
            uptime=reading.whole(found, "uptime") or 0,
        )

    async def time(self, node: str) -> NodeTime:
        """Clock and time zone; needs Sys.Audit on /nodes/NODE."""
        found = reading.row(await self._caller.get("nodes", node, "time"), f"time of node {node}")
        now = reading.instant(found, "time")
        if now is None:
            raise Malformed(f"the API does not say what time it is on node {node}")
        return NodeTime(utc=now, zone=reading.text(found, "timezone"))

    async def bridges(self, node: str) -> tuple[Bridge, ...]:
        """Every interface of the node with its ports and addresses, bridges and SDN networks among them.

        `kind` tells them apart. SDN networks (vnets) are listed by name only: see `Cluster.vnets`.
        """
        answer = await self._caller.get("nodes", node, "network")
        return tuple(_bridge(one) for one in reading.rows(answer, f"network of node {node}"))


def _bridge(one: Row) -> Bridge:
    ports = (*reading.split(one, "bridge_ports"), *reading.split(one, "ovs_ports"))
    addresses = tuple(
        value
        for long, short in (("cidr", "address"), ("cidr6", "address6"))
        if (value := reading.text(one, long) or reading.text(one, short))
    )
    return Bridge(
        name=reading.text(one, "iface"),
        kind=reading.text(one, "type"),
        ports=tuple(port for port in ports if port != "none"),
        addresses=addresses,
        gateways=tuple(value for key in ("gateway", "gateway6") if (value := reading.text(one, key))),
        active=reading.flag(one, "active"),
        vlan_aware=reading.flag(one, "bridge_vlan_aware"),
        comment=reading.text(one, "comments").strip(),
    )
