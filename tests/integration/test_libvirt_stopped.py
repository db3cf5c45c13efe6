"""Who stopped the guest: only when it was the guest itself does it count as one that does not run."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.sandbox import LibvirtSandbox
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource
from drverify.errors import HostError
from tests.conformance.host_suite import RecordingScope, spec_of, until
from tests.support.guests import tiny_disk, traversable

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]


@pytest.fixture
def base() -> Iterator[Path]:
    with traversable() as folder:
        yield folder


@asynccontextmanager
async def booted(base: Path) -> AsyncIterator[tuple[LibvirtSandbox, str]]:
    """A guest that was just started, and the name of its domain."""
    scope = RecordingScope()
    spec = spec_of(scope, base)
    async with LibvirtHost(LibvirtSettings()).sandbox(spec, scope) as sandbox:
        await sandbox.load([DiskSource(path=await tiny_disk(spec.directory / "disk.raw"), format="raw")])
        assert not (await sandbox.activity()).running
        await sandbox.boot()
        assert (await sandbox.activity()).running
        yield sandbox, f"drverify-{scope.sandbox_id}"
    assert scope.open == {}


async def what_is_said(sandbox: LibvirtSandbox) -> str:
    """Wait until the guest does not run; the words of the error that activity raises by then."""

    async def stopped() -> bool:
        return not (await sandbox.activity()).running

    with pytest.raises(HostError) as caught:
        await until(stopped, within=timedelta(seconds=60))
    return str(caught.value)


def virsh(order: str) -> Callable[[str], None]:
    def act(domain: str) -> None:
        subprocess.run(["virsh", "-q", "-c", "qemu:///system", order, domain], check=True)

    return act


def removed(domain: str) -> None:
    virsh("destroy")(domain)
    virsh("undefine")(domain)


def killed(domain: str, number: signal.Signals) -> None:
    os.kill(int(Path(f"/run/libvirt/qemu/{domain}.pid").read_text()), number)


DONE_TO_IT: dict[str, tuple[Callable[[str], None], str]] = {
    "suspended": (virsh("suspend"), "suspended"),
    "destroyed": (virsh("destroy"), "destroyed"),
    "undefined": (removed, "removed"),
    "killed": (lambda domain: killed(domain, signal.SIGKILL), "QEMU ended under the guest"),
    "terminated": (lambda domain: killed(domain, signal.SIGTERM), "terminating on signal 15"),
}


AGAIN = frozenset({"destroyed", "terminated"})
"""Other ways to end QEMU itself; `make soak` only."""


@pytest.mark.parametrize(
    "how", [pytest.param(how, marks=pytest.mark.soak if how in AGAIN else ()) for how in DONE_TO_IT]
)
async def test_a_guest_that_the_host_stopped_is_the_hosts_fault(base: Path, how: str) -> None:
    act, words = DONE_TO_IT[how]
    async with booted(base) as (sandbox, domain):
        await asyncio.to_thread(act, domain)
        assert words in await what_is_said(sandbox)


async def test_a_guest_that_switches_itself_off_is_no_fault_of_ours(base: Path) -> None:
    async with booted(base) as (sandbox, _):
        await until(sandbox.guest.ping)
        order = ["/bin/sh", "-c", "(sleep 1; poweroff -f) >/dev/null 2>&1 &"]
        await sandbox.guest.run(order, within=timedelta(seconds=20))

        async def ended() -> bool:
            return not (await sandbox.activity()).running

        await until(ended, within=timedelta(seconds=90))
        assert not (await sandbox.activity()).running
