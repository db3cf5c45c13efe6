"""Signs of life of a copy, as the API shows them, at a pace that leaves the API room for probes."""

import asyncio

from drverify.adapters.proxmox.guest_serial import SerialConsole
from drverify.adapters.proxmox.restoring import Copy
from drverify.engine.ports import Activity, Guest
from drverify.errors import HostError

PATIENCE = 6.0
"""Seconds between two questions to an agent that did not answer: the node waits 3 s for each."""
ALIVE = 2.0
"""Seconds between two questions to one that did."""
QUICK = 0.5
"""Seconds that are waited for an answer."""
_STOPPED = {
    "io-error": "QEMU stopped the guest: a disk of it could not be read or written",
    "paused": "somebody paused the guest",
    "internal-error": "QEMU stopped the guest: internal error",
    "suspended": "",
}


class Pulse:
    """Reads one copy's signs of life."""

    def __init__(self, copy: Copy, guest: Guest, serial: SerialConsole) -> None:
        self._copy = copy
        self._guest = guest
        self._serial = serial
        self.agent = False
        """Whether the guest's agent answered when it was asked last."""
        self._asked = -PATIENCE
        self._asking: asyncio.Task[bool] | None = None

    async def read(self) -> Activity:
        """Ask once. HostError when the guest was stopped, and not by itself; ApiErrors as the API's."""
        status = await self._copy.guests.status(self._copy.node, self._copy.vmid)
        if why := _STOPPED.get(status.qmp, ""):
            raise HostError(why, hint="look at the node: its storage, its log, its task list")
        if status.is_running:
            await self._ask_agent()
        elif who := await self._copy.stopped_by():
            raise HostError(who, hint="nobody else may touch a drill's copy, and its node must stay up")
        return Activity(
            running=status.is_running,
            console_bytes=self._serial.count,
            disk_bytes=status.disk_read + status.disk_written,
            agent=status.is_running and self.agent,
        )

    async def _ask_agent(self) -> None:
        """Ask beside everything else; an answer that is late counts from the next reading on."""
        now = asyncio.get_running_loop().time()
        if self._asking is not None:
            if not self._asking.done():
                return
            self.agent, self._asking = self._asking.result(), None
        if now - self._asked >= (ALIVE if self.agent else PATIENCE):
            self._asked = now
            self._asking = asyncio.create_task(self._guest.ping())
            await asyncio.wait({self._asking}, timeout=QUICK)
            if self._asking.done():
                self.agent, self._asking = self._asking.result(), None

    async def end(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._asking = None
