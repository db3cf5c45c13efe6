"""Nodes of the stand-in for tests, and guests that need no operating system."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from drverify.adapters.linux import netns
from lab.pve.muscle.node import Node
from lab.pve.seam import Bridge, NodePlan

PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address="10.30.0.1/24")
DRILLS = (Bridge(name="drill0", taps=("tap0",)), Bridge(name="drill1", taps=("tap1",)))
SMALL = {"memory": "32", "boot": "order=scsi0", "scsi0": "drill:9100/d.raw,size=1M"}
"""A guest that lives and does nothing."""
ASKING = {"memory": "64", "boot": "order=net0"}
"""A guest without a disk: its card's firmware asks for an address, over and over."""


def plan_of(root: Path, cluster: str) -> NodePlan:
    """A node with production and two drill bridges."""
    bridges = (PRODUCTION, *DRILLS)
    return NodePlan(name="pve1", cluster=cluster, address="127.0.0.90", root=root / "pve1", bridges=bridges)


@asynccontextmanager
async def running(root: Path) -> AsyncIterator[Node]:
    """A node that is up; nothing of it is left afterwards."""
    one = Node(plan_of(root, secrets.token_hex(4)))
    try:
        await one.begin()
        yield one
    finally:
        await one.end()
    assert not netns.exists(one.names.namespace)
    assert not one.names.run.exists()
    assert one.ssh() is None


def card(bridge: str, mac: str = "BC:24:11:00:00:01") -> dict[str, str]:
    """One network card."""
    return {"net0": f"virtio={mac},bridge={bridge},firewall=1"}


def unheard(line: str) -> None:
    """Take a line of a log that does not matter."""
