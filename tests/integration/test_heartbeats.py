"""The customer's heartbeat from the shell script and the command to the probe: openssl, psql, sshd, all real."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import drverify
from drverify.adapters.signing.keyfile import create
from drverify.cli.main import main
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import Database, FreshnessProbe, NewestToken, TokenFile, TokenRow
from drverify.model.recovery import SecretRef
from drverify.sealing.heartbeats import token_in
from drverify.sealing.keys import pem_of
from drverify.transparency import heartbeat
from drverify.transparency.note import parse_vkey
from tests.support.databases import Server, postgres, programs
from tests.support.guest_sshd import SSHD, Sshd, running_sshd
from tests.support.probing import LOOPBACK, ask

ROOT = Path(__file__).parents[2]
SCRIPT = Path(drverify.__file__).parent / "scripts" / "heartbeat.sh"
NAME = "acme.example/heartbeat"
PASSWORD = SecretRef("file:probe-password")
SECRET = b"s3cret-of-the-probe"


def ran(*words: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "drverify", "customer", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=check)


class Customer:
    """A machine of the customer's: a key, and the two ways to beat."""

    def __init__(self, root: Path) -> None:
        self.key = root / "beat.key"
        self.signer = create(self.key)
        self.vkey = ran("key", self.key, "--name", NAME, "--heartbeat").stdout.strip()

    def script(self, *into: Path) -> subprocess.CompletedProcess[bytes]:
        command = ["sh", str(SCRIPT), str(self.key), NAME, "shop", *map(str, into)]
        return subprocess.run(command, capture_output=True, check=True)

    def command(self, *into: object) -> subprocess.CompletedProcess[str]:
        return ran("heartbeat", "--key", self.key, "--name", NAME, "--workload", "shop", *into, "--once")

    def newest(self, content: bytes) -> heartbeat.Token:
        return heartbeat.newest(content, [parse_vkey(self.vkey, what="key")], "shop", what="it")


@pytest.fixture(scope="module")
def customer(tmp_path_factory: pytest.TempPathFactory) -> Customer:
    return Customer(tmp_path_factory.mktemp("customer"))


def probe(customer: Customer, tokens: TokenFile | TokenRow) -> FreshnessProbe:
    newest = NewestToken(workload="shop", keys=(customer.vkey,), tokens=tokens)
    return FreshnessProbe(id="beat", newest=newest, within=timedelta(seconds=15))


IN_FILES = TokenFile(path="beat")


def test_shell_and_python_make_the_same_tokens(customer: Customer, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for _ in range(3):
        before = datetime.now(UTC).replace(microsecond=0)
        customer.script(first)
        customer.command("--into", second)
        for path in (first, second):
            assert before <= customer.newest(path.read_bytes()).heartbeat.at <= datetime.now(UTC)
    for path in (first, second):
        assert len(heartbeat.split(path.read_bytes(), what="it")) == 3
        assert path.stat().st_mode & 0o777 == 0o644
    at = customer.newest(customer.script().stdout).heartbeat
    (printed,) = heartbeat.split(customer.script().stdout, what="it")
    assert heartbeat.sign(at, customer.newest(printed).key, customer.signer.sign).startswith(
        b"drverify-heartbeat/v1\n"
    )
    assert sorted(one.name for one in tmp_path.iterdir()) == ["first", "second"]


def test_the_script_needs_no_bash_and_keeps_the_newest_five(customer: Customer, tmp_path: Path) -> None:
    path = tmp_path / "beat with a space"
    path.write_bytes(b"".join(customer.script().stdout for _ in range(2)) * 4)
    command = ["dash", str(SCRIPT), str(customer.key), NAME, "shop", str(path)]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": os.environ["PATH"]})
    assert len(heartbeat.split(path.read_bytes(), what="it")) == 5
    assert ran("heartbeat", "--script").stdout == SCRIPT.read_text()
    assert len(SCRIPT.read_text().splitlines()) <= 20


def test_the_script_leaves_the_old_tokens_when_it_cannot_sign(customer: Customer, tmp_path: Path) -> None:
    path = tmp_path / "beat"
    customer.script(path)
    before = path.read_bytes()
    (tmp_path / "broken.key").write_text("no key")
    done = subprocess.run(
        ["sh", str(SCRIPT), str(tmp_path / "broken.key"), NAME, "shop", str(path)],
        check=False,
        capture_output=True,
    )
    assert (done.returncode != 0, path.read_bytes()) == (True, before)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["beat", "broken.key"]


def test_the_command_beats_until_it_is_told_not_to_and_outlives_a_place_that_is_gone(
    customer: Customer, tmp_path: Path
) -> None:
    path = tmp_path / "place" / "beat"
    words = ["--key", customer.key, "--name", NAME, "--workload", "shop", "--into", path, "--every", 1]
    command = [sys.executable, "-m", "drverify", "customer", "heartbeat", *map(str, words)]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert running.stderr is not None
        assert "no heartbeat" in running.stderr.readline()
        path.parent.mkdir()
        last = time.monotonic() + 30
        while not path.exists() and time.monotonic() < last:
            time.sleep(0.05)
        customer.newest(path.read_bytes())
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode == 130


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--into", "x", "--psql", "service=shop"), "name one place"),
        ((), "name one place"),
        (("--psql", "postgresql://shop:secret@db/shop"), "a password does not belong"),
        (("--psql", "host=db password=secret"), "a password does not belong"),
        (("--into", "x", "--every", "0"), "--every must be from 1"),
        (("--into", "x", "--keep", "0"), "--keep must be from 1"),
        (("--into", "/absent/x"), "cannot write"),
        (("--into", "x", "--workload", "a b"), "cannot be the name of a workload"),
    ],
)
def test_what_is_wrong_is_said(
    customer: Customer,
    tmp_path: Path,
    words: tuple[str, ...],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    given = ["--key", str(customer.key), "--name", NAME, "--workload", "shop", *words, "--once"]
    code, error = main(["customer", "heartbeat", *given]), capsys.readouterr().err
    assert (code in {2, 11}, said in error, "secret" in error) == (True, True, False), error


async def test_the_probe_reads_the_newest_and_an_auditor_checks_it_with_openssl(
    customer: Customer, tmp_path: Path
) -> None:
    customer.script(tmp_path / "beat")
    found = await ask(probe(customer, IN_FILES), files=tmp_path)
    at = customer.newest((tmp_path / "beat").read_bytes()).heartbeat.at
    assert (found.status, found.newest) == (ProbeStatus.PASSED, at)
    assert found.observed == f"newest {at:%Y-%m-%d %H:%M:%S} UTC, signed by {NAME}"
    work = tmp_path / "auditor"
    (work / "artefacts" / "sha256").mkdir(parents=True)
    (work / "artefacts" / "sha256" / "t").write_bytes(found.transcript)
    (work / "acme.pem").write_text(pem_of(customer.signer.public_der))
    (by_hand,) = (
        block for block in (ROOT / "docs" / "evidence.md").read_text().split("```") if "beat.sig" in block
    )
    command = ["sh", "-euc", by_hand.removeprefix("sh\n")]
    environ = {"PATH": os.environ["PATH"], "TRANSCRIPT": "t"}
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, env=environ)
    assert (done.returncode, "Verified Successfully" in done.stdout) == (0, True), done.stderr
    assert (work / "beat.txt").read_text().endswith(f"time {at:%Y-%m-%dT%H:%M:%SZ}\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "beat: missing"),
        (lambda path: path.write_bytes(b""), "no heartbeat in it"),
        (
            lambda path: path.write_bytes(path.read_bytes().replace(b"workload shop", b"workload shoq")),
            "does not hold",
        ),
        (lambda path: path.write_bytes(path.read_bytes()[:-20]), "cut off"),
        (lambda path: path.write_bytes(os.urandom(1000)), "not a file of heartbeats"),
        (lambda path: path.write_bytes(b"x" * 100_000), "larger than 16384 bytes"),
        (lambda path: (path.unlink(), path.symlink_to("/etc/passwd")), "leads out of the restored files"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "not a regular file"),
    ],
)
async def test_what_is_not_the_customers_fails_the_backup_and_not_us(
    customer: Customer, tmp_path: Path, spoil, said: str
) -> None:
    customer.script(tmp_path / "beat")
    spoil(tmp_path / "beat")
    found = await ask(probe(customer, IN_FILES), files=tmp_path)
    assert (found.status, said in found.observed) == (ProbeStatus.FAILED, True), found.observed
    assert found.newest is None


async def test_somebody_elses_heartbeat_fails(customer: Customer, tmp_path: Path) -> None:
    provider = Customer((tmp_path / "provider").mkdir() or tmp_path / "provider")
    provider.script(tmp_path / "beat")
    found = await ask(probe(customer, IN_FILES), files=tmp_path)
    assert (found.status, f"is not signed by {NAME}" in found.observed) == (ProbeStatus.FAILED, True)


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.mark.skipif(SSHD is None, reason="openssh-server is not installed")
async def test_a_machines_file_is_read_over_ssh(customer: Customer, sshd: Sshd, tmp_path: Path) -> None:
    path = tmp_path / "-beat"
    customer.script(path)
    spec = probe(customer, TokenFile(path=str(path), access=sshd.access()))
    found = await ask(spec, secrets=sshd.secrets)
    assert (found.status, found.newest) == (
        ProbeStatus.PASSED,
        customer.newest(path.read_bytes()).heartbeat.at,
    )
    assert customer.newest(token_in(found.transcript, what="it"))
    path.unlink()
    found = await ask(spec, secrets=sshd.secrets)
    assert (found.status, found.observed.startswith("exit 1: head: ")) == (ProbeStatus.FAILED, True)
    path.write_bytes(b"> the newest heartbeat that holds, as it was signed:\n" * 2000)
    found = await ask(spec, secrets=sshd.secrets)
    assert (found.status, "larger than 16384" in found.observed) == (ProbeStatus.FAILED, True)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgres() as running:
        running.sql(f"CREATE ROLE probe LOGIN PASSWORD '{SECRET.decode()}'; CREATE DATABASE shop;")
        yield running


@pytest.mark.skipif(programs() is None, reason="PostgreSQL's server is not installed")
async def test_a_table_is_written_through_psql_and_read_by_the_probe(
    customer: Customer, server: Server
) -> None:
    where = f"host={server.socket} port={server.port} user=postgres dbname=shop"
    for pause in (1.1, 1.1, 0):
        customer.command("--psql", where, "--keep", "2")
        time.sleep(pause)
    server.sql("GRANT SELECT ON drverify_heartbeat TO probe", "shop")
    database = Database(address=LOOPBACK, port=server.port, name="shop", user="probe", password=PASSWORD)
    spec = probe(
        customer,
        TokenRow(database=database, query="select string_agg(token, '' order by at) from drverify_heartbeat"),
    )
    found = await ask(spec, secrets={PASSWORD: SECRET})
    assert found.status is ProbeStatus.PASSED, found.observed
    assert customer.newest(token_in(found.transcript, what="it")).heartbeat.at == found.newest
    assert (
        found.transcript.count(b"drverify-heartbeat/v1") == 3
    )  # the two that were kept, and the newest again
    server.sql("update drverify_heartbeat set token = replace(token, 'shop', 'shoq')", "shop")
    found = await ask(spec, secrets={PASSWORD: SECRET})
    assert (found.status, "does not hold" in found.observed) == (ProbeStatus.FAILED, True)
    server.sql("delete from drverify_heartbeat", "shop")
    found = await ask(spec, secrets={PASSWORD: SECRET})
    assert (found.status, found.observed) == (ProbeStatus.FAILED, "no heartbeat (NULL)")
    bad = replace(
        spec,
        newest=NewestToken(
            workload="shop", keys=(customer.vkey,), tokens=TokenRow(database=database, query="select 1")
        ),
    )
    assert (await ask(bad, secrets={PASSWORD: SECRET})).status is ProbeStatus.ERRORED


@pytest.mark.skipif(programs() is None, reason="PostgreSQL's server is not installed")
def test_a_database_that_is_not_there_is_said(customer: Customer, server: Server) -> None:
    done = ran(
        "heartbeat",
        "--key",
        customer.key,
        "--name",
        NAME,
        "--workload",
        "shop",
        "--once",
        "--psql",
        f"host={server.socket} port={server.port} user=postgres dbname=absent",
        check=False,
    )
    assert (done.returncode, 'database "absent" does not exist' in done.stderr) == (11, True), done.stderr
