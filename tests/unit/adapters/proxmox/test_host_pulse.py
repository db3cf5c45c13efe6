"""A copy that does not run any more: by itself, or by somebody else."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.adapters.proxmox import sandbox_pulse
from drverify.adapters.proxmox.sandbox_pulse import Pulse
from drverify.errors import GuestError, HostError


@dataclass(kw_only=True)
class Serial:
    """A port that printed this."""

    kept: bytes = b""
    count: int = 0


@dataclass(kw_only=True)
class Machines:
    """One copy's state."""

    qmp: str
    running: bool = False

    async def status(self, node: str, vmid: int) -> Any:
        return SimpleNamespace(qmp=self.qmp, is_running=self.running, disk_read=1, disk_written=2)


@dataclass(kw_only=True)
class Unasked:
    """An agent that cannot be asked."""

    asked: list[str] = field(default_factory=list)

    async def ping(self) -> bool:
        self.asked.append("ping")
        raise GuestError("may not")


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_pulse, "LAST_WORDS", 0.0)


def pulse(machines: Machines, printed: bytes = b"", by: str = "") -> Pulse:
    async def stopped_by() -> str:
        return by

    copy = SimpleNamespace(node="pve1", vmid=9000, guests=machines, stopped_by=stopped_by)
    return Pulse(copy, Unasked(), Serial(kept=printed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("qmp", "printed"),
    [
        ("stopped", b"tiny: up\r\n[   12.3] reboot: Power down\r\n"),
        ("stopped", b"reboot: System halted"),
        ("shutdown", b""),
    ],
)
async def test_a_guest_that_ends_by_itself_is_not_running(qmp: str, printed: bytes):
    assert not (await pulse(Machines(qmp=qmp), printed).read()).running


@pytest.mark.parametrize("printed", [b"", b"tiny: up\n", b"reboot: Power down" + b"." * sandbox_pulse.TAIL])
async def test_a_guest_that_others_ended_is_the_hosts_fault(printed: bytes):
    with pytest.raises(HostError, match="nothing shows that the guest ended by itself"):
        await pulse(Machines(qmp="stopped"), printed).read()


async def test_whoever_stopped_it_is_named_whatever_the_guest_printed():
    with pytest.raises(HostError, match="root@pam stopped"):
        await pulse(Machines(qmp="stopped"), b"reboot: Power down", by="root@pam stopped the guest").read()


async def test_an_agent_that_cannot_be_asked_shows_no_life_and_ends_nothing():
    found = await pulse(Machines(qmp="running", running=True)).read()
    assert (found.running, found.agent, found.disk_bytes) == (True, False, 3)
