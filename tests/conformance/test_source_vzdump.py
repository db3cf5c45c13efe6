"""Archives of vzdump hold the contract of a source, in a directory as in a restic repository."""

import subprocess
from pathlib import Path

import pytest

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.stored import ResticStore, Snapshots
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.model.recovery import SecretRef
from tests.conformance.source_suite import HeldMachines, MachinesSuite, PointsSuite
from tests.support.dumps import BERLIN, DISKS, MAC, NETWORK, dump_directory, source_of
from tests.support.restic import BINARY
from tests.support.restic_init import initialise


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dump_directory(tmp_path_factory.mktemp("vzdump") / "dump")


def held_in(source: VzdumpSource) -> HeldMachines:
    return HeldMachines(
        source=source,
        name="dumps",
        host="100",
        other="101",
        machine="shop",
        networks=(NETWORK,),
        macs=(MAC,),
        disks=DISKS,
    )


class TestDumpDirectory(PointsSuite, MachinesSuite):
    """A dump directory as it lies on a storage."""

    @pytest.fixture
    def held(self, dumps: Path) -> HeldMachines:
        return held_in(source_of(dumps))


@pytest.fixture(scope="module")
def store(dumps: Path, tmp_path_factory: pytest.TempPathFactory) -> ResticStore:
    """A repository that the dump directory was backed up to, twice."""
    root = tmp_path_factory.mktemp("repository")
    password = root / "password"
    password.write_text("hush-hush-4711\n")
    restic = [BINARY, "--no-cache", "-r", str(root / "repo"), "--password-file", str(password)]
    initialise(root / "repo", "hush-hush-4711")
    for words in (["backup", str(dumps)], ["backup", str(dumps), str(password)]):
        subprocess.run([*restic, *words], capture_output=True, check=True)
    settings = ResticSettings(
        name="dumps", repository=str(root / "repo"), password=SecretRef("env:PW"), binary=BINARY
    )
    return ResticStore(ResticCli(settings, lambda _: password.read_bytes()), str(dumps), Snapshots())


@pytest.mark.needs_restic
class TestDumpsInRestic(PointsSuite, MachinesSuite):
    """The same directory in the snapshots of a repository."""

    @pytest.fixture
    def held(self, store: ResticStore) -> HeldMachines:
        return held_in(VzdumpSource("dumps", store, BERLIN))
