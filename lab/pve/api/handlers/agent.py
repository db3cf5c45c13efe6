"""Answers of .../agent and .../monitor: what a guest's agent and QEMU's monitor say."""

import base64
from collections.abc import Mapping
from typing import Any

from lab.pve.api.handlers.power import agent_configured
from lab.pve.api.handlers.register import answers
from lab.pve.api.problems import failed
from lab.pve.api.tables.agent import PLAIN
from lab.pve.api.world import Call
from lab.pve.seam import AgentRefusedError, AgentSilentError, MonitorError

_AGENT = "/nodes/{node}/qemu/{vmid}/agent"
_PING = 3.0
_COMMAND = 5.0
_CHUNK = 1 << 20


async def _ask(
    call: Call, command: str, arguments: Mapping[str, Any] | None = None, within: float = _COMMAND
) -> Any:
    """Ask the agent one thing. Raises ApiError in the words of a real node."""
    vmid = call.vmid
    try:
        return await call.world.muscle(call.node).agent(vmid, command, arguments or {}, within=within)
    except AgentSilentError as error:
        if command == "guest-ping":
            raise failed("QEMU guest agent is not running") from error
        raise failed(f"VM {vmid} qga command '{command}' failed - got timeout") from error
    except AgentRefusedError as error:
        raise failed(f"Agent error: {error}") from error


async def _reach(call: Call, *, ping: bool = True) -> None:
    """Raise when there is no agent to ask: not configured, no guest, nobody answers."""
    options = call.world.guests.load(call.node, "qemu", call.vmid).options
    if not agent_configured(options):
        raise failed("No QEMU guest agent configured")
    if not call.world.running(call.node, call.vmid):
        raise failed(f"VM {call.vmid} is not running")
    if ping:
        await _ask(call, "guest-ping", within=_PING)


async def _plain(call: Call, name: str) -> dict[str, Any]:
    await _reach(call, ping=name != "ping")
    within = _PING if name == "ping" else _COMMAND
    command = name if name.startswith("guest-") else f"guest-{name}"
    return {"result": await _ask(call, command, within=within)}


def _answer_plain(name: str, method: str) -> None:
    @answers(f"{method} {_AGENT}/{name}")
    async def answer(call: Call) -> dict[str, Any]:
        return await _plain(call, name)


for _name, _method in PLAIN.items():
    _answer_plain(_name, _method)


@answers(f"POST {_AGENT}/exec")
async def execute(call: Call) -> dict[str, int]:
    """Run a program in a guest; returns its pid there."""
    await _reach(call)
    program, *arguments = call.values["command"]
    wish: dict[str, Any] = {"path": program, "arg": arguments, "capture-output": True}
    if "input-data" in call.values:
        wish["input-data"] = base64.b64encode(call.values["input-data"].encode()).decode()
    answer = await _ask(call, "guest-exec", wish)
    return {"pid": int(answer["pid"])}


@answers(f"GET {_AGENT}/exec-status")
async def executed(call: Call) -> dict[str, Any]:
    """Say how that program is; the first answer that it ended is the only one."""
    await _reach(call)
    answer = dict(await _ask(call, "guest-exec-status", {"pid": call.values["pid"]}))
    for key in ("out-data", "err-data"):
        if key in answer:
            answer[key] = base64.b64decode(answer[key]).decode(errors="replace")
    return {key: int(value) if isinstance(value, bool) else value for key, value in answer.items()}


@answers(f"GET {_AGENT}/file-read")
async def read_file(call: Call) -> dict[str, Any]:
    """Return a file of a guest, 16 MiB at most."""
    await _reach(call)
    left = call.values.get("count", 16 << 20)
    handle = await _ask(call, "guest-file-open", {"path": call.values["file"], "mode": "r"})
    found = bytearray()
    ended = False
    try:
        if call.values.get("offset"):
            await _ask(
                call, "guest-file-seek", {"handle": handle, "offset": call.values["offset"], "whence": 0}
            )
        while left > 0 and not ended:
            part = await _ask(call, "guest-file-read", {"handle": handle, "count": min(left, _CHUNK)})
            found += base64.b64decode(part["buf-b64"])
            left -= part["count"]
            ended = bool(part["eof"]) or not part["count"]
    finally:
        await _ask(call, "guest-file-close", {"handle": handle})
    text = found.decode("latin-1") if call.values.get("decode", True) else base64.b64encode(found).decode()
    return {"content": text, "bytes-read": len(found)} | ({} if ended else {"truncated": 1})


@answers(f"POST {_AGENT}/file-write")
async def write_file(call: Call) -> None:
    """Write a file in a guest, 60 KiB at most."""
    await _reach(call)
    content = call.values["content"]
    raw = base64.b64encode(content.encode()).decode() if call.values.get("encode", True) else content
    handle = await _ask(call, "guest-file-open", {"path": call.values["file"], "mode": "w"})
    try:
        await _ask(call, "guest-file-write", {"handle": handle, "buf-b64": raw})
    finally:
        await _ask(call, "guest-file-close", {"handle": handle})


@answers("POST /nodes/{node}/qemu/{vmid}/monitor")
async def monitor(call: Call) -> str:
    """Run an `info` command; an error is text behind a 200, as on a real node."""
    call.world.guests.load(call.node, "qemu", call.vmid)
    command = call.values["command"]
    if not command.startswith(("info ", "help")) and not call.caller.is_root:
        raise failed("only root can use this HMP command")
    try:
        return await call.world.muscle(call.node).monitor(call.vmid, command)
    except MonitorError as error:
        return f"ERROR: {error}"
