"""The way of a disk out of a cluster: its API gives none away, so the guest is backed up to where we read.

The guest is off: vzdump reads its disks as they are, and no instruction of it runs. The archive is announced
before it is begun, and removed as soon as the disk is out of it; whoever is killed in between leaves it to
the reclaimer (see `archived`).
"""

from dataclasses import replace
from pathlib import Path

from drverify.adapters.directory import DirectoryStore
from drverify.adapters.proxmox.archived import KIND, TASK, Archived
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import for_host
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.intent import ASKED, node_time
from drverify.adapters.proxmox.restoring import Copy
from drverify.adapters.proxmox.restoring_log import Logbook
from drverify.adapters.proxmox.upids import STALL, Following, Upid
from drverify.adapters.proxmox.values import Volume
from drverify.adapters.stored import Bytes
from drverify.adapters.vma import asynchronous as vma
from drverify.adapters.vma.configuration import drives
from drverify.adapters.vma.header import Header
from drverify.engine.ports import ResourceScope
from drverify.errors import HostError
from drverify.pveconf.rights import rights_at

RIGHTS = ("Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate")
"""On the storage. Without the last one an archive whose guest is gone is not even listed."""
_NO_SYSTEM = frozenset({"efidisk0", "tpmstate0"})
"""Drives that no system lies on."""


class Handover:
    """Hands the disk of one copy over."""

    def __init__(
        self, client: ProxmoxClient, settings: HostSettings, copy: Copy, scope: ResourceScope, logs: Logbook
    ) -> None:
        self._client = client
        self._settings = settings
        self._copy = copy
        self._scope = scope
        self._logs = logs
        self._announced: Archived | None = None

    async def disk(self, into: Path) -> int:
        """Write the copy's only disk to the new file `into`, raw and sparse; return its size in bytes.

        HostError when the settings name no storage for it, the copy still runs or the cluster fails;
        ArchiveDefect when the archive is not whole.
        """
        returns, copy = self._settings.returns, self._copy
        if returns is None:
            name = self._settings.name
            raise HostError(
                f"host {name} gives no disk back: its settings do not say where vzdump writes to",
                hint=f"add [hosts.{name}.returns] (docs/proxmox.md)",
            )
        with for_host():
            if await copy.runs():
                raise HostError("the guest still runs, and its disk is not given back")
            await self._require_rights(returns.storage)
            await self.clear()  # of an earlier try
            archived = await self._announce(returns.storage)
            following = Following(announce=self._heard, stall=STALL, stop_when_cancelled=True)
            await self._client.tasks.run(archived.order(), self._logs.following("vzdump", following))
            found = await (self._announced or archived).volumes(self._client, self._settings.access)
        if len(found) != 1:
            raise HostError(f"vzdump ended well, and {len(found)} archives on {returns.storage} are of it")
        size = await _taken_out(DirectoryStore(returns.directory, mount=returns.mount), found[0], into)
        await self.clear()
        return size

    async def clear(self) -> None:
        """Remove the archive and strike it out. Idempotent; TeardownError when it is still there."""
        if self._announced is not None:
            await self._announced.remove(self._client, self._settings)
            self._scope.closed(KIND, self._entry)
            self._announced = None

    @property
    def _entry(self) -> str:
        return f"{self._settings.name}:{self._copy.vmid}"

    async def _require_rights(self, storage: str) -> None:
        path = f"/storage/{storage}"
        held = rights_at(path, await self._client.accounts.permissions(path))
        if lacking := [one for one in RIGHTS if one not in held]:
            raise HostError(
                f"account {self._settings.access.account} lacks {', '.join(lacking)} on {path}",
                hint=f"drverify doctor --host {self._settings.name} says what each right is for",
            )

    async def _announce(self, storage: str) -> Archived:
        copy = self._copy
        facts = {
            "host": self._settings.name,
            "node": copy.node,
            "vmid": str(copy.vmid),
            "mark": copy.mark,
            "storage": storage,
            ASKED: await node_time(self._client, copy.node),
        }
        self._announced = Archived.of(self._entry, facts)
        self._scope.opening(KIND, self._entry, **facts)
        return self._announced

    def _heard(self, upid: Upid) -> None:
        """Note which task it is: from now on no other one is."""
        if self._announced is not None:
            self._announced = replace(self._announced, intent=replace(self._announced.intent, task=upid))
            self._scope.opening(KIND, self._entry, **{TASK: upid})


async def _taken_out(store: DirectoryStore, archive: Volume, into: Path) -> int:
    """Unpack the archive's only disk; its size. HostError when it is not to be seen from here."""
    name = archive.volid.rpartition("/")[2]
    file = next((one for one in await store.files() if one.name == name), None)
    if file is None:
        raise HostError(
            f"the cluster wrote {archive.volid}, and it is not to be seen here",
            hint="`directory` in `returns` of the host: the storage's own directory `dump`, mounted here",
        )

    async def unpack(source: Bytes) -> int:
        done = await vma.extract(
            source, lambda header: {_only(header): into}, hashing=False, sync=False, scratch=into.parent
        )
        return sum(disk.logical_bytes for disk in done.disks if disk.target is not None)

    return await store.read(file, unpack, stall=STALL)


def _only(header: Header) -> str:
    """The device that the system lies on. HostError when there are several."""
    known = drives(header)
    found = [one.name for one in header.disks if known.get(one.name, one.name) not in _NO_SYSTEM]
    if len(found) != 1:
        raise HostError(f"the guest has {len(found)} disks here, and only one is given back so far")
    return found[0]
