"""Who is calling: users with passwords, tickets with a lifetime, tokens, and the request forgery guard."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lab.pve.api.clock import Clock
from lab.pve.api.problems import unauthorised
from lab.pve.api.store import Store

TICKET_SECONDS = 7200
ROOT = "root@pam"
_EARLY = 300
_OLD = "permission denied - invalid PVE ticket"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who proved who they are. `token` is the part behind `!`, or empty."""

    user: str
    token: str = ""
    separated: bool = False
    """The token has rights of its own; what counts is what both have."""

    @property
    def name(self) -> str:
        """How tasks name them: `user@realm` or `user@realm!token`."""
        return f"{self.user}!{self.token}" if self.token else self.user

    @property
    def is_root(self) -> bool:
        """Whether this is root itself; root's tokens are not."""
        return self.user == ROOT and not self.token


class People:
    """Users and tokens of the cluster, in its store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        if store.get("secret", "auth") is None:
            store.put("secret", "auth", {"key": secrets.token_hex(32)})

    # -- keeping ---------------------------------------------------------------------------------------------

    def add_user(self, user: str, password: str) -> None:
        """Make a user, or give one another password."""
        salt = secrets.token_hex(8)
        self._store.put("user", user, {"salt": salt, "hash": _hashed(salt, password), "enabled": True})

    def has_user(self, user: str) -> bool:
        """Whether there is such a user."""
        return self._store.get("user", user) is not None

    def add_token(
        self, user: str, token: str, *, separated: bool = True, expire: int = 0, comment: str = ""
    ) -> str:
        """Make a token and return its secret, which is never shown again. `expire`: epoch, 0 never."""
        value = _uuid_like(secrets.token_hex(16))
        body = {"secret": value, "privsep": int(separated), "expire": expire, "comment": comment}
        self._store.put("token", f"{user}!{token}", body)
        return value

    def tokens(self, user: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return id and facts of a user's tokens, without the secrets."""
        for name, body in self._store.all("token"):
            owner, _, token = name.partition("!")
            if owner == user:
                yield token, {key: value for key, value in body.items() if key != "secret"}

    def drop_token(self, user: str, token: str) -> bool:
        """Remove a token; return whether it was there."""
        return self._store.drop("token", f"{user}!{token}")

    def rotate(self) -> None:
        """Make every ticket that was given out worthless."""
        self._store.put("secret", "auth", {"key": secrets.token_hex(32)})

    # -- asking ----------------------------------------------------------------------------------------------

    def login(self, user: str, password: str) -> Caller:
        """Prove a password, or a ticket used as one. Raises 401."""
        if password.startswith("PVE:"):
            caller = self.by_ticket(password)
            if caller.user == user:
                return caller
            raise unauthorised("authentication failure")
        body = self._store.get("user", user)
        if body is None or not hmac.compare_digest(body["hash"], _hashed(body["salt"], password)):
            raise unauthorised("authentication failure")
        return Caller(user=user)

    def ticket(self, user: str) -> str:
        """Return a ticket that holds from now on for two hours."""
        plain = f"PVE:{user}:{int(self._clock.now()):08X}"
        return f"{plain}::{self._signed(plain)}"

    def by_ticket(self, ticket: str) -> Caller:
        """Read a ticket. Raises 401."""
        plain, _, signature = ticket.partition("::")
        parts = plain.split(":")
        if len(parts) != 3 or not hmac.compare_digest(signature.encode(), self._signed(plain).encode()):
            raise unauthorised(_OLD)
        age = self._clock.now() - int(parts[2], 16)
        if not -_EARLY < age < TICKET_SECONDS:
            raise unauthorised(_OLD)
        return Caller(user=parts[1])

    def guard(self, user: str) -> str:
        """Return the value that must come with every change made with a ticket."""
        stamp = f"{int(self._clock.now()):08X}"
        return f"{stamp}:{self._signed(f'{stamp}:{user}')}"

    def check_guard(self, user: str, value: str) -> None:
        """Check that value. Raises 401."""
        stamp, _, signature = value.partition(":")
        if not signature or not hmac.compare_digest(
            signature.encode(), self._signed(f"{stamp}:{user}").encode()
        ):
            raise unauthorised("Permission denied - invalid csrf token")

    def by_token(self, header: str) -> Caller:
        """Read `user@realm!tokenid=SECRET`. Raises 401."""
        name, _, value = header.partition("=")
        user, _, token = name.partition("!")
        body = self._store.get("token", name)
        if body is None or not hmac.compare_digest(body["secret"].encode(), value.encode()):
            raise unauthorised()
        if body["expire"] and body["expire"] < self._clock.now():
            raise unauthorised()
        return Caller(user=user, token=token, separated=bool(body["privsep"]))

    def _signed(self, text: str) -> str:
        key = (self._store.get("secret", "auth") or {})["key"]
        return base64.b64encode(hmac.digest(bytes.fromhex(key), text.encode(), "sha256")).decode().rstrip("=")


def _hashed(salt: str, password: str) -> str:
    """A quick hash: these passwords guard nothing but a laboratory."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), 100).hex()


def _uuid_like(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
