"""The real restic holds the contract of a source."""

from pathlib import Path

import pytest

from tests.conformance.source_suite import Held, RecoverySourceSuite
from tests.support.restic import Repository, make_repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return make_repository(tmp_path_factory.mktemp("conformance"))


@pytest.mark.needs_restic
class TestResticSource(RecoverySourceSuite):
    """restic with a repository in a local directory."""

    @pytest.fixture
    def held(self, repository: Repository) -> Held:
        return Held(
            source=repository.source(),
            name="vault",
            image_host="shop",
            image_path=str(repository.image),
            newest_image=repository.image.read_bytes(),
            files_host="docs",
            files_path=str(repository.files),
            files=regular_files(repository.files),
        )


def regular_files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }
