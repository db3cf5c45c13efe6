"""Who works here: a number for each worker of this machine, and which of the others live."""

import os
import platform
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from drverify import __version__
from drverify.adapters.linux.processes import identify
from drverify.adapters.storage.durable import inner_directory, state_access
from drverify.errors import HostError
from drverify.model.booking import Worker, WorkerId
from drverify.operation.jobs import held

AT_MOST = 64
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def machine() -> str:
    """Name of this machine, as it stands in a worker's id."""
    return _ODD.sub("-", platform.node()) or "localhost"


class Post:
    """A worker's number on this machine, held by a lock for as long as the process lives."""

    def __init__(self, worker: WorkerId, handle: int) -> None:
        self.worker = worker
        self._handle = handle

    @classmethod
    def take(cls, state_dir: Path, site: str) -> "Post":
        """Take the lowest free number. HostError when there is none."""
        for number in range(1, AT_MOST + 1):
            handle = _locked(_path(state_dir, number))
            if handle is not None:
                return cls(WorkerId(f"{site}/{machine()}/{number}"), handle)
        raise HostError(f"{AT_MOST} workers run on this machine already")

    def told(self, now: datetime, hosts: Iterable[str] = ()) -> Worker:
        """What this worker says of itself; `hosts`: those that it reaches."""
        who = identify(os.getpid())
        site, where, _ = self.worker.split("/")
        return Worker(
            id=self.worker,
            site=site,
            machine=where,
            pid=os.getpid(),
            boot=who.boot_id if who else "",
            version=__version__,
            seen=now,
            hosts=tuple(sorted(hosts)),
        )

    def leave(self) -> None:
        """Give the number back."""
        os.close(self._handle)


def dead_here(state_dir: Path, workers: Iterator[Worker], own: WorkerId) -> Iterator[Worker]:
    """Those of these workers that ran on this machine and are gone, which the kernel knows for certain."""
    for one in workers:
        if one.id == own or one.machine != machine():
            continue
        handle = _locked(_path(state_dir, int(one.id.rpartition("/")[2])))
        if handle is not None:
            os.close(handle)
            yield one


def _path(state_dir: Path, number: int) -> Path:
    return state_dir / "workers" / f"{number}.lock"


def _locked(path: Path) -> int | None:
    with state_access(f"lock {path}"):
        inner_directory(path.parent.parent)
        inner_directory(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if held(handle):
            return handle
        os.close(handle)
        return None
