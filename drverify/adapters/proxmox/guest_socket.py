"""The API's websocket to a guest's screen or serial port. What comes through it is the guest's: hostile."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import aiohttp

from drverify.adapters.proxmox.settings import Access
from drverify.adapters.proxmox.tls import verification

MAX_MESSAGE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSocket:
    """Where a guest's screen or serial port is offered for some seconds."""

    access: Access
    secret: bytes = field(repr=False)
    """Of the API token."""
    node: str
    vmid: int
    port: int
    ticket: str = field(repr=False)


@asynccontextmanager
async def opened(at: GuestSocket) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open it for as long as the context lasts. aiohttp.ClientError, OSError or ValueError if that fails."""
    endpoint = at.access.nodes.get(at.node, at.access.endpoint)
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    url = (
        f"wss://{host}:{endpoint.port}/api2/json/nodes/{quote(at.node, safe='')}/qemu/{at.vmid}/vncwebsocket"
        f"?port={at.port}&vncticket={quote(at.ticket, safe='')}"
    )
    headers = {"Authorization": f"PVEAPIToken={at.access.token}={at.secret.decode()}"}
    tls = _tls(at.access, endpoint.fingerprint)
    async with (
        aiohttp.ClientSession(trust_env=False) as session,
        session.ws_connect(
            url, protocols=("binary",), headers=headers, ssl=tls, max_msg_size=MAX_MESSAGE
        ) as socket,
    ):
        yield socket


def _tls(access: Access, fingerprint: str) -> "aiohttp.Fingerprint | ssl.SSLContext | bool":
    if fingerprint:
        return aiohttp.Fingerprint(bytes.fromhex(fingerprint))
    trusted = verification(access.endpoint, access.ca)
    return ssl.create_default_context(cafile=trusted) if isinstance(trusted, str) else True
