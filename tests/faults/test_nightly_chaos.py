"""Two sites with two workers each; workers and drills are killed and frozen at random, the engines lose everything.

Whatever happens each booking is concluded exactly once, no sandbox stays, and no host is given more than it has.
"""

import os
import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from drverify.adapters.desk.sites import engine_schema_of, prepare_site, role_of
from drverify.adapters.durable.opening import ENGINE_FILE
from drverify.model.booking import BookingState
from tests.support.bookings import admin_url, emptied
from tests.support.chaos import Site, night
from tests.support.databases import Server, programs

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed"),
    pytest.mark.timeout(1500),
]
DRILLS = 30
"""Of each site."""
ACTS = {"kill worker": 4, "freeze worker": 3, "kill drill": 8, "freeze drill": 3}
_SITES = count(1)
Make = Callable[[Path], Site]


@pytest.fixture
def on_file() -> Make:
    def make(root: Path) -> Site:
        def lose() -> None:
            (root / "state" / "operation" / ENGINE_FILE).unlink()

        return Site(root=root, name=root.name, url="", lose_engine=lose)

    return make


@pytest.fixture
def on_server(shared_postgres: Server) -> Make:
    def make(root: Path) -> Site:
        site = f"c{os.getpid()}_{next(_SITES)}"
        prepare_site(admin_url(shared_postgres), site, "word")
        schema, role = engine_schema_of(site), role_of(site)

        def lose() -> None:
            emptied(shared_postgres, schema, role)

        url = f"postgresql://{role}:word@127.0.0.1:{shared_postgres.port}/postgres"
        return Site(root=root, name=site, url=url, lose_engine=lose)

    return make


@pytest.fixture
def sites() -> Iterator[list[Site]]:
    made: list[Site] = []
    yield made
    for site in made:
        site.end()


@pytest.mark.parametrize(
    ("kind", "seed", "more"),
    [
        ("on_file", 7, 1),
        ("on_server", 7, 1),
        *(
            pytest.param(kind, seed, 3, marks=pytest.mark.soak)
            for kind in ("on_file", "on_server")
            for seed in (1, 2, 3)
        ),
    ],
)
def test_a_night_of_chaos(
    request: pytest.FixtureRequest, tmp_path: Path, sites: list[Site], kind: str, seed: int, more: int
) -> None:
    make: Make = request.getfixturevalue(kind)
    chance = random.Random(seed)
    for name in ("fra1", "ber1"):
        sites.append(make(tmp_path / name))
        sites[-1].make(more * DRILLS, chance)
    acts = {what: more * number for what, number in ACTS.items()}
    done = night(sites, seed=seed, acts=acts, within=more * 400)
    print(dict(done), [(site.most, sum(map(len, site.endings().values()))) for site in sites])  # noqa: T201
    for site in sites:
        states = {state for _, state in site.desk.bookings()}
        assert states == {BookingState.DONE}, site.said()
        for name, endings in site.endings().items():
            assert endings.count("concluded") == 1, (name, endings)
            assert endings[-1] == "concluded", (name, endings)
        assert len(site.evidence()) == more * DRILLS
        for name, signed in site.evidence().items():  # killed right after it signed, it died with evidence
            assert "concluded" in signed <= {"concluded", "died"}, (name, signed)
        assert site.violations == []
        assert site.trail("harmed") == []
        assert site.left() == []
    assert sum(done.values()) > sum(acts.values()) / 2, done
