"""The ports that a drill is conducted over. The contract of each method stands on the method.

Implementations live in `adapters`; the conformance suites in `tests/conformance` run against all of
them. Errors are those of `drverify.errors`: `HarnessError` when our side failed, `DefectError` when
the backup is bad. Cancellation is never swallowed.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NewType, Protocol, TypeVar

from drverify.model.drill import (
    Counter,
    DrillId,
    IsolationRecord,
    PhaseName,
    ProbeStatus,
    ToolFact,
    UndeclaredDependency,
)
from drverify.model.evidence import Blob as Blob  # noqa: PLC0414 - re-exported
from drverify.model.playbook import Access, DnsAnswer, ProbeSpec
from drverify.model.recovery import (
    GuestShape,
    SecretRef,
)

T = TypeVar("T")
SandboxId = NewType("SandboxId", str)
"""8 lower-case hexadecimal digits; every name that we give to a resource carries it."""


class Clock(Protocol):
    """Two clocks: wall time says when, the monotonic one how long."""

    def utc(self) -> datetime:
        """Return the wall time, aware, in UTC."""

    def monotonic(self) -> timedelta:
        """Return the reading of one clock that never goes back."""


class Progress(Protocol):
    """Where the engine tells a person what is going on. Never raises, never blocks."""

    def phase(self, name: PhaseName, state: Literal["started", "ended"]) -> None:
        """Say that a phase started or ended."""

    def bytes(self, done: int, total: int | None) -> None:
        """Say how many bytes are restored, of how many if that is known."""

    def note(self, text: str) -> None:
        """Say one line."""


# --- where guests run -------------------------------------------------------------------------


class ResourceScope(Protocol):
    """The resource ledger of one sandbox. What is not in it is not ours."""

    @property
    def sandbox_id(self) -> SandboxId:
        """The sandbox that the resources belong to."""

    @property
    def tag(self) -> str:
        """`drverify:<sandbox id>`: the mark that every resource carries where it can carry one."""

    def opening(self, kind: str, name: str, **facts: str) -> None:
        """Write and fsync the intent to make a resource, *before* it is made. Idempotent."""

    def closed(self, kind: str, name: str) -> None:
        """Strike out a resource, *after* it was verified gone. Idempotent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskSource:
    """A disk to boot from; `backing` marks an overlay whose base is the mounted backup."""

    path: Path
    format: Literal["raw", "qcow2"]
    backing: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSpec:
    """What a sandbox shall be; its id is chosen by us before anything exists."""

    id: SandboxId
    drill_id: DrillId
    workload: str
    guest: GuestShape
    dns: tuple[DnsAnswer, ...]
    challenge: str = ""
    """What the guest's hardware shall tell it, after `model.challenge.PREFIX`; empty: nothing."""
    directory: Path
    """Existing directory of this sandbox alone: disks, logs, sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a command in the guest did. A non-zero exit is a result."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Guest(Protocol):
    """A way to ask the guest from beside the network: its agent. Its answers are not trusted."""

    async def ping(self) -> bool:
        """Say whether the agent answers now."""

    async def run(self, argv: Sequence[str], *, within: timedelta) -> CommandResult:
        """Run a command. GuestError when there is no agent; TimeoutError when it does not end."""

    async def utc(self) -> datetime:
        """Read the guest's clock; GuestError when there is no agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Signs of life of a guest; any change against the last reading is progress."""

    running: bool
    console_bytes: int
    disk_bytes: int
    agent: bool
    starved: timedelta | None = field(default=None, compare=False)
    """How long a processor of the guest has waited for one of the host, so far; no sign of life. None: not
    known."""


class Vantage(Protocol):
    """A place inside the sandbox. Whatever is run there has the sandbox's network and no other."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run `work()` on an event loop inside; cancelling the caller cancels the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """How the guest is given the challenge of its sandbox, or why it is not."""

    medium: str = ""
    """A part of its hardware, such as `SMBIOS OEM string`; empty: it is given none."""
    possible: bool = True
    """Whether such a guest could be given one at all: a container has no hardware of its own."""
    why_not: str = ""


class Sandbox(Protocol):
    """A living sandbox on some host."""

    vantage: Vantage
    guest: Guest

    async def isolation(self) -> IsolationRecord:
        """Look at the configuration and try to get out. Reports; the engine aborts on a leak."""

    async def load(self, disks: Sequence[DiskSource]) -> None:
        """Give the guest its disks in the order of its shape, defined and not started.

        The host makes them readable for itself. Of a disk with `backing` set the host first makes the
        qcow2 overlay `path` on that base.
        """

    async def boot(self) -> None:
        """Start the guest."""

    def planted(self) -> Planted:
        """Say how the guest was given the challenge of the spec; known once it was loaded."""

    async def activity(self) -> Activity:
        """Read the signs of life."""

    def console(self) -> bytes:
        """Everything that the serial console printed so far (last 1 MiB)."""

    async def counters(self) -> tuple[Counter, ...]:
        """Count what tried to leave, so far."""

    async def dependencies(self) -> tuple[UndeclaredDependency, ...]:
        """Names that were asked of the sandbox's DNS and are not declared."""

    async def collect(self) -> tuple[Blob, ...]:
        """Console log, screenshot, DNS log, domain XML: whatever can be had now."""

    def ways_in(self) -> tuple[str, ...]:
        """How somebody at the host gets in while it stands, one line each; no secret, no question asked."""

    def keep(self) -> None:
        """Leave everything in place when the context ends; a later reap removes it."""


class SandboxHost(Protocol):
    """Runs sandboxes: libvirt here, Proxmox elsewhere."""

    def sandbox(self, spec: SandboxSpec, scope: ResourceScope) -> AbstractAsyncContextManager[Sandbox]:
        """Make an isolated sandbox and take it back when the context ends, however it ends.

        Every resource is entered in `scope` before it exists. HostError when it cannot be made,
        IsolationError when it is not closed, TeardownError when something could not be removed.
        """

    async def tools(self) -> tuple[ToolFact, ...]:
        """Name the programs behind the host, the acceleration in use, and their versions."""


class Room(Protocol):
    """The resource ledger of one sandbox and a directory of its own."""

    @property
    def scope(self) -> ResourceScope:
        """Where every resource of the sandbox is announced."""

    @property
    def directory(self) -> Path:
        """Existing, empty at first, for its owner alone: a host admits the user that its guests run as."""

    def keep(self) -> None:
        """Leave ledger and directory when the context ends, for the operator to look at."""


class Rooms(Protocol):
    """Lends rooms for sandboxes."""

    def lend(self, drill_id: DrillId) -> AbstractAsyncContextManager[Room]:
        """Open a ledger and a directory; take both back at the end unless something is still in them.

        TeardownError when the directory could not be removed or the ledger still lists resources.
        """


class Reclaimer(Protocol):
    """Takes back one kind of resource, in a process that may not be the one that made it."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the resource if it is ours and verify that it is gone. Absent is success.

        Ours: listed in the ledger (the caller saw to that) *and* carrying `tag` where its kind can.
        Raises TeardownError when it is still there or is not ours.
        """


# --- probes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeScope:
    """What a probe may use besides the sandbox's network."""

    guest: Guest | None
    console: Callable[[], bytes]
    files: Path | None
    """Root of the restored file set, for workloads that are files."""
    secret: Callable[[SecretRef], bytes]
    """Resolve a reference; InputError when it leads nowhere."""
    lasting: bool = False
    """Whether a connection may outlast a question and serve others; who says so calls `Prober.hang_up`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One answer of one probe."""

    status: ProbeStatus
    expected: str
    observed: str
    """One line, made of what the guest said: bounded, printable, without secrets."""
    transcript: bytes
    """UTF-8 text of the whole exchange (at most 64 KiB), without secrets."""
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a command in the guest printed, for drverify itself to look at."""

    exit_code: int | None
    """None: no command ran."""
    output: bytes = b""
    """At most 1 MiB; the guest's word."""
    why: str = ""
    """Why none ran, one line without secrets."""
    ours: bool = False
    """Whether none ran because of a failure of our own."""
    last_line: str = ""
    """What it printed last, on standard error if it wrote there: one bounded, printable line, no secrets."""
    transcript: bytes
    """UTF-8 text of the whole exchange (at most 64 KiB), without secrets."""


class Prober(Protocol):
    """Asks any probe once."""

    async def prepare(self, specs: Sequence[ProbeSpec]) -> None:
        """Load what asking these will need, so that no first question waits for it. Never raises."""

    async def ask(self, spec: ProbeSpec, scope: ProbeScope) -> Observation:
        """Ask once, within `spec.within`. Never raises for what the guest does.

        Runs inside a Vantage. An unhealthy answer is FAILED, no answer is UNANSWERED, and a failure
        of our own (missing key, missing library, no agent channel) is ERRORED.
        """

    async def read(
        self, access: Access, argv: Sequence[str], scope: ProbeScope, *, within: timedelta
    ) -> Reading:
        """Run a command in the guest, for its output. Never raises for what the guest does.

        Runs inside a Vantage.
        """

    async def hang_up(self) -> None:
        """Close what questions with a `lasting` scope left open. Idempotent; never waits for the guest.

        Runs inside the same Vantage.
        """
