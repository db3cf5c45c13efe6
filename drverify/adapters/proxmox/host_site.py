"""The node and the drill bridges that a sandbox gets: chosen, looked at, and locked while it stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from drverify.adapters.proxmox import host_preflight as preflight
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.host_locks import BridgeLock, try_lock
from drverify.adapters.proxmox.host_preflight import Need
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.space import Space
from drverify.errors import HostError

LOCKS = "locks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a sandbox stands; the bridges are nobody else's meanwhile."""

    client: ProxmoxClient
    node: str
    bridges: tuple[DrillBridge, ...]
    """As many as were needed."""
    theirs: tuple[str, ...]
    """The node's own addresses, which must not answer on a drill bridge; none without a tunnel."""
    space: Space
    """Room on its storages, for all who stand there."""


@asynccontextmanager
async def site(client: ProxmoxClient, settings: HostSettings, need: Need) -> AsyncIterator[Site]:
    """Choose a node with room and free drill bridges, and lock these while the context lasts.

    HostError with figures or names when there is none, IsolationError when a bridge is not closed.
    """
    with for_host():
        node, locks = await _admitted(client, settings, need)
    try:
        with for_host():
            theirs = await preflight.node_addresses(client, node) if settings.vantage == "ssh" else ()
        yield Site(
            client=client,
            node=node,
            bridges=tuple(one.bridge for one in locks),
            theirs=theirs,
            space=Space(node),
        )
    finally:
        for lock in locks:
            lock.release()


async def _admitted(
    client: ProxmoxClient, settings: HostSettings, need: Need
) -> tuple[str, tuple[BridgeLock, ...]]:
    preflight.check_settings(settings, need)
    await preflight.check_rights(client, settings)
    nodes = await preflight.nodes_by_memory(client, settings)
    preflight.check_memory(*nodes[0], need, settings.reserve_mib)
    busy: list[str] = []
    for node, free in nodes:
        if free < need.memory_mib + settings.reserve_mib:
            continue
        locks = await _free_bridges(client, settings, node, need.bridges, busy)
        if locks is None:
            continue
        try:
            await preflight.require_closed(client, node, [lock.bridge for lock in locks])
            await preflight.check_space(client, settings, node, need)
        except BaseException:
            for lock in locks:
                lock.release()
            raise
        return node, locks
    raise HostError(
        f"busy: {'; '.join(busy)}",
        hint="wait for the other drill, run `drverify sandbox reap`, or add a drill bridge",
    )


async def _free_bridges(
    client: ProxmoxClient, settings: HostSettings, node: str, wanted: int, busy: list[str]
) -> tuple[BridgeLock, ...] | None:
    """Lock as many bridges as are wanted; None when too few are free, and why in `busy`."""
    held: list[BridgeLock] = []
    try:
        for bridge in settings.bridges:
            lock = try_lock(settings.state / LOCKS, settings.name, node, bridge)
            if lock is None:
                busy.append(f"another drill holds {bridge.bridge} of node {node}")
            else:
                held.append(lock)
        taken = await preflight.occupied(client, settings, node) if held else {}
    except BaseException:
        for lock in held:
            lock.release()
        raise
    free = [lock for lock in held if lock.bridge.bridge not in taken]
    busy += [f"guest {vmid} is on {bridge} of node {node}" for bridge, vmid in sorted(taken.items())]
    chosen = free[:wanted] if len(free) >= wanted else []
    for lock in held:
        if lock not in chosen:
            lock.release()
    return tuple(chosen) or None
