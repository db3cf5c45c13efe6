"""A guest that sends to everything: nothing of it leaves, and all of it is counted."""

import asyncio
import json
import socket
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.sandbox import LibvirtSandbox
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource
from tests.conformance.host_suite import PRODUCTION, RecordingScope, spec_of, up
from tests.support.guests import hostile_disk, traversable

pytestmark = [pytest.mark.needs_libvirt, pytest.mark.needs_lab]
ETH_ALL = 0x0003
LISTENING = timedelta(seconds=80)
NOISE = 50
"""Frames that a hostile guest sends at least, or it was no test."""
WANTED = ("guest_to_outside_ipv4", "guest_router_advertisements", "guest_asked_for_absent")


class HostEar:
    """Hears every frame on every interface of the host's own namespace."""

    def __init__(self) -> None:
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_ALL))
        self._wire.settimeout(0)
        self.frames = 0
        self.from_guest: list[bytes] = []

    def listen(self, mac: bytes) -> None:
        while True:
            try:
                frame = self._wire.recv(2048)
            except BlockingIOError:
                return
            self.frames += 1
            if mac in frame[6:12]:
                self.from_guest.append(frame)

    def close(self) -> None:
        self._wire.close()


def frames_of(namespace: str, tap: str) -> int:
    """Frames that the guest has sent, by the tap's own statistics."""
    argv = ["ip", "-n", namespace, "-s", "-json", "link", "show", tap]
    listed = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
    return int(listed[0]["stats64"]["rx"]["packets"])


@pytest.fixture
def base():
    with traversable() as folder:
        yield folder


async def heard(sandbox: LibvirtSandbox, ear: HostEar, mac: bytes, sent: Callable[[], int]) -> None:
    """Listen until the guest has tried every way out, as our own counters tell, and tried for a while."""
    async with asyncio.timeout(LISTENING.total_seconds()):
        while True:
            counters = dict((await sandbox._ground.count()).counters)
            if all(counters[name] for name in WANTED) and sent() > NOISE:
                return
            for _ in range(10):
                ear.listen(mac)
                await asyncio.sleep(0.1)


async def test_nothing_of_a_hostile_guest_leaves(base: Path):
    scope = RecordingScope()
    spec = spec_of(scope, base)
    host = LibvirtHost(LibvirtSettings())
    ear = HostEar()
    async with host.sandbox(spec, scope) as sandbox:
        namespace, tap = f"drv-{scope.sandbox_id}", f"dv{scope.sandbox_id}-0"
        mac = bytes.fromhex(sandbox._ground.planned[0].mac.replace(":", ""))
        await sandbox.load([DiskSource(path=await hostile_disk(spec.directory / "disk.raw"), format="raw")])
        await sandbox.boot()
        await up(sandbox)
        await heard(sandbox, ear, mac, lambda: frames_of(namespace, tap))
        record = await sandbox.isolation()
        sent = frames_of(namespace, tap)
        counters = {counter.name: counter.value for counter in record.counters}
        tried = {one.name for one in await sandbox.dependencies()}
    ear.close()
    assert sent > NOISE, "the hostile guest was quiet: this test would show nothing"
    assert ear.from_guest == []
    assert [check for check in record.checks if not check.closed] == []
    assert counters["forwarded"] == 0
    assert all(counters[name] > 0 for name in WANTED)
    assert any(name.startswith("10.20.0.") for name in tried)
    assert sent > counters["guest_to_outside_ipv4"]


async def test_the_ear_would_hear_a_leak():
    """Control: the same ear hears a frame with a guest's address when one does come by."""
    ear, mac = HostEar(), bytes.fromhex("525400abcdef")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("lo", 0))
        wire.send(b"\xff" * 6 + mac + b"\x88\xb5" + bytes(46))
    await asyncio.sleep(0.1)
    ear.listen(mac)
    ear.close()
    assert ear.from_guest


def test_the_sample_network_is_not_the_hosts():
    """The address of the tests must not be one that this machine really has."""
    routes = subprocess.run(
        ["ip", "route", "get", PRODUCTION.address], capture_output=True, text=True, check=False
    )
    assert "dev br0" not in routes.stdout
