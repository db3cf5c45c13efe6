"""The SandboxHost contract on the real libvirt."""

from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource, Sandbox, SandboxSpec
from drverify.engine.sharing import SharingHost
from lab.images.recipe import ensure_image
from lab.images.variant import tiny_variant
from tests.conformance.host_suite import Give, SandboxHostSuite
from tests.conformance.sharing_suite import ADDRESSES, SharingHostSuite
from tests.support.guests import CACHE, tiny_disk, traversable


@pytest.mark.needs_libvirt
@pytest.mark.needs_lab
class TestLibvirtHost(SandboxHostSuite):
    @pytest.fixture
    def base(self):
        with traversable() as folder:
            yield folder

    @pytest.fixture
    def host(self, base: Path) -> LibvirtHost:
        return LibvirtHost(LibvirtSettings(state=Path("/var/lib/drverify")))

    @pytest.fixture
    def give(self) -> Give:
        async def load(sandbox: Sandbox, spec: SandboxSpec) -> None:
            disk = await tiny_disk(spec.directory / "disk.raw")
            await sandbox.load([DiskSource(path=disk, format="raw")])

        return load


@pytest.mark.needs_libvirt
@pytest.mark.needs_lab
class TestLibvirtHostShared(SharingHostSuite):
    @pytest.fixture
    def base(self):
        with traversable() as folder:
            yield folder

    @pytest.fixture
    def host(self, base: Path) -> LibvirtHost:
        return LibvirtHost(LibvirtSettings(state=Path("/var/lib/drverify")))

    @pytest.fixture
    def give(self) -> Give:
        async def load(sandbox: Sandbox, spec: SandboxSpec) -> None:
            image, address = await ensure_image("tiny", CACHE), f"{ADDRESSES[spec.workload]}/24"
            disk = await tiny_variant(image, spec.directory / "disk.raw", address=address, name=spec.workload)
            await sandbox.load([DiskSource(path=disk, format="raw")])

        return load

    @pytest.mark.soak  # tests/e2e/test_group_drill.py has such a group by the command line
    async def test_members_reach_each_other_and_nobody_else(
        self, host: SharingHost, base: Path, give: Give
    ) -> None:
        await super().test_members_reach_each_other_and_nobody_else(host, base, give)
