"""`drverify account`: passwords come in by standard input, tokens go out once, and nothing of both is kept."""

import io
import stat
from typing import Any

import pytest

from drverify.adapters.accounts.passwords import right
from drverify.adapters.accounts.sessions import EndedSessions
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.model.account import Accounts, Viewer
from drverify.web.auth_sessions import Sessions
from tests.support.web_site import Site

pytestmark = pytest.mark.needs_restic
LONG = "a long enough password"


@pytest.fixture(autouse=True)
def nobody(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.book().change(lambda _: Accounts())
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{LONG}\n"))
    monkeypatch.setenv("COLUMNS", "120")


def account(site: Site, *words: str) -> int:
    return main(["--config", str(site.config), "account", *words])


def test_an_account_is_made_listed_and_removed(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert account(site, "list") == Exit.OK
    assert "nobody is let in" in capsys.readouterr().out
    assert account(site, "add", "ana", "--role", "operator") == Exit.OK
    assert (
        account(site, "add", "ben", "--role", "customer", "--agreement", "acme", "--no-password") == Exit.OK
    )
    path = site.book().path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LONG not in path.read_text()
    ana = site.book().read().account("ana")
    assert ana is not None
    assert right(ana.password, LONG)
    assert not right(ana.password, LONG + "x")
    capsys.readouterr()
    account(site, "list")
    shown = capsys.readouterr().out
    assert "everything" in shown
    assert "with a password" in shown
    assert "argon2" not in shown
    assert account(site, "remove", "ana") == Exit.OK
    assert site.book().read().account("ana") is None


def test_another_password_ends_sessions(site: Site) -> None:
    account(site, "add", "ana", "--role", "reader", "--no-password")
    session = signed_in(site, "ana")
    assert viewer(site, session) is not None
    assert account(site, "passwd", "ana") == Exit.OK
    ana = site.book().read().account("ana")
    assert ana is not None
    assert viewer(site, session) is None
    assert right(ana.password, LONG)


def test_a_session_of_an_account_that_was_removed_is_none_of_the_next_one_of_that_name(site: Site) -> None:
    """To remove and to add again is the way to another role: the old cookie must not have it."""
    account(site, "add", "ana", "--role", "customer", "--agreement", "acme", "--no-password")
    session = signed_in(site, "ana")
    account(site, "remove", "ana")
    account(site, "add", "ana", "--role", "operator", "--no-password")
    assert viewer(site, session) is None
    assert viewer(site, signed_in(site, "ana")) is not None


def sessions(site: Site) -> Sessions:
    return Sessions(site.book(), EndedSessions(site.state_dir))


def signed_in(site: Site, name: str) -> dict[str, Any]:
    session: dict[str, Any] = {}
    found = site.book().read().account(name)
    assert found is not None
    sessions(site).begin_local(session, found, 100)
    return session


def viewer(site: Site, session: dict[str, Any]) -> Viewer | None:
    return sessions(site).viewer(session, 101)


def test_a_token_is_told_once_and_can_be_taken_back(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    account(site, "add", "ci", "--role", "reader", "--no-password")
    capsys.readouterr()
    assert account(site, "token", "ci", "--days", "3", "--read-only") == Exit.OK
    text = capsys.readouterr().out.strip()
    token = site.book().read().tokens[0]
    assert text.startswith(f"drverify_{token.id}_")
    assert (token.expires - token.made).days == 3
    assert not token.may_act
    assert text.rpartition("_")[2] not in site.book().path.read_text()
    assert account(site, "token", "ci", "--revoke", token.id) == Exit.OK
    assert site.book().read().tokens == ()
    account(site, "token", "ci")
    account(site, "remove", "ci")
    assert site.book().read().tokens == ()


def test_rules_for_people_who_sign_in_elsewhere(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("group", "backup")
    assert account(site, "allow", *words, "--role", "reader") == Exit.OK
    assert account(site, "allow", *words, "--role", "operator") == Exit.OK
    assert [one.role for one in site.book().read().rules] == ["operator"]
    account(site, "list")
    assert "group backup" in capsys.readouterr().out
    assert account(site, "forbid", *words) == Exit.OK
    assert account(site, "forbid", *words) == Exit.WRONG_INPUT


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("add", "Ana", "--role", "reader"), "cannot be the name"),
        (("add", "oidc:x", "--role", "reader"), "cannot be the name"),
        (("add", "ana", "--role", "customer"), "--agreement"),
        (("add", "ana", "--role", "customer", "--agreement", "nothing"), "known are: acme, harbour"),
        (("add", "ana", "--role", "reader", "--agreement", "acme"), "sees all"),
        (("passwd", "nobody"), "no account"),
        (("remove", "nobody"), "no account"),
        (("token", "nobody"), "no account"),
        (("token", "nobody", "--days", "4000"), "1 to 366"),
    ],
)
def test_what_is_wrong_is_said(
    site: Site, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert account(site, *words) == Exit.WRONG_INPUT
    assert told in capsys.readouterr().err
    assert site.book().read() == Accounts()


def test_a_short_password_a_second_account_and_an_open_file_are_refused(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert account(site, "add", "ana", "--role", "reader") == Exit.WRONG_INPUT
    assert "12 to 256" in capsys.readouterr().err
    assert account(site, "add", "ana", "--role", "reader", "--no-password") == Exit.OK
    assert account(site, "add", "ana", "--role", "reader", "--no-password") == Exit.WRONG_INPUT
    site.book().path.chmod(0o644)
    assert account(site, "list") == Exit.WRONG_INPUT
    assert "chmod 600" in capsys.readouterr().err
    site.book().path.chmod(0o600)
