"""A node of the stand-in cluster: network, sshd, guests, restores. Implements `seam.Muscle`."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from drverify.adapters.linux.netns_ground import run_all
from lab.pve.muscle import backing, importing, restoring
from lab.pve.muscle.claim import Claim
from lab.pve.muscle.faults import NAMES, Faults
from lab.pve.muscle.ground import Ground
from lab.pve.muscle.names import Names
from lab.pve.muscle.running import Guests
from lab.pve.muscle.sentinel import Sentinel
from lab.pve.muscle.sshd import NodeSshd, Vantage
from lab.pve.seam import (
    ArchiveHead,
    BackupOrder,
    Bridge,
    GuestFault,
    Log,
    MakeMuscle,
    NodePlan,
    RestoreOrder,
    StopHow,
    TakeOrder,
)


class Node:
    """One node. `begin` may find what an earlier life left, and goes on from there."""

    def __init__(self, plan: NodePlan) -> None:
        self.plan = plan
        self.names = Names(cluster=plan.cluster, node=plan.name)
        self.ground = Ground(self.names)
        self.sentinel = Sentinel(self.names, plan.root / "sentinel.json")
        self._claim = Claim(self.names, plan.root)
        self._faults = Faults()
        self.guests = Guests(self.names, self.ground, self.sentinel, self._faults, plan.root)
        self._sshd = NodeSshd(self.names, plan.root / "ssh")
        self._bridges = tuple(plan.bridges)

    @property
    def faults(self) -> frozenset[str]:
        """Names of the faults that `fault` knows."""
        return NAMES

    async def begin(self) -> None:
        """Make namespace, bridges and sshd; adopt guests that outlived the API's last life. Idempotent.

        HostError when another process is a node of this name.
        """
        self.plan.root.mkdir(parents=True, exist_ok=True)
        if self._claim.take():  # a dead cluster's leftovers under our names
            await run_all((self._sshd.stop, self.guests.end_all, self.ground.remove))
        self.names.run.mkdir(mode=0o755, parents=True, exist_ok=True)
        await self.guests.adopt()
        await self.ground.make(self._bridges)
        await self.sentinel.lay()
        await self.sentinel.watch(_uplinks(self._bridges))
        if self.plan.ssh_port >= 0:
            await self._sshd.keys(_vantage_taps(self._bridges))
            await self._sshd.start(self.plan.address, self.plan.ssh_port)

    async def end(self) -> None:
        """End every guest and take away all that `begin` made; a node switched off. Idempotent.

        HostError, and nothing ended, when another process is a node of this name.
        """
        self._claim.take()
        await run_all((self._sshd.stop, self.guests.end_all, self._write_down, self.ground.remove))
        with suppress(FileNotFoundError):
            shutil.rmtree(self.names.run)
        self._claim.release()

    async def _write_down(self) -> None:
        if self.ground.exists and self.plan.root.exists():
            await self.sentinel.close()

    async def bridges(self, wanted: Sequence[Bridge]) -> None:
        """Make the node's bridges be these (an applied SDN); guests' taps stay where they are."""
        await self.sentinel.watch(_uplinks(wanted))
        await self.ground.shape(wanted)
        self._bridges = tuple(wanted)
        if self.plan.ssh_port >= 0:
            await self._sshd.keys(_vantage_taps(wanted))

    def ssh(self) -> tuple[str, int] | None:
        """Address and port of the node's sshd while the node is up."""
        return self._sshd.address()

    def vantages(self) -> tuple[Vantage, ...]:
        """Say how a client gets onto each drill bridge that has a tap for it."""
        return tuple(self._sshd.vantage(one.name, tap) for one in self._bridges for tap in one.taps)

    async def head(self, archive: Path) -> ArchiveHead:
        """Read the beginning of an archive. Raises RestoreError with the tool's text when it is none."""
        return await restoring.head(archive)

    async def restore(self, order: RestoreOrder, log: Log, stop: asyncio.Event) -> None:
        """Write the volumes, logging `progress N% (read ...)` as the tool does. Raises RestoreError."""
        await restoring.restore(order, log, stop)

    async def probe(self, image: Path, form: str) -> int:
        """Bytes of the disk in an image file. Raises TakeError."""
        return await importing.probe(image, form)

    async def take(self, order: TakeOrder, log: Log, stop: asyncio.Event) -> None:
        """Write an image's disk into a volume. Raises TakeError."""
        await importing.take(order, log, stop)

    async def backup(self, order: BackupOrder, log: Log, stop: asyncio.Event) -> None:
        """Write the archive under a temporary name and rename it when whole. Raises BackupError."""
        await backing.backup(order, self.guests, self.plan.root, log, stop)

    async def start(self, vmid: int, config: Mapping[str, str], volumes: Mapping[str, Path], log: Log) -> int:
        """Start the guest as its configuration says; return its pid. Raises StartError."""
        return await self.guests.start(vmid, config, volumes, log)

    async def stop(self, vmid: int, *, how: StopHow, within: float = 60.0) -> None:
        """End or reset the guest; `shutdown` asks agent or ACPI. Raises MonitorError when it stays."""
        await self.guests.stop(vmid, how, within)

    def pid(self, vmid: int) -> int | None:
        """Process of the guest while it lives."""
        return self.guests.pid(vmid)

    async def query_status(self, vmid: int) -> str:
        """QEMU's own word: `running`, `paused`, `prelaunch`, `io-error`, ... Raises MonitorError."""
        return str((await self.guests.ask(vmid, "query-status"))["status"])

    async def agent(self, vmid: int, command: str, arguments: Mapping[str, Any], *, within: float) -> Any:
        """Ask the guest agent; its `return`, verbatim. Raises AgentSilentError, AgentRefusedError."""
        return await self.guests.agent(vmid, command, arguments, within=within)

    async def monitor(self, vmid: int, command: str) -> str:
        """Run one human monitor command. Raises MonitorError."""
        return str(await self.guests.ask(vmid, "human-monitor-command", {"command-line": command}))

    async def vnc(self, vmid: int, password: str) -> Path:
        """Set the console's password (8 characters count) and return QEMU's VNC unix socket."""
        return await self.guests.vnc(vmid, password)

    def serial(self, vmid: int) -> Path:
        """QEMU's unix socket of the guest's first serial port. Raises MonitorError when it has none."""
        return self.guests.serial(vmid)

    async def set_link(self, vmid: int, device: str, *, up: bool) -> None:
        """Plug a network device (`net0`) in or out. Raises MonitorError."""
        await self.guests.set_link(vmid, device, up=up)

    async def fault(self, fault: GuestFault) -> None:
        """Inject or clear one of `faults`."""
        self._faults.change(fault)


muscle: MakeMuscle = Node
"""What a cluster makes its nodes' muscle with."""


def _uplinks(bridges: Sequence[Bridge]) -> list[str]:
    return [port for one in bridges for port in one.ports]


def _vantage_taps(bridges: Sequence[Bridge]) -> list[str]:
    return [tap for one in bridges for tap in one.taps]
