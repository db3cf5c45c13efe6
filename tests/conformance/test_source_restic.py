"""The real restic holds the contract of a source."""

from pathlib import Path

import pytest

from tests.conformance.source_suite import (
    FilesSuite,
    HeldImages,
    ImagesSuite,
    OpenedSuite,
    PointsSuite,
)
from tests.support.restic import Repository, make_repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("conformance"))


@pytest.mark.needs_restic
class TestResticSource(PointsSuite, ImagesSuite, FilesSuite, OpenedSuite):
    """restic with a repository in a local directory."""

    @pytest.fixture
    def held(self, repository: Repository) -> HeldImages:
        return HeldImages(
            source=repository.source(),
            name="vault",
            host="shop",
            image_path=str(repository.image),
            newest_image=repository.image.read_bytes(),
            other="docs",
            files_path=str(repository.files),
            files=regular_files(repository.files),
        )


def regular_files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
