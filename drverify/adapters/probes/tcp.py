"""Is a TCP connection accepted."""

import asyncio

from drverify.adapters.probes.asking import Asking, Finding, passed
from drverify.model.playbook import TcpProbe


async def ask(spec: TcpProbe, asking: Asking) -> Finding:
    """Connect and hang up."""
    asking.transcript.say(f"connecting to {spec.address} port {spec.port}")
    _, writer = await asyncio.open_connection(spec.address, spec.port, limit=1024)
    writer.transport.abort()
    asking.transcript.say("accepted")
    return passed("connection accepted")
