"""Answers of .../status: how a guest is, start, stop, shutdown, reset."""

import functools
import re
from typing import Any

from lab.pve.api.configs import check_lock
from lab.pve.api.handlers.looks import guest_facts
from lab.pve.api.handlers.register import answers
from lab.pve.api.powering import start_guest, stop_guest
from lab.pve.api.problems import failed, wrong
from lab.pve.api.work import Work
from lab.pve.api.world import Call
from lab.pve.seam import MonitorError, StopHow

_STATUS = "/nodes/{node}/qemu/{vmid}/status"


@answers(f"GET {_STATUS}/current")
async def current(call: Call) -> dict[str, Any]:
    """Say how a guest is: its process, what QEMU says, whether an agent is configured."""
    world, vmid = call.world, call.vmid
    facts = guest_facts(world, call.node, "qemu", vmid)
    managed = world.store.get("ha", f"vm:{vmid}")
    facts["ha"] = (
        {"managed": 0} if managed is None else {"managed": 1, "state": managed.get("state", "started")}
    )
    options = world.guests.load(call.node, "qemu", vmid).options
    if agent_configured(options):
        facts["agent"] = 1
    facts["qmpstatus"] = facts["status"]
    if facts["status"] == "running":
        try:
            facts["qmpstatus"] = await world.muscle(call.node).query_status(vmid)
            facts |= _moved(await world.muscle(call.node).monitor(vmid, "info blockstats"))
        except MonitorError:
            facts["qmpstatus"] = "unknown"
    return facts


def _moved(blockstats: str) -> dict[str, int]:
    """Sum up what the guest's disks have read and written, out of QEMU's own listing."""
    return {
        key: sum(map(int, re.findall(rf"\b{name}=([0-9]+)", blockstats)))
        for key, name in (("diskread", "rd_bytes"), ("diskwrite", "wr_bytes"))
    }


def agent_configured(options: dict[str, str]) -> bool:
    """Whether a configuration gives its guest an agent's channel."""
    first = options.get("agent", "0").split(",")[0].removeprefix("enabled=")
    return first in {"1", "on", "yes", "true"}


def _checked(call: Call) -> bool:
    """Return whether locks are passed over. Raises 400 for everybody but root."""
    skips = bool(call.values.get("skiplock"))
    if skips and not call.caller.is_root:
        raise wrong({"skiplock": "Only root may use this option."})
    call.world.guests.load(call.node, "qemu", call.vmid)
    return skips


@answers(f"POST {_STATUS}/start")
async def start(call: Call) -> str:
    """Start a guest in a worker; one that is kept running by HA is only asked for."""
    world, vmid = call.world, call.vmid
    skips = _checked(call)
    if world.store.get("ha", f"vm:{vmid}") is not None:

        async def ask(work: Work) -> None:
            work.log(f"Requesting HA start for VM {vmid}")
            world.tasks.spawn(call.node, "qmstart", str(vmid), call.caller, _start(call, skips=skips))

        return world.tasks.spawn(call.node, "hastart", str(vmid), call.caller, ask)
    return world.tasks.spawn(call.node, "qmstart", str(vmid), call.caller, _start(call, skips=skips))


def _start(call: Call, *, skips: bool) -> Any:
    return functools.partial(start_guest, call.world, call.node, call.vmid, skip_lock=skips)


def _stopping(call: Call, kind: str, how: StopHow, within: float) -> str:
    skips = _checked(call)
    world, vmid = call.world, call.vmid

    async def job(work: Work) -> None:
        if not skips:
            check_lock(world.guests.load(call.node, "qemu", vmid))
        try:
            await stop_guest(world, call.node, vmid, how, within)
        except MonitorError as error:
            if not call.values.get("forceStop"):
                raise failed("VM quit/powerdown failed - got timeout") from error
            work.log("VM quit/powerdown failed - terminating now with SIGTERM")
            await stop_guest(world, call.node, vmid, "stop", within)

    return world.tasks.spawn(call.node, kind, str(vmid), call.caller, job)


@answers(f"POST {_STATUS}/stop")
async def stop(call: Call) -> str:
    """End a guest's process."""
    return _stopping(call, "qmstop", "stop", 30.0)


@answers(f"POST {_STATUS}/shutdown")
async def shutdown(call: Call) -> str:
    """Ask a guest to shut down."""
    return _stopping(call, "qmshutdown", "shutdown", float(call.values.get("timeout", 60)))


@answers(f"POST {_STATUS}/reset")
async def reset(call: Call) -> str:
    """Press a guest's reset button."""
    if not call.world.running(call.node, call.vmid):
        _checked(call)
        raise failed(f"VM {call.vmid} not running")
    return _stopping(call, "qmreset", "reset", 10.0)
