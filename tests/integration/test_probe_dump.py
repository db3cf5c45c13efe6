"""Dumps of a real PostgreSQL, loaded into a throw-away one: whole, truncated, newer, and hostile."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.probes.prober import TableProber
from drverify.engine.filesets import FileScope
from drverify.engine.ports import Observation
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import DumpProbe, Expectation
from tests.support.databases import Server, postgres, programs
from tests.support.restic import Ledger, names

pytestmark = [
    pytest.mark.skipif(programs() is None, reason="no PostgreSQL server"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the test's own PostgreSQL needs another user"),
]
PROGRAMS = programs() or Path()
MAJOR = PROGRAMS.parts[-2] if PROGRAMS.parts else "15"
SHOP = """
CREATE ROLE shop LOGIN;
CREATE TABLE orders (id serial PRIMARY KEY, what text NOT NULL);
ALTER TABLE orders OWNER TO shop;
INSERT INTO orders (what) SELECT 'order ' || n FROM generate_series(1, 5000) n;
CREATE INDEX ON orders (what);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 2 * n; END';
GRANT SELECT ON orders TO shop;
"""


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One database in the three formats."""
    root = tmp_path_factory.mktemp("dumps")
    with postgres() as server:
        server.sql(SHOP)
        for form, name in (("plain", "shop.sql"), ("custom", "shop.dump"), ("directory", "shop.dir")):
            _dump(server, form, root / name)
    return root


def _dump(server: Server, form: str, into: Path) -> None:
    subprocess.run(
        [
            PROGRAMS / "pg_dump",
            "-h",
            server.socket,
            "-p",
            str(server.port),
            "-U",
            "postgres",
            "-F",
            form,
            "-f",
            into,
        ],
        check=True,
    )


async def asked(files: Path, tmp_path: Path, path: str, **other: object) -> Observation:
    """Ask once; nothing is left of it."""
    given = {"server": MAJOR, "query": "SELECT count(*) FROM public.orders", **other}
    spec = DumpProbe(
        id="dump",
        path=path,
        expect=Expectation(op="ge", value="5000"),
        **{"within": timedelta(minutes=2), **given},
    )  # type: ignore[arg-type]
    ledger = Ledger()
    room = tmp_path / "room"
    room.mkdir(mode=0o700)
    scope = FileScope(
        guest=None, console=bytes, files=files, secret=lambda _: b"", ledger=ledger, directory=room
    )
    found = await TableProber().ask(spec, scope)
    assert names(room) == []
    assert ledger.left() == set()
    return found


@pytest.mark.parametrize("path", ["shop.sql", "shop.dump", pytest.param("shop.dir", marks=pytest.mark.soak)])
async def test_a_dump_loads_and_answers(dumps: Path, tmp_path: Path, path: str) -> None:
    found = await asked(dumps, tmp_path, path)
    assert (found.status, found.observed) == (ProbeStatus.PASSED, f"5000, loaded into PostgreSQL {MAJOR}")
    assert f"of PostgreSQL {MAJOR}".encode() in found.transcript


@pytest.mark.parametrize(
    "path", ["shop.sql", "shop.dump", pytest.param("shop.dir/toc.dat", marks=pytest.mark.soak)]
)
async def test_a_truncated_dump_is_named(dumps: Path, tmp_path: Path, path: str) -> None:
    files = tmp_path / "files"
    shutil.copytree(dumps, files)
    place = files / path
    os.truncate(place, place.stat().st_size * 2 // 3)
    found = await asked(files, tmp_path, path.removesuffix("/toc.dat"))
    assert found.status is ProbeStatus.FAILED
    assert "the dump is truncated" in found.observed


async def test_a_dump_of_a_newer_server_is_named(dumps: Path, tmp_path: Path) -> None:
    for path in ("shop.sql", "shop.dump"):
        content = (dumps / path).read_bytes()
        newer = re.sub(rb"(Dumped from database version |\b)%b\.\d+" % MAJOR.encode(), rb"\g<1>99.1", content)
        (tmp_path / path).write_bytes(content)
        if path.endswith(".sql"):
            (tmp_path / path).write_bytes(newer)
            found = await asked(tmp_path, tmp_path, path)
        else:
            (tmp_path / "room").rmdir()
            found = await asked(tmp_path, tmp_path, path, server="9.6")
        assert found.status is ProbeStatus.FAILED
        assert "a dump of another version: of PostgreSQL" in found.observed


async def test_a_server_that_is_not_installed_is_our_side(dumps: Path, tmp_path: Path) -> None:
    found = await asked(dumps, tmp_path, "shop.sql", server="98")
    assert found.status is ProbeStatus.ERRORED
    assert "PostgreSQL 98 is not installed on the restore host" in found.observed


async def test_a_hostile_dump_reaches_nothing(tmp_path: Path) -> None:
    """What it writes where it should not is not there afterwards, and what it may not read stays unread."""
    bait = tmp_path / "bait"
    bait.mkdir(mode=0o777)
    bait.chmod(0o777)
    secret = bait / "secret"
    secret.write_text("secret-4711")
    secret.chmod(0o666)
    (tmp_path / "evil.sql").write_text(
        "CREATE TABLE seen (what text);\n"
        f"\\! touch {bait}/left\n"
        "\\! touch /var/tmp/drverify-left\n"
        f"\\set leak `cat {secret} 2>&1`\n"
        "INSERT INTO seen VALUES (:'leak');\n"
        "\\set root `ls /root /home /work 2>&1; id -u; cat /proc/1/cmdline 2>&1 | head -c 50`\n"
        "INSERT INTO seen VALUES (:'root');\n"
        "\\set net `cat /proc/net/route 2>&1; ip link 2>&1`\n"
        "INSERT INTO seen VALUES (:'net');\n"
        "CREATE TABLE orders AS SELECT generate_series(1, 5000) AS id;\n"
    )
    found = await asked(
        tmp_path, tmp_path, "evil.sql", query="SELECT 6000 FROM seen WHERE what LIKE '%4711%'"
    )
    assert found.status is ProbeStatus.FAILED
    assert found.observed == "loaded; expected one row, found none"
    assert names(bait) == ["secret"]
    assert not Path("/var/tmp/drverify-left").exists()


async def test_the_role_that_loads_is_no_superuser(tmp_path: Path) -> None:
    (tmp_path / "evil.sql").write_text(
        "CREATE TABLE t AS SELECT usesuper FROM pg_user WHERE usename = current_user;\n"
        "CREATE TABLE p (x text);\nCOPY p FROM PROGRAM 'id';\n"
        "\\set who `psql -X -h /tmp/socket -U drverify -d restored -c 'select 1' 2>&1 | grep -c pg_hba`\n"
        "INSERT INTO p VALUES (:'who');\n"
    )
    query = "SELECT 5000 FROM t, p WHERE NOT usesuper AND x = '1'"
    found = await asked(tmp_path, tmp_path, "evil.sql", query=query)
    assert found.status is ProbeStatus.PASSED


@pytest.mark.soak
async def test_sql_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.sql").write_text("CREATE TABLE orders (id int);\nINSERT INTO ordres VALUES (1);\n")
    found = await asked(tmp_path, tmp_path, "bad.sql")
    assert found.status is ProbeStatus.FAILED
    assert 'the dump does not load: relation "ordres" does not exist (SQLSTATE 42P01)' in found.observed


async def test_a_dump_cannot_fork_without_bound(tmp_path: Path) -> None:
    (tmp_path / "many.sql").write_text(
        "\\! i=0; while [ $i -lt 600 ]; do echo $i >/tmp/forked; sleep 20 >/dev/null 2>&1 & i=$((i+1)); done\n"
        "CREATE TABLE forked (n int);\n\\copy forked FROM '/tmp/forked'\n"
    )
    query = "SELECT 5000 FROM forked WHERE n BETWEEN 10 AND 256"
    found = await asked(tmp_path, tmp_path, "many.sql", query=query)
    assert found.status is ProbeStatus.PASSED, found.observed


async def test_a_dump_that_breaks_our_server_is_our_side(tmp_path: Path) -> None:
    (tmp_path / "killed.sql").write_text(
        "\\! kill -9 $(head -1 /tmp/data/postmaster.pid)\nSELECT 1;\nSELECT 2;\n"
    )
    found = await asked(tmp_path, tmp_path, "killed.sql", query="SELECT 5000")
    assert found.status is ProbeStatus.ERRORED, found.observed


async def test_a_dump_that_never_ends_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "slow.sql").write_text("SELECT pg_sleep(600);\n")
    found = await asked(tmp_path, tmp_path, "slow.sql", query="SELECT 1", within=timedelta(seconds=6))
    assert found.status is ProbeStatus.ERRORED
