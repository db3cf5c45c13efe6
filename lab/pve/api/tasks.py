"""Tasks: workers that go on after the call has answered, their names, logs and three-valued results.

A task that was running when the process died is found at the next start and reads `unexpected status`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lab.pve.api.clock import Clock
from lab.pve.api.faults import TASK, Faults
from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.store import Store
from lab.pve.api.work import Job, KilledError, Upid, Work, read_upid
from lab.pve.seam import MuscleError

UNEXPECTED = "unexpected status"
_GRACE = 5.0
Ended = Callable[[Upid, str], None]
_log = logging.getLogger(__name__)


class Tasks:
    """Every task of the cluster; documents of kind `task`, and a log file each."""

    def __init__(self, root: Path, store: Store, clock: Clock, faults: Faults) -> None:
        self._root = root / "tasks"
        self._root.mkdir(parents=True, exist_ok=True)
        self._store = store
        self._clock = clock
        self._faults = faults
        self._works: dict[str, Work] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._last: Upid | None = None
        self.ended: list[Ended] = []
        """Called with a task's name and result when it ends."""
        for name, body in store.all("task"):
            if "endtime" not in body:
                self._close(name, body, UNEXPECTED)

    def spawn(self, node: str, kind: str, id_: str, caller: Caller, job: Job) -> str:
        """Start a worker and return its name at once."""
        faults = list(self._faults.strikes(TASK, task=kind, vmid=id_, node=node, user=caller.name))
        upid = self._named(
            node, kind, id_, caller.name, repeated=any(f.name == "duplicate-upid" for f in faults)
        )
        name = str(upid)
        work = Work(upid, self._path(name), self._clock, faults)
        self._store.put("task", name, {"starttime": upid.starttime})
        self._works[name] = work
        self._running[name] = asyncio.get_running_loop().create_task(self._run(name, work, job), name=name)
        return name

    async def _run(self, name: str, work: Work, job: Job) -> None:
        status: str | None = UNEXPECTED
        try:
            status = await self._outcome(work, job)
            if status != UNEXPECTED:
                work.finish(_last_line(status))
        except asyncio.CancelledError:
            status = None  # the process, or the node, is going down: what stays is settled elsewhere
            raise
        finally:
            work.abandon()
            self._works.pop(name, None)
            self._running.pop(name, None)
            if status is not None:
                self._close(name, self._store.get("task", name) or {}, status)
        for hook in self.ended:
            hook(work.upid, status or UNEXPECTED)

    async def _outcome(self, work: Work, job: Job) -> str:
        try:
            await job(work)
            await work.check()
        except KilledError:
            return UNEXPECTED
        except (ApiError, MuscleError) as error:
            text = error.message if isinstance(error, ApiError) else str(error)
            return " ".join(text.split("\n")).strip() or "unknown error"
        except Exception as error:  # noqa: BLE001 - logged, and the task ends with it
            _log.exception("a worker of the stand-in has a bug: %s", work.upid)
            return f"bug of the stand-in: {error!r}"
        return f"WARNINGS: {work.warnings}" if work.warnings else "OK"

    def _close(self, name: str, body: dict[str, Any], status: str) -> None:
        self._store.put("task", name, body | {"endtime": int(self._clock.now()), "status": status})

    def _named(self, node: str, kind: str, id_: str, user: str, *, repeated: bool) -> Upid:
        if repeated and self._last is not None:
            pid, pstart, start = self._last.pid, self._last.pstart, self._last.starttime
        else:
            pid, start = 1000 + self._store.count("pid"), int(self._clock.now())
            pstart = (start * 100) & 0xFFFFFFFF
        self._last = Upid(node=node, pid=pid, pstart=pstart, starttime=start, type=kind, id=id_, user=user)
        return self._last

    # -- asking ----------------------------------------------------------------------------------------------

    def facts(self, name: str) -> dict[str, Any]:
        """Return what a list says of a task. Raises ApiError for one that there is not."""
        upid = read_upid(name)
        body = self._store.get("task", name)
        if body is None:
            raise failed(f"no such task '{name}'")
        return _facts(upid, name) | {key: body[key] for key in ("endtime", "status") if key in body}

    def status(self, name: str) -> dict[str, Any]:
        """Return a task's status call."""
        found = self.facts(name)
        found.pop("endtime", None)
        if "status" in found:
            return found | {"status": "stopped", "exitstatus": found["status"]}
        return found | {"status": "running"}

    def lines(self, name: str) -> list[str]:
        """Return a task's log."""
        self.facts(name)
        return self._path(name).read_text(errors="replace").splitlines()

    def of(self, node: str | None = None) -> Iterator[dict[str, Any]]:
        """Every task (of a node), newest first."""
        found = [self.facts(name) for name, _ in self._store.all("task")]
        found.sort(key=lambda facts: (facts["starttime"], facts["pid"]), reverse=True)
        return (facts for facts in found if node in {None, facts["node"]})

    # -- ending ----------------------------------------------------------------------------------------------

    async def stop(self, name: str) -> None:
        """Ask a worker to end, and end it when it does not."""
        work, running = self._works.get(name), self._running.get(name)
        if work is None or running is None:
            return
        work.stop()
        await asyncio.wait({running}, timeout=_GRACE)
        if not running.done():
            running.cancel()
            await asyncio.wait({running})
            self._close(name, self._store.get("task", name) or {}, UNEXPECTED)

    async def die(self, node: str | None = None) -> None:
        """End workers (of a node) as a power cut does: nothing is tidied."""
        doomed = {n: task for n, task in self._running.items() if node in {None, read_upid(n).node}}
        for task in doomed.values():
            task.cancel()
        if doomed:
            await asyncio.wait(doomed.values())
        for name in doomed:
            self._close(name, self._store.get("task", name) or {}, UNEXPECTED)

    async def join(self) -> None:
        """Wait until nothing runs."""
        while self._running:
            await asyncio.wait(self._running.values())

    def _path(self, name: str) -> Path:
        return self._root / f"{name}.log"


def _facts(upid: Upid, name: str) -> dict[str, Any]:
    user, _, token = upid.user.partition("!")
    facts: dict[str, Any] = {
        "upid": name,
        "node": upid.node,
        "pid": upid.pid,
        "pstart": upid.pstart,
        "starttime": upid.starttime,
        "type": upid.type,
        "id": upid.id,
        "user": user,
    }
    return facts | ({"tokenid": token} if token else {})


def _last_line(status: str) -> str:
    if status == "OK" or status.startswith("WARNINGS: "):
        return f"TASK {status}"
    return f"TASK ERROR: {status}"


def owns(caller: Caller, facts: Mapping[str, Any]) -> bool:
    """Whether a task is a caller's: a token has its own, a user those of their tokens too."""
    if facts["user"] != caller.user:
        return False
    return not caller.token or facts.get("tokenid") == caller.token
