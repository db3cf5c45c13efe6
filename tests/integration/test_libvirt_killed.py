"""kill -9 at every stage, then reap: nothing of ours is left, nothing foreign is touched."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drverify.adapters import table
from drverify.adapters.linux.processes import marked
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.engine.ports import SandboxHost
from drverify.engine.reaping import reap
from tests.support.guests import traversable

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]
FOREIGN_XML = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>16</memory>
<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"""


def _no_host(name: str) -> SandboxHost:
    raise AssertionError(f"nothing here lives on host {name}")


def out(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


@dataclass(frozen=True)
class Names:
    """Everything that one sandbox may leave behind."""

    id: str

    @property
    def netns(self) -> str:
        return f"drv-{self.id}"

    @property
    def tap(self) -> str:
        return f"dv{self.id}-0"

    @property
    def domain(self) -> str:
        return f"drverify-{self.id}"

    def left(self) -> list[str]:
        found = [f"process {one.pid}" for one in marked(f"drverify:{self.id}", "dnsmasq")]
        found += ["tap"] * (self.tap in out("ip", "-o", "link"))
        found += ["netns"] * (Path("/run/netns", self.netns).exists())
        found += ["domain"] * (self.domain in out("virsh", "list", "--all", "--name").split())
        found += ["qemu"] * (f"guest={self.domain}" in out("ps", "-eo", "args"))
        found += [str(path) for path in Path("/var/log/libvirt/qemu").glob(f"{self.domain}*")]
        return found


STAGES: dict[str, Callable[[Names], bool]] = {
    "namespace": lambda names: Path("/run/netns", names.netns).exists(),
    "dns": lambda names: bool(marked(f"drverify:{names.id}", "dnsmasq")),
    "defined": lambda names: names.domain in out("virsh", "list", "--all", "--name").split(),
    "tap-outside": lambda names: names.tap in out("ip", "-o", "link"),
    "running": lambda names: names.domain in out("virsh", "list", "--state-running", "--name").split(),
}


@contextmanager
def foreigners(names: Names) -> Iterator[None]:
    """A domain and a namespace that look almost like ours, and belong to somebody else."""
    domain, netns = f"{names.domain}x", f"{names.netns}x"
    subprocess.run(
        ["virsh", "define", "/dev/stdin"], input=FOREIGN_XML.format(name=domain), text=True, check=True
    )
    subprocess.run(["ip", "netns", "add", netns], check=True)
    try:
        yield
        assert domain in out("virsh", "list", "--all", "--name").split()
        assert Path("/run/netns", netns).exists()
    finally:
        subprocess.run(["virsh", "undefine", domain], check=True)
        subprocess.run(["ip", "netns", "delete", netns], check=True)


@pytest.mark.parametrize("stage", STAGES)
async def test_killed_and_reaped(stage: str):
    names = Names(secrets.token_hex(4))
    with traversable() as base, foreigners(names):
        process = subprocess.Popen([sys.executable, "-m", "tests.support.doomed", str(base), names.id])
        try:
            async with asyncio.timeout(60):
                while not STAGES[stage](names):
                    assert process.poll() is None, "it ended by itself"
                    await asyncio.sleep(0.002)
        finally:
            process.kill()
            process.wait()
        assert names.left(), "nothing was left behind: this test shows nothing"
        ledgers = LedgerDirectory(base / "ledger")
        results = await reap(ledgers, table.reclaimers({"netns", "tap", "process", "domain"}, _no_host))
        assert [result.problems for result in results] == [()]
        assert names.left() == []
        assert ledgers.ids() == ()


async def test_what_has_our_name_but_not_our_mark_is_left_alone(tmp_path: Path):
    """The ledger says it is ours, the thing itself does not: it stays, and so does the entry."""
    names = Names(secrets.token_hex(4))
    subprocess.run(
        ["virsh", "define", "/dev/stdin"], input=FOREIGN_XML.format(name=names.domain), text=True, check=True
    )
    subprocess.run(["ip", "netns", "add", names.netns], check=True)
    subprocess.run(["ip", "tuntap", "add", "dev", names.tap, "mode", "tap"], check=True)
    try:
        ledgers = LedgerDirectory(tmp_path)
        ledger = ledgers.begin(names.id, "drill", tmp_path / "room")
        ledger.opening("netns", names.netns)
        ledger.opening("tap", names.tap, netns=names.netns)
        ledger.opening("domain", names.domain)
        ledger.release()
        (result,) = await reap(ledgers, table.reclaimers({"netns", "tap", "domain"}, _no_host))
        assert len(result.problems) == 3
        assert {"tap", "netns", "domain"} <= set(names.left())
        assert len(ledgers.read(names.id)[2]) == 3
    finally:
        subprocess.run(["virsh", "undefine", names.domain], check=True)
        subprocess.run(["ip", "netns", "delete", names.netns], check=True)
        subprocess.run(["ip", "link", "delete", names.tap], check=True)
