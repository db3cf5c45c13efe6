"""Endpoints of the guest agent. 9.x has rights of their own for them; 8.x has VM.Monitor for all."""

from lab.pve.api.parameters import Parameter, booleans, integer, strings
from lab.pve.api.tables.endpoint import Endpoint, Need, either

_AGENT = "/nodes/{node}/qemu/{vmid}/agent"
_ALL = "VM.GuestAgent.Unrestricted"
_FILE = Parameter(name="file", needed=True)


def _may(*which: str) -> Need:
    return either("/vms/{vmid}", *(f"VM.GuestAgent.{name}" for name in which), _ALL)


PLAIN = {
    "ping": "POST",
    "info": "GET",
    "network-get-interfaces": "GET",
    "get-fsinfo": "GET",
    "get-osinfo": "GET",
    "get-host-name": "GET",
    "get-time": "GET",
    "get-timezone": "GET",
    "get-users": "GET",
    "get-vcpus": "GET",
}
"""Commands without arguments whose answer is wrapped in `result`, and their method."""

AGENT = (
    *(Endpoint(method=PLAIN[name], path=f"{_AGENT}/{name}", need=_may("Audit")) for name in PLAIN),
    Endpoint(
        method="POST",
        path=f"{_AGENT}/exec",
        need=_may(),
        table=(Parameter(name="command", kind="array", needed=True), *strings("input-data")),
    ),
    Endpoint(method="GET", path=f"{_AGENT}/exec-status", need=_may(), table=(integer("pid").must(),)),
    Endpoint(
        method="GET",
        path=f"{_AGENT}/file-read",
        need=_may("FileRead"),
        table=(
            _FILE,
            *booleans("decode"),
            integer("count", 1, 16_777_216),
            integer("offset", 0),
        ),
    ),
    Endpoint(
        method="POST",
        path=f"{_AGENT}/file-write",
        need=_may("FileWrite"),
        table=(_FILE, Parameter(name="content", needed=True, longest=61_440), *booleans("encode")),
    ),
)
