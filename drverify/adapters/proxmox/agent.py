"""The guest agent through the API. What it answers is the guest's word: parsed strictly, bounded.

Answers come wrapped as `{"result": ...}` but for exec, exec-status and file-read.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from drverify.adapters.proxmox import reading
from drverify.adapters.proxmox.agent_values import (
    ExecStatus,
    FileContent,
    GuestFilesystem,
    GuestInterface,
)
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.errors import Malformed

ANSWER = timedelta(seconds=20)
"""The node itself waits 3 to 5 s for the guest."""


class Agent:
    """The paths below `/nodes/NODE/qemu/VMID/agent`. Raises NoAgent and AgentRefused besides the rest."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def ping(self, node: str, vmid: int) -> None:
        """Return when the agent answers; NoAgent or NotRunning when not."""
        await self._caller.post("nodes", node, "qemu", vmid, "agent", "ping", within=ANSWER)

    async def exec(self, node: str, vmid: int, argv: Sequence[str], *, stdin: str = "") -> int:
        """Start a command and return its process id. No shell; at most 64 KiB of input.

        Not repeated: OutcomeUnknown when the answer was lost.
        """
        params: dict[str, str | Sequence[str]] = {"command": list(argv)}
        if stdin:
            params["input-data"] = stdin
        path = ("nodes", node, "qemu", vmid, "agent", "exec")
        answer = reading.row(await self._caller.post(*path, params=params, within=ANSWER), "agent exec")
        pid = reading.whole(answer, "pid")
        if pid is None:
            raise Malformed("the guest agent started a command and gave no process id")
        return pid

    async def exec_status(self, node: str, vmid: int, pid: int) -> ExecStatus:
        """Ask what became of a command. The first answer with `exited` consumes it: it is asked once only."""
        path = ("nodes", node, "qemu", vmid, "agent", "exec-status")
        answer = await self._caller.get(*path, params={"pid": pid}, within=ANSWER, repeat=False)
        found = reading.row(answer, "agent exec-status")
        return ExecStatus(
            exited=reading.flag(found, "exited"),
            exit_code=reading.whole(found, "exitcode"),
            signal=reading.whole(found, "signal"),
            stdout=reading.text(found, "out-data"),
            stderr=reading.text(found, "err-data"),
            truncated=reading.flag(found, "out-truncated") or reading.flag(found, "err-truncated"),
        )

    async def read_file(self, node: str, vmid: int, path: str) -> FileContent:
        """Read a file of the guest (at most 16 MiB); AgentRefused when it is not there."""
        parts = ("nodes", node, "qemu", vmid, "agent", "file-read")
        answer = await self._caller.get(*parts, params={"file": path}, within=timedelta(seconds=60))
        found = reading.row(answer, "agent file-read")
        return FileContent(
            content=reading.words(found.get("content"), "agent file-read"),
            truncated=reading.flag(found, "truncated"),
        )

    async def interfaces(self, node: str, vmid: int) -> tuple[GuestInterface, ...]:
        """Network interfaces as the guest sees them, loopback included."""
        answer = await self._result(node, vmid, "network-get-interfaces")
        return tuple(
            GuestInterface(
                name=reading.text(one, "name"),
                mac=reading.text(one, "hardware-address"),
                addresses=tuple(
                    f"{reading.text(address, 'ip-address')}/{reading.text(address, 'prefix')}"
                    for address in reading.rows(one.get("ip-addresses") or [], "agent addresses")
                ),
            )
            for one in reading.rows(answer, "agent network-get-interfaces")
        )

    async def filesystems(self, node: str, vmid: int) -> tuple[GuestFilesystem, ...]:
        """Mounted filesystems as the guest sees them."""
        answer = await self._result(node, vmid, "get-fsinfo")
        return tuple(
            GuestFilesystem(
                mountpoint=reading.text(one, "mountpoint"),
                kind=reading.text(one, "type"),
                total=reading.size(one, "total-bytes"),
                used=reading.size(one, "used-bytes"),
            )
            for one in reading.rows(answer, "agent get-fsinfo")
        )

    async def time(self, node: str, vmid: int) -> datetime:
        """The guest's clock, in UTC."""
        answer = await self._result(node, vmid, "get-time")
        if isinstance(answer, bool) or not isinstance(answer, int):
            raise Malformed("the guest agent gave a time that is no number")
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=answer // 1000)
        except OverflowError as error:
            raise Malformed("the guest agent gave a time out of all range") from error

    async def os(self, node: str, vmid: int) -> str:
        """What system the guest says it is, in one line."""
        answer = await self._result(node, vmid, "get-osinfo")
        found = reading.row(answer, "agent get-osinfo")
        return (reading.text(found, "pretty-name") or reading.text(found, "name"))[:200]

    async def _result(self, node: str, vmid: int, command: str) -> Any:
        answer = await self._caller.get("nodes", node, "qemu", vmid, "agent", command, within=ANSWER)
        return reading.row(answer, f"agent {command}").get("result")
