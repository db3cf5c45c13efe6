"""The SandboxHost contract on a Proxmox cluster: the stand-in, with real guests and with claimed ones."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.sandbox import ProxmoxSandbox
from drverify.engine.ports import Sandbox, SandboxSpec
from lab.images.recipe import ensure_image
from lab.images.variant import tiny_variant
from tests.conformance.host_suite import Able, Give, SandboxHostSuite, SandboxLifeSuite
from tests.conformance.sharing_suite import ADDRESSES, MACS, SharingHostSuite, SharingLifeSuite
from tests.support.guests import CACHE, tiny_disk, traversable
from tests.support.pve_drills import MAC, OURS, SOURCE, TINY, TOKEN, USER, Bench, Silent, bench, packed

STALL = timedelta(seconds=60)


def restoring(one: Bench) -> Give:
    async def restore(sandbox: Sandbox, spec: SandboxSpec) -> None:
        assert isinstance(sandbox, ProxmoxSandbox)
        point = await one.newest()
        described = await one.described(point, spec.guest.networks)
        await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        await sandbox.load([])

    return restore


@pytest.fixture(scope="module")
def archive() -> Iterator[Path]:
    """A backup of tiny."""
    with traversable() as folder:
        disk = asyncio.run(tiny_disk(folder / "tiny.raw"))
        yield packed(folder / "tiny.vma.zst", TINY, {"drive-virtio0": disk})


@pytest.mark.needs_root
@pytest.mark.needs_lab
class TestProxmoxHost(SandboxHostSuite):
    """On one drill bridge, where a second drill is told so; two bridges are tried in test_proxmox_host.py."""

    able = Able(pairs=False)

    @pytest.fixture
    async def one(self, archive: Path) -> AsyncIterator[Bench]:
        async with bench(real=True, archive=archive) as found:
            yield found
            assert found.left() == []
            assert await found.node.sentinel.leaks(OURS) == ()

    @pytest.fixture
    def base(self, one: Bench) -> Path:
        return one.root / "sandboxes"

    @pytest.fixture
    def host(self, one: Bench) -> ProxmoxHost:
        return one.host(bridges=one.settings().bridges[:1])

    @pytest.fixture
    def give(self, one: Bench) -> Give:
        return restoring(one)


@pytest.mark.needs_root
class TestProxmoxHostWithoutTunnel(SandboxLifeSuite):
    @pytest.fixture
    async def one(self) -> AsyncIterator[Bench]:
        async with bench() as found:
            yield found
            assert found.left() == []

    @pytest.fixture
    def base(self, one: Bench) -> Path:
        return one.root / "sandboxes"

    @pytest.fixture
    def host(self, one: Bench) -> ProxmoxHost:
        return one.host()

    @pytest.fixture
    def give(self, one: Bench) -> Give:
        return restoring(one)


GUESTS = {"database": SOURCE, "app": SOURCE + 1}
"""VMIDs of the members of a group."""


def giving(one: Bench) -> Give:
    async def restore(sandbox: Sandbox, spec: SandboxSpec) -> None:
        assert isinstance(sandbox, ProxmoxSandbox)
        point = await one.newest(GUESTS[spec.workload])
        described = await one.described(point, spec.guest.networks)
        await sandbox.restore(point, described, mode="full", stall=STALL, progress=Silent())
        await sandbox.load([])

    return restore


@pytest.fixture(scope="module")
def archives() -> Iterator[dict[str, Path]]:
    """A backup of tiny for each member, at its address."""
    with traversable() as folder:
        made = {}
        for name, address in ADDRESSES.items():
            image = asyncio.run(ensure_image("tiny", CACHE))
            into = folder / f"{name}.raw"
            disk = asyncio.run(tiny_variant(image, into, address=f"{address}/24", name=name))
            config = TINY.replace(MAC, MACS[name].upper()).replace("memory: 256", "memory: 192")
            made[name] = packed(folder / f"{name}.vma.zst", config, {"drive-virtio0": disk})
        yield made


@pytest.mark.needs_root
@pytest.mark.needs_lab
class TestProxmoxHostShared(SharingHostSuite):
    """Both on one drill bridge, with one tunnel."""

    @pytest.fixture
    async def one(self, archives: dict[str, Path]) -> AsyncIterator[Bench]:
        async with bench(real=True, archive=archives["database"]) as found:
            guest = GUESTS["app"]
            name = f"vzdump-qemu-{guest}-2026_10_19-02_00_00.vma.zst"
            found.cluster.add_archive("pve1", "local", archives["app"], name=name)
            found.cluster.allow(f"/vms/{guest}", (USER, TOKEN), "DrillSource")
            yield found
            assert found.left() == []
            assert await found.node.sentinel.leaks(OURS) == ()

    @pytest.fixture
    def base(self, one: Bench) -> Path:
        return one.root / "sandboxes"

    @pytest.fixture
    def host(self, one: Bench) -> ProxmoxHost:
        return one.host(bridges=one.settings().bridges[:1])

    @pytest.fixture
    def give(self, one: Bench) -> Give:
        return giving(one)


@pytest.mark.needs_root
class TestProxmoxHostSharedWithoutTunnel(SharingLifeSuite):
    @pytest.fixture
    async def one(self) -> AsyncIterator[Bench]:
        async with bench() as found:
            yield found
            assert found.left() == []

    @pytest.fixture
    def base(self, one: Bench) -> Path:
        return one.root / "sandboxes"

    @pytest.fixture
    def host(self, one: Bench) -> ProxmoxHost:
        return one.host()
