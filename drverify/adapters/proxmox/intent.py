"""What an entry of the ledger says of an act before it is done: when it was meant, and the tasks it became.

The time is the node's own, in whole seconds, and only ever compared with that node's times. Who was killed
before he heard of his task left no id of it; then a task of our account, of the kind and the guest that were
meant, which began in the minutes after the announcement, is taken for it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.tasks import FIND, SUBMIT
from drverify.adapters.proxmox.upids import TaskEntry, Upid

ASKED = "asked"
"""The fact's name in the ledger: `2026-11-23T23:59:00Z`."""
BEGINS = SUBMIT + FIND
"""Longest time from the announcement to the beginning of the task."""
_BLUR = timedelta(seconds=1)
_FORM = "%Y-%m-%dT%H:%M:%SZ"


async def node_time(client: ProxmoxClient, node: str) -> str:
    """The node's clock as it stands in the ledger. ApiErrors; needs Sys.Audit on the node."""
    return (await client.nodes.time(node)).utc.strftime(_FORM)


def is_ours(task: TaskEntry, access: Access) -> bool:
    """Whether the task was begun by our account: by its token, or by its user."""
    return task.user in {access.account, access.account.partition("!")[0]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One act upon one guest."""

    node: str
    vmid: int
    asked: datetime | None
    """None: the entry does not say, as those of earlier versions."""
    task: str = ""
    """Id of the task; empty: nobody heard it."""

    @classmethod
    def of(cls, node: str, vmid: int, facts: Mapping[str, str], *, task: str) -> "Intent":
        """Read it out of an entry's facts; `task` is the fact that holds the task's id."""
        try:
            asked = datetime.strptime(facts.get(ASKED, ""), _FORM).replace(tzinfo=UTC)
        except ValueError:
            return cls(node=node, vmid=vmid, asked=None, task=facts.get(task, ""))
        return cls(node=node, vmid=vmid, asked=asked, task=facts.get(task, ""))

    async def tasks(
        self, client: ProxmoxClient, access: Access, kinds: Collection[str]
    ) -> tuple[TaskEntry, ...]:
        """Our tasks of these kinds that the act became, newest first; none if it never began. ApiErrors."""
        since = self.asked - _BLUR if self.asked is not None else None
        found = await client.tasks.list(self.node, vmid=self.vmid, since=since)
        return tuple(one for one in found if one.kind in kinds and is_ours(one, access) and self._is_it(one))

    def _is_it(self, task: TaskEntry) -> bool:
        if self.task:
            return task.upid == Upid(self.task)
        return self.asked is None or task.started <= self.asked + BEGINS
