"""Taking a copy back from a node, from whatever it had reached, and seeing that it is gone.

Nothing is touched that is not ours three times over: the ledger lists it, its VMID lies in our range, and
its description carries our mark. What failed on the way may leave an empty configuration without the mark;
such a one is ours when we know that we had claimed its VMID, and there is nothing in it to lose. We know it
from the ledger, or from a task of ours that the node lists: the API claims a VMID before it begins one. What
a dead task leaves may be in no pool, where an account with rights by pool does not even see it: so a VMID is
only free when the cluster says so, which it tells everybody.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotPermitted, NotThere
from drverify.adapters.proxmox.guests import Containers, Machines
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.intent import ASKED, Intent, is_ours
from drverify.adapters.proxmox.restoring_log import Logbook
from drverify.adapters.proxmox.tasks import Following
from drverify.adapters.proxmox.values import GuestConfig
from drverify.errors import DeadlineError, TeardownError

KIND = "pve-guest"
"""Kind of the ledger's entries."""
MAKING = frozenset({"qmcreate", "qmrestore", "vzcreate", "vzrestore"})
"""Tasks that begin when the API has claimed their VMID."""
STOPPED_WITHIN = timedelta(minutes=2)
STALL = timedelta(minutes=3)
LOOKS = 5
OTHERS = 5.0
"""Seconds between two looks at somebody else's task, for example a backup of the copy."""
_EMPTY = frozenset({"memory", "lock", "meta", "smbios1", "vmgenid", "boot"})
"""Keys of a configuration that holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A copy as the ledger knows it."""

    node: str
    vmid: int
    mark: str
    """First line of its description."""
    kind: Literal["qemu", "lxc"] = "qemu"
    claimed: bool = False
    """Whether the VMID is known to have been ours."""
    asked: str = ""
    """When it was announced, as the ledger says it; empty: it does not."""

    @classmethod
    def of(cls, name: str, facts: Mapping[str, str]) -> "Owned":
        """Read a ledger entry; TeardownError when it is none of this kind."""
        try:
            return cls(
                node=facts["node"],
                vmid=int(facts["vmid"]),
                mark=facts["mark"],
                kind="lxc" if facts.get("guest") == "lxc" else "qemu",
                claimed=facts.get("claimed") == "yes",
                asked=facts.get(ASKED, ""),
            )
        except (KeyError, ValueError) as error:
            raise TeardownError(f"the ledger's entry {name} does not say which guest it is") from error


class Removal:
    """Removes one copy."""

    def __init__(
        self, client: ProxmoxClient, settings: HostSettings, owned: Owned, logs: Logbook | None = None
    ) -> None:
        self._client = client
        self._settings = settings
        self._owned = owned
        self._logs = logs or Logbook()
        self._guests: Machines | Containers = client.lxc if owned.kind == "lxc" else client.qemu
        self._destroyed = False

    async def run(self) -> None:
        """Remove it and see that it is gone; absent is success. TeardownError says what is left, and why."""
        owned = self._owned
        if owned.vmid not in self._settings.vmids:
            raise TeardownError(
                f"guest {owned.vmid} is outside of the range that is ours: left alone",
                hint="`vmids` in the settings was changed; look at the guest and remove it by hand",
            )
        try:
            await end_tasks(self._client, self._settings, owned)
            config = await self._config()
            if config is not None:
                await self._guard(config)
                await self._destroy(config)
            await self._see_it_gone()
        except TeardownError:
            raise
        except (ApiError, DeadlineError) as error:
            raise TeardownError(
                f"guest {owned.vmid} on node {owned.node} may still be there: {error}",
                hint=error.hint or "run `drverify sandbox reap` when the cluster answers again",
            ) from error

    async def _config(self) -> GuestConfig | None:
        """Read its configuration; None when there is no guest of this VMID.

        A VMID without a guest is in no pool, so that an account with rights by pool may not even ask. Then
        the cluster tells whether it is free; once ours was destroyed, it may be the next one's already.
        """
        owned = self._owned
        try:
            return await self._guests.config(owned.node, owned.vmid)
        except NotThere:
            return None
        except NotPermitted:
            if self._destroyed or await self._client.cluster.is_free(owned.vmid):
                return None
            raise await self._unseen() from None

    async def _unseen(self) -> TeardownError:
        owned = self._owned
        if await self._is_claimed():
            return TeardownError(
                f"guest {owned.vmid} on node {owned.node} was begun by a task of ours that did not end it, "
                "and only root may remove what is there",
                hint=_as_root(owned),
            )
        return TeardownError(
            f"guest {owned.vmid} is there, {self._settings.access.account} may not look at it, and it is not "
            "known to be ours: left alone",
            hint="is it somebody else's? Then `vmids` in the settings is not ours alone",
        )

    async def _is_claimed(self) -> bool:
        """Whether the VMID was ours: as the ledger says, or by a task that could not begin without it."""
        owned = self._owned
        if owned.claimed or not owned.asked:
            return owned.claimed
        intent = Intent.of(owned.node, owned.vmid, {ASKED: owned.asked}, task="")
        return bool(await intent.tasks(self._client, self._settings.access, MAKING))

    async def _guard(self, config: GuestConfig) -> None:
        owned = self._owned
        description = config.values.get("description", "")
        if owned.mark in description.split("\n"):
            return
        empty = not description and not set(config.values) - _EMPTY
        if empty and await self._is_claimed():
            return
        raise TeardownError(
            f"guest {owned.vmid} on node {owned.node} does not carry our mark {owned.mark}: left alone",
            hint="look at it; if it is nobody's, remove it by hand",
        )

    async def _destroy(self, config: GuestConfig) -> None:
        owned = self._owned
        if lock := config.values.get("lock"):
            raise TeardownError(
                f"guest {owned.vmid} is locked ({lock}), and only root may unlock it",
                hint=_as_root(owned),
            )
        if (await self._guests.status(owned.node, owned.vmid)).is_running:
            await self._guests.stop(owned.node, owned.vmid, following=self._following("stop"))
        # its warnings may mean a disk that stays: that is looked at by listing
        await self._guests.destroy(owned.node, owned.vmid, following=self._following("destroy"))
        self._destroyed = True

    def _following(self, doing: str) -> Following:
        return self._logs.following(doing, Following(stall=STALL))

    async def _see_it_gone(self) -> None:
        owned, storage = self._owned, self._settings.storage
        for _ in range(LOOKS):
            if await self._config() is None:
                break
            await asyncio.sleep(1)
        else:
            raise TeardownError(f"guest {owned.vmid} on node {owned.node} is still there")
        for volume in await self._client.storages.content(owned.node, storage, vmid=owned.vmid):
            with suppress(NotPermitted):  # what is left is told below
                await self._client.storages.remove(owned.node, volume.volid)
        left = await self._client.storages.content(owned.node, storage, vmid=owned.vmid)
        if left:
            names = ", ".join(volume.volid for volume in left)
            raise TeardownError(
                f"disks of guest {owned.vmid} are left: {names}",
                hint=f"Datastore.Allocate on /storage/{storage} lets drverify remove them; or `pvesm free`",
            )


def _as_root(owned: Owned) -> str:
    command = "pct" if owned.kind == "lxc" else "qm"
    return (
        f"on node {owned.node}, as root: {command} unlock {owned.vmid} && "
        f"{command} destroy {owned.vmid} --purge; then `drverify sandbox reap`"
    )


async def end_tasks(client: ProxmoxClient, settings: HostSettings, owned: Owned) -> None:
    """Stop every task of ours at this VMID and wait for its end; others' are waited for a while.

    ApiError, DeadlineError; TeardownError when they do not end.
    """
    for _ in range(LOOKS):
        running = [
            task
            for task in await client.tasks.list(owned.node, vmid=owned.vmid, source="active")
            if task.ended is None and not task.status
        ]
        if not running:
            return
        for task in running:
            if is_ours(task, settings.access):
                with suppress(NotThere):
                    await client.tasks.stop(task.upid, within=STOPPED_WITHIN)
            else:
                await asyncio.sleep(OTHERS)
    raise TeardownError(
        f"tasks of guest {owned.vmid} on node {owned.node} do not end",
        hint="look at them in the node's task list",
    )
