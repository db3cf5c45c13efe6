"""What `drverify doctor --host NAME` looks at: a Proxmox cluster as a drill would meet it. Changes nothing.

The cluster is asked with the account of the settings, so what it may not see is found out, too.
"""

import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from drverify.adapters.directory import DirectoryStore
from drverify.adapters.proxmox import host_preflight as preflight
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_settings import HostSettings, Returns
from drverify.adapters.proxmox.images import CONTENT
from drverify.adapters.proxmox.inventory import Coverage, survey
from drverify.adapters.proxmox.inventory import facts as facts_of
from drverify.adapters.proxmox.rights import Rights, read_rights
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.proxmox.tour import Asked, record
from drverify.adapters.proxmox.tunnel import Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.checkup.findings import Finding, guarded
from drverify.compose import Workshop
from drverify.engine.sources import RecoverySource
from drverify.errors import DrverifyError, InputError
from drverify.model.recovery import WholeMachine
from drverify.model.rule import SystemFact
from drverify.pveconf.rights import Drills, Wants

GIB = 1 << 30
PLAIN = "localnetwork"
_FEW = 5
"""Names that one line lists."""


async def examine(workshop: Workshop, name: str) -> tuple[Finding, ...]:
    """Look at the host or source of that name. InputError when the settings have no such cluster."""
    if name in workshop.settings.hosts:
        host = workshop.host(name)
        if not isinstance(host, ProxmoxHost):
            raise _other(name)
        return await _host(workshop, host)
    source = _source(workshop, name)
    if not isinstance(source, ProxmoxSource):
        raise _other(name)
    async with ProxmoxClient(source.settings.access, workshop.secret) as client:
        storages = source.settings.storages
        found = [await guarded("cluster", lambda: _release(client))]
        if found[0].state == "lack":
            return tuple(found)
        wants = partial(_reading, workshop, name, storages)
        found += await _all("rights", lambda: _rights(client, wants))
    return (*found, await guarded(f"backups of {name}", lambda: _backups(source)))


async def recorded(workshop: Workshop, name: str, file: Path) -> tuple[Asked, ...]:
    """Ask the cluster of that name everything once and write it down. HostError when that cannot be."""
    return await record(_access(workshop, name), workshop.secret, file)


async def facts(workshop: Workshop, name: str) -> tuple[SystemFact, ...]:
    """The guests of the Proxmox source of that name and their backups, for holding agreements against.

    InputError when it is none, SourceError when it cannot be asked.
    """
    source = workshop.source(name)
    if not isinstance(source, ProxmoxSource):
        raise InputError(f"source {name} is no Proxmox cluster", hint="name one of kind proxmox")
    return await facts_of(source)


def _access(workshop: Workshop, name: str) -> Access:
    known = workshop.host(name) if name in workshop.settings.hosts else _source(workshop, name)
    if isinstance(known, ProxmoxHost | ProxmoxSource):
        return known.settings.access
    raise _other(name)


def _source(workshop: Workshop, name: str) -> RecoverySource:
    """The source of that name; InputError that lists hosts and sources, as either may be named."""
    settings = workshop.settings
    if name not in settings.sources:
        known = ", ".join(sorted({*settings.hosts, *settings.sources})) or "none"
        raise InputError(f"no host or source {name!r} in the settings", hint=f"known are: {known}")
    return workshop.source(name)


def _other(name: str) -> InputError:
    return InputError(
        f"{name} is no Proxmox cluster", hint="`drverify doctor` without --host looks at this machine"
    )


async def _host(workshop: Workshop, host: ProxmoxHost) -> tuple[Finding, ...]:
    settings = host.settings
    async with host.client() as client:
        found = [await guarded("cluster", lambda: _release(client))]
        if found[0].state == "lack":
            return tuple(found)
        found += await _all("rights", lambda: _rights_of_host(workshop, client, settings))
        found.append(await guarded("memory of the nodes", lambda: _memory(client, settings)))
        for node in settings.run_on:
            found += await _all(f"bridges of {node}", partial(_bridges, client, settings, node))
            found.append(await guarded(f"storage on {node}", partial(_storage, client, settings, node)))
            if settings.import_storage:
                found.append(await guarded(f"imports on {node}", partial(_imports, client, settings, node)))
            if settings.returns is not None:
                look = partial(_returns, client, settings.returns, node)
                found.append(await guarded(f"returns from {node}", look))
            if settings.vantage == "ssh":
                found.append(await guarded(f"way to {node}", partial(_way_in, host, node)))
    for name in sorted(settings.restores_from):
        found.append(await guarded(f"backups of {name}", partial(_of_source, workshop, name)))
    return tuple(found)


async def _of_source(workshop: Workshop, name: str) -> Finding:
    source = workshop.source(name)
    if not isinstance(source, ProxmoxSource):
        raise _other(name)
    return await _backups(source)


async def _all(what: str, look: Callable[[], Awaitable[Sequence[Finding]]]) -> list[Finding]:
    """Run a check of several findings; an error is one lack."""
    try:
        return list(await look())
    except DrverifyError as error:
        return [Finding(what=what, state="lack", seen=str(error).splitlines()[0], mend=error.hint)]


async def _release(client: ProxmoxClient) -> Finding:
    with for_host():
        version = await client.cluster.version()
    seen = f"Proxmox VE {version.version} ({version.repoid}), as {client.access.account}"
    return Finding(what="cluster", state="ok", seen=seen)


def _reading(workshop: Workshop, name: str, storages: Sequence[str], release: tuple[int, int]) -> Wants:
    return Wants(release=release, storages=tuple(storages), sources=_guests(workshop, {name}), coverage=True)


def _guests(workshop: Workshop, sources: Collection[str]) -> tuple[str, ...]:
    """Paths of the machines of these sources that the inventory names; of all guests when it names none."""
    guests = {
        f"/vms/{one.points.host}"
        for one in workshop.workloads
        if isinstance(one.payload, WholeMachine) and one.source in sources and one.points.host
    }
    return tuple(sorted(guests)) or ("/vms",)


def _drilling(
    workshop: Workshop, settings: HostSettings, zones: Mapping[str, str], release: tuple[int, int]
) -> Wants:
    """What the host's account does: it reads the backups of every machine that is drilled here.

    `zones` are those of the SDN networks, by name; a plain bridge is in the zone `localnetwork`.
    """
    storages = [
        storage
        for name in sorted(settings.restores_from)
        for storage in workshop.settings.sources[name].options().get("storages", ())
    ]
    return Wants(
        release=release,
        storages=tuple(storages),
        sources=_guests(workshop, settings.restores_from) if settings.restores_from else (),
        nodes=settings.run_on,
        drills=Drills(
            pool=settings.pool,
            storage=settings.storage,
            returns=settings.returns.storage if settings.returns is not None else "",
            imports=settings.import_storage,
            bridges=tuple(f"{zones.get(one.bridge, PLAIN)}/{one.bridge}" for one in settings.bridges),
            first=settings.first_vmid,
            last=settings.last_vmid,
            console=True,
            hardware=bool(settings.hardware),
        ),
    )


async def _rights(
    client: ProxmoxClient, wants: Callable[[tuple[int, int]], Wants], ours: range = range(0)
) -> Sequence[Finding]:
    """One line for each right that is missing or in excess; one when all is as it should be."""
    with for_host():
        found = await read_rights(client, wants, ours=ours)
    lines = list(_of_rights(found))
    if lines:
        return lines
    return [
        Finding(what="rights", state="ok", seen=f"{len(found.needs)} needed, none missing, none in excess")
    ]


async def _rights_of_host(
    workshop: Workshop, client: ProxmoxClient, settings: HostSettings
) -> Sequence[Finding]:
    with for_host():
        vnets = (await preflight.network_view(client, settings.run_on[0], ())).vnets
    wants = partial(_drilling, workshop, settings, {one.name: one.zone for one in vnets})
    return await _rights(client, wants, settings.vmids)


def _of_rights(found: Rights) -> Iterator[Finding]:
    kind = "--tokens" if "!" in found.account else "--users"
    for need in found.comparison.missing:
        yield Finding(
            what=f"right {need.privilege}",
            state="lack" if need.is_required else "warn",
            seen=f"missing on {need.path}: {need.purpose}",
            mend=f"pveum acl modify {need.path} {kind} '{found.account}' --roles ROLE (with this privilege)",
        )
    for more in found.comparison.excess:
        yield Finding(
            what=f"right {more.privilege}",
            state="warn",
            seen=f"not needed on {more.path}; at worst: {more.worst}",
            mend="take it away, see docs/proxmox.md",
        )


async def _memory(client: ProxmoxClient, settings: HostSettings) -> Finding:
    with for_host():
        nodes = await preflight.nodes_by_memory(client, settings)
    seen = ", ".join(f"{free / 1024:.1f} GiB free on {node}" for node, free in nodes)
    reserve = settings.reserve_mib
    if nodes[0][1] <= reserve:
        return Finding(what="memory of the nodes", state="lack", seen=f"{seen}; reserve {reserve} MiB")
    return Finding(what="memory of the nodes", state="ok", seen=seen)


async def _bridges(client: ProxmoxClient, settings: HostSettings, node: str) -> Sequence[Finding]:
    with for_host():
        checks = await preflight.bridge_checks(client, node, settings.bridges)
    return [
        Finding(
            what=f"{check.name.removeprefix('bridge-')} of {node}",
            state="ok" if check.closed else "lack",
            seen=f"isolated: {check.detail}" if check.closed else check.detail,
            mend=""
            if check.closed
            else "a drill bridge has no ports, no address and no gateway (docs/proxmox.md)",
        )
        for check in checks
    ]


async def _storage(client: ProxmoxClient, settings: HostSettings, node: str) -> Finding:
    with for_host():
        storage = await client.storages.status(node, settings.storage)
    what = f"storage on {node}"
    if not (storage.active and storage.enabled):
        return Finding(what=what, state="lack", seen=f"{storage.name} is not active", mend="pvesm status")
    room = storage.available
    seen = f"{storage.name}: {'size unknown' if room is None else f'{room / GIB:.1f} GiB free'}"
    return Finding(what=what, state="ok" if room else "warn", seen=seen)


async def _imports(client: ProxmoxClient, settings: HostSettings, node: str) -> Finding:
    """Whether disks that were restored elsewhere can be sent there; rights are looked at with the others."""
    with for_host():
        storage = await client.storages.status(node, settings.import_storage)
    what, name = f"imports on {node}", storage.name
    if not (storage.active and storage.enabled):
        return Finding(what=what, state="lack", seen=f"{name} is not active", mend="pvesm status")
    if CONTENT not in storage.content:
        kinds = ",".join(sorted({*storage.content, CONTENT}))
        return Finding(
            what=what,
            state="lack",
            seen=f"{name} takes no disk images",
            mend=f"pvesm set {name} --content {kinds} (a storage with a path; Proxmox VE 8.4 or later)",
        )
    return Finding(what=what, state="ok", seen=f"{name} takes disk images")


async def _returns(client: ProxmoxClient, returns: Returns, node: str) -> Finding:
    """Whether a copy can be backed up there and that be read here; rights are looked at with the others."""
    with for_host():
        storage = await client.storages.status(node, returns.storage)
    what, name = f"returns from {node}", storage.name
    if not (storage.active and storage.enabled):
        return Finding(what=what, state="lack", seen=f"{name} is not active", mend="pvesm status")
    if "backup" not in storage.content:
        kinds = ",".join(sorted({*storage.content, "backup"}))
        return Finding(
            what=what,
            state="lack",
            seen=f"{name} takes no backups",
            mend=f"pvesm set {name} --content {kinds}",
        )
    await DirectoryStore(returns.directory, mount=returns.mount).files()
    return Finding(what=what, state="ok", seen=f"{name} takes backups, read at {returns.directory}")


async def _way_in(host: ProxmoxHost, node: str) -> Finding:
    """Open the tunnel to each drill bridge and close it again; no frame is sent."""
    what = f"way to {node}"
    for bridge in host.settings.bridges:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        tunnel = Tunnel([host.door(node, bridge)], FrameWatch())
        try:
            await tunnel.open([theirs.detach()])
        finally:
            await tunnel.close()
            ours.close()
    names = ", ".join(bridge.bridge for bridge in host.settings.bridges)
    return Finding(what=what, state="ok", seen=f"SSH opens the tunnel to {names}")


async def _backups(source: ProxmoxSource) -> Finding:
    """How many guests there are and how many of them have no good backup."""
    found = await survey(source)
    bare = [one for one in found if one.newest is None and not one.unknown]
    unseen = [one for one in found if one.unknown]
    seen = f"{len(found)} guests, {len(found) - len(bare) - len(unseen)} with a good backup"
    if bare:
        seen += f"; without one: {_names(bare)}"
    if unseen:
        seen += f"; not to be seen: {_names(unseen)}"
    what = f"backups of {source.settings.name}"
    return Finding(what=what, state="warn" if bare or unseen else "ok", seen=seen)


def _names(found: Sequence[Coverage]) -> str:
    few = [one.guest.name or str(one.guest.vmid) for one in found[:_FEW]]
    return ", ".join(few) + (f" and {len(found) - _FEW} more" if len(found) > _FEW else "")
