"""Who we are to the API: an API token, or a user whose tickets are renewed before they expire.

A ticket lives two hours and is renewed after one, by handing itself in as password; where that fails,
and after a 401, the password is fetched again by its reference. It is never kept.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from drverify.adapters.proxmox.errors import AuthenticationFailed, Malformed, NodeUnreachable
from drverify.adapters.proxmox.settings import Access
from drverify.errors import InputError
from drverify.model.recovery import SecretRef

RENEW = timedelta(hours=1)
LONGEST = 4096
"""Bytes of a secret."""
REFUSED = 401
OK = 200
Post = Callable[[Mapping[str, str]], tuple[int, bytes]]
"""Sends a form to /access/ticket; returns status and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token; it does not expire by itself and needs no ticket."""

    user: str
    name: str
    secret: str = field(repr=False)

    def secrets(self) -> Iterable[str]:
        """What must never be shown."""
        return (self.secret,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a login gave."""

    text: str = field(repr=False)
    csrf: str = field(repr=False)
    born: float
    """Monotonic seconds."""


class Tickets:
    """The current ticket of a user. Thread-safe."""

    def __init__(
        self, user: str, password: Callable[[], str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._user = user
        self._password = password
        self._clock = clock
        self._lock = threading.Lock()
        self._ticket: Ticket | None = None
        self._seen: set[str] = set()

    def secrets(self) -> Iterable[str]:
        """What must never be shown: every ticket and password of ours so far."""
        return tuple(self._seen)

    def ready(self, post: Post) -> Ticket:
        """Return a ticket that is good for a while; logs in or renews when there is none."""
        with self._lock:
            if self._ticket is None:
                self._ticket = self._login(post, self._own_password())
            elif self._clock() - self._ticket.born > RENEW.total_seconds():
                self._ticket = self._renewed(post, self._ticket)
            return self._ticket

    def refused(self, ticket: Ticket, post: Post) -> Ticket:
        """Return another ticket than the one that was refused."""
        with self._lock:
            if self._ticket is ticket or self._ticket is None:
                self._ticket = None
                self._ticket = self._login(post, self._own_password())
            return self._ticket

    def _renewed(self, post: Post, old: Ticket) -> Ticket:
        try:
            return self._login(post, old.text)
        except (AuthenticationFailed, Malformed):
            return self._login(post, self._own_password())

    def _own_password(self) -> str:
        password = self._password()
        self._seen.add(password)
        return password

    def _login(self, post: Post, password: str) -> Ticket:
        status, body = post({"username": self._user, "password": password})
        if status == REFUSED:
            raise AuthenticationFailed(
                f"the password of {self._user} is not accepted",
                hint="check `user` and `password`",
                status=status,
            )
        if status != OK:
            raise NodeUnreachable(f"logging in as {self._user} failed with status {status}", status=status)
        try:
            data = json.loads(body)["data"]
            text, csrf = str(data["ticket"]), str(data["CSRFPreventionToken"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Malformed(f"logging in as {self._user}: the answer holds no ticket") from None
        if data.get("NeedTFA"):
            raise AuthenticationFailed(
                f"{self._user} needs a second factor, which nobody can enter here",
                hint="use an API token: `token` and `token_secret`",
            )
        self._seen |= {text, csrf}
        return Ticket(text=text, csrf=csrf, born=self._clock())


Authority = ApiToken | Tickets


def authority(access: Access, resolve: Callable[[SecretRef], bytes]) -> Authority:
    """Make who we are from the settings; InputError when a secret cannot be read."""
    if access.token and access.token_secret is not None:
        user, _, name = access.token.partition("!")
        return ApiToken(user=user, name=name, secret=_secret(access.token_secret, resolve))
    reference = access.password
    if reference is None:
        raise InputError("a Proxmox account needs `token` and `token_secret`, or `user` and `password`")
    return Tickets(access.user, lambda: _secret(reference, resolve))


def _secret(reference: SecretRef, resolve: Callable[[SecretRef], bytes]) -> str:
    value = resolve(reference)
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        raise InputError(f"the secret {reference} is no text") from None
    if not text or len(value) > LONGEST or not text.isprintable():
        raise InputError(f"the secret {reference} is empty, too long or not one line of text")
    return text
