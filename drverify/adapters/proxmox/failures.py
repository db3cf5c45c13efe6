"""Backups that a cluster tried and that did not end well, out of its nodes' task history.

A `vzdump` task of several guests says in its log which of them failed: `ERROR: Backup of VM 101 failed - why`
(PVE::VZDump). Nodes keep a thousand tasks or so, each its own; one that is off tells nothing. Without
Sys.Audit on a node an account is shown its own tasks only, so that none that failed says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import ApiError, NotThere
from drverify.adapters.proxmox.upids import TaskEntry, outcome_of
from drverify.adapters.proxmox.values import Node
from drverify.errors import SourceError
from drverify.model.standing import FailedBackup, ToldFailures
from drverify.pveconf.rights import rights_at

KIND = "vzdump"
SEES_TASKS = "Sys.Audit"
LOGS = 25
"""The newest tasks of a node whose logs are read for the guests that failed."""
PIECE = 5000
"""Lines of a log that are read at once."""
LONGEST = 40 * PIECE
_FAILED = re.compile(r"ERROR: Backup of (?:VM|CT) (?P<vmid>\d{3,9}) failed - (?P<why>.*)")


async def failures(client: ProxmoxClient, place: str, nodes: Sequence[Node], since: datetime) -> ToldFailures:
    """What failed since then on these nodes, and which of them could not be asked."""
    found: list[FailedBackup] = []
    untold: list[str] = []
    for node in nodes:
        try:
            failed, unread = await _of_node(client, place, node, since)
        except (ApiError, SourceError) as error:
            untold.append(f"{error}: {error.hint}" if error.hint else str(error))
        else:
            found += failed
            untold += unread
    newest = sorted(found, key=lambda one: (one.at, one.host), reverse=True)
    return ToldFailures(failed=tuple(newest), untold=tuple(untold))


async def _of_node(
    client: ProxmoxClient, place: str, node: Node, since: datetime
) -> tuple[list[FailedBackup], list[str]]:
    """What failed on a node, and what of it could not be read; as `failures`."""
    if not node.online:
        raise SourceError(f"node {node.name} is offline, and what failed there it alone knows")
    path = f"/nodes/{node.name}"
    if SEES_TASKS not in rights_at(path, await client.accounts.permissions(path)):
        raise SourceError(
            f"failed backup jobs of node {node.name} cannot be seen: the account is shown its own tasks only",
            hint=f"it needs {SEES_TASKS} on {path}",
        )
    found: list[FailedBackup] = []
    unread = []
    ended = [one for one in await client.tasks.list(node.name, kind=KIND, since=since) if one.ended]
    bad = [one for one in ended if outcome_of(one.status) in ("failed", "unknown")]
    for number, task in enumerate(bad):
        lines, whole = await _log(client, task) if number < LOGS else ((), True)
        found += told(place, task, lines)
        if not whole:
            unread.append(f"which guests failed in {task.upid}: its log is longer than {LONGEST} lines")
    return found, unread


async def _log(client: ProxmoxClient, task: TaskEntry) -> tuple[list[str], bool]:
    """Lines of a task's log that may name a guest, and whether all of it was read."""
    named: list[str] = []
    for start in range(0, LONGEST, PIECE):
        try:
            lines = await client.tasks.log(task.upid, start=start, limit=PIECE)
        except NotThere:  # the node keeps logs no longer than it likes
            return named, start == 0
        named += [line for line in lines if _FAILED.search(line)]
        if len(lines) < PIECE:
            return named, True
    return named, False


def told(place: str, task: TaskEntry, lines: Sequence[str]) -> Iterator[FailedBackup]:
    """What a task that did not end well says: each guest that failed, else the task as it ended."""
    guests = [found for line in lines if (found := _FAILED.search(line)) is not None]
    what = f"backup task on node {task.node}"
    for guest in guests:
        yield FailedBackup(
            place=place, host=guest["vmid"], at=task.ended or task.started, what=what, why=guest["why"][:300]
        )
    if not guests:
        why = task.status or "nobody knows how it ended"
        yield FailedBackup(place=place, host=task.id, at=task.ended or task.started, what=what, why=why[:300])
