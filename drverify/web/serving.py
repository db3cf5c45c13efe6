"""Where the web page listens, under which name people reach it, and uvicorn that serves it."""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from drverify.errors import HostError, InputError
from drverify.settings import Web

_AT_ONCE = 200
"""Requests under way; more are told to come again (503)."""
_HIGHEST = 65535
_HEAD_AT_MOST = 16 * 1024
"""Bytes of a request's line and headers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen, and what browsers are told."""

    host: str
    port: int
    public: str
    """As people reach it, without a slash at the end."""

    @property
    def https(self) -> bool:
        """Whether cookies are for https only."""
        return self.public.startswith("https://")

    @property
    def names(self) -> tuple[str, ...]:
        """Host names that requests may be for: another one is a trick (DNS rebinding)."""
        own = urlsplit(self.public).hostname or ""
        near = {"localhost", "127.0.0.1", "::1"} if _loopback(self.host) else set()
        anywhere = {"*"} if not own else set()
        return tuple(sorted(near | anywhere | {own} - {""}))


def address_of(web: Web) -> Address:
    """Where the settings say.

    InputError when it would be reached from other machines in clear text: passwords and sessions would be
    anybody's who listens.
    """
    host, _, port = web.listen.rpartition(":")
    host = host.strip("[]")
    if int(port) > _HIGHEST:
        raise InputError(f"operation.web.listen: no port {port}")
    public = web.public_url.rstrip("/")
    if not _loopback(host) and not public.startswith("https://") and not web.plain_http:
        raise InputError(
            f"operation.web.listen: {web.listen} is reached from other machines, and nothing encrypts it",
            hint="listen on 127.0.0.1 behind a proxy, and set public_url to its https address; or, where "
            "nobody can listen in, set plain_http = true",
        )
    if not public and _loopback(host):
        public = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    issuer = urlsplit(web.oidc_issuer)
    if issuer.scheme == "http" and not _loopback(issuer.hostname or "") and not web.plain_http:
        raise InputError(
            f"operation.web.oidc_issuer: {web.oidc_issuer} is asked in clear text: anybody on the way could "
            "sign anybody in",
            hint="give its https address",
        )
    if web.oidc_issuer and not public:
        raise InputError(
            "operation.web: signing in elsewhere needs public_url, where people are sent back to"
        )
    return Address(host=host, port=int(port), public=public)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class WebServer:
    """One served application; `run` blocks until `stop`, from whatever thread.

    `listening` is called once requests are answered, and never when they are not.
    """

    def __init__(self, app: ASGIApp, address: Address, listening: Callable[[], None]) -> None:
        self._address = address
        self._server = _Quiet(
            uvicorn.Config(
                app,
                host=address.host,
                port=address.port,
                access_log=False,
                log_level="warning",
                server_header=False,
                lifespan="on",
                limit_concurrency=_AT_ONCE,
                h11_max_incomplete_event_size=_HEAD_AT_MOST,
                http="h11",
                ws="none",
                timeout_keep_alive=10,
                timeout_graceful_shutdown=10,
                proxy_headers=True,  # of a proxy on this machine alone
                forwarded_allow_ips="127.0.0.1,::1",
            ),
            listening,
        )
        self.listens = self._server.listens
        """Set once requests are answered."""

    def run(self) -> None:
        """Serve. HostError when the address is taken."""
        try:
            self._server.run()
        except SystemExit as error:  # uvicorn's way to say that it could not begin
            at = f"{self._address.host}:{self._address.port}"
            raise HostError(
                f"the web page cannot listen on {at}: another program has it, or it is not of this machine",
                hint="give another one: operation.web.listen",
            ) from error

    def stop(self) -> None:
        """Answer what is under way, and end."""
        self._server.should_exit = True


class _Quiet(uvicorn.Server):
    """Leaves signals to whoever runs it, and says when it listens."""

    def __init__(self, config: uvicorn.Config, listening: Callable[[], None]) -> None:
        super().__init__(config)
        self.listens = threading.Event()
        self._listening = listening

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take none."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        if self.started:
            self.listens.set()
            self._listening()


def serve(app: ASGIApp, address: Address, listening: Callable[[], None] = lambda: None) -> WebServer:
    """A server for an application, not yet running."""
    return WebServer(app, address, listening)
