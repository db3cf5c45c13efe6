"""Asks a cluster everything that is only asked, once: for `drverify doctor --host NAME --record FILE`.

Nothing is changed and no guest is talked to. Each question is answered, refused or lost by itself: a
refusal is worth recording as well.
"""

from collections.abc import Awaitable, Callable, Sized
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from drverify.adapters.proxmox.authority import authority
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.recording import RecordingWire
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.wire import HttpsWire
from drverify.errors import DefectError, HarnessError
from drverify.model.recovery import SecretRef

T = TypeVar("T")
FEW = 3
"""Guests, and backups of each storage, that are looked at closely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One question and how it went."""

    what: str
    answered: bool
    detail: str
    """How many there were, or why there was no answer."""


@dataclass(slots=True)
class _Notes:
    asked: list[Asked] = field(default_factory=list)

    async def ask(self, what: str, question: Awaitable[T]) -> T | None:
        """Await an answer; write down what came of it."""
        try:
            found = await question
        except (HarnessError, DefectError) as error:
            self.asked.append(Asked(what=what, answered=False, detail=f"{type(error).__name__}: {error}"))
            return None
        count = f"{len(found)}" if isinstance(found, Sized) and not isinstance(found, str) else "answered"
        self.asked.append(Asked(what=what, answered=True, detail=count))
        return found


async def record(access: Access, resolve: Callable[[SecretRef], bytes], file: Path) -> tuple[Asked, ...]:
    """Record a tour of the cluster into the new file `file`. HostError when it cannot be written."""
    wire = RecordingWire(HttpsWire(access, lambda: authority(access, resolve)), file)
    async with ProxmoxClient(access, resolve, wire=wire) as pve:
        return await tour(pve)


async def tour(pve: ProxmoxClient) -> tuple[Asked, ...]:
    """Ask everything once."""
    notes = _Notes()
    await notes.ask("version", pve.cluster.version())
    await notes.ask("own rights", pve.accounts.permissions())
    await notes.ask("roles", pve.accounts.roles())
    await notes.ask("cluster status", pve.cluster.status())
    await notes.ask("backup jobs", pve.cluster.backup_jobs())
    await notes.ask("guests without a backup job", pve.cluster.not_backed_up())
    await notes.ask("HA resources", pve.cluster.ha_resources())
    await notes.ask("replication jobs", pve.cluster.replication())
    await notes.ask("SDN zones", pve.cluster.zones())
    for vnet in await notes.ask("SDN networks", pve.cluster.vnets()) or ():
        await notes.ask(f"subnets of {vnet.name}", pve.cluster.subnets(vnet.name))
    for pool in await notes.ask("pools", pve.cluster.pools()) or ():
        await notes.ask(f"pool {pool}", pve.cluster.pool(pool))
    for node in await notes.ask("nodes", pve.cluster.nodes()) or ():
        await _node(pve, notes, node.name)
    for guest in (await notes.ask("guests", pve.cluster.guests()) or ())[:FEW]:
        kind = pve.qemu if guest.kind == "qemu" else pve.lxc
        await notes.ask(f"configuration of {guest.vmid}", kind.config(guest.node, guest.vmid))
        await notes.ask(f"pending changes of {guest.vmid}", kind.pending(guest.node, guest.vmid))
        await notes.ask(f"status of {guest.vmid}", kind.status(guest.node, guest.vmid))
    return tuple(notes.asked)


async def _node(pve: ProxmoxClient, notes: _Notes, node: str) -> None:
    await notes.ask(f"{node}: load", pve.nodes.load(node))
    await notes.ask(f"{node}: time", pve.nodes.time(node))
    await notes.ask(f"{node}: network", pve.nodes.bridges(node))
    for task in (await notes.ask(f"{node}: tasks", pve.tasks.list(node)) or ())[:FEW]:
        await notes.ask(f"{node}: task {task.kind}", pve.tasks.state(task.upid))
        await notes.ask(f"{node}: log of {task.kind}", pve.tasks.log(task.upid))
    for storage in await notes.ask(f"{node}: storages", pve.storages.list(node)) or ():
        await notes.ask(f"{node}: storage {storage.name}", pve.storages.status(node, storage.name))
        if "backup" not in storage.content:
            continue
        listed = pve.storages.content(node, storage.name, content="backup")
        for volume in (await notes.ask(f"{node}: backups on {storage.name}", listed) or ())[:FEW]:
            extracted = pve.storages.extract_config(node, volume.volid)
            await notes.ask(f"{node}: configuration in {volume.volid}", extracted)
