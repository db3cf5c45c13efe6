"""Faults of HTTP, tasks and state: what is to go wrong, when, and how often.

A fault is kept in the store, so it outlives a restart. `match` says which requests or tasks it is for; `nth`
lets some pass first, `times` bounds how often it strikes (0: always). What each takes in `parameters`:

    http             status, message             instead of the work; 595, 596, 599 as a peer says them
    delay            seconds                     before the work
    drop, hang       [seconds]                   no answer; with match event=after the work is done
    forbid           [path, privilege]           403
    task-fail        message, [at]               at: start, 40%, a line's number, words of a line
    task-hang        [at]                        until it is stopped
    kill-worker      [at]                        no last line, no tidying up: `lock: create` stays
    slow             rate (KiB/s)
    empty-log, destroy-warning, duplicate-upid
    content-hides    (match vmid)                backups that a listing leaves out
    content-empty    (match storage)             a listing that has nothing, as of a file server that is late
    notes-fail       (match vmid)                a backup is written, and its notes are not
    storage-offline  [storage, message, quiet]   quiet: no error, but an empty directory where it was mounted
    storage-full     [storage], at (bytes that go in), [avail (what the status says)]
    flock-timeout    vmid
    nextid-race      (match vmid)                somebody else makes that guest first
    no-key           (match vmid)                an encrypted snapshot cannot be read
    lock, unlock     vmid, [kind, seconds]
    quorum-loss, quorum-back, node-down, node-up, node-reboot (node, [seconds])
    ticket-expire, token-revoke (token), acl-remove (path, [who, role])
    config-changed   vmid, [set, delete]         somebody else edits the guest
    ha-stale         vmid, [type, state]
    advance          seconds                     of the cluster's clock

Faults of guests have the muscle's names and are handed over to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lab.pve.api.store import Store

REQUEST = frozenset({"http", "delay", "drop", "hang", "forbid"})
"""Strike at a request; with `event: after` the work is done and only its answer is lost."""
TASK = frozenset(
    {"task-fail", "task-hang", "kill-worker", "slow", "destroy-warning", "duplicate-upid", "empty-log"}
)
STATE = frozenset(
    {
        "content-hides",
        "content-empty",
        "notes-fail",
        "storage-offline",
        "storage-full",
        "flock-timeout",
        "nextid-race",
        "no-key",
    }
)
"""Hold as long as they stand, or the next so many times."""
DEEDS = frozenset(
    {
        "lock",
        "unlock",
        "quorum-loss",
        "quorum-back",
        "node-down",
        "node-up",
        "node-reboot",
        "ticket-expire",
        "token-revoke",
        "acl-remove",
        "config-changed",
        "ha-stale",
        "advance",
    }
)
"""Done at once, or when a matching request comes or a matching task ends."""
NAMES = REQUEST | TASK | STATE | DEEDS


@dataclass(slots=True, kw_only=True)
class Fault:
    """One fault.

    Keys of `match`: method, path (a regex), vmid, node, storage, user, task (a type), event, status.
    """

    id: str
    name: str
    match: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    nth: int = 1
    times: int = 0
    seen: int = 0
    struck: int = 0


class Faults:
    """The faults that stand."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        name: str,
        *,
        match: Mapping[str, Any] | None = None,
        nth: int = 1,
        times: int = 0,
        parameters: Mapping[str, Any] | None = None,
    ) -> Fault:
        """Let a fault stand. Without `event` it strikes before a request's work, or at a task's end."""
        match = dict(match or {})
        if name in REQUEST:
            match.setdefault("event", "before")
        elif name in DEEDS and match:
            match.setdefault("event", "end" if "task" in match else "request")
        fault = Fault(
            id=str(self._store.count("fault")),
            name=name,
            match=match,
            parameters=dict(parameters or {}),
            nth=nth,
            times=times,
        )
        self._store.put("fault", fault.id, asdict(fault))
        return fault

    def all(self) -> Iterator[Fault]:
        """Every fault that stands, spent ones too, in the order in which they were put there."""
        return (Fault(**body) for _, body in sorted(self._store.all("fault"), key=lambda one: int(one[0])))

    def clear(self, id_: str = "") -> list[Fault]:
        """Take one fault back, or all; return those taken."""
        taken = [fault for fault in self.all() if id_ in {"", fault.id}]
        for fault in taken:
            self._store.drop("fault", fault.id)
        return taken

    def strikes(self, names: frozenset[str] | str, **facts: Any) -> Iterator[Fault]:
        """Return faults of these names that strike at this moment, and count them.

        `facts`: method, path, vmid, node, user, task, event as far as they are known.
        """
        wanted = frozenset({names}) if isinstance(names, str) else names
        for fault in self.all():
            if fault.name not in wanted or not _meets(fault.match, facts):
                continue
            fault.seen += 1
            due = fault.seen >= fault.nth and (fault.times == 0 or fault.struck < fault.times)
            fault.struck += due
            self._store.put("fault", fault.id, asdict(fault))
            if due:
                yield fault

    def stands(self, name: str, **facts: Any) -> Fault | None:
        """Return the first fault of a name that matches, without counting."""
        return next(self.standing(name, **facts), None)

    def standing(self, name: str, **facts: Any) -> Iterator[Fault]:
        """Return every fault of a name that matches, without counting."""
        return (fault for fault in self.all() if fault.name == name and _meets(fault.match, facts))


def _meets(match: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    for key, wanted in match.items():
        have = facts.get(key)
        if have is None:
            return False
        if key == "path":
            if re.search(str(wanted), str(have)) is None:
                return False
        elif str(wanted) != str(have):
            return False
    return True
