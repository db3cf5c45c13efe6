"""A muscle without guests: archives are really read and written, guests are a state that somebody claims.

No process, no namespace, no root. What a guest's agent says is made up here; `said` lets a test make up more.
Never a proof of anything but the API around it.
"""
# ruff: noqa: ARG002 - what a Protocol hands over is not always of use to one who stands still

import asyncio
import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.pve.muscle import importing, restoring
from lab.pve.seam import (
    AgentRefusedError,
    AgentSilentError,
    ArchiveHead,
    BackupError,
    BackupOrder,
    Bridge,
    GuestFault,
    Log,
    MonitorError,
    NodePlan,
    RestoreOrder,
    StopHow,
    TakeOrder,
)
from lab.vma.writer import Packing, write

_PACKINGS: Mapping[str, Packing] = {".vma": None, ".zst": "zstd", ".gz": "gzip", ".lzo": "lzop"}
_FIRST_PID = 40_000


class Still:
    """The muscle of one node, standing still."""

    def __init__(self, plan: NodePlan) -> None:
        self.plan = plan
        self.up = False
        self.wanted: tuple[Bridge, ...] = plan.bridges
        self.said: dict[str, Any] = {}
        """What agents answer, by command; beside `guest-ping` and `guest-info`."""
        self.links: dict[tuple[int, str], bool] = {}
        self.console = plan.root / "vnc.sock"
        """Socket that a console is bridged to; a test may listen there."""
        self._pids: dict[int, int] = {}
        self._faults: set[tuple[str, int | None]] = set()
        self._programs: dict[int, dict[str, Any]] = {}

    @property
    def faults(self) -> frozenset[str]:
        """Faults of agents only."""
        return frozenset({"agent-absent", "agent-hang", "agent-exec-disabled"})

    async def begin(self) -> None:
        """Count as up."""
        self.plan.root.mkdir(parents=True, exist_ok=True)
        self.up = True

    async def end(self) -> None:
        """Count as off; its guests too."""
        self.up = False
        self._pids.clear()

    async def bridges(self, wanted: Sequence[Bridge]) -> None:
        """Remember the bridges."""
        self.wanted = tuple(wanted)

    def ssh(self) -> tuple[str, int] | None:
        """There is no sshd."""
        return None

    async def head(self, archive: Path) -> ArchiveHead:
        """Really read an archive's beginning."""
        return await restoring.head(archive)

    async def restore(self, order: RestoreOrder, log: Log, stop: asyncio.Event) -> None:
        """Really write an archive's volumes."""
        await restoring.restore(order, log, stop)

    async def probe(self, image: Path, form: str) -> int:
        """Really look into an image."""
        return await importing.probe(image, form)

    async def take(self, order: TakeOrder, log: Log, stop: asyncio.Event) -> None:
        """Really write an image's disk."""
        await importing.take(order, log, stop)

    async def backup(self, order: BackupOrder, log: Log, stop: asyncio.Event) -> None:
        """Really write an archive of the volumes; nobody writes to them meanwhile."""
        configs = {"qemu-server.conf": order.config.encode()}
        if order.firewall is not None:
            configs["qemu-server.fw"] = order.firewall.encode()
        draft = order.target.with_name(f".{order.target.name}.dat")

        def work() -> None:
            write(
                draft,
                configs=configs,
                devices=order.volumes,
                ctime=datetime.fromtimestamp(order.ctime, UTC),
                uuid=uuid.uuid4(),
                compression=_PACKINGS[order.target.suffix],
            )

        try:
            await asyncio.to_thread(work)
        except OSError as error:
            raise BackupError(str(error)) from error
        if stop.is_set():
            draft.unlink()
            return
        log(f"INFO: 100% ({sum(path.stat().st_size for path in order.volumes.values())} bytes)")
        draft.rename(order.target)

    async def start(self, vmid: int, config: Mapping[str, str], volumes: Mapping[str, Path], log: Log) -> int:
        """Claim that a guest runs."""
        log("drlab: no guest is started, this node's muscle stands still")
        self._pids[vmid] = _FIRST_PID + vmid
        return self._pids[vmid]

    async def stop(self, vmid: int, *, how: StopHow, within: float = 60.0) -> None:
        """Claim that a guest does not run."""
        if how != "reset":
            self._pids.pop(vmid, None)

    def pid(self, vmid: int) -> int | None:
        """A number that is nobody's process."""
        return self._pids.get(vmid)

    async def query_status(self, vmid: int) -> str:
        """Running, when it is said to."""
        self._expect(vmid)
        return "running"

    async def agent(self, vmid: int, command: str, arguments: Mapping[str, Any], *, within: float) -> Any:
        """Make an answer up."""
        if self._has("agent-absent", vmid) or (self._has("agent-hang", vmid) and command != "guest-ping"):
            await asyncio.sleep(0)
            raise AgentSilentError(command)
        if command in self.said:
            return self.said[command]
        if command == "guest-ping":
            return {}
        if command == "guest-info":
            return {"version": "0.0.0-drlab", "supported_commands": []}
        if command == "guest-exec":
            if self._has("agent-exec-disabled", vmid):
                raise AgentRefusedError("Command guest-exec has been disabled")
            pid = 1000 + len(self._programs)
            words = " ".join([arguments["path"], *arguments["arg"]])
            out = base64.b64encode(f"drlab did not run: {words}\n".encode()).decode()
            self._programs[pid] = {"exited": True, "exitcode": 0, "out-data": out}
            return {"pid": pid}
        if command == "guest-exec-status":
            known = self._programs.pop(int(arguments["pid"]), None)
            if known is None:
                raise AgentRefusedError("Invalid parameter 'pid'")
            return known
        raise AgentRefusedError(f"The command {command} has not been found")

    async def monitor(self, vmid: int, command: str) -> str:
        """Echo."""
        self._expect(vmid)
        return f"drlab: {command}\r\n"

    async def vnc(self, vmid: int, password: str) -> Path:
        """Return the socket that a test listens on."""
        self._expect(vmid)
        return self.console

    def serial(self, vmid: int) -> Path:
        """Return the socket that a test listens on."""
        self._expect(vmid)
        return self.console

    async def set_link(self, vmid: int, device: str, *, up: bool) -> None:
        """Remember the link."""
        self._expect(vmid)
        self.links[vmid, device] = up

    async def fault(self, fault: GuestFault) -> None:
        """Remember a fault, or forget it."""
        key = (fault.name, fault.vmid)
        if fault.clear:
            self._faults.discard(key)
        else:
            self._faults.add(key)

    def _has(self, name: str, vmid: int) -> bool:
        return bool({(name, vmid), (name, None)} & self._faults)

    def _expect(self, vmid: int) -> None:
        if vmid not in self._pids:
            raise MonitorError(f"VM {vmid} not running")
