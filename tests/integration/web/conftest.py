"""One site for all tests of the web page."""

from collections.abc import Iterator

import pytest

from drverify.adapters.desk.desk import TableDesk
from drverify.operation.estate import Estate
from tests.support.web_site import Site, World, web_site, world_of


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with web_site() as made:
        yield made


@pytest.fixture(autouse=True)
def forgiven(site: Site) -> None:
    """What one test failed at is not held against the next."""
    site.forgive()


@pytest.fixture(scope="session")
def estate(site: Site) -> Estate:
    """The site's settings, read once."""
    return site.estate()


@pytest.fixture(scope="session")
def desk(site: Site) -> Iterator[TableDesk]:
    with site.desk() as opened:
        yield opened


@pytest.fixture(scope="session")
def busy(site: Site) -> Iterator[World]:
    """The application over a read model of the drills, with people, tokens, bookings and a running drill."""
    with world_of(site) as made:
        yield made


@pytest.fixture
def world(busy: World) -> World:
    """The same, with exactly the people and tokens that it began with."""
    busy.site.book().change(lambda _: busy.accounts)
    return busy
