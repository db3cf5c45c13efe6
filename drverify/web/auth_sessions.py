"""From a session's cookie to whoever is looking. What it says is asked of the accounts at every request.

The cookie is signed, not secret (Starlette's SessionMiddleware). It holds a number of its own, when it
began, and either a local account's name and generation, or which rules let somebody in who signed in
elsewhere.
"""

import secrets
from collections.abc import MutableMapping, Sequence
from typing import Any

from drverify.adapters.accounts.book import AccountBook
from drverify.adapters.accounts.sessions import EndedSessions
from drverify.model.account import Account, Rule, Viewer, viewer_by_rules, viewer_of

LASTS = 12 * 60 * 60
"""Seconds from signing in to having to do it again, whatever happens in between."""
Session = MutableMapping[str, Any]


class Sessions:
    """Begins, reads and ends sessions of one site."""

    def __init__(self, book: AccountBook, ended: EndedSessions) -> None:
        self._book = book
        self._ended = ended

    def begin_local(self, session: Session, account: Account, now: int) -> None:
        """Somebody gave the right password. Nothing of the session before is kept."""
        _begin(session, now)
        session["account"], session["generation"] = account.name, account.generation

    def begin_elsewhere(self, session: Session, account: str, rules: Sequence[Rule], now: int) -> None:
        """The identity provider vouched for somebody, and these rules let them in."""
        _begin(session, now)
        session["elsewhere"], session["rules"] = account, [[rule.claim, rule.value] for rule in rules]

    def end(self, session: Session, now: int) -> None:
        """Sign out: a copy of the cookie is worth nothing, either."""
        if number := session.get("number"):
            self._ended.add(number, int(session["since"]) + LASTS, now)
        session.clear()

    def viewer(self, session: Session, now: int) -> Viewer | None:
        """Who is looking; None: nobody that may. InputError, HostError when the accounts cannot be read."""
        number, since = session.get("number"), session.get("since")
        if not number or number in self._ended or not isinstance(since, int) or not 0 <= now - since < LASTS:
            return None
        accounts = self._book.read()
        if "elsewhere" in session:
            named = {tuple(one) for one in session["rules"]}
            still = [rule for rule in accounts.rules if (rule.claim, rule.value) in named]
            return viewer_by_rules(session["elsewhere"], still)
        account = accounts.account(session.get("account", ""))
        if account is None or account.generation != session.get("generation"):
            return None
        return viewer_of(account)


def _begin(session: Session, now: int) -> None:
    session.clear()
    session["number"], session["since"] = secrets.token_urlsafe(18), now
