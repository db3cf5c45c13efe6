"""Sandboxes on a Proxmox cluster, which restores its own backups: the RestoringHost port."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from drverify.adapters.linux.links import segments
from drverify.adapters.linux.netns_ground import Ground
from drverify.adapters.proxmox import host_preflight as preflight
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.host_locks import BridgeLock, try_lock
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.adapters.proxmox.tunnel import Door, Tunnel
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxSpec
from drverify.errors import HostError
from drverify.model.drill import ToolFact
from drverify.model.recovery import SecretRef

TAKE_DOWN = timedelta(minutes=6)
"""A stopped restore frees its disks first."""
LOCKS = "locks"


class ProxmoxHost:
    """Runs sandboxes on the cluster that the settings name."""

    def __init__(self, settings: HostSettings, resolve: Callable[[SecretRef], bytes]) -> None:
        self.settings = settings
        self._resolve = resolve

    def client(self) -> ProxmoxClient:
        """A client of the cluster; the caller closes it."""
        return ProxmoxClient(self.settings.access, self._resolve)

    def restores(self, source: str) -> bool:
        """Say whether the points of the source of that name are restored by this host."""
        return source in self.settings.restores_from

    async def tools(self) -> tuple[ToolFact, ...]:
        """Name the release that answers."""
        async with self.client() as client:
            with for_host():
                version = await client.cluster.version()
        return (
            ToolFact(name="proxmox-ve", version=version.version),
            ToolFact(name="proxmox-ve-repository", version=version.repoid),
        )

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[ProxmoxSandbox]:
        """Make an isolated sandbox and take it back when the context ends; as the port says."""
        async with self.client() as client:
            with for_host():
                node, locks = await self._admitted(client, spec)
            try:
                async with self._standing(client, node, [lock.bridge for lock in locks], spec, scope) as one:
                    yield one
            finally:
                for lock in locks:
                    lock.release()

    @asynccontextmanager
    async def _standing(
        self,
        client: ProxmoxClient,
        node: str,
        bridges: Sequence[DrillBridge],
        spec: SandboxSpec,
        scope: ResourceScope,
    ) -> AsyncIterator[ProxmoxSandbox]:
        by_ssh = self.settings.vantage == "ssh"
        with for_host():
            theirs = await preflight.node_addresses(client, node) if by_ssh else ()
        ground = Ground(segments(spec.id, spec.guest.networks) if by_ssh else (), spec.dns, scope)
        sandbox = ProxmoxSandbox(
            spec,
            scope,
            client=client,
            settings=self.settings,
            node=node,
            bridges=bridges,
            ground=ground,
            secret=self._token_secret,
            theirs=theirs,
        )
        try:
            await finish(ground.make(), within=TAKE_DOWN, what="making the sandbox's network")
            if by_ssh and ground.planned:
                await sandbox.connect(Tunnel([self.door(node, one) for one in bridges], sandbox.watch))
            yield sandbox
        finally:
            await finish(sandbox.end(), within=TAKE_DOWN, what=f"taking back sandbox {spec.id}")

    async def _admitted(self, client: ProxmoxClient, spec: SandboxSpec) -> tuple[str, tuple[BridgeLock, ...]]:
        """Choose a node with room and free drill bridges, and lock these. The caller releases them."""
        settings = self.settings
        wanted = max(1, len(spec.guest.networks))
        if wanted > len(settings.bridges):
            raise HostError(
                f"the machine has {wanted} networks, and host {settings.name} has "
                f"{len(settings.bridges)} drill bridge(s): each network needs one",
                hint=f"add to `bridges` in [hosts.{settings.name}] (docs/proxmox.md)",
            )
        await preflight.check_rights(client, settings)
        nodes = await preflight.nodes_by_memory(client, settings)
        memory = preflight.memory_wanted(settings, spec)
        preflight.check_memory(*nodes[0], memory, settings.reserve_mib)
        busy: list[str] = []
        for node, free in nodes:
            if free < memory + settings.reserve_mib:
                continue
            locks = await self._free_bridges(client, node, wanted, busy)
            if locks is None:
                continue
            try:
                await preflight.require_closed(client, node, [lock.bridge for lock in locks])
                await preflight.check_space(client, settings, node, spec)
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
        self, client: ProxmoxClient, node: str, wanted: int, busy: list[str]
    ) -> tuple[BridgeLock, ...] | None:
        """Lock as many bridges as are wanted; None when too few are free, and why in `busy`."""
        held: list[BridgeLock] = []
        try:
            for bridge in self.settings.bridges:
                lock = try_lock(self.settings.state / LOCKS, self.settings.name, node, bridge)
                if lock is None:
                    busy.append(f"another drill holds {bridge.bridge} of node {node}")
                else:
                    held.append(lock)
            taken = await preflight.occupied(client, self.settings, node) if held else {}
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

    def door(self, node: str, bridge: DrillBridge) -> Door:
        """The way to a drill bridge of a node. InputError when its key cannot be had."""
        ssh = self.settings.ssh[node]
        return Door(
            bridge=bridge.bridge,
            unit=bridge.tap if bridge.tap is not None else 0,
            address=ssh.address,
            port=ssh.port,
            user=ssh.user,
            key=self._resolve(bridge.key or ssh.key),
            host_key=ssh.host_key,
        )

    def _token_secret(self) -> bytes:
        reference = self.settings.access.token_secret
        return self._resolve(reference) if reference is not None else b""
