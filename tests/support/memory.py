"""In-memory ports: a source, a host, rooms, a store and a prober that follow a script.

They refuse impossible orders of calls (booting without a disk, probing after the end), so that a
drill that passes here did its steps in a possible order. Of the conformance suites they pass what can
be asked of them (points, images and files; a sandbox's coming and going); the rest is the real adapters'.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from drverify.engine.ports import (
    Activity,
    Blob,
    CommandResult,
    DiskSource,
    Observation,
    Planted,
    ProbeScope,
    Progress,
    Reading,
    ResourceScope,
    SandboxSpec,
)
from drverify.engine.sources import Restored
from drverify.errors import DefectError, DrverifyError, GuestError, HostError, SourceError
from drverify.model.agreement import Sha256
from drverify.model.challenge import PREFIX
from drverify.model.drill import (
    Artefact,
    Counter,
    DrillId,
    IsolationCheck,
    IsolationRecord,
    PhaseName,
    ProbeStatus,
    ToolFact,
    UndeclaredDependency,
)
from drverify.model.playbook import Access, ProbeSpec
from drverify.model.recovery import GuestShape, PointFilter, RecoveryPoint

T = TypeVar("T")


class SteppingClock:
    """A clock that real waiting does not move: every look at it takes a millisecond."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._elapsed = timedelta()

    def utc(self) -> datetime:
        return self._now + self._elapsed

    def monotonic(self) -> timedelta:
        self._elapsed += timedelta(milliseconds=1)
        return self._elapsed

    def advance(self, span: timedelta) -> None:
        self._elapsed += span


class Silent:
    """Progress that remembers instead of printing."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.phases: list[tuple[PhaseName, str]] = []

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        self.phases.append((name, state))

    def bytes(self, done: int, total: int | None) -> None:
        assert done >= 0

    def note(self, text: str) -> None:
        self.notes.append(text)


@dataclass
class MemoryImage:
    """A file that stands for an image in a backup."""

    path: Path
    problem: DrverifyError | None = None
    examined: int = 0

    def read_bytes(self) -> int | None:
        return self.path.stat().st_size

    async def examine(self, *, stall: timedelta) -> DrverifyError | None:
        assert stall > timedelta(0)
        self.examined += 1
        await asyncio.sleep(0)
        return self.problem


@dataclass
class MemorySource:
    """Points and what restoring them does: bytes, or an error to raise."""

    held: dict[RecoveryPoint, bytes | Exception]
    listing_fails: Exception | None = None
    problem: DrverifyError | None = None
    """What is found when an opened image is examined."""
    opened: MemoryImage | None = None
    pause: float = 0.0
    """Seconds that a restore takes after its first byte."""

    async def points(self, wanted: PointFilter) -> Sequence[RecoveryPoint]:
        if self.listing_fails:
            raise self.listing_fails
        found = [
            point
            for point in self.held
            if wanted.host in ("", point.host) and set(wanted.tags) <= set(point.tags)
        ]
        return sorted(found, key=lambda point: point.consistent_as_of, reverse=True)

    async def restore_image(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        content = self._content(point)
        if into.exists():
            raise HostError(f"{into} already exists")
        await asyncio.sleep(0)
        if isinstance(content, Exception):
            raise content
        if path not in point.paths:
            raise DefectError(f"{path} is not in the point")
        try:
            into.write_bytes(content[:1])
            await asyncio.sleep(self.pause)
            into.write_bytes(content)
        except BaseException:
            into.unlink()
            raise
        progress.bytes(len(content), len(content))
        return Restored(
            logical_bytes=len(content),
            allocated_bytes=into.stat().st_blocks * 512,
            read_bytes=len(content),
            files=1,
        )

    def _content(self, point: RecoveryPoint) -> bytes | Exception:
        if point not in self.held:
            raise SourceError("there is no such point")
        return self.held[point]

    async def restore_files(
        self, point: RecoveryPoint, path: str, *, into: Path, stall: timedelta, progress: Progress
    ) -> Restored:
        return await self.restore_image(point, path, into=into / "file", stall=stall, progress=progress)

    @asynccontextmanager
    async def opened_image(
        self, point: RecoveryPoint, path: str, *, at: Path, scope: ResourceScope
    ) -> AsyncIterator[MemoryImage]:
        scope.opening("mount", str(at))
        content = self.held[point]
        if isinstance(content, Exception):
            scope.closed("mount", str(at))
            raise content
        base = at / "image"
        base.write_bytes(content)
        try:
            self.opened = MemoryImage(base, self.problem)
            yield self.opened
        finally:
            base.unlink()
            scope.closed("mount", str(at))

    async def cache_state(self) -> Literal["cold", "warm", "unknown"]:
        return "unknown"

    async def tool(self) -> ToolFact:
        return ToolFact(name="memory", version="0")


class HereVantage:
    """Runs work where it stands."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return await work()


class NoAgent:
    """A guest without an agent."""

    async def ping(self) -> bool:
        return False

    async def run(self, argv: Sequence[str], *, within: timedelta) -> CommandResult:
        raise GuestError("no agent")

    async def utc(self) -> datetime:
        raise GuestError("no agent")


@dataclass
class MemorySandbox:
    """A sandbox whose guest runs from `boot` until the end, unless it is told to die."""

    host: "MemoryHost"
    spec: SandboxSpec
    vantage: HereVantage = field(default_factory=HereVantage)
    guest: NoAgent = field(default_factory=NoAgent)
    disk: DiskSource | None = None
    running: bool = False
    kept: bool = False
    looks: int = 0
    looked: int = 0

    async def isolation(self) -> IsolationRecord:
        self.looked += 1
        if self.host.on_isolation:
            self.host.on_isolation()
        await asyncio.sleep(0)
        if self.running and self.host.look_fails:
            raise self.host.look_fails
        closed = self.host.open_when != ("during" if self.running else "before")
        return IsolationRecord(checks=(IsolationCheck(name="wall", closed=closed, detail="memory"),))

    async def stage(self, guest: GuestShape, disks: Sequence[DiskSource]) -> None:
        assert self.disk is None, "staged after it was loaded"
        assert len(disks) == len(guest.disks)
        assert all(disk.path.is_file() for disk in disks), "staged a disk that does not exist"
        self.disk = disks[0]
        self.host.staged.append(guest)

    async def switch_off(self, *, within: timedelta) -> None:
        assert self.running, "switched off what does not run"
        if self.host.stays_on:
            raise HostError(f"the guest did not switch itself off within {within.total_seconds():.0f} s")
        self.running, self.disk = False, None

    async def load(self, disks: Sequence[DiskSource]) -> None:
        assert self.disk is None, "loaded twice"
        assert len(disks) == max(1, len(self.spec.guest.disks))
        for disk in disks:
            assert disk.backing is not None or disk.path.is_file(), "loaded a disk that does not exist"
        self.disk = disks[0]

    async def boot(self) -> None:
        assert self.disk is not None, "booted without a disk"
        if self.host.boot_fails:
            raise self.host.boot_fails
        self.running = True
        self.host.given = self.spec.challenge
        self.host.up = not self.host.dies

    def planted(self) -> Planted:
        assert self.disk is not None, "nobody was given anything"
        return Planted(medium="memory") if self.host.plants else Planted(why_not="this host cannot")

    async def activity(self) -> Activity:
        self.looks += 1
        if self.host.on_look:
            self.host.on_look()
        alive = self.running and not self.host.dies
        starved = self.host.starved() if self.host.starved else None
        return Activity(running=alive, console_bytes=0, disk_bytes=0, agent=False, starved=starved)

    def console(self) -> bytes:
        return b"memory: up\n" if self.running else b""

    async def counters(self) -> tuple[Counter, ...]:
        return (Counter(name="looks", value=self.looked),)

    async def dependencies(self) -> tuple[UndeclaredDependency, ...]:
        return (UndeclaredDependency(name="licence.example", queries=2),)

    async def collect(self) -> tuple[Blob, ...]:
        return (Blob(name="console.log", media_type="text/plain", content=self.console()),)

    async def give_back(self, into: Path) -> int:
        assert not (await self.activity()).running, "gave the disk of a running guest"
        into.write_bytes(b"disk")
        self.host.gave.append(into.name)
        return 7

    def ways_in(self) -> tuple[str, ...]:
        return (f"memory: sandbox {self.spec.id}",)

    def keep(self) -> None:
        self.kept = True


@dataclass
class MemoryHost:
    """A host whose failures are scripted."""

    create_fails: Exception | None = None
    boot_fails: Exception | None = None
    take_down_fails: Exception | None = None
    look_fails: Exception | None = None
    open_when: Literal["", "before", "during"] = ""
    dies: bool = False
    on_look: Callable[[], None] | None = None
    starved: Callable[[], timedelta] | None = None
    on_isolation: Callable[[], None] | None = None
    up: bool = False
    living: set[str] = field(default_factory=set)
    memory_mib: int = 1 << 20
    plants: bool = True
    """Whether guests are given their challenge."""
    given: str = ""
    """The challenge of the last guest."""
    staged: list[GuestShape] = field(default_factory=list)
    """Machines of first boots."""
    stays_on: bool = False
    """Whether its guests do not switch themselves off."""
    gave: list[str] = field(default_factory=list)
    """Disks that it gave back, by the names of the files."""

    @asynccontextmanager
    async def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AsyncIterator[MemorySandbox]:
        if spec.guest.memory_mib > self.memory_mib:
            raise HostError(
                f"the guest takes {spec.guest.memory_mib} MiB here, but {self.memory_mib} MiB are available"
            )
        scope.opening("domain", spec.id)
        if self.create_fails:
            scope.closed("domain", spec.id)
            raise self.create_fails
        self.living.add(spec.id)
        sandbox = MemorySandbox(host=self, spec=spec)
        try:
            yield sandbox
        finally:
            self.up = False
            if not sandbox.kept:
                if self.take_down_fails:
                    raise self.take_down_fails
                self.living.discard(spec.id)
                scope.closed("domain", spec.id)

    async def tools(self) -> tuple[ToolFact, ...]:
        return (ToolFact(name="memory-host", version="0"),)


@dataclass
class MemoryProber:
    """Answers by probe id once the guest is up; unanswered before."""

    host: MemoryHost | None
    answers: Mapping[str, ProbeStatus] = field(default_factory=dict)
    vacuous: frozenset[str] = frozenset()
    newest: datetime | None = None
    hangs: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    tables: Callable[[Access, str], Reading] | None = None
    """What the guest shows of its hardware, asked by a way and given a challenge; none: what it was given."""

    async def read(
        self, access: Access, argv: Sequence[str], scope: ProbeScope, *, within: timedelta
    ) -> Reading:
        assert argv[0] == "cat"
        await asyncio.sleep(0)
        if self.host is None or not self.host.up:
            return Reading(exit_code=None, why="nobody there", transcript=b"silence")
        if self.tables is not None:
            return self.tables(access, self.host.given)
        shown = f"\x00{PREFIX}{self.host.given}\x00".encode()
        return Reading(exit_code=0, output=shown, transcript=b"tables")

    async def prepare(self, specs: Sequence[ProbeSpec]) -> None:
        assert self.asked == [], "prepared too late"

    async def ask(self, spec: ProbeSpec, scope: ProbeScope) -> Observation:
        self.asked.append(spec.id)
        await asyncio.sleep(0)
        if spec.id in self.hangs:
            await asyncio.sleep(3600)
        up = self._up(scope)
        status = self.answers.get(spec.id, ProbeStatus.PASSED) if up else ProbeStatus.UNANSWERED
        if spec.id in self.vacuous:
            status = ProbeStatus.PASSED
        newest = self.newest if status is ProbeStatus.PASSED and spec.kind == "freshness" else None
        return Observation(
            status=status, expected="up", observed=str(status), transcript=b"asked", newest=newest
        )

    async def hang_up(self) -> None:
        self.asked.append("hang up")

    def _up(self, scope: ProbeScope) -> bool:
        if scope.files is not None:
            return any(scope.files.iterdir())
        return self.host is not None and self.host.up


@dataclass
class MemoryStore:
    """Drills in dictionaries; seals once."""

    plans: dict[DrillId, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    sealed: dict[DrillId, bytes] = field(default_factory=dict)
    successes: dict[str, datetime] = field(default_factory=dict)
    attached: dict[str, bytes] = field(default_factory=dict)

    def attach(self, drill_id: DrillId, name: str, content: bytes) -> None:
        self.attached[name] = content

    def begin(self, drill_id: DrillId, plan: bytes) -> None:
        assert drill_id not in self.plans
        self.plans[drill_id] = plan

    def keep(self, drill_id: DrillId, blob: Blob) -> Artefact:
        digest = Sha256(hashlib.sha256(blob.content).hexdigest())
        self.blobs[digest] = blob.content
        return Artefact(
            name=blob.name, sha256=digest, size_bytes=len(blob.content), media_type=blob.media_type
        )

    def seal(self, drill_id: DrillId, envelope: bytes) -> Path:
        assert drill_id in self.plans
        assert drill_id not in self.sealed
        self.sealed[drill_id] = envelope
        return Path("/nowhere") / drill_id

    def summarise(self, drill_id: DrillId, workload: str, *, recovered: bool, ended_at: datetime) -> None:
        assert drill_id in self.sealed
        if recovered:
            self.successes[workload] = ended_at

    def last_success(self, workload: str) -> datetime | None:
        return self.successes.get(workload)


NOON = datetime(2026, 9, 14, 12, 0, tzinfo=UTC)
