"""What can be wrong with a guest or its agent: set per VMID (or for all), asked when the moment comes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.pve.muscle import sick
from lab.pve.seam import AgentRefusedError, AgentSilentError, GuestFault

AGENT = frozenset({"agent-absent", "agent-hang", "agent-slow", "agent-exec-disabled", "agent-truncated"})
GUEST = sick.NAMES | {"wrong-clock"}
NAMES = AGENT | GUEST
WRONG_CLOCK = "2001-01-01T00:00:00"
KEPT = 64
"""Characters (base64) of output that a truncating agent leaves."""


class Faults:
    """The faults that stand."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, int | None], Mapping[str, Any]] = {}

    def change(self, fault: GuestFault) -> None:
        """Let a fault stand, or take it back. ValueError for a name that is not known."""
        if fault.name not in NAMES:
            raise ValueError(f"no such fault of a guest: {fault.name}; there are {', '.join(sorted(NAMES))}")
        if fault.clear:
            self._standing.pop((fault.name, fault.vmid), None)
        else:
            self._standing[fault.name, fault.vmid] = dict(fault.parameters)

    def get(self, name: str, vmid: int) -> Mapping[str, Any] | None:
        """Return a fault's parameters when it stands for this guest."""
        return self._standing.get((name, vmid), self._standing.get((name, None)))

    async def before_asking(self, vmid: int, command: str, within: float) -> None:
        """Strike at a question to the agent, if a fault says so."""
        silent = AgentSilentError(f"VM {vmid} qga command '{command}' failed - got timeout")
        alive = command in {"guest-ping", "guest-sync-delimited"}
        hangs = self.get("agent-absent", vmid) is not None or (
            self.get("agent-hang", vmid) is not None and not alive
        )
        slow = self.get("agent-slow", vmid)
        seconds = within if hangs else float(slow.get("seconds", 2.0)) if slow is not None else 0.0
        await asyncio.sleep(min(seconds, within))
        if hangs or seconds > within:
            raise silent
        if command == "guest-exec" and self.get("agent-exec-disabled", vmid) is not None:
            raise AgentRefusedError("Command guest-exec has been disabled")

    def after_answer(self, vmid: int, command: str, answer: Any) -> Any:
        """Cut off what a command printed, if a fault says so."""
        if command != "guest-exec-status" or self.get("agent-truncated", vmid) is None:
            return answer
        if not isinstance(answer, dict) or not answer.get("out-data"):
            return answer
        return {**answer, "out-data": answer["out-data"][:KEPT], "out-truncated": True}

    def clock(self, vmid: int) -> str:
        """Say what the guest's clock shall show at its start; empty: the right time."""
        wrong = self.get("wrong-clock", vmid)
        return "" if wrong is None else str(wrong.get("at", WRONG_CLOCK))

    async def before_start(self, vmid: int, volumes: Mapping[str, Path]) -> None:
        """Make the guest's disk sick, if a fault says so. StartError when it is not one of tiny."""
        for name in sorted(sick.NAMES):
            if self.get(name, vmid) is not None:
                await sick.make_sick(name, volumes)
