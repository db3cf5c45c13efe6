"""Archives in a real repository: who is to blame when one cannot be read, restic's copy or the archive."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import DamagedData
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.stored import ResticStore, Snapshots
from drverify.adapters.vma.defects import ArchiveDefect, DefectKind
from drverify.adapters.vzdump.source import VzdumpSource
from drverify.errors import DeadlineError, DrverifyError, SourceError
from drverify.model.recovery import PointFilter, SecretRef
from tests.support.descendants import own_children
from tests.support.dumps import BERLIN, NETWORK, NEWER, OLDER, dump, record_digest
from tests.support.restic import BINARY, Watched, names
from tests.support.restic_init import initialise
from tests.support.vma import disk

pytestmark = pytest.mark.needs_restic
DISKS = {"scsi0": disk(12 << 20, seed=9, filled=0.9)}
PASSWORD = "hush-hush-4711"
ANY = Snapshots()


@dataclass(frozen=True, kw_only=True)
class Vault:
    """A repository with the snapshots of one dump directory."""

    root: Path

    @property
    def dumps(self) -> Path:
        return self.root / "dump"

    def restic(self, *words: str) -> None:
        argv = [BINARY, "--no-cache", "-r", str(self.root / "repo"), *words]
        argv[1:1] = ["--password-file", str(self.root / "password")]
        subprocess.run(argv, capture_output=True, check=True)

    def source(self, password: str = PASSWORD, snapshots: Snapshots = ANY) -> VzdumpSource:
        settings = ResticSettings(
            name="dumps", repository=str(self.root / "repo"), password=SecretRef("env:PW"), binary=BINARY
        )
        cli = ResticCli(settings, lambda _: password.encode())
        return VzdumpSource("dumps", ResticStore(cli, str(self.dumps), snapshots), BERLIN)

    def packs(self) -> list[Path]:
        return sorted((path for path in (self.root / "repo/data").rglob("*") if path.is_file()), key=_size)

    def archive(self, change: Callable[[Path], object] = lambda _: None) -> None:
        """Back up one archive, changed first."""
        archive = dump(self.dumps, NEWER, disks=DISKS, form="vma")
        change(archive)
        self.restic("backup", str(self.dumps), "--host", "pve1", "--tag", "nightly")


def _size(path: Path) -> int:
    return path.stat().st_size


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    made = Vault(root=tmp_path_factory.mktemp("empty"))
    (made.root / "password").write_text(PASSWORD)
    initialise(made.root / "repo", PASSWORD)
    return made


@pytest.fixture
def vault(empty: Vault, tmp_path: Path) -> Vault:
    shutil.copytree(empty.root, tmp_path / "vault")
    made = Vault(root=tmp_path / "vault")
    made.dumps.mkdir()
    return made


async def restored(source: VzdumpSource, into: Path, stall: timedelta = timedelta(seconds=90)) -> None:
    point = (await source.points(PointFilter(host="100")))[0]
    disks = (await source.describe(point, [NETWORK])).machine.shape.disks
    into.mkdir(exist_ok=True)
    await source.restore_machine(point, disks, into=into, stall=stall, progress=Watched())


def _truncate(archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-9000])


async def test_a_truncated_archive_in_a_sound_repository_is_the_archives_defect(vault: Vault, tmp_path: Path):
    vault.archive(_truncate)
    with pytest.raises(ArchiveDefect) as caught:
        await restored(vault.source(), tmp_path / "out")
    assert caught.value.kind is DefectKind.TRUNCATED
    assert names(tmp_path / "out") == []
    assert own_children() == {}


async def test_a_damaged_pack_is_restics_finding_and_no_truncated_archive(vault: Vault, tmp_path: Path):
    vault.archive()
    largest = vault.packs()[-1]
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.chmod(0o600)
    largest.write_bytes(content)
    with pytest.raises(DamagedData):
        await restored(vault.source(), tmp_path / "out")
    assert names(tmp_path / "out") == []
    assert own_children() == {}


async def test_a_repository_that_goes_away_is_no_defect(vault: Vault, tmp_path: Path):
    vault.archive()
    source = vault.source()
    point = (await source.points(PointFilter()))[0]
    disks = (await source.describe(point, [NETWORK])).machine.shape.disks
    (vault.root / "repo").rename(vault.root / "elsewhere")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(SourceError):
        await source.restore_machine(point, disks, into=out, stall=timedelta(seconds=60), progress=Watched())
    with pytest.raises(DrverifyError) as caught:
        await vault.source().points(PointFilter())
    assert isinstance(caught.value, SourceError)
    assert names(out) == []


async def test_recorded_digests_lie_beside_the_archive_there_too(vault: Vault, tmp_path: Path):
    vault.archive(record_digest)
    await restored(vault.source(), tmp_path / "good")
    assert (tmp_path / "good" / "scsi0.raw").read_bytes() == DISKS["scsi0"]

    def wrongly(archive: Path) -> None:
        record_digest(archive, b"something else")

    vault.archive(wrongly)
    with pytest.raises(ArchiveDefect, match="not what was recorded"):
        await restored(vault.source(), tmp_path / "out")
    assert names(tmp_path / "out") == []


async def test_only_snapshots_that_match_are_looked_into(vault: Vault):
    vault.archive()
    dump(vault.dumps, OLDER, disks=DISKS)
    vault.restic("backup", str(vault.dumps), "--host", "elsewhere")
    for snapshots, count in (
        (ANY, 2),
        (Snapshots(host="pve1"), 1),
        (Snapshots(tags=("nightly",)), 1),
        (Snapshots(tags=("nightly", "weekly")), 0),
    ):
        assert len(await vault.source(snapshots=snapshots).points(PointFilter())) == count
    assert not await VzdumpSource(
        "d", ResticStore(vault.source()._store._cli, "/not/there", ANY), BERLIN
    ).points(PointFilter())


async def test_of_two_files_of_one_name_the_newer_snapshots_counts(vault: Vault):
    """A snapshot may have been made while the archive was still being copied to its place."""
    vault.archive(_truncate)
    vault.archive()
    (point,) = await vault.source().points(PointFilter())
    (archive,) = vault.dumps.iterdir()
    assert point.size_bytes == archive.stat().st_size


async def test_a_wrong_password_cannot_be_asked(vault: Vault):
    vault.archive()
    with pytest.raises(SourceError):
        await vault.source("wrong").points(PointFilter())


async def test_a_cancelled_restore_leaves_no_restic(vault: Vault, tmp_path: Path):
    vault.archive()
    task = asyncio.create_task(restored(vault.source(), tmp_path / "out"))
    while not (tmp_path / "out").exists():
        await asyncio.sleep(0.001)
    while not (dumping := [pid for pid, argv in own_children().items() if "dump" in argv]):
        await asyncio.sleep(0.001)
    os.kill(dumping[0], signal.SIGSTOP)  # or it may be through before it is told
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(tmp_path / "out") == []
    assert own_children() == {}


async def test_a_restic_that_hangs_is_a_deadline_of_ours(vault: Vault, tmp_path: Path):
    vault.archive()
    source = vault.source()
    point = (await source.points(PointFilter()))[0]
    disks = (await source.describe(point, [NETWORK])).machine.shape.disks
    task = asyncio.create_task(
        source.restore_machine(point, disks, into=tmp_path, stall=timedelta(seconds=1), progress=Watched())
    )
    while not (dumping := [pid for pid, argv in own_children().items() if "dump" in argv]):
        await asyncio.sleep(0.001)
    os.kill(dumping[0], signal.SIGSTOP)
    with pytest.raises(DeadlineError, match="no byte came for 1 s"):
        await task
    assert names(tmp_path) == ["vault"]
    assert own_children() == {}
