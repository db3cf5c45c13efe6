"""Disk images, in every format, as a source: the contract of images by path."""

import subprocess
from pathlib import Path

import pytest

from drverify.adapters.images.source import ImagesSource
from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.settings import ResticSettings
from drverify.adapters.restic.stored import ResticStore, Snapshots
from drverify.model.recovery import SecretRef
from tests.conformance.source_suite import HeldImages, ImagesSuite, OpenedSuite, PointsSuite
from tests.support.disk_images import (
    FORMATS,
    NEWER,
    OLDER,
    content,
    formatted,
    packed,
    record,
    source_of,
    split,
)
from tests.support.restic import BINARY
from tests.support.restic_init import initialise

NEW, OLD = content(2), content(1)
LONG = NEW + NEW[1024 : 1 << 20] * 64
"""Of the raw image: what is only copied needs some length to be interrupted in the middle."""
PACKED = {"raw": "", "qcow2": "zst", "vmdk": "gz", "stream.vmdk": "", "vhdx": "xz"}


def image_directory(root: Path, form: str) -> Path:
    """Two images of web01, one of db01, and what else lies in such a directory."""
    root.mkdir()
    for name, data in ((f"web01-{OLDER}", OLD), (f"web01-{NEWER}", NEW), (f"db01-{OLDER}", OLD)):
        long = LONG if form == "raw" and data is NEW else data
        path = formatted(root, f"{name}.{form.rpartition('.')[2]}", long, form)
        if form == "raw":
            record(path)
        if PACKED[form]:
            packed(path, PACKED[form])
    (root / "lost+found").mkdir()
    (root / "readme.txt").write_text("not a backup")
    return root


def held_in(source: ImagesSource, newest: bytes = NEW) -> HeldImages:
    return HeldImages(
        source=source,
        name="disks",
        host="web01",
        other="db01",
        image_path="web01-*",
        newest_image=newest,
        files_path="",
        files={},
    )


@pytest.fixture(scope="module", params=FORMATS)
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image_directory(tmp_path_factory.mktemp("images") / "disks", request.param)


class TestImageDirectory(PointsSuite, ImagesSuite):
    """Images as they lie in a directory, one of them packed in each way."""

    @pytest.fixture
    def held(self, directory: Path) -> HeldImages:
        return held_in(source_of(directory), LONG if list(directory.glob("*.raw")) else NEW)


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return image_directory(tmp_path_factory.mktemp("raw") / "disks", "raw")


class TestRawImages(OpenedSuite):
    """Raw images can be read where they lie."""

    @pytest.fixture
    def held(self, raw: Path) -> HeldImages:
        return held_in(source_of(raw), LONG)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ResticStore:
    """A repository that holds a packed image in one file and one in parts."""
    root = tmp_path_factory.mktemp("repository")
    disks = image_directory(root / "disks", "qcow2")
    split(disks / f"web01-{NEWER}.qcow2.zst", prefix=".part", first=1)
    password = root / "password"
    password.write_text("hush-hush-4711\n")
    restic = [BINARY, "--no-cache", "-r", str(root / "repo"), "--password-file", str(password)]
    initialise(root / "repo", "hush-hush-4711")
    subprocess.run([*restic, "backup", str(disks)], capture_output=True, check=True)
    settings = ResticSettings(
        name="disks", repository=str(root / "repo"), password=SecretRef("env:PW"), binary=BINARY
    )
    return ResticStore(ResticCli(settings, lambda _: password.read_bytes()), str(disks), Snapshots())


@pytest.mark.needs_restic
class TestImagesInRestic(PointsSuite, ImagesSuite):
    """The same in the snapshots of a repository, the newest one in parts."""

    @pytest.fixture
    def held(self, store: ResticStore) -> HeldImages:
        return held_in(ImagesSource("disks", store, None))
