"""HTTP of one cluster: one listener per node on loopback, the manner of the real daemon, the way of a call.

Who is calling, which endpoint, which rights, which node, which values, and only then the handler: the order
in which a real node looks, so that the same mistake is answered the same.
"""

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import hdrs, web

from lab.pve.api.deeds import Deeds
from lab.pve.api.handlers import every, laboratory
from lab.pve.api.handlers.console import bridge, taken
from lab.pve.api.parameters import NODE, VMID, Parameter, checked
from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError, NoAnswerError, denied, unauthorised, unknown
from lab.pve.api.requests import LIMIT, values_of
from lab.pve.api.striking import Striking
from lab.pve.api.tables.endpoint import Endpoint, filled
from lab.pve.api.tables.every import ENDPOINTS
from lab.pve.api.uploading import is_upload, received
from lab.pve.api.world import Call, World
from lab.pve.seam import MuscleError

SERVER = "pve-api-daemon/3.0"
ROOT = "/api2/json"
COOKIE = "PVEAuthCookie"
UPLOADS = "uploads"
"""Where what is being uploaded lies until a worker has placed it."""
_UNAUTHORISED_SECONDS = 3.0
_PROXY_SECONDS = 30.0
_PROXY_LEAST = 10.0
"""Real seconds below which the limit is never scaled: the work behind it is real."""
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE"})
_NOBODY = Caller(user="")
_log = logging.getLogger(__name__)


class Server:
    """Answers every call of one cluster, whichever node it came to."""

    def __init__(self, world: World, deeds: Deeds, secret: str) -> None:
        self._world = world
        self._striking = Striking(world, deeds)
        self._laboratory = laboratory.Laboratory(world, deeds, secret)
        self._orphans: set[asyncio.Future[Any]] = set()
        self._routes: dict[str, list[tuple[re.Pattern[str], Endpoint]]] = {}
        for endpoint in ENDPOINTS:
            self._routes.setdefault(endpoint.method, []).append((endpoint.shape, endpoint))

    def application(self, node: str) -> web.Application:
        """Return what one node's listener runs."""
        app = web.Application(client_max_size=LIMIT + 1)

        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(request, node)

        app.router.add_route(hdrs.METH_ANY, "/{tail:.*}", handle)
        return app

    async def _handle(self, request: web.Request, node: str) -> web.StreamResponse:
        try:
            if request.path.startswith("/__lab/"):
                return _answer(await self._laboratory.answer(request))
            return await self._way(request, node)
        except ApiError as error:
            if error.status == 401:
                await self._world.clock.sleep(_UNAUTHORISED_SECONDS)
            return _refusal(error, errors_only=self._world.release.major < 9)
        except MuscleError as error:
            return _refusal(ApiError(500, str(error)))
        except NoAnswerError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except Exception as error:  # noqa: BLE001 - logged, and told to the caller as what it is
            _log.exception("the stand-in has a bug: %s %s", request.method, request.path)
            return _refusal(ApiError(500, f"bug of the stand-in: {error!r}"))

    async def _way(self, request: web.Request, asked: str) -> web.StreamResponse:
        method, path = request.method, _path(request)
        self._world.asked.append((method, path))
        if method not in _METHODS:
            raise ApiError(501, f"method '{method}' not available")
        uploads = is_upload(method, path)
        raw = {} if uploads else await values_of(request)
        endpoint, names = self._find(method, path)
        caller = self._who(request, endpoint, method, guarded=not uploads)
        if endpoint is None:
            raise unknown(method, path)
        if not uploads:
            return await self._called(request, asked, (endpoint, names, caller), raw)
        file = await received(request, self._world.root / UPLOADS)
        try:
            return await self._called(request, asked, (endpoint, names, caller), file.values)
        finally:
            file.path.unlink(missing_ok=True)  # unless a worker has taken it

    async def _called(
        self,
        request: web.Request,
        asked: str,
        what: tuple[Endpoint, dict[str, str], Caller],
        raw: dict[str, list[str]],
    ) -> web.StreamResponse:
        method, path = request.method, _path(request)
        endpoint, names, caller = what
        facts = _facts(method, path, names, caller)
        await self._striking.before(facts)
        node = asked if names.get("node", "localhost") == "localhost" else names["node"]
        self._permit(endpoint, caller, names, facts)
        self._reach(asked, node)
        if endpoint.quorum:
            self._world.check_quorum()
        values = self._values(endpoint, names, raw)
        call = Call(world=self._world, caller=caller, node=node, asked=asked, names=names, values=values)
        if (
            endpoint.path.endswith("/vncwebsocket")
            and "upgrade" in request.headers.get("Connection", "").lower()
        ):
            return await bridge(request, taken(self._world, call.vmid, values["port"], values["vncticket"]))
        data = await self._answered(endpoint, call)
        await self._striking.after(facts)
        return _answer(data)

    async def _answered(self, endpoint: Endpoint, call: Call) -> Any:
        """Let the handler answer; a peer that asks another node waits half a minute, the work goes on."""
        answering = asyncio.ensure_future(every.handler(endpoint.key)(call))
        if call.node == call.asked:
            return await answering
        limit = max(_PROXY_SECONDS * self._world.clock.scale, _PROXY_LEAST)
        await asyncio.wait({answering}, timeout=limit)
        if not answering.done():
            self._orphans.add(answering)
            answering.add_done_callback(self._orphans.discard)
            raise ApiError(596, "Connection timed out")
        return answering.result()

    def _find(self, method: str, path: str) -> tuple[Endpoint | None, dict[str, str]]:
        for shape, endpoint in self._routes.get(method, []):
            match = shape.fullmatch(path)
            if match is not None and endpoint.since <= self._world.release.major:
                return endpoint, {name: unquote(value) for name, value in match.groupdict().items()}
        return None, {}

    def _who(self, request: web.Request, endpoint: Endpoint | None, method: str, *, guarded: bool) -> Caller:
        if endpoint is not None and endpoint.world:
            return _NOBODY
        people = self._world.people
        header = request.headers.get("Authorization", "")
        if header.startswith("PVEAPIToken"):
            caller = people.by_token(header.removeprefix("PVEAPIToken").lstrip("= "))
            if endpoint is not None and not endpoint.token:
                raise ApiError(403, "not available with API token")
            return caller
        ticket = unquote(request.cookies.get(COOKIE, ""))
        if not ticket:
            raise unauthorised("No ticket")
        caller = people.by_ticket(ticket)
        if method != "GET" and guarded:
            people.check_guard(caller.user, request.headers.get("CSRFPreventionToken", ""))
        return caller

    def _permit(
        self, endpoint: Endpoint, caller: Caller, names: Mapping[str, str], facts: Mapping[str, Any]
    ) -> None:
        need = endpoint.needed(self._world.release.major)
        self._striking.forbid(facts)
        if need is not None:
            path = filled(need.path, names)
            if not self._world.rights.may(caller, path, *need.privileges, any_of=need.any_of):
                spelt = (self._world.rights.release.spelt(name) for name in need.privileges)
                raise denied(path, *dict.fromkeys(spelt))

    def _reach(self, asked: str, node: str) -> None:
        """Raise the pseudo statuses of a peer that cannot be reached."""
        if node != asked and not self._world.node(node).up:
            raise ApiError(595, "No route to host")

    def _values(
        self, endpoint: Endpoint, names: Mapping[str, str], raw: dict[str, list[str]]
    ) -> dict[str, Any]:
        known = {"node": NODE.must(), "vmid": VMID.must()}
        inside = tuple(known.get(name, Parameter(name=name, needed=True)) for name in endpoint.names)
        table = (*endpoint.parameters(self._world.release.major), *inside)
        found = checked(table, raw | {name: [value] for name, value in names.items()})
        return {name: value for name, value in found.items() if name not in names}


def _path(request: web.Request) -> str:
    """The path below the API's root, still quoted, so that a slash in a volume's name can be told."""
    raw = request.rel_url.raw_path
    if not raw.startswith(ROOT):
        raise unknown(request.method, raw)
    return raw.removeprefix(ROOT).rstrip("/") or "/"


def _facts(method: str, path: str, names: Mapping[str, str], caller: Caller) -> dict[str, Any]:
    facts = {"method": method, "path": path, "user": caller.name}
    return facts | {key: names[key] for key in ("vmid", "node") if key in names}


def _answer(data: Any) -> web.Response:
    return web.json_response({"data": data}, headers={"Server": SERVER, "Cache-Control": "no-cache"})


def _refusal(error: ApiError, *, errors_only: bool = False) -> web.Response:
    """Return the status, the message's first line as reason. `errors_only`: no message in bodies before 9."""
    body: dict[str, Any] = {"data": None}
    if not errors_only:
        body["message"] = f"{error.message}\n"
    if error.errors:
        body["errors"] = error.errors
    first = (error.message.splitlines() or [""])[0]
    response = web.json_response(body, status=error.status, reason=first, headers={"Server": SERVER})
    response.force_close()
    response.headers["Connection"] = "close"
    return response
