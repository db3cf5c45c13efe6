"""The host in memory, which the engine's tests stand on, holds the part of the contract that needs no guest."""

from pathlib import Path

import pytest

from drverify.engine.ports import DiskSource, Sandbox, SandboxSpec
from tests.conformance.host_suite import Give, SandboxLifeSuite
from tests.support.memory import MemoryHost


class TestMemoryHost(SandboxLifeSuite):
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def host(self) -> MemoryHost:
        return MemoryHost()

    @pytest.fixture
    def give(self) -> Give:
        async def load(sandbox: Sandbox, spec: SandboxSpec) -> None:
            disk = spec.directory / "disk.raw"
            disk.write_bytes(b"disk")
            await sandbox.load([DiskSource(path=disk, format="raw")])

        return load
