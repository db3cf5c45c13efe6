"""Signs of life of a copy, as the API shows them, at a pace that leaves the API room for probes."""

import asyncio
import re

from drverify.adapters.proxmox.guest_serial import SerialConsole
from drverify.adapters.proxmox.restoring import Copy
from drverify.engine.ports import Activity, Guest
from drverify.errors import GuestError, HostError

PATIENCE = 6.0
"""Seconds between two questions to an agent that did not answer: the node waits 3 s for each."""
ALIVE = 2.0
"""Seconds between two questions to one that did."""
QUICK = 0.5
"""Seconds that are waited for an answer."""
LAST_WORDS = 1.0
"""Seconds that the serial port gets to hand over what a guest printed last."""
TAIL = 4096
_POWERED_OFF = re.compile(rb"reboot: (?:Power down|System halted)")
"""What Linux prints last; the API says `stopped` whoever ended the guest."""
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
        elif status.qmp != "shutdown":
            await self._require_own_end()
        return Activity(
            running=status.is_running,
            console_bytes=self._serial.count,
            disk_bytes=status.disk_read + status.disk_written,
            agent=status.is_running and self.agent,
        )

    async def _require_own_end(self) -> None:
        """HostError unless the guest itself said that it powers off: nobody else's end is its fault."""
        await asyncio.sleep(LAST_WORDS)
        if not _POWERED_OFF.search(self._serial.kept[-TAIL:]):
            raise HostError(
                "the copy does not run any more, and nothing shows that the guest ended by itself",
                hint="was it stopped by hand, did QEMU die, did the node restart? See the node's tasks and "
                "log; a guest's own end shows on a serial port (serial0: socket)",
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
            self._asking = asyncio.create_task(self._pinged())
            await asyncio.wait({self._asking}, timeout=QUICK)
            if self._asking.done():
                self.agent, self._asking = self._asking.result(), None

    async def _pinged(self) -> bool:
        """An agent that cannot be asked shows no life; that it cannot, the probes say."""
        try:
            return await self._guest.ping()
        except GuestError:
            return False

    async def end(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
            self._asking = None
