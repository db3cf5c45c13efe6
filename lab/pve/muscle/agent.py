"""The guest agent's protocol over its unix socket: synchronise, ask, read one answer.

Source: QEMU Guest Agent Protocol Reference: `guest-sync-delimited` discards what an earlier, broken
conversation left in the channel; its answer begins with the byte 0xFF.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from lab.pve.seam import AgentRefusedError, AgentSilentError

SENTINEL = b"\xff"
LONGEST = 64 * 1024 * 1024
UNANSWERED = frozenset({"guest-shutdown", "guest-suspend-disk", "guest-suspend-ram", "guest-suspend-hybrid"})
"""Commands that answer only when they fail."""


async def ask(path: Path, command: str, arguments: Mapping[str, Any], *, within: float) -> Any:
    """Ask the agent whose channel is at `path`; return its `return`, verbatim.

    AgentSilentError when it does not answer within so many seconds, AgentRefusedError with its error.
    """
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST)
            try:
                return await _conversation(reader, writer, command, arguments)
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (TimeoutError, OSError, EOFError, ValueError) as error:
        raise AgentSilentError(f"VM qga command '{command}' failed - got timeout") from error


async def _conversation(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: str, arguments: Mapping[str, Any]
) -> Any:
    number = secrets.randbelow(2**31)
    writer.write(SENTINEL + _line("guest-sync-delimited", {"id": number}))
    answer: dict[str, Any] = {}
    while answer.get("return") != number:
        await reader.readuntil(SENTINEL)
        answer = json.loads(await reader.readline())
    writer.write(_line(command, arguments))
    if command in UNANSWERED:
        await writer.drain()
        return {}
    answer = json.loads(await reader.readline())
    if "error" in answer:
        raise AgentRefusedError(str(answer["error"].get("desc", answer["error"])))
    return answer["return"]


def _line(command: str, arguments: Mapping[str, Any]) -> bytes:
    question: dict[str, Any] = {"execute": command}
    if arguments:
        question["arguments"] = dict(arguments)
    return json.dumps(question).encode() + b"\n"
