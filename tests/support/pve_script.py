"""A client whose cluster says what a test wrote down, in the form of a recording."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.recording import ReplayingWire
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.adapters.proxmox.tasks import Tasks
from drverify.model.recovery import SecretRef

Said = dict[str, Any]
ACCESS = Access(
    endpoint=endpoint("pve.example", "ab" * 32),
    token="drill@pve!one",
    token_secret=SecretRef("env:SECRET"),
    pauses=(0, 0),
)


def said(path: str, data: Any, /, *, method: str = "GET", **params: Any) -> Said:
    """One question and its answer."""
    named = {key.replace("_", "-"): value for key, value in params.items()}
    return {"method": method, "path": path, "params": named, "status": 200, "reason": "OK", "data": data}


def refused(
    path: str,
    status: int,
    reason: str,
    /,
    *,
    method: str = "GET",
    errors: Mapping[str, str] | None = None,
    **params: Any,
) -> Said:
    """One question and its refusal."""
    entry = said(path, None, method=method, **params) | {"status": status, "reason": reason}
    entry["message"] = f"{reason}\n"
    return entry | ({"errors": dict(errors)} if errors else {})


def lost(path: str, /, *, method: str = "GET", kind: str = "OutcomeUnknown", **params: Any) -> Said:
    """One question without an answer."""
    return {**said(path, None, method=method, **params), "lost": kind}


def scripted(*entries: Said) -> ReplayingWire:
    """A connection that says this."""
    return ReplayingWire(entries)


def client(*entries: Said) -> ProxmoxClient:
    """A client for a cluster that says this."""
    return ProxmoxClient(ACCESS, no_secret, wire=scripted(*entries))


def caller(wire: ReplayingWire, pauses: Sequence[float] = (0, 0)) -> Caller:
    """A caller without pauses."""
    return Caller(wire, pauses=pauses)


def tasks(wire: ReplayingWire, *, find: float = 0.05, lost: float = 5) -> Tasks:
    """Tasks that are looked at without pauses."""
    patience = timedelta(seconds=lost)
    return Tasks(caller(wire), polls=(0.01,), find=timedelta(seconds=find), lost=patience)


def no_secret(reference: SecretRef) -> bytes:
    """Nobody may ask."""
    raise AssertionError(reference)
