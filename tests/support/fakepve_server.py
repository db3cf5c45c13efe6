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
from typing import Any

from fakepve import FakePve
from fakepve.certs import make_cert


async def _do(pve: Any, command: list[Any]) -> object:
    verb, name, *rest = command
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
        with open(certificate, encoding="ascii") as file:
            pem = file.read()
    print(json.dumps({"port": pve.port, "pem": pem, "der": der.hex()}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        try:
            result = await _do(pve, json.loads(line))
            answer = json.dumps({"result": result}, default=str)
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answer = json.dumps({"error": repr(error)})
        print(answer, flush=True)
    await pve.stop()


if __name__ == "__main__":
    asyncio.run(serve())
