"""One site with two agreements, shared by everybody who only looks."""

from collections.abc import Iterator

import pytest

from tests.support import boards


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[boards.Site]:
    made = boards.site(tmp_path_factory.mktemp("site"))
    yield made
    made.board.close()
    made.desk.close()
