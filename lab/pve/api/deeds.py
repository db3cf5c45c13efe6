"""Faults that are done to the cluster: locks, lost quorum, nodes that go, rights taken away, foreign edits.

A deed without a `match` is done at once; one with a `match` waits for a request, or, with `task` in it, for a
task's end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from lab.pve.api.configs import Config
from lab.pve.api.faults import DEEDS, NAMES, Fault
from lab.pve.api.problems import wrong
from lab.pve.api.work import Upid
from lab.pve.api.world import World
from lab.pve.seam import GuestFault


class Switches(Protocol):
    """Power switches of the nodes."""

    async def node_up(self, name: str) -> None:
        """Switch a node on."""
        ...

    async def node_down(self, name: str) -> None:
        """Switch a node off as a power cut does."""
        ...


class Deeds:
    """Does deeds, and hands the faults of guests to the muscles."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world = world
        self._switches = switches
        self._later: set[asyncio.Task[None]] = set()
        world.tasks.ended.append(self._task_ended)
        self._kinds: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "lock": self._lock,
            "unlock": self._unlock,
            "quorum-loss": self._quorum_loss,
            "quorum-back": self._quorum_back,
            "node-down": self._node_down,
            "node-up": self._node_up,
            "node-reboot": self._node_reboot,
            "ticket-expire": self._tickets,
            "token-revoke": self._token,
            "acl-remove": self._rule,
            "config-changed": self._config,
            "ha-stale": self._ha,
            "advance": self._advance,
        }

    async def inject(self, name: str, **how: Any) -> Fault:
        """Let a fault stand, or do it: `match`, `nth`, `times`, `parameters`. Raises ApiError."""
        world = self._world
        guest = {node.name for node in world.nodes.values() if name in node.muscle.faults}
        if name not in NAMES and not guest:
            raise wrong({"name": f"no such fault: {name}"})
        if name in DEEDS and not how.get("match"):
            fault = Fault(id="", name=name, parameters=dict(how.get("parameters") or {}))
            await self.do(fault)
            return fault
        fault = world.faults.add(name, **how)
        if name not in NAMES:
            await self._hand_over(fault, clear=False)
        if name == "flock-timeout":
            world.guests.stuck.add(int(fault.parameters["vmid"]))
        return fault

    async def clear(self, id_: str = "") -> int:
        """Take one fault back, or all that stand; return how many. Deeds that are done stay done."""
        taken = self._world.faults.clear(id_)
        for fault in taken:
            if fault.name not in NAMES:
                await self._hand_over(fault, clear=True)
            if fault.name == "flock-timeout":
                self._world.guests.stuck.discard(int(fault.parameters["vmid"]))
        return len(taken)

    async def resume(self) -> None:
        """After a restart: hand over again what belongs elsewhere."""
        for fault in self._world.faults.all():
            if fault.name not in NAMES:
                await self._hand_over(fault, clear=False)
            if fault.name == "flock-timeout":
                self._world.guests.stuck.add(int(fault.parameters["vmid"]))

    async def do(self, fault: Fault) -> None:
        """Do a deed now."""
        await self._kinds[fault.name](fault.parameters)

    async def settle(self) -> None:
        """End what still waits to be undone."""
        for task in self._later:
            task.cancel()
        if self._later:
            await asyncio.wait(self._later)

    def _task_ended(self, upid: Upid, status: str) -> None:
        facts = {"task": upid.type, "vmid": upid.id, "node": upid.node, "user": upid.user}
        for fault in self._world.faults.strikes(DEEDS, event="end", status=status, **facts):
            self._background(self.do(fault))

    def _background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _hand_over(self, fault: Fault, *, clear: bool) -> None:
        vmid = fault.match.get("vmid")
        told = GuestFault(
            name=fault.name,
            vmid=None if vmid is None else int(vmid),
            parameters=fault.parameters,
            clear=clear,
        )
        for node in self._world.nodes.values():
            if fault.name in node.muscle.faults and fault.match.get("node", node.name) == node.name:
                await node.muscle.fault(told)

    # -- the deeds -------------------------------------------------------------------------------------------

    def _edit(self, vmid: int, change: Callable[[Config], None]) -> None:
        found = self._world.guests.find(vmid)
        if found is not None:
            config = self._world.guests.load(*found, vmid)
            change(config)
            self._world.guests.save(*found, vmid, config)

    async def _lock(self, how: Mapping[str, Any]) -> None:
        vmid = int(how["vmid"])
        self._edit(vmid, lambda config: config.options.update(lock=str(how.get("kind", "backup"))))
        if "seconds" in how:

            async def later() -> None:
                await self._world.clock.sleep(float(how["seconds"]))
                await self._unlock(how)

            self._background(later())

    async def _unlock(self, how: Mapping[str, Any]) -> None:
        def change(config: Config) -> None:
            config.options.pop("lock", None)

        self._edit(int(how["vmid"]), change)

    async def _quorum_loss(self, how: Mapping[str, Any]) -> None:
        self._world.store.put("state", "quorum-lost", dict(how))

    async def _quorum_back(self, _: Mapping[str, Any]) -> None:
        self._world.store.drop("state", "quorum-lost")

    async def _node_down(self, how: Mapping[str, Any]) -> None:
        await self._switches.node_down(str(how["node"]))

    async def _node_up(self, how: Mapping[str, Any]) -> None:
        await self._switches.node_up(str(how["node"]))

    async def _node_reboot(self, how: Mapping[str, Any]) -> None:
        await self._switches.node_down(str(how["node"]))

        async def later() -> None:
            await self._world.clock.sleep(float(how.get("seconds", 5)))
            await self._switches.node_up(str(how["node"]))

        self._background(later())

    async def _tickets(self, _: Mapping[str, Any]) -> None:
        self._world.people.rotate()

    async def _token(self, how: Mapping[str, Any]) -> None:
        user, _, token = str(how["token"]).partition("!")
        self._world.people.drop_token(user, token)

    async def _rule(self, how: Mapping[str, Any]) -> None:
        self._world.rights.disallow(str(how["path"]), str(how.get("who", "")), str(how.get("role", "")))

    async def _config(self, how: Mapping[str, Any]) -> None:
        """Edit a guest as somebody else would: `set` options, `delete` keys."""

        def change(config: Config) -> None:
            config.options.update({str(key): str(value) for key, value in how.get("set", {}).items()})
            for key in how.get("delete", ()):
                config.options.pop(key, None)

        self._edit(int(how["vmid"]), change)

    async def _ha(self, how: Mapping[str, Any]) -> None:
        kind = str(how.get("type", "vm"))
        body = {"type": kind, "state": str(how.get("state", "started"))}
        self._world.store.put("ha", f"{kind}:{how['vmid']}", body)

    async def _advance(self, how: Mapping[str, Any]) -> None:
        self._world.clock.advance(float(how["seconds"]))
