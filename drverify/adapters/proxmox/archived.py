"""The archive that vzdump writes of a copy, to bring its disk home: found whatever became of it, and removed.

Our mark stands in its notes. But vzdump writes notes last, and where it cannot it only warns; so an archive
without any is ours as well if a task of ours says in its log that it wrote that very file. (PVE::VZDump:
`creating vzdump archive '/mnt/pve/NAME/dump/vzdump-qemu-...'`.) Which tasks are ours the ledger tells.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotThere
from drverify.adapters.proxmox.gone import cleared, listed, sure_to_see
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.intent import Intent
from drverify.adapters.proxmox.restoring_removal import STOPPED_WITHIN, Owned
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.upids import Submission
from drverify.adapters.proxmox.values import Volume
from drverify.adapters.proxmox.wire import Value
from drverify.errors import DeadlineError, TeardownError

KIND = "pve-archive"
"""Kind of the ledger's entries."""
TASK = "task"
"""The fact that holds the id of vzdump's task."""
DUMPS = frozenset({"vzdump"})
CLOCK_BACK = timedelta(hours=1, minutes=1)
"""How much older a file may seem: its name holds local time, also in the hour that a clock is set back."""
_WRITES = re.compile(r"creating (?:vzdump )?archive '(?:[^']*/)?(?P<name>[^'/]+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Archived:
    """The archive of one copy, as far as there is one; for who makes it, and for who finds it in a ledger."""

    storage: str
    owned: Owned
    intent: Intent

    @classmethod
    def of(cls, name: str, facts: Mapping[str, str]) -> "Archived":
        """Read a ledger entry; TeardownError when it is none of this kind."""
        if not facts.get("storage"):
            raise TeardownError(f"the ledger's entry {name} does not say on which storage the archive lies")
        owned = Owned.of(name, facts)
        intent = Intent.of(owned.node, owned.vmid, facts, task=TASK)
        return cls(storage=facts["storage"], owned=owned, intent=intent)

    def order(self) -> Submission:
        """The call that makes it; needs VM.Backup on the guest and AllocateSpace on the storage.

        Nothing that lies there already is pruned, whatever the storage's settings say.
        """
        params: dict[str, Value] = {
            "vmid": str(self.owned.vmid),
            "storage": self.storage,
            "mode": "snapshot",
            "compress": "zstd",
            "remove": False,
            "notes-template": self.owned.mark,
        }
        return Submission(
            node=self.owned.node,
            method="POST",
            path=("nodes", self.owned.node, "vzdump"),
            params=params,
            kind="vzdump",
            id=str(self.owned.vmid),
        )

    async def volumes(self, client: ProxmoxClient, access: Access) -> list[Volume]:
        """Archives of the copy that are ours: somebody's backup job may have seen it, too.

        ApiErrors; TeardownError when nobody can tell of one whether it is ours.
        """
        volumes = await listed(client, self.owned.node, self.storage, content="backup", vmid=self.owned.vmid)
        ours = [one for one in volumes if one.notes == self.owned.mark]
        others = [one for one in volumes if one.notes != self.owned.mark and self._may_be(one.created)]
        if not others:
            return ours
        written = await self._written(client, access)
        if doubtful := [one for one in others if _is_doubtful(one, written)]:
            raise TeardownError(
                f"nobody can tell whether {doubtful[0].volid} is the archive of guest {self.owned.vmid} that "
                "a drill of ours made: left alone",
                hint="look at it; if it is ours, or nobody's, remove it by hand (`pvesm free`)",
            )
        return ours + [one for one in others if _name(one) in (written or ())]

    async def remove(self, client: ProxmoxClient, settings: HostSettings) -> None:
        """Stop what still writes it, remove it, and see that it is gone. TeardownError when it is not."""
        vmid = self.owned.vmid

        async def ours() -> Sequence[Volume]:
            await self._end_tasks(client, settings.access)
            return await self.volumes(client, settings.access)

        try:
            await sure_to_see(client, self.storage, f"an archive of guest {vmid}")
            left = await cleared(client, self.owned.node, ours)
        except (ApiError, DeadlineError) as error:
            raise TeardownError(
                f"an archive of guest {vmid} on storage {self.storage} may still be there: {error}",
                hint=error.hint or "run `drverify sandbox reap` when the cluster answers again",
            ) from error
        if left:
            raise TeardownError(f"archives of guest {vmid} are left: {', '.join(left)}")

    async def _end_tasks(self, client: ProxmoxClient, access: Access) -> None:
        for task in await self.intent.tasks(client, access, DUMPS):
            if task.ended is None:
                await client.tasks.stop(task.upid, within=STOPPED_WITHIN)

    async def _written(self, client: ProxmoxClient, access: Access) -> frozenset[str] | None:
        """Names of the files that our tasks say they wrote; None when they say nothing any more."""
        if self.intent.asked is None:
            return frozenset()  # whose tasks they are the entry does not tell: the mark alone counts
        names = set()
        tasks = await self.intent.tasks(client, access, DUMPS)
        for task in tasks:
            try:
                log = await client.tasks.log(task.upid)
            except NotThere:  # rotated away
                return None
            names |= {found["name"] for line in log if (found := _WRITES.search(line))}
        return frozenset(names) if tasks else None

    def _may_be(self, created: datetime | None) -> bool:
        asked = self.intent.asked
        return asked is None or created is None or created >= asked - CLOCK_BACK


def _name(volume: Volume) -> str:
    return volume.volid.rpartition("/")[2]


def _is_doubtful(volume: Volume, written: frozenset[str] | None) -> bool:
    """Notes that are not ours were written by somebody, who may want to keep it; none say nothing."""
    if written is None:
        return not volume.notes
    return bool(volume.notes) and _name(volume) in written
