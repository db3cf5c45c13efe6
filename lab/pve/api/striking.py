"""Faults that strike at a request: before it is looked at, or when its answer is ready."""

import re
from collections.abc import Mapping
from typing import Any

from lab.pve.api.deeds import Deeds
from lab.pve.api.faults import DEEDS, Fault
from lab.pve.api.problems import ApiError, NoAnswerError, denied
from lab.pve.api.world import World

_HANG = 3600.0


class Striking:
    """Applies the faults of requests."""

    def __init__(self, world: World, deeds: Deeds) -> None:
        self._world = world
        self._deeds = deeds

    async def before(self, facts: Mapping[str, Any]) -> None:
        """Let deeds happen, then delays, statuses, drops and hangs. Raises ApiError or NoAnswerError."""
        faults = self._world.faults
        for fault in faults.strikes(DEEDS, event="request", **facts):
            await self._deeds.do(fault)
        for fault in faults.strikes(frozenset({"delay", "http", "drop", "hang"}), event="before", **facts):
            await self._strike(fault)

    async def after(self, facts: Mapping[str, Any]) -> None:
        """Lose the answer of work that is done. Raises NoAnswerError."""
        for fault in self._world.faults.strikes(frozenset({"drop", "hang", "http"}), event="after", **facts):
            await self._strike(fault)

    def forbid(self, facts: Mapping[str, Any]) -> None:
        """Take rights away. Raises ApiError 403."""
        for fault in self._world.faults.strikes("forbid", event="before", **facts):
            where = str(fault.parameters.get("path", re.sub(r"[?].*", "", facts["path"])))
            raise denied(where, str(fault.parameters.get("privilege", "VM.Audit")))

    async def _strike(self, fault: Fault) -> None:
        if fault.name == "delay":
            await self._world.clock.sleep(float(fault.parameters.get("seconds", 1)))
        elif fault.name == "http":
            status = int(fault.parameters["status"])
            raise ApiError(status, str(fault.parameters.get("message", "internal error")))
        else:
            if fault.name == "hang":
                await self._world.clock.sleep(float(fault.parameters.get("seconds", _HANG)))
            raise NoAnswerError
