"""Answers of vncproxy, termproxy and vncwebsocket: a guest's screen or serial port through the API."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.work import Work
from lab.pve.api.world import Call, Console, World

_VM = "/nodes/{node}/qemu/{vmid}"
_WAIT = 10.0
_FIRST_PORT = 5900
_PORTS = 100
_CHUNK = 64 * 1024


@answers(f"POST {_VM}/vncproxy")
async def offer(call: Call) -> dict[str, Any]:
    """Set a password on the screen and wait ten seconds for whoever comes with the ticket."""
    world, vmid = call.world, call.vmid
    world.guests.load(call.node, "qemu", vmid)
    if not world.running(call.node, vmid):
        raise failed(f"VM {vmid} not running")
    password = secrets.token_hex(4)
    signed = f"PVEVNC:{int(world.clock.now()):08X}::{secrets.token_urlsafe(48)}"
    ticket = f"{password}:{signed}" if world.release.major >= 9 else signed
    socket = await world.muscle(call.node).vnc(vmid, password)
    facts = _offered(call, "vncproxy", ticket, socket) | {"cert": ""}
    given = world.release.major >= 9 or call.values.get("generate-password")
    return facts | ({"password": password} if given else {})


@answers(f"POST {_VM}/termproxy")
async def terminal(call: Call) -> dict[str, Any]:
    """Offer the first serial port; whoever comes says its name and the ticket before anything else."""
    world, vmid = call.world, call.vmid
    options = world.guests.load(call.node, "qemu", vmid).options
    wanted = call.values.get("serial", "serial0")
    if wanted != "serial0" or options.get("serial0") != "socket":
        raise failed("unable to find a serial interface")
    if not world.running(call.node, vmid):
        raise failed(f"VM {vmid} not running")
    ticket = f"PVEVNC:{int(world.clock.now()):08X}::{secrets.token_urlsafe(48)}"
    greeting = f"{call.caller.name}:{ticket}\n".encode()
    return _offered(call, "vncproxy", ticket, world.muscle(call.node).serial(vmid), greeting=greeting)


def _offered(call: Call, task: str, ticket: str, socket: Path, greeting: bytes = b"") -> dict[str, Any]:
    """Keep a console waiting for ten seconds, and say where."""
    world, vmid = call.world, call.vmid
    port = next(p for p in range(_FIRST_PORT, _FIRST_PORT + _PORTS) if p not in world.consoles)
    until = world.clock.now() + _WAIT
    world.consoles[port] = Console(vmid=vmid, ticket=ticket, socket=socket, until=until, greeting=greeting)

    async def job(work: Work) -> None:
        work.log(f"starting {'vnc' if not greeting else 'termproxy'} proxy {work.upid}")
        while port in world.consoles and world.clock.now() < until:
            await work.sleep(0.5)
        world.consoles.pop(port, None)

    upid = world.tasks.spawn(call.node, task, str(vmid), call.caller, job)
    return {"port": str(port), "ticket": ticket, "user": call.caller.name, "upid": upid}


@answers(f"GET {_VM}/vncwebsocket")
async def refuse(_: Call) -> None:
    """Answer a call that is no websocket."""
    raise ApiError(400, "missing websocket upgrade")


def taken(world: World, vmid: int, port: int, ticket: str) -> Console:
    """Take the console that waits on a port. Raises ApiError for another's, a wrong ticket, one too late."""
    console = world.consoles.get(port)
    if console is None or console.vmid != vmid or world.clock.now() > console.until:
        raise failed("connection to console failed - nobody waits")
    if not secrets.compare_digest(console.ticket, ticket):
        raise ApiError(401, "permission denied - invalid PVEVNC ticket")
    del world.consoles[port]
    return console


async def bridge(request: web.Request, console: Console) -> web.StreamResponse:
    """Carry bytes between a websocket and QEMU's own socket until one of them ends."""
    socket = web.WebSocketResponse(protocols=("binary",), max_msg_size=1 << 24)
    await socket.prepare(request)
    if console.greeting and not await _greeted(socket, console.greeting):
        await socket.close()
        return socket
    reader, writer = await asyncio.open_unix_connection(str(console.socket))

    async def out() -> None:
        while data := await reader.read(_CHUNK):
            await socket.send_bytes(data)
        await socket.close()

    pump = asyncio.get_running_loop().create_task(out())
    try:
        async for message in socket:
            if message.type in {WSMsgType.BINARY, WSMsgType.TEXT}:
                data = message.data
                if not console.greeting:  # a terminal's keys are not passed on: nobody types here
                    writer.write(data if isinstance(data, bytes) else data.encode())
                    await writer.drain()
    finally:
        pump.cancel()
        await asyncio.wait({pump})
        writer.close()
    return socket


async def _greeted(socket: web.WebSocketResponse, greeting: bytes) -> bool:
    """Wait for the name and the ticket, and say so when they are right."""
    said = b""
    while len(said) < len(greeting):
        message = await socket.receive()
        if message.type not in {WSMsgType.BINARY, WSMsgType.TEXT}:
            return False
        said += message.data if isinstance(message.data, bytes) else message.data.encode()
    if not secrets.compare_digest(said, greeting):
        return False
    await socket.send_bytes(b"OK")
    return True
