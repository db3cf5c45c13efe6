"""The lab's own door beside the API: faults, over HTTP with a secret. Not part of what is stood in for."""

import hmac
from dataclasses import asdict
from typing import Any

from aiohttp import web

from lab.pve.api.deeds import Deeds
from lab.pve.api.problems import ApiError, wrong
from lab.pve.api.world import World

HEADER = "X-Lab-Secret"


class Laboratory:
    """Answers `/__lab/...`: POST, GET, DELETE faults; POST tasks (waits until none runs)."""

    def __init__(self, world: World, deeds: Deeds, secret: str) -> None:
        self._world = world
        self._deeds = deeds
        self._secret = secret

    async def answer(self, request: web.Request) -> Any:
        """Answer one request. Raises ApiError."""
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._secret.encode()):
            raise ApiError(403, "the lab's secret is needed")
        match request.method, request.path.removeprefix("/__lab/").split("/"):
            case "POST", ["faults"]:
                return await self._inject(await request.json())
            case "GET", ["faults"]:
                return [asdict(fault) for fault in self._world.faults.all()]
            case "DELETE", ["faults", *which]:
                return await self._deeds.clear(which[0] if which else "")
            case "GET", ["ssh"]:
                return {node.name: node.muscle.ssh() for node in self._world.nodes.values() if node.up}
            case "POST", ["settle"]:
                await self._world.tasks.join()
                return None
            case _:
                raise ApiError(501, f"no such door: {request.path}")

    async def _inject(self, body: Any) -> dict[str, Any]:
        extra = set(body) - {"name", "match", "nth", "times", "parameters"}
        if extra or "name" not in body:
            raise wrong(dict.fromkeys(extra or {"name"}, "unknown, or name is missing"))
        return asdict(await self._deeds.inject(**body))
