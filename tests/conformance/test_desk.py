"""The desk on SQLite and on PostgreSQL, and what is each one's own."""

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError

from drverify.adapters.desk import database
from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.desk.opening import DESK_FILE, desk_for
from drverify.adapters.desk.sites import engine_schema_of, postgres_url, prepare_site, role_of, schema_of
from drverify.adapters.desk.steps import STEPS
from drverify.adapters.desk.tables import METADATA
from drverify.cli.main import main
from drverify.errors import Exit, HostError, InputError
from drverify.model.recovery import SecretRef
from drverify.settings import Operation
from tests.conformance.desk_suite import DeskSuite, Opened
from tests.support.boards import contract_for, place
from tests.support.bookings import NIGHT, admin_url, booking
from tests.support.databases import Server, programs

pytestmark = pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")

PASSWORD = "p@ss:w/rd"
_SITES = count(1)


def site_url(server: Server, site: str, password: str = PASSWORD) -> str:
    """URL as the site's role over TCP, which asks for the password."""
    quoted = password.replace("@", "%40").replace(":", "%3A").replace("/", "%2F")
    return f"postgresql://{role_of(site)}:{quoted}@127.0.0.1:{server.port}/postgres"


def opening(make: Callable[[], TableDesk]) -> Iterator[Opened]:
    desks: list[TableDesk] = []

    def one() -> TableDesk:
        desks.append(make())
        return desks[-1]

    yield one
    for desk in desks:
        desk.close()


def never(_: SecretRef) -> bytes:
    raise AssertionError("no secret is needed for a file")


class TestSqliteDesk(DeskSuite):
    @pytest.fixture
    def opened(self, tmp_path: Path) -> Iterator[Opened]:
        yield from opening(lambda: desk_for(Operation(), tmp_path, never))

    def test_a_commit_is_on_disk_and_the_file_ours_alone(self, desk: TableDesk, tmp_path: Path) -> None:
        with desk._database.reading("look") as connection:
            asked = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous")
            }
        assert asked == {"journal_mode": "wal", "synchronous": 2}
        assert stat.S_IMODE((tmp_path / DESK_FILE).stat().st_mode) == 0o600

    def test_many_open_a_new_one_at_once(self, tmp_path: Path) -> None:
        with ThreadPoolExecutor(6) as pool:
            desks = list(pool.map(lambda _: desk_for(Operation(), tmp_path, never), range(6)))
        for number, desk in enumerate(desks):
            assert desk.publish([booking(f"w{number}")]) == 1
            desk.close()

    def test_what_is_no_database_is_named(self, tmp_path: Path) -> None:
        (tmp_path / DESK_FILE).write_bytes(b"something else entirely" * 100)
        with pytest.raises(HostError, match=r"desk\.sqlite: file is not a database"):
            desk_for(Operation(), tmp_path, never)
        (tmp_path / "file").touch()
        with pytest.raises(HostError, match="cannot make"):
            desk_for(Operation(), tmp_path / "file", never)

    def test_tables_of_a_newer_version_are_left_alone(self, desk: TableDesk, tmp_path: Path) -> None:
        desk.close()
        with sqlite3.connect(tmp_path / DESK_FILE) as connection:
            connection.execute(f"UPDATE desk_version SET version = {len(STEPS) + 1}")
        with pytest.raises(
            HostError, match=f"version {len(STEPS) + 1}, and this drverify knows {len(STEPS)}"
        ) as raised:
            desk_for(Operation(), tmp_path, never)
        assert "upgrade" in raised.value.hint

    @pytest.mark.parametrize(
        ("asked", "index"),
        [
            ("state = 'wanted' AND not_after > 5 AND not_before <= 5", "bookings_wanted|bookings_by_state"),
            ("not_before >= 5 AND not_before < 9 ORDER BY not_before, id LIMIT 9", "bookings_by_time"),
            ("agreement = 'a' ORDER BY not_before, id LIMIT 9", "bookings_by_agreement"),
            ("workload = 'w' ORDER BY not_before, id LIMIT 9", "bookings_by_workload"),
            (
                "(workload = 'w' OR id IN (SELECT booking FROM group_members WHERE workload = 'w'))",
                "MULTI-INDEX OR",
            ),
            ("state IN ('missed') ORDER BY not_before, id LIMIT 9", "bookings_by_state"),
        ],
    )
    def test_no_question_reads_a_million_bookings(
        self, desk: TableDesk, tmp_path: Path, asked: str, index: str
    ) -> None:
        with sqlite3.connect(tmp_path / DESK_FILE) as connection:
            steps = [
                row[3]
                for row in connection.execute(f"EXPLAIN QUERY PLAN SELECT * FROM bookings WHERE {asked}")
            ]
        assert any(name in step for step in steps for name in index.split("|")), steps
        assert not any("TEMP B-TREE" in step for step in steps)


class TestPostgresDesk(DeskSuite):
    @pytest.fixture
    def site(self, shared_postgres: Server) -> str:
        name = f"s{os.getpid()}_{next(_SITES)}"
        prepare_site(admin_url(shared_postgres), name, PASSWORD)
        return name

    @pytest.fixture
    def opened(self, shared_postgres: Server, site: str, tmp_path: Path) -> Iterator[Opened]:
        url = site_url(shared_postgres, site).encode()
        chosen = Operation(site=site, database="env:DESK")
        yield from opening(lambda: desk_for(chosen, tmp_path, lambda _: url))

    def test_one_site_is_refused_everything_of_anothers(
        self, shared_postgres: Server, site: str, desk: TableDesk
    ) -> None:
        desk.publish([booking("a")])
        other = f"{site}_b"
        prepare_site(admin_url(shared_postgres), other, PASSWORD)
        stranger = create_engine(postgres_url(site_url(shared_postgres, other)))
        for statement in (
            f"SELECT * FROM {schema_of(site)}.bookings",
            f"UPDATE {schema_of(site)}.bookings SET state = 'done'",
            f"CREATE TABLE {schema_of(site)}.mine (a int)",
            f"CREATE TABLE {engine_schema_of(site)}.mine (a int)",
            f"DROP SCHEMA {schema_of(site)} CASCADE",
            f"SET ROLE {role_of(site)}",
        ):
            with (
                pytest.raises(DBAPIError, match=r"permission denied|must be owner"),
                stranger.begin() as connection,
            ):
                connection.exec_driver_sql(statement)
        stranger.dispose()
        url = postgres_url(site_url(shared_postgres, other))
        with pytest.raises(HostError, match="permission denied"):
            database.postgresql(url, schema_of(site))

    def test_preparing_again_changes_the_password_and_nothing_else(
        self, shared_postgres: Server, site: str, desk: TableDesk, tmp_path: Path
    ) -> None:
        desk.publish([booking("a")])
        prepare_site(admin_url(shared_postgres), site, "another")
        chosen = Operation(site=site, database="env:DESK")
        with pytest.raises(HostError, match="password authentication failed") as raised:
            desk_for(chosen, tmp_path, lambda _: site_url(shared_postgres, site).encode())
        said = f"{raised.value} {raised.value.hint} {raised.value.__cause__}"
        assert PASSWORD not in said
        assert "w%2Frd" not in said
        again = desk_for(chosen, tmp_path, lambda _: site_url(shared_postgres, site, "another").encode())
        assert again.booking(booking("a").id) is not None
        again.close()

    def test_an_administrator_need_be_no_superuser_and_is_no_member_afterwards(
        self, shared_postgres: Server, site: str
    ) -> None:
        """Seen on a real server: who may make roles and schemas was refused."""
        admin, name = f"adm_{site}", f"{site}_c"
        above = create_engine(postgres_url(admin_url(shared_postgres)))
        with above.begin() as connection:
            connection.exec_driver_sql(f"CREATE ROLE {admin} LOGIN CREATEROLE PASSWORD 'x'")
            database_name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
            connection.exec_driver_sql(f"GRANT CREATE ON DATABASE {database_name} TO {admin}")
        url = postgres_url(site_url(shared_postgres, site)).set(username=admin, password="x")
        for _ in range(2):
            prepare_site(url.render_as_string(hide_password=False), name, PASSWORD)
        with above.begin() as connection:
            owner = connection.exec_driver_sql(
                f"SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = '{schema_of(name)}'"
            ).scalar_one()
            member = connection.exec_driver_sql(
                f"SELECT pg_has_role('{admin}', '{role_of(name)}', 'USAGE')"
            ).scalar_one()
        above.dispose()
        assert (owner, member) == (role_of(name), False)

    def test_a_server_that_is_not_there_is_named_without_the_password(self, tmp_path: Path) -> None:
        url = b"postgresql://drv_x:secret@127.0.0.1:1/drverify"
        with pytest.raises(HostError, match=r"drv_x:\*\*\*@127\.0\.0\.1:1/drverify") as raised:
            desk_for(Operation(site="x", database="env:DESK"), tmp_path, lambda _: url)
        assert "secret" not in f"{raised.value}{raised.value.hint}"
        assert "server up" in raised.value.hint

    def test_what_is_no_such_url_is_not_shown(self, tmp_path: Path) -> None:
        for url in (b"mysql://me:secret@host/db", b"secret", b"postgresql://me:secret@host"):
            with pytest.raises(InputError) as raised:
                desk_for(Operation(site="x", database="env:DESK"), tmp_path, lambda _, url=url: url)
            assert "secret" not in f"{raised.value}{raised.value.hint}"

    @pytest.mark.parametrize("site_name", ["", "A", "a-b", "a;b", "ä", "_a", "a" * 32])
    def test_a_name_goes_into_sql_only_when_it_is_one(self, site_name: str) -> None:
        with pytest.raises(InputError, match="name of a site"):
            prepare_site("postgresql://nobody@127.0.0.1:1/x", site_name, PASSWORD)

    def test_the_command_line_prepares_a_site(
        self, shared_postgres: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = f"cli{os.getpid()}"
        more = f'[operation]\nsite = "{name}"\ndatabase = "env:DESK"\n'
        place(tmp_path, contract_for("acme", "Backup", "Acme", ["shop"]), more=more)
        words = ["--config", str(tmp_path / "drverify.toml"), "operation", "init", "--admin", "env:ADMIN"]
        monkeypatch.setenv("DESK", site_url(shared_postgres, "other"))
        monkeypatch.setenv("ADMIN", admin_url(shared_postgres))
        assert main(words) == Exit.WRONG_INPUT
        monkeypatch.setenv("DESK", site_url(shared_postgres, name))
        assert main(words) == Exit.OK
        chosen = Operation(site=name, database="env:DESK")
        desk_for(chosen, tmp_path, lambda _: os.environ["DESK"].encode()).close()

    def test_a_frozen_client_does_not_stop_the_others(self, site: str, opened: Opened) -> None:
        frozen, other = opened(), opened()
        other.publish([booking("a")])
        with frozen._database.engine.connect() as connection:
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 300")
            connection.commit()
            key = database.lock_key(schema_of(site))
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({key})")
            assert [one.workload for one in other.miss(NIGHT + timedelta(days=1))] == ["a"]
            connection.invalidate()


def test_the_steps_make_the_tables_that_are_used(tmp_path: Path) -> None:
    desk = desk_for(Operation(), tmp_path, never)
    found = inspect(desk._database.engine)
    assert set(found.get_table_names()) == {*METADATA.tables, "desk_version"}
    for name, table in METADATA.tables.items():
        made = {column["name"]: column["nullable"] for column in found.get_columns(name)}
        assert list(made) == table.columns.keys()
        assert all(made[column.name] == column.nullable for column in table.columns if not column.primary_key)
    desk.close()
