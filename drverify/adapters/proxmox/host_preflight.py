"""Everything that is looked at before a drill makes anything on a node: rights, room, isolation, VMIDs."""

import asyncio
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeVar

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotPermitted, NotThere
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.isolation import NetworkView, bridge_check
from drverify.adapters.proxmox.values import GuestEntry
from drverify.engine.ports import SandboxSpec
from drverify.engine.sharing import Neighbour
from drverify.errors import HostError, IsolationError
from drverify.model.drill import IsolationCheck
from drverify.pveconf.policy import Finding
from drverify.pveconf.rights import rights_at
from drverify.pveconf.surroundings import BackupJob, Surroundings, around

T = TypeVar("T")
MIB = 1024 * 1024
IPV4 = 4
ON_POOL = ("VM.Allocate", "VM.Audit", "VM.PowerMgmt", "VM.Config.Network", "VM.Config.Options")
ON_STORAGE = ("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate")
"""Without the last one a disk whose guest is gone is not even listed: nothing could be seen to be gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What has to be free on one node at once."""

    bridges: int
    """Drill bridges."""
    memory_mib: int
    """As the copies will have it."""
    disk_bytes: int
    """Disks at their full size."""
    guests: int = 1
    who: str = "the guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A VMID that may be used, and what is to be known of its surroundings."""

    vmid: int
    notes: tuple[Finding, ...]


async def check_rights(client: ProxmoxClient, settings: HostSettings) -> None:
    """See that the account has what every drill needs. HostError names each right that is missing."""
    missing = []
    for path, needed in ((f"/pool/{settings.pool}", ON_POOL), (f"/storage/{settings.storage}", ON_STORAGE)):
        held = rights_at(path, await client.accounts.permissions(path))
        if lacking := [one for one in needed if one not in held]:
            missing.append(f"{', '.join(lacking)} on {path}")
    if missing:
        raise HostError(
            f"{settings.access.account} lacks {'; '.join(missing)}",
            hint=f"`drverify doctor --host {settings.name}` names every right; a token with privilege "
            "separation needs each of them itself, and so does its user",
        )


async def may_set_hardware(client: ProxmoxClient, settings: HostSettings) -> bool:
    """Whether the account may write what a copy's hardware tells of itself."""
    path = f"/pool/{settings.pool}"
    return "VM.Config.HWType" in rights_at(path, await client.accounts.permissions(path))


async def nodes_by_memory(client: ProxmoxClient, settings: HostSettings) -> tuple[tuple[str, int], ...]:
    """Nodes that may run a drill with their free memory in MiB, the most first. HostError when none is up."""
    online = {node.name: node.online for node in await client.cluster.nodes()}
    free: list[tuple[str, int]] = []
    why = []
    for name in settings.run_on:
        if name not in online:
            why.append(f"the cluster has no node {name}")
        elif not online[name]:
            why.append(f"node {name} is offline")
        else:
            try:
                free.append((name, (await client.nodes.load(name)).memory_free // MIB))
            except ApiError as error:
                why.append(f"node {name}: {error}")
    if not free:
        raise HostError(f"no node can run a drill: {'; '.join(why)}", hint="look at the cluster's state")
    return tuple(sorted(free, key=lambda one: -one[1]))


def need_of(settings: HostSettings, spec: SandboxSpec) -> Need:
    """What one guest takes."""
    return Need(
        bridges=max(1, len(spec.guest.networks)),
        memory_mib=memory_wanted(settings, spec.guest.memory_mib),
        disk_bytes=sum(disk.size_bytes or 0 for disk in spec.guest.disks),
    )


def need_of_all(settings: HostSettings, members: Sequence[Neighbour]) -> Need:
    """What the guests of a group take together; networks of the same name are one bridge."""
    return Need(
        bridges=max(1, len({network.name for one in members for network in one.networks})),
        memory_mib=sum(memory_wanted(settings, one.memory_mib) for one in members),
        disk_bytes=sum(one.disk_bytes for one in members),
        guests=len(members),
        who=f"the group of {len(members)} guests",
    )


def memory_wanted(settings: HostSettings, stated_mib: int) -> int:
    """MiB that a copy will have: as backed up, unless the settings give copies other hardware."""
    given = dict(settings.hardware).get("memory", "").removeprefix("current=").partition(",")[0]
    return int(given) if given.isascii() and given.isdigit() else stated_mib


def check_settings(settings: HostSettings, need: Need) -> None:
    """HostError when there are fewer drill bridges than networks, or fewer VMIDs than guests."""
    if need.guests > len(settings.vmids):
        raise HostError(
            f"{need.who} needs {need.guests} VMIDs, and host {settings.name} has {len(settings.vmids)}",
            hint=f"widen `vmids` in [hosts.{settings.name}] (docs/proxmox.md)",
        )
    if need.bridges > len(settings.bridges):
        raise HostError(
            f"{need.who} has {need.bridges} networks, and host {settings.name} has "
            f"{len(settings.bridges)} drill bridge(s): each network needs one",
            hint=f"add to `bridges` in [hosts.{settings.name}] (docs/proxmox.md)",
        )


def check_memory(node: str, free_mib: int, need: Need, reserve_mib: int) -> None:
    """HostError with figures when what is to run does not fit into the node's memory."""
    if need.memory_mib + reserve_mib > free_mib:
        raise HostError(
            f"{need.who} wants {need.memory_mib} MiB of memory; with a reserve of {reserve_mib} MiB "
            f"{max(0, free_mib - reserve_mib)} MiB are available on node {node}",
            hint="free memory there, name another node, or lower it (`hardware = { memory = ... }`)",
        )


async def check_space(client: ProxmoxClient, settings: HostSettings, node: str, need: Need) -> None:
    """HostError when the target storage cannot take what is needed, at its full size.

    Thin storages promise more than they have; a full pool would damage its neighbours.
    """
    storage = await client.storages.status(node, settings.storage)
    if not (storage.active and storage.enabled):
        raise HostError(
            f"storage {storage.name} is not active on node {node}", hint="look at it with `pvesm status`"
        )
    if storage.content and not storage.content & {"images", "rootdir"}:
        raise HostError(
            f"storage {storage.name} takes no disks of guests", hint="give it the content type `images`"
        )
    margin = settings.margin_mib * MIB
    if storage.available is not None and need.disk_bytes + margin > storage.available:
        raise HostError(
            f"the disks want {need.disk_bytes // MIB} MiB on storage {storage.name} of node {node}; with a "
            f"margin of {settings.margin_mib} MiB {max(0, storage.available - margin) // MIB} MiB are "
            "available",
            hint="free space there, or name another `storage`",
        )


async def network_view(client: ProxmoxClient, node: str, names: Iterable[str]) -> NetworkView:
    """Ask for the node's network and what SDN says of these names."""
    bridges, vnets, zones = await asyncio.gather(
        client.nodes.bridges(node), _seen(client.cluster.vnets(), ()), _seen(client.cluster.zones(), ())
    )
    wanted = set(names) & {vnet.name for vnet in vnets}
    subnets = {}
    for name in sorted(wanted):
        found = await _seen(client.cluster.subnets(name), None)
        if found is not None:
            subnets[name] = found
    return NetworkView(node=node, bridges=bridges, vnets=vnets, zones=zones, subnets=subnets)


async def bridge_checks(
    client: ProxmoxClient, node: str, bridges: Sequence[DrillBridge]
) -> tuple[IsolationCheck, ...]:
    """Look at the drill bridges as the API shows them."""
    view = await network_view(client, node, (one.bridge for one in bridges))
    return tuple(bridge_check(view, one.bridge, one.tap) for one in bridges)


async def node_addresses(client: ProxmoxClient, node: str) -> tuple[str, ...]:
    """IPv4 addresses that the node itself has: a Linux host answers for each of them on every interface."""
    texts = [address for one in await client.nodes.bridges(node) for address in one.addresses]
    status = await _seen(client.cluster.status(), None)
    texts += [status.addresses.get(node, "")] if status is not None else []
    found = set()
    for text in texts:
        with suppress(ValueError):
            address = ip_address(text.partition("/")[0])
            if address.version == IPV4 and not address.is_loopback:
                found.add(address)
    return tuple(map(str, sorted(found, key=int)))


async def require_closed(client: ProxmoxClient, node: str, bridges: Sequence[DrillBridge]) -> None:
    """IsolationError unless every one of the drill bridges is closed."""
    faults = [one for one in await bridge_checks(client, node, bridges) if not one.closed]
    if faults:
        text = "; ".join(f"{one.name.removeprefix('bridge-')}: {one.detail}" for one in faults)
        raise IsolationError(
            f"a drill bridge is not isolated: {text}",
            hint="a drill bridge has no ports, no address and no gateway (docs/proxmox.md)",
        )


async def occupied(client: ProxmoxClient, settings: HostSettings, node: str) -> dict[str, int]:
    """Drill bridges that a guest in our range of VMIDs is plugged into, by name, with its VMID."""
    found: dict[str, int] = {}
    for guest in await client.cluster.guests():
        if guest.vmid in settings.vmids and guest.node == node:
            for bridge in await _bridges_of(client, guest):
                found[bridge] = guest.vmid
    return found


async def _bridges_of(client: ProxmoxClient, guest: GuestEntry) -> frozenset[str]:
    guests = client.lxc if guest.kind == "lxc" else client.qemu
    try:
        config = await guests.config(guest.node, guest.vmid)
    except (NotThere, NotPermitted):
        return frozenset()
    cards = (value for key, value in config.values.items() if key.startswith("net"))
    parts = (part.partition("=") for card in cards for part in card.split(","))
    return frozenset(value for key, _, value in parts if key == "bridge")


async def surroundings(client: ProxmoxClient) -> Surroundings:
    """Ask for whatever could speak for a VMID; what the account may not see is None."""
    guests, ha, replication, jobs = await asyncio.gather(
        client.cluster.guests(),
        _seen(client.cluster.ha_resources(), None),
        _seen(client.cluster.replication(), None),
        _seen(client.cluster.backup_jobs(), None),
    )
    return Surroundings(
        guests=frozenset(guest.vmid for guest in guests),
        ha=None if ha is None else frozenset(one.sid for one in ha),
        replicated=None if replication is None else frozenset(one.vmid for one in replication),
        jobs=None
        if jobs is None
        else tuple(
            BackupJob(
                id=job.id,
                is_enabled=job.enabled,
                takes_all=job.everything,
                vmids=job.vmids,
                excluded=job.excluded,
                pool=job.pool,
            )
            for job in jobs
        ),
    )


async def admitted(
    client: ProxmoxClient, settings: HostSettings, node: str, candidates: Iterable[int]
) -> Admitted:
    """Find the first candidate that nothing stands against, no forgotten disk either.

    HostError names what stands against the last one when there is none.
    """
    facts = await surroundings(client)
    against = "others took them before us"
    for vmid in candidates:
        findings = around(vmid, settings.pool, facts)
        if refused := [one for one in findings if one.action == "refuse"]:
            against = f"{vmid}: {refused[0].why}"
            continue
        if left := await client.storages.content(node, settings.storage, vmid=vmid):
            against = f"{vmid}: {left[0].volid} is left from an earlier guest of this VMID"
            continue
        return Admitted(vmid=vmid, notes=tuple(findings))
    raise HostError(
        f"no VMID from {settings.first_vmid} to {settings.last_vmid} can be used; {against}",
        hint="run `drverify sandbox reap`, look at what is left, or widen `vmids`",
    )


async def _seen(question: Awaitable[T], unseen: T) -> T:
    try:
        return await question
    except NotPermitted:
        return unseen
