"""Whole machines in memory: a source that describes and hands them out, a host that restores them itself."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from drverify.engine.ports import Blob, DiskSource, Progress, ResourceScope, SandboxSpec
from drverify.engine.sources import Described, Restored
from drverify.errors import InputError
from drverify.model.obligation import Mode
from drverify.model.recovery import (
    STATEMENT,
    Deviation,
    Disk,
    GuestShape,
    MachineDescription,
    Network,
    RecoveryPoint,
)
from tests.support.memory import MemoryHost, MemorySandbox, MemorySource

CONFIG = b"name: web\nscsi0: local:vm-100-disk-0\n"
LEFT_OUT = Deviation(what="hostpci0", change="left out", why="a device of the host")
MOVED = Deviation(what="net0", change="vmbr0 -> drill0", why="the copy must not reach production")


@dataclass
class DescribingMemorySource(MemorySource):
    """Its points state a machine; only a host can restore them."""

    statement: bytes | Exception = CONFIG

    async def describe(self, point: RecoveryPoint, networks: Sequence[Network]) -> Described:
        assert point in self.held
        if isinstance(self.statement, Exception):
            raise self.statement
        if len(networks) > 1:
            raise InputError("the machine has one network card")
        disks = (Disk(name="scsi0", bus="scsi"), Disk(name="scsi1", bus="scsi"))
        shape = GuestShape(memory_mib=64, vcpus=1, disks=disks, networks=tuple(networks))
        machine = MachineDescription(name="web", shape=shape, deviations=(LEFT_OUT,))
        return Described(
            machine=machine, statement=Blob(name=STATEMENT, media_type="text/plain", content=self.statement)
        )


@dataclass
class MachineMemorySource(DescribingMemorySource):
    """Hands out the disks, too."""

    async def restore_machine(
        self, point: RecoveryPoint, disks: Sequence[Disk], *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        content = self.held[point]
        if isinstance(content, Exception):
            raise content
        for disk in disks:
            (into / f"{disk.name}.raw").write_bytes(content)
        size = len(content) * len(disks)
        progress.bytes(size, size)
        return Restored(logical_bytes=size, allocated_bytes=size, read_bytes=None, files=len(disks))


@dataclass
class RestoringMemorySandbox(MemorySandbox):
    """Restores by itself; what it was asked for is remembered."""

    asked: list[tuple[RecoveryPoint, Described, Mode]] = field(default_factory=list)

    async def restore(
        self, point: RecoveryPoint, described: Described, *, mode: Mode, stall: timedelta, progress: Progress
    ) -> Restored:
        assert not self.running, "restored over a running guest"
        assert mode == "full" or self.looked, "an instant restore runs at once: look first"
        self.asked.append((point, described, mode))
        host = self.host
        assert isinstance(host, RestoringMemoryHost)
        if host.restore_fails:
            raise host.restore_fails
        return Restored(logical_bytes=9, allocated_bytes=9, read_bytes=9, files=2, deviations=(MOVED,))

    async def load(self, disks: Sequence[DiskSource]) -> None:
        assert list(disks) == [], "the host has the disks"
        assert self.asked, "loaded before anything was restored"
        self.disk = DiskSource(path=Path("host"), format="raw")


@dataclass
class RestoringMemoryHost(MemoryHost):
    """Restores the points of the source `cluster`."""

    restore_fails: Exception | None = None
    made: list[RestoringMemorySandbox] = field(default_factory=list)

    def restores(self, source: str) -> bool:
        return source == "cluster"

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[RestoringMemorySandbox]:
        scope.opening("pve-guest", spec.id)
        self.living.add(spec.id)
        sandbox = RestoringMemorySandbox(host=self, spec=spec)
        self.made.append(sandbox)
        try:
            yield sandbox
        finally:
            self.up = False
            if not sandbox.kept:
                self.living.discard(spec.id)
                scope.closed("pve-guest", spec.id)
