"""Sandboxes on a Proxmox cluster, which restores its own backups: the RestoringHost and SharingHost ports."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from drverify.adapters.linux.links import joined, segments, tunnelled
from drverify.adapters.linux.netns_ground import Ground, run_all
from drverify.adapters.proxmox import host_preflight as preflight
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.host_footing import Footing, Place, places
from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.adapters.proxmox.host_site import Site, site
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.adapters.proxmox.space import Room
from drverify.adapters.proxmox.tunnel import Door, Tunnel
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.engine.pacing import finish
from drverify.engine.ports import ResourceScope, SandboxSpec
from drverify.engine.sharing import SharedSpec
from drverify.errors import HostError
from drverify.model.drill import ToolFact
from drverify.model.recovery import SecretRef

TAKE_DOWN = timedelta(minutes=6)
"""A stopped restore frees its disks first."""


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

    def takes_disks(self) -> bool:
        """Say whether there is a storage that disks can be sent to."""
        return bool(self.settings.import_storage)

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
        need = preflight.need_of(self.settings, spec)
        async with self.client() as client, site(client, self.settings, need) as at:
            ground = Ground(segments(spec.id, spec.guest.networks) if self._by_ssh else (), spec.dns, scope)
            async with self.standing(spec, scope, self._footing(at, ground)) as sandbox:
                yield sandbox

    @asynccontextmanager
    async def shared(self, spec: SharedSpec, scope: ResourceScope) -> AsyncIterator["Commons"]:
        """Make the ground, here and on one node, that the guests of a group share; as the port says."""
        need = preflight.need_of_all(self.settings, spec.members)
        async with self.client() as client, site(client, self.settings, need) as at:
            laid_out = tunnelled(joined(spec.id, [one.networks for one in spec.members]))
            ground = Ground([one for own in laid_out for one in own] if self._by_ssh else (), spec.dns, scope)
            footing = self._footing(at, ground)
            try:
                await finish(ground.make(), within=TAKE_DOWN, what="making the group's network")
                if footing.tunnel is not None:
                    await footing.tunnel.open(await ground.open_taps())
                yield Commons(self, places(footing, spec.members, laid_out))
            finally:
                closing = (footing.tunnel.close,) if footing.tunnel is not None else ()
                back = run_all((*closing, ground.take_down))
                await finish(back, within=TAKE_DOWN, what=f"taking back sandbox {spec.id}")

    @asynccontextmanager
    async def standing(
        self, spec: SandboxSpec, scope: ResourceScope, footing: Footing
    ) -> AsyncIterator[ProxmoxSandbox]:
        """Make a sandbox, and take back copy, tunnel and ground as far as they are its own."""
        sandbox = ProxmoxSandbox(
            spec,
            scope,
            client=footing.site.client,
            settings=self.settings,
            node=footing.site.node,
            bridges=footing.site.bridges,
            ground=footing.ground,
            secret=self._token_secret,
            theirs=footing.site.theirs,
            room=Room(footing.site.space, spec.workload),
            watch=footing.watch,
        )
        try:
            await finish(footing.ground.make(), within=TAKE_DOWN, what="making the sandbox's network")
            if footing.tunnel is not None:
                await sandbox.connect(footing.tunnel)
            yield sandbox
        finally:
            await finish(sandbox.end(), within=TAKE_DOWN, what=f"taking back sandbox {spec.id}")

    @property
    def _by_ssh(self) -> bool:
        return self.settings.vantage == "ssh"

    def _footing(self, at: Site, ground: Ground) -> Footing:
        """What one sandbox stands on; its tunnel is not open yet. InputError when a key cannot be had."""
        watch = FrameWatch()
        doors = [self.door(at.node, one) for one in at.bridges] if ground.planned else []
        tunnel = Tunnel(doors, watch) if doors else None
        return Footing(site=at, ground=ground, watch=watch, tunnel=tunnel)

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


class Commons:
    """Implements `RestoringHost` where the guests of a group stand side by side."""

    def __init__(self, host: ProxmoxHost, places: Mapping[str, Place]) -> None:
        """`places` are the guests', by workload."""
        self._host = host
        self._places = places

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[ProxmoxSandbox]:
        """Make one guest's sandbox. HostError for a workload that is not of the group."""
        place = self._places.get(spec.workload)
        if place is None:
            raise HostError(f"the group's sandbox has no such place for {spec.workload}")
        async with self._host.standing(place.fits(spec), scope, place.footing) as sandbox:
            yield sandbox

    def restores(self, source: str) -> bool:
        """As the host."""
        return self._host.restores(source)

    def takes_disks(self) -> bool:
        """As the host."""
        return self._host.takes_disks()

    async def tools(self) -> tuple[ToolFact, ...]:
        """The host's."""
        return await self._host.tools()
