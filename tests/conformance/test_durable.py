"""The durable engine on a file and on a schema of PostgreSQL."""

import os
from itertools import count
from pathlib import Path

import pytest

from drverify.adapters.desk.sites import engine_schema_of, prepare_site, role_of
from drverify.adapters.durable.opening import ENGINE_FILE
from tests.conformance.engine_suite import EngineSuite, Kept, running, until
from tests.support.bookings import W2, admin_url, booking, emptied, lease
from tests.support.databases import Server, programs

_SITES = count(1)


class TestFileEngine(EngineSuite):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Kept:
        def lose() -> None:
            (tmp_path / ENGINE_FILE).unlink()

        return Kept(directory=tmp_path, url="", site="fra1", lose=lose)

    def test_a_damaged_file_is_made_anew(self, kept: Kept, tmp_path: Path) -> None:
        one = kept.engine(W2)
        one.submit(lease(booking("a")))
        one.close()
        (tmp_path / ENGINE_FILE).write_bytes(b"SQLite format 3\0" + b"nonsense" * 4096)
        again, carried = kept.engine(W2), list[str]()
        with running(again, lambda name, _: carried.append(name)):
            again.submit(lease(booking("b")))
            until(lambda: carried)
        assert carried == [booking("b").id]


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
class TestSchemaEngine(EngineSuite):
    @pytest.fixture
    def store(self, shared_postgres: Server, tmp_path: Path) -> Kept:
        site = f"e{os.getpid()}_{next(_SITES)}"
        prepare_site(admin_url(shared_postgres), site, "word")
        schema, role = engine_schema_of(site), role_of(site)

        def lose() -> None:
            emptied(shared_postgres, schema, role)

        url = f"postgresql://{role}:word@127.0.0.1:{shared_postgres.port}/postgres"
        return Kept(directory=tmp_path, url=url, site=site, lose=lose)
