"""How often somebody may try to sign in. Kept at the desk: every process of the site sees it.

What is typed as a name may be a password: what is kept of it is an HMAC (SHA-256, hexadecimal) under the key
of the site's sessions, which is not in the desk's database.
"""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from drverify.model.booking import FailedSignIn

WINDOW = timedelta(minutes=15)
"""How long a failed attempt counts."""
_SECOND = timedelta(seconds=1)


class SignIns(Protocol):
    """Where attempts that failed are kept; the desk's contract (`engine.nightly.ports.Desk`)."""

    def sign_in_failed(self, name: str, place: str, at: datetime) -> None:
        """Note one."""

    def sign_ins_failed(self, name: str, place: str, since: datetime) -> Sequence[FailedSignIn]:
        """Those of that name or from that place, oldest first."""

    def sign_in_passed(self, name: str, place: str, at: datetime) -> None:
        """Forget those of that name from that place, and those that are too old to count."""


class Throttle:
    """Failed attempts of the last quarter of an hour, by name and place, by place, and by name. Blocks.

    The three limits: five for one name from one place (somebody who forgot), twenty from one place (somebody
    who tries names), a hundred for one name from anywhere (many places that try one name; large, so that
    nobody can lock an account by failing on purpose). HostError when the desk cannot be asked.
    """

    def __init__(self, kept: SignIns, key: str) -> None:
        self._kept, self._key = kept, key.encode()

    def wait(self, name: str, place: str, now: datetime) -> int:
        """Seconds until the next attempt is looked at; 0: it may be made."""
        name = self._hidden(name)
        found = self._kept.sign_ins_failed(name, place, now - WINDOW)
        longest = timedelta()
        for counted, most in (
            ([one.at for one in found if (one.name, one.place) == (name, place)], 5),
            ([one.at for one in found if one.place == place], 20),
            ([one.at for one in found if one.name == name and name], 100),
        ):
            if len(counted) >= most:
                longest = max(longest, min(counted[-most] + WINDOW - now, WINDOW))
        return longest // _SECOND + 1 if longest > timedelta() else 0

    def failed(self, name: str, place: str, now: datetime) -> None:
        """Count a failed attempt."""
        self._kept.sign_in_failed(self._hidden(name), place, now)

    def passed(self, name: str, place: str, now: datetime) -> None:
        """Forgive the one who came in: their own failures from there, and this attempt, which was none."""
        self._kept.sign_in_passed(self._hidden(name), place, now)

    def _hidden(self, name: str) -> str:
        """A name as it is kept; empty stays empty: at the identity provider's door nobody gives one."""
        return hmac.digest(self._key, name.encode("utf-8", "replace"), "sha256").hex() if name else ""
