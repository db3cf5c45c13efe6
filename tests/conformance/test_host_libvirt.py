"""The SandboxHost contract on the real libvirt."""

from pathlib import Path

import pytest

from drverify.adapters.libvirt.host import LibvirtHost
from drverify.adapters.libvirt.settings import LibvirtSettings
from drverify.engine.ports import DiskSource, Sandbox, SandboxSpec
from tests.conformance.host_suite import Give, SandboxHostSuite
from tests.support.guests import tiny_disk, traversable


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
