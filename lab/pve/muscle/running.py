"""The guests of one node: started, asked, ended; each question goes to the QEMU that is asked about."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux.processes import end
from drverify.errors import HostError
from lab.pve.muscle import agent as guest_agent
from lab.pve.muscle import guest as guests
from lab.pve.muscle import hardware
from lab.pve.muscle.faults import Faults
from lab.pve.muscle.ground import Ground
from lab.pve.muscle.guest import Guest
from lab.pve.muscle.names import Names, guest_tap
from lab.pve.muscle.qmp import NO_ARGUMENTS, monitor, quit_now
from lab.pve.muscle.sentinel import Sentinel
from lab.pve.muscle.wiring import Opened
from lab.pve.seam import AgentSilentError, Log, MonitorError, StartError, StopHow

ENDING = 5.0
"""Seconds that QEMU gets to quit before it is killed."""


class Guests:
    """The guests of a node. Those that an earlier life started are adopted."""

    def __init__(
        self, names: Names, ground: Ground, sentinel: Sentinel, faults: Faults, consoles: Path
    ) -> None:
        self._names = names
        self._ground = ground
        self._sentinel = sentinel
        self._faults = faults
        self._consoles = consoles
        self._known: dict[int, Guest] = {}
        self._talking: dict[tuple[str, int], asyncio.Lock] = {}

    async def adopt(self) -> None:
        """Take over the guests that live, and end what was half started."""
        self._known |= guests.recall(self._names)
        await guests.end_strangers(self._names, self._known)

    async def end_all(self) -> None:
        """Pull every guest's plug. TeardownError when one stays."""
        for one in (self._known | guests.recall(self._names)).values():
            await end(one.identity, grace=timedelta(0))
        self._known.clear()
        await guests.end_strangers(self._names, {})

    def console(self, vmid: int) -> Path:
        """What the guest wrote to its serial port."""
        return self._consoles / f"console-{vmid}.log"

    def pid(self, vmid: int) -> int | None:
        """Process of the guest while it lives."""
        one = self._known.get(vmid)
        return one.identity.pid if one is not None and one.lives else None

    def living(self, vmid: int) -> Guest:
        """Return a guest that runs. MonitorError when it does not."""
        one = self._known.get(vmid)
        if one is None or not one.lives:
            raise MonitorError(f"VM {vmid} not running")
        return one

    async def start(self, vmid: int, config: Mapping[str, str], volumes: Mapping[str, Path], log: Log) -> int:
        """Start a guest; return its pid. StartError when it does not start; nothing of it is left then."""
        if self.pid(vmid) is not None:
            raise StartError(f"VM {vmid} already running")
        try:
            shape = hardware.read(config)
            await self._check_bridges(shape, log)
            await self._faults.before_start(vmid, volumes)
            return (await self._start(vmid, shape, volumes, log)).identity.pid
        except (HostError, OSError) as error:
            raise StartError(f"start failed: {error}") from error
        except guests.QemuExitError as error:
            for line in error.said:
                log(line)
            raise StartError(f"start failed: QEMU exited with code {error.code}") from error

    async def _check_bridges(self, shape: hardware.Shape, log: Log) -> None:
        present = await self._ground.bridges()
        for card in shape.guest.nics:
            if card.bridge and card.bridge not in present:
                log(f"bridge '{card.bridge}' does not exist")
                log(f"kvm: -netdev type=tap,id={card.key}: network script pve-bridge failed with status 512")
                raise StartError("start failed: QEMU exited with code 1")

    async def _start(self, vmid: int, shape: hardware.Shape, volumes: Mapping[str, Path], log: Log) -> Guest:
        for key in hardware.left_out(shape.config):
            log(f"lab: {key} has no counterpart here and is left out")
        cards = [card for card in shape.guest.nics if card.bridge]
        plugs = {card.key: (guest_tap(vmid, int(card.key[3:])), card.bridge) for card in cards}
        loose = [card.key for card in cards if card.link_down]
        run = guests.prepare(self._names, vmid)
        try:
            with Opened(run) as opened:
                names = {key: tap for key, (tap, _) in plugs.items()}
                taps = await opened.taps(self._names.namespace, names)
                clock = self._faults.clock(vmid)
                wiring = await opened.wiring(shape, volumes, taps, self.console(vmid), clock)
                for key in plugs.keys() - set(loose):
                    await self._plug(*plugs[key])
                identity = await guests.launch(self._names, vmid, shape, wiring, opened.sets)
        except BaseException:
            guests.forget(run)
            raise
        one = Guest(vmid=vmid, identity=identity, run=run, agent=shape.guest.agent, taps=plugs)
        guests.remember(one)
        self._known[vmid] = one
        for key in loose:
            await self.ask(vmid, "set_link", {"name": key, "up": False})
        return one

    async def _plug(self, tap: str, bridge: str) -> None:
        """Plug a tap in; into production only after the sentinel watches it."""
        watch = self._sentinel.watch if self._ground.is_production(bridge) else self._sentinel.leave
        await watch([tap])
        await self._ground.plug(tap, bridge)

    async def stop(self, vmid: int, how: StopHow, within: float) -> None:
        """End or reset a guest; `shutdown` asks agent or ACPI. MonitorError when it stays."""
        one = self.living(vmid)
        if how == "reset":
            await self.ask(vmid, "system_reset")
        elif how == "shutdown":
            await self._ask_to_shut_down(one)
            if not await one.ended(within):
                raise MonitorError("VM quit/powerdown failed - got timeout")
        else:
            async with self.talking(vmid) as run:
                await quit_now(run / "qmp")
            if not await one.ended(ENDING):
                await end(one.identity, grace=timedelta(seconds=1))
        if how != "reset":
            self._known.pop(vmid, None)
            guests.forget(one.run)

    async def _ask_to_shut_down(self, one: Guest) -> None:
        if one.agent:
            with suppress(AgentSilentError):
                await self.agent(one.vmid, "guest-ping", NO_ARGUMENTS, within=3.0)
                await self.agent(one.vmid, "guest-shutdown", NO_ARGUMENTS, within=5.0)
                return
        await self.ask(one.vmid, "system_powerdown")

    async def ask(self, vmid: int, command: str, arguments: Mapping[str, Any] = NO_ARGUMENTS) -> Any:
        """Run one command of QEMU's monitor. MonitorError."""
        async with self.talking(vmid) as run, monitor(run / "qmp") as talk:
            return await talk.ask(command, arguments)

    @asynccontextmanager
    async def talking(self, vmid: int) -> AsyncIterator[Path]:
        """Lend the directory with a guest's sockets, to one at a time. MonitorError when it does not run."""
        one = self.living(vmid)
        async with self._lock("qmp", vmid):
            yield one.run

    async def agent(self, vmid: int, command: str, arguments: Mapping[str, Any], *, within: float) -> Any:
        """Ask the guest agent; one question at a time, the waiting for one's turn included."""
        one = self.living(vmid)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        try:
            async with asyncio.timeout(within):
                await self._lock("agent", vmid).acquire()
        except TimeoutError as error:
            raise AgentSilentError(f"VM {vmid} qga command '{command}' failed - got timeout") from error
        try:
            left = deadline - loop.time()
            await self._faults.before_asking(vmid, command, left)
            left = deadline - loop.time()
            answer = await guest_agent.ask(one.run / "agent", command, arguments, within=left)
        finally:
            self._lock("agent", vmid).release()
        return self._faults.after_answer(vmid, command, answer)

    async def set_link(self, vmid: int, device: str, *, up: bool) -> None:
        """Plug a network device in or out, for the guest and on the bridge. MonitorError."""
        plug = self.living(vmid).taps.get(device)
        if plug is not None and not up:
            await self._ground.unplug(plug[0])
        await self.ask(vmid, "set_link", {"name": device, "up": up})
        if plug is not None and up:
            await self._plug(*plug)

    async def vnc(self, vmid: int, password: str) -> Path:
        """Set the console's password (8 characters count) and return QEMU's VNC unix socket."""
        await self.ask(vmid, "set_password", {"protocol": "vnc", "password": password})
        await self.ask(vmid, "expire_password", {"protocol": "vnc", "time": "+30"})
        return self.living(vmid).run / "vnc"

    def serial(self, vmid: int) -> Path:
        """QEMU's unix socket of the serial port. MonitorError when it has none."""
        found = self.living(vmid).run / "serial0"
        if not found.exists():
            raise MonitorError("unable to find a serial interface")
        return found

    def _lock(self, what: str, vmid: int) -> asyncio.Lock:
        return self._talking.setdefault((what, vmid), asyncio.Lock())
