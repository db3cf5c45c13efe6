"""A cluster's backups as a source of recovery points: on file storages and on backup servers.

What an account may not use the API leaves out of its listings in silence. So before an empty list, or an
old newest point, is believed, the source asks for the account's own rights.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import NotPermitted, for_source
from drverify.adapters.proxmox.failures import failures
from drverify.adapters.proxmox.points import Place, matching, point_of, tag_value, zone_named
from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.values import GuestKind, StorageEntry
from drverify.adapters.proxmox.wire import Wire
from drverify.engine.sources import Described
from drverify.errors import InputError, SourceError
from drverify.model.drill import ToolFact
from drverify.model.evidence import Blob
from drverify.model.recovery import STATEMENT, Network, PointFilter, RecoveryPoint, SecretRef
from drverify.model.standing import ToldFailures
from drverify.pveconf.policy import Preflight, redacted
from drverify.pveconf.rights import rights_at
from drverify.pveconf.shape import as_restored
from drverify.pveconf.text import parse, render

SEES_ALL = "Datastore.Allocate"
SEES_STORAGE = frozenset({"Datastore.AllocateSpace", SEES_ALL})
SEES_GUEST = "VM.Backup"


class ProxmoxSource:
    """Implements `DescribingSource` over the API of one cluster.

    `resolve` turns a reference into the secret's bytes. Points are whole machines (`host` is the VMID
    as text); their disks are restored by a host on the same cluster.
    """

    def __init__(
        self, settings: SourceSettings, resolve: Callable[[SecretRef], bytes], *, wire: Wire | None = None
    ) -> None:
        self.settings = settings
        self.client = ProxmoxClient(settings.access, resolve, wire=wire)

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        """List matching points, newest first; a backup that is still running is none.

        SourceError when a storage, or a node that has storages of its own, cannot be asked: its newest
        backup would be missed.
        """
        vmid = _vmid(wanted.host)
        if wanted.host and vmid is None:
            return ()
        with for_source():
            places = await self.places()
            await self.may_see(places, vmid)
            found = await self.listed(places, vmid)
        return matching(found, wanted)

    async def describe(self, point: RecoveryPoint, networks: Sequence[Network]) -> Described:
        """Read the machine's configuration out of the backup.

        What the host changes about the copy is the host's to say. Passwords in the configuration are
        not shown. DefectError when the archive does not yield it.
        """
        kinds: dict[str, GuestKind] = {"qemu": "qemu", "lxc": "lxc"}
        with for_source():
            node = tag_value(point, "node") or await self._any_node(tag_value(point, "storage"))
            text = await self.client.storages.extract_config(node, point.id)
        config = parse(text, kind=kinds.get(tag_value(point, "kind")))
        return Described(
            machine=as_restored(config, networks, Preflight(findings=())),
            statement=Blob(
                name=STATEMENT, media_type="text/plain", content=render(redacted(config)).encode()
            ),
        )

    async def failures(self, since: datetime, now: datetime) -> ToldFailures:  # noqa: ARG002
        """What the task history of its nodes tells, and which of them tell nothing."""
        with for_source():
            nodes = [
                node for node in await self.client.cluster.nodes() if self.settings.node in ("", node.name)
            ]
            if not nodes:
                raise SourceError(f"the cluster shows no node {self.settings.node}".rstrip())
            return await failures(self.client, self.settings.name, nodes, since)

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        """Nothing is cached here; what the cluster caches it does not say."""
        return "unknown"

    async def tool(self) -> ToolFact:
        """Name Proxmox VE, as the cluster says it is, and its version."""
        with for_source():
            version = await self.client.cluster.version()
        repository = f" ({version.repoid})" if version.repoid else ""
        return ToolFact(name="proxmox-ve", version=f"{version.version}{repository}")

    async def places(self) -> tuple[Place, ...]:
        """Every place that backups lie in: a shared storage once, one of a node's own for each node.

        Raises ApiError, or SourceError when one of them is not there or cannot be looked into.
        """
        nodes = await self.client.cluster.nodes()
        online = [node.name for node in nodes if node.online]
        if self.settings.node:
            if self.settings.node not in {node.name for node in nodes}:
                raise InputError(f"source {self.settings.name}: the cluster has no node {self.settings.node}")
            nodes = tuple(node for node in nodes if node.name == self.settings.node)
            online = [self.settings.node]
        seen: dict[tuple[str, str], Place] = {}
        for node in online:
            zone = zone_named(self.settings.timezone or await self._zone(node))
            for storage in await self.client.storages.list(node, content="backup"):
                if self._is_wanted(storage):
                    where = "" if storage.shared else node
                    self._is_open(storage, node)
                    place = Place(storage=storage.name, node=where, asked=node, zone=zone)
                    seen.setdefault((storage.name, where), place)
            if self._is_complete(seen.values()):
                break
        self._nothing_is_missing(seen.values(), [node.name for node in nodes if not node.online])
        return tuple(seen.values())

    def _is_complete(self, seen: Iterable[Place]) -> bool:
        """Whether no further node can show more: every storage that was named is there, and shared."""
        shared = {place.storage for place in seen if not place.node}
        return bool(self.settings.storages) and shared >= set(self.settings.storages)

    def _is_wanted(self, storage: StorageEntry) -> bool:
        if self.settings.storages:
            return storage.name in self.settings.storages
        return storage.enabled

    def _is_open(self, storage: StorageEntry, node: str) -> None:
        if not storage.active or not storage.enabled:
            state = "not active" if storage.enabled else "disabled"
            raise SourceError(
                f"source {self.settings.name}: storage {storage.name} is {state} on node {node}",
                hint="look at `pvesm status` there, or name the source's storages with `storages`",
            )

    def _nothing_is_missing(self, places: Iterable[Place], offline: Sequence[str]) -> None:
        found = {place.storage for place in places}
        missing = sorted(set(self.settings.storages) - found)
        if missing or not found:
            what = f"storage {missing[0]}" if missing else "storage for backups"
            raise SourceError(
                f"source {self.settings.name}: the account sees no {what}",
                hint="it needs Datastore.Audit or AllocateSpace on /storage/NAME, for user and token both",
            )
        own = sorted({place.storage for place in places if place.node})
        if own and offline:
            raise SourceError(
                f"source {self.settings.name}: node {offline[0]} is offline, and what lies on its own "
                f"{own[0]} cannot be listed",
                hint="name shared storages with `storages`, or one node with `node`",
            )

    async def may_see(self, places: Sequence[Place], vmid: int | None) -> None:
        """Make sure that what is not listed is not there, rather than not shown to us; SourceError if not.

        Without a VMID only the storages are looked at.
        """
        permissions = self.client.accounts.permissions
        guest = f"/vms/{vmid}"
        of_guest = rights_at(guest, await permissions(guest)) if vmid is not None else {SEES_GUEST}
        for storage in {place.storage: None for place in places}:
            path = f"/storage/{storage}"
            rights = rights_at(path, await permissions(path))
            if not rights & SEES_STORAGE:
                raise self._unseen(f"backups on {storage}", "Datastore.AllocateSpace", path)
            if SEES_ALL not in rights and SEES_GUEST not in of_guest:
                raise self._unseen(f"backups of guest {vmid} on {storage}", SEES_GUEST, guest)

    def _unseen(self, what: str, privilege: str, path: str) -> SourceError:
        return SourceError(
            f"source {self.settings.name}: {self.settings.access.account} may not see {what}: "
            f"{privilege} on {path} is missing",
            hint="give it to the user and to its token, both; `drverify doctor` lists what is missing",
        )

    async def listed(self, places: Sequence[Place], vmid: int | None = None) -> list[RecoveryPoint]:
        """Every backup in these places: the API finds by VMID only what vzdump itself has named."""
        listing = self.client.storages.content
        answers = await asyncio.gather(
            *(listing(place.asked, place.storage, content="backup") for place in places)
        )
        points = [
            point_of(volume, place, self.settings.name)
            for place, volumes in zip(places, answers, strict=True)
            for volume in volumes
        ]
        return [point for point in points if point is not None and vmid in {None, int(point.host)}]

    async def _any_node(self, storage: str) -> str:
        place = next((one for one in await self.places() if one.storage == storage), None)
        if place is None:
            raise SourceError(f"source {self.settings.name} has no storage {storage!r} any more")
        return place.asked

    async def _zone(self, node: str) -> str:
        try:
            return (await self.client.nodes.time(node)).zone
        except NotPermitted:  # needs Sys.Audit on the node, which nothing else needs
            return ""


def _vmid(host: str) -> int | None:
    return int(host) if host.isascii() and host.isdigit() else None
