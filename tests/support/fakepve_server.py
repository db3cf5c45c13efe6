"""Runs fakepve, an independent imitation of the Proxmox VE API, in a process of its own.

Commands come as JSON lines on standard input: `["call", NAME, [ARGUMENTS], {KEYWORDS}]` calls a method
of the server (which may be a coroutine), `["set", NAME, VALUE]` sets an attribute, `["vm", VMID, NAME,
VALUE]` sets one of a guest, `["read", NAME]` reads an attribute. Each is answered by one JSON line.
Ends with its standard input.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from fakepve import FakePve
from fakepve.certs import make_cert


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, default=str) + "\n")
    sys.stdout.flush()


async def _do(pve: Any, command: list[Any]) -> object:
    verb, name, *rest = command
    if verb == "pool":
        pve.pools[name] = set()
        pve.pool_info[name] = {"comment": None, "storage": set()}
        return None
    if verb == "set":
        setattr(pve, name, rest[0])
        return None
    if verb == "vm":
        setattr(pve.vm(name), rest[0], rest[1])
        return None
    if verb == "read":
        return getattr(pve, name)
    result = getattr(pve, name)(*rest[0], **rest[1])
    return await result if asyncio.iscoroutine(result) else result


async def serve() -> None:
    """Listen on loopback, say where, and do as told until the input ends."""
    pve = FakePve(user="root@pam", password="fake-root-password", host="127.0.0.1", port=0)
    with tempfile.TemporaryDirectory() as directory:
        certificate, key, der = make_cert(directory, hosts=("127.0.0.1",))
        await pve.start(certificate, key)
        pem = Path(certificate).read_text("ascii")
    _say({"port": pve.port, "pem": pem, "der": der.hex()})
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            result = await _do(pve, json.loads(line))
            _say({"result": result})
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            _say({"error": repr(error)})
    await pve.stop()


if __name__ == "__main__":
    asyncio.run(serve())
