"""What the stand-in's API asks of a node's muscle: archives, guests, bridges. Values and a Protocol only.

The API (`lab.pve.api`) owns configurations, volumes' names, rights, tasks and their logs; the muscle owns
bytes and processes. One muscle serves one node. Every method runs on the API's event loop, never blocking it.
Whatever a muscle raises besides the errors below is a bug of the stand-in and shows up as such.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Log = Callable[[str], None]
"""Takes one line of a task's log. Called on the event loop; it may raise to end the work (a fault)."""
StopHow = Literal["stop", "shutdown", "reset"]


class MuscleError(Exception):
    """Something failed as it does on a real node; the text, maybe of several lines, is what that says."""


class RestoreError(MuscleError):
    """An archive could not be written to its volumes; what was written so far stays, the API frees it."""


class TakeError(MuscleError):
    """A disk image is none, or could not be written to a volume; what was written so far stays."""


class BackupError(MuscleError):
    """A guest could not be backed up; no archive is left under its final name."""


class StartError(MuscleError):
    """A guest did not start; no process of it is left."""


class AgentSilentError(MuscleError):
    """Nobody answered on the guest agent's channel in time."""


class AgentRefusedError(MuscleError):
    """The guest agent answered with an error; the text is its `desc`."""


class MonitorError(MuscleError):
    """QEMU answered with an error, or there is no QEMU of that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """One bridge of a node. `ports`: names of uplinks (production only); `address`: CIDR or ""."""

    name: str
    ports: tuple[str, ...] = ()
    address: str = ""
    taps: tuple[str, ...] = ()
    """Taps made beforehand on it, owned by the vantage user; where drverify's tunnels end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """What a muscle is told about its node."""

    name: str
    cluster: str
    """The cluster's own short id: goes into names of namespaces so that two clusters never meet."""
    address: str
    """Loopback address (127.0.0.N) on which the node is reached, its sshd too."""
    root: Path
    """Directory of this node's sockets, pid files, guests' consoles; made by the muscle."""
    bridges: tuple[Bridge, ...]
    ssh_port: int = 0
    """Port of the node's sshd; 0 chooses a free one, -1 means none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveHead:
    """What stands at the beginning of a VMA archive."""

    config: str
    """qemu-server.conf verbatim, `#qmdump#map:` lines included."""
    firewall: str | None
    devices: Mapping[str, int]
    """Device name as in the archive (`drive-scsi0`) -> bytes."""
    ctime: int
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrder:
    """Write an archive's devices into volumes that the API has named and the muscle makes."""

    vmid: int
    archive: Path
    volumes: Mapping[str, Path]
    """Device name as in the archive -> file to be made (raw, sparse), exactly the device's size."""
    bwlimit: int = 0
    """KiB/s read from the archive's payload; 0 is unlimited."""
    space: int | None = None
    """Bytes that may be allocated before the storage is full (ENOSPC at that byte); None is unlimited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOrder:
    """Write the disk in an image file into a volume that the API has named and the muscle makes."""

    source: Path
    form: str
    """raw, qcow2 or vmdk."""
    target: Path
    """File to be made (raw, sparse)."""
    bwlimit: int = 0
    """KiB/s; 0 is unlimited."""
    space: int | None = None
    """As in a `RestoreOrder`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupOrder:
    """Write a guest's volumes into `target` (its suffix says the compression: .vma, .vma.zst, .vma.gz)."""

    vmid: int
    config: str
    """What goes into the archive as qemu-server.conf, map lines included."""
    firewall: str | None
    volumes: Mapping[str, Path]
    """Device name as in the archive -> raw file."""
    target: Path
    running: bool
    ctime: int
    bwlimit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestFault:
    """One of F7's faults that belong to guests: `agent-absent`, `agent-hang`, ...; `clear` takes it back."""

    name: str
    vmid: int | None = None
    """None: whatever guest."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    clear: bool = False


class Muscle(Protocol):
    """The bytes and processes of one node."""

    @property
    def faults(self) -> frozenset[str]:
        """Names of the faults that `fault` knows."""
        ...

    async def begin(self) -> None:
        """Make namespace, bridges and sshd; adopt guests that outlived the API's last life. Idempotent."""
        ...

    async def end(self) -> None:
        """End every guest and take away all that `begin` made; a node switched off. Idempotent."""
        ...

    async def bridges(self, wanted: Sequence[Bridge]) -> None:
        """Make the node's bridges be these (an applied SDN); guests' taps stay where they are."""
        ...

    def ssh(self) -> tuple[str, int] | None:
        """Address and port of the node's sshd while the node is up."""
        ...

    async def head(self, archive: Path) -> ArchiveHead:
        """Read the beginning of an archive. Raises RestoreError with the tool's text when it is none."""
        ...

    async def restore(self, order: RestoreOrder, log: Log, stop: asyncio.Event) -> None:
        """Write the volumes, logging `progress N% (read ...)` as the tool does. Raises RestoreError.

        Returns early when `stop` is set (the caller frees the volumes).
        """
        ...

    async def probe(self, image: Path, form: str) -> int:
        """Bytes of the disk in an image file. Raises TakeError when it is none, or refers to another."""
        ...

    async def take(self, order: TakeOrder, log: Log, stop: asyncio.Event) -> None:
        """Write the volume, logging `transferred N of M (P%)`. Raises TakeError.

        Returns early when `stop` is set (the caller frees the volume).
        """
        ...

    async def backup(self, order: BackupOrder, log: Log, stop: asyncio.Event) -> None:
        """Write the archive under a temporary name and rename it when whole. Raises BackupError."""
        ...

    async def start(self, vmid: int, config: Mapping[str, str], volumes: Mapping[str, Path], log: Log) -> int:
        """Start the guest as its configuration says; return its pid. Raises StartError.

        `config`: key -> value verbatim (`net0` -> `virtio=BC:24:..,bridge=drill0,firewall=1`). `volumes`:
        config key (`scsi0`, `efidisk0`) -> file; drives that are not in it are empty or absent.
        """
        ...

    async def stop(self, vmid: int, *, how: StopHow, within: float = 60.0) -> None:
        """End or reset the guest; `shutdown` asks agent or ACPI. Raises MonitorError when it stays."""
        ...

    def pid(self, vmid: int) -> int | None:
        """Process of the guest while it lives."""
        ...

    async def query_status(self, vmid: int) -> str:
        """QEMU's own word: `running`, `paused`, `prelaunch`, `io-error`, ... Raises MonitorError."""
        ...

    async def agent(self, vmid: int, command: str, arguments: Mapping[str, Any], *, within: float) -> Any:
        """Ask the guest agent (`guest-ping`, `guest-exec`, ...); its `return`, verbatim.

        Raises AgentSilentError after `within` seconds, AgentRefusedError with its error.
        """
        ...

    async def monitor(self, vmid: int, command: str) -> str:
        """Run one human monitor command. Raises MonitorError."""
        ...

    async def vnc(self, vmid: int, password: str) -> Path:
        """Set the console's password (8 characters count) and return QEMU's VNC unix socket."""
        ...

    def serial(self, vmid: int) -> Path:
        """QEMU's unix socket of the guest's first serial port. Raises MonitorError when it has none."""
        ...

    async def set_link(self, vmid: int, device: str, *, up: bool) -> None:
        """Plug a network device (`net0`) in or out. Raises MonitorError."""
        ...

    async def fault(self, fault: GuestFault) -> None:
        """Inject or clear one of `faults`."""
        ...


MakeMuscle = Callable[[NodePlan], Muscle]
"""How a cluster gets the muscle of each node."""
