"""`drverify log stamp` and `log check` with time authorities in the settings."""

import io
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from drverify.adapters.signing.keyfile import create
from drverify.cli.main import main
from drverify.compose import Workshop
from drverify.engine.drills.journal import START_PROOF, token_name
from drverify.errors import Exit, InputError
from drverify.operation.stamping import stamped_again
from drverify.sealing.keys import read_trust
from lab.authority.making import Authority, make_authority
from lab.authority.server import serving
from tests.support.authorities import trusted_root

SETTINGS = """\
state_dir = "state"
register = "register"
inventory = "inventory"
playbooks = "playbooks"
[sources]
[hosts]
[signing]
key = "file:runner.key"
[log]
origin = "provider.example/drverify/acme"
key = "file:log.key"
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "first", "first")


@pytest.fixture
def address(first: Authority) -> Iterator[str]:
    with serving({"first": first.reply}) as found:
        yield found


class Said(NamedTuple):
    """What a command said."""

    returncode: int
    stdout: str
    stderr: str


class Site:
    """A directory with settings, and the command."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("runner", "log"):
            create(root / f"{name}.key")
        self.settings()

    def settings(self, *authorities: str) -> None:
        (self.root / "drverify.toml").write_text(
            SETTINGS + "".join(f"[[log.authorities]]\n{one}\n" for one in authorities)
        )

    def workshop(self) -> Workshop:
        return Workshop.open(self.root / "drverify.toml")

    def log(self, *words: str) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["--config", str(self.root / "drverify.toml"), "log", *words])
        return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    log = site.workshop().log()
    assert log is not None
    entry = b"drverify-leaf/v1\nkind drill-started\npayload sha256:%b\nsignature sha256:%b\nkeyid %b\n"
    log.tiles.append([entry % ((b"0" * 64,) * 3)], log._signer.sign)
    return site


def table(first: Authority, url: str, name: str = "first") -> str:
    return f'name = "{name}"\nurl = "{url}"\nca = "{first.root}"'


def test_missing_stamps_are_asked_for_and_checked(site: Site, first: Authority, address: str) -> None:
    site.settings(table(first, "http://127.0.0.1:1/first"))
    down = site.log("stamp", "--attempts", "2")
    assert down.returncode == Exit.UNPROVEN
    assert down.stdout.count("no time stamp of first: cannot be asked") == 2
    assert "1 time stamps are missing still" in down.stdout
    found = site.log("check")
    assert found.returncode == Exit.UNPROVEN  # a start without a result
    assert "0 time stamps hold\n1 are missing: `drverify log stamp` asks again" in found.stdout
    site.settings(table(first, f"{address}/first"))
    asked = site.log("stamp")
    assert asked.returncode == Exit.OK, asked.stdout + asked.stderr
    assert "time stamp of first: 20" in asked.stdout
    assert site.log("stamp").stdout == "every checkpoint that is kept has its time stamps: 1\n"
    assert "1 time stamps hold, the newest over 1 entries" in site.log("check").stdout
    (stamp,) = json.loads(site.log("check", "--json").stdout)["stamps"]
    assert (stamp["size"], stamp["authority"]) == (1, "first")
    (site.root / "state/log/timestamps/1.first.tsr").write_bytes(b"another")
    broken = site.log("check")
    assert broken.returncode == Exit.EVIDENCE_INVALID
    assert "no answer of a time authority" in broken.stderr


def test_a_site_asks_again_for_what_an_authority_did_not_give(
    site: Site, first: Authority, address: str
) -> None:
    assert list(stamped_again(site.workshop())) == []  # nobody is to be asked
    site.settings(table(first, "http://127.0.0.1:1/first"))
    site.log("stamp")
    (line,) = stamped_again(site.workshop())
    assert line.startswith("no time stamp of first: cannot be asked")
    site.settings(table(first, f"{address}/first"))
    drill = site.root / "state/drills/20261124T000000Z-aaaaaa"
    drill.mkdir(parents=True)
    log = site.workshop().log()
    assert log is not None
    (drill / START_PROOF).write_bytes(log.proof(0))
    assert list(stamped_again(site.workshop())) == []
    assert "1 time stamps hold" in site.log("check").stdout
    assert (drill / token_name(START_PROOF, "first")).read_bytes() == (
        site.root / "state/log/timestamps/1.first.tsr"
    ).read_bytes()


def test_the_trust_file_has_the_authorities_roots(site: Site, first: Authority) -> None:
    site.settings(table(first, "https://tsa.example/tsr"))
    trust = read_trust(site.workshop().trust_file().read_bytes(), what="trust")
    assert trust.authorities == (trusted_root(first),)


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        (["{first}", "{again}"], "must not pass for two"),
        (["{first}", "{first}"], "two time authorities have the same name"),
        (['name = "x"\nurl = "https://tsa.example"\nca = "missing.pem"'], "missing.pem cannot be read"),
        (['name = "x"\nurl = "https://tsa.example"\nca = "runner.key"'], "has no certificate in PEM"),
        (['name = "X"\nurl = "https://tsa.example"\nca = "x"'], "name"),
        (['name = "x"\nurl = "ftp://tsa.example"\nca = "x"'], "url"),
        (['name = "x"\nurl = "https://me:secret@tsa.example"\nca = "x"'], "url"),
        (['name = "x"\nurl = "https://tsa.example"\nca = "x"\nwithin_s = 0'], "within_s"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    site: Site, first: Authority, tables: list[str], why: str
) -> None:
    url = "https://tsa.example/tsr"
    known = {"{first}": table(first, url), "{again}": table(first, url, "again")}
    site.settings(*(known.get(one, one) for one in tables))
    with pytest.raises(InputError, match=why):
        site.workshop().stamps(site.workshop().log())  # type: ignore[arg-type]


def test_authorities_without_the_library_are_refused_before_any_drill(
    site: Site, first: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.settings(table(first, "https://tsa.example/tsr"))
    for name in [name for name in sys.modules if name.startswith("drverify.adapters.stamping.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(InputError, match="needs the Python package rfc3161_client") as refused:
        site.workshop().stamps(site.workshop().log())  # type: ignore[arg-type]
    assert refused.value.hint == "pip install 'drverify[drill]'"


def test_without_authorities_there_is_nothing_to_ask(site: Site) -> None:
    asked = site.log("stamp")
    assert (asked.returncode, "name no time authority" in asked.stderr) == (Exit.WRONG_INPUT, True)
    assert "time stamp" not in site.log("check").stdout
