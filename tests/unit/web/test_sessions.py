"""Nothing of a session before the sign-in is kept in the one after it."""

from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.sessions import EndedSessions
from drverify.model.account import Account, Accounts, Rule
from drverify.web.auth_sessions import LASTS, Sessions

OLGA = Account(name="olga", role="operator")
RULE = Rule(claim="subject", value="1", role="reader")


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    book = AccountBook(tmp_path)
    book.change(lambda _: Accounts(accounts=(OLGA,), rules=(RULE,)))
    return Sessions(book, EndedSessions(tmp_path))


@pytest.mark.parametrize("how", ["local", "elsewhere"])
def test_a_planted_session_is_gone_after_signing_in(sessions: Sessions, how: str) -> None:
    session: dict[str, Any] = {
        "number": "planted",
        "since": 1,
        "elsewhere": "oidc:evil",
        "rules": [],
        "account": "x",
    }
    if how == "local":
        sessions.begin_local(session, OLGA, 100)
        assert set(session) == {"number", "since", "account", "generation"}
    else:
        sessions.begin_elsewhere(session, "oidc:1", [RULE], 100)
        assert set(session) == {"number", "since", "elsewhere", "rules"}
    assert session["number"] != "planted"
    assert len(session["number"]) >= 24
    viewer = sessions.viewer(session, 100)
    assert viewer is not None
    assert viewer.account == ("olga" if how == "local" else "oidc:1")


def test_it_ends_when_its_time_is_over_and_never_begins_in_the_future(sessions: Sessions) -> None:
    session: dict[str, Any] = {}
    sessions.begin_local(session, OLGA, 100)
    assert sessions.viewer(session, 100 + LASTS - 1) is not None
    assert sessions.viewer(session, 100 + LASTS) is None
    assert sessions.viewer(session, 99) is None
