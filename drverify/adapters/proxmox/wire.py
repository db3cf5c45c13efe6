"""The connection: proxmoxer's https session, with pinning, bounds and tickets of our own.

The only module that knows proxmoxer. Its session and its API token are used; its resource objects are
not, because they log parameters, follow redirects and join paths without quoting; its ticket login is
not, because it does not go through the pinned session.

Two sessions for each node: one for questions, whose connections are kept, and one for changes, whose
connections are not: the API closes an idle connection after 5 s, and a change that is sent into a
closing connection could not be told from one that was done.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Literal, Protocol

import requests
import urllib3.exceptions
from proxmoxer.backends.https import ProxmoxHTTPApiTokenAuth, ProxmoxHTTPAuthBase, ProxmoxHttpSession

from drverify.adapters.proxmox.authority import ApiToken, Authority, Ticket
from drverify.adapters.proxmox.errors import (
    ApiError,
    Malformed,
    NoAnswer,
    NodeUnreachable,
    NotTrusted,
    OutcomeUnknown,
)
from drverify.adapters.proxmox.settings import Access, Endpoint
from drverify.adapters.proxmox.tls import PinnedAdapter, Verify, verification
from drverify.adapters.proxmox.uploading import StoppedSending, Upload

Method = Literal["GET", "POST", "PUT", "DELETE"]
Value = str | int | bool | Sequence[str]
CONNECT = 10.0
LARGEST = 64 * 1024 * 1024
"""Bytes of an answer; a file read by the agent has at most 16 MiB."""
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call of the API."""

    method: Method
    path: str
    """Quoted, from the root of the API: `/nodes/pve1/qemu/9100/config`."""
    params: Mapping[str, Value]
    node: str
    """Whom it is about; empty: the cluster."""
    body: Upload | None = None
    """A file that is sent instead of the parameters."""

    @property
    def doing(self) -> str:
        """Method and path, for messages."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    body: bytes


class Wire(Protocol):
    """Sends questions. Blocking; called from several threads."""

    def send(self, question: Question, *, within: timedelta) -> Answer:
        """Send once. NodeUnreachable when it was certainly not sent; OutcomeUnknown when it may have been."""

    def hide(self, text: str) -> str:
        """Return a text without any secret that was used so far."""

    def close(self) -> None:
        """Drop the connections."""


class HttpsWire:
    """One cluster over https."""

    def __init__(self, access: Access, who: Callable[[], Authority]) -> None:
        """`who` is asked when the first question is sent, and what it says is kept."""
        self._access = access
        self._ask_who = who
        self._authority: Authority | None = None
        self._lock = threading.Lock()
        self._doors: dict[str, _Door] = {}

    def send(self, question: Question, *, within: timedelta) -> Answer:
        """Send once; again only when a ticket was refused (401), which changes nothing."""
        who = self._who()
        door = self._door(question.node)
        if isinstance(who, ApiToken):
            auth = ProxmoxHTTPApiTokenAuth(who.user, who.name, who.secret, verify_ssl=door.verify)
            return door.send(question, auth, within=within)

        def post(login: Mapping[str, str]) -> tuple[int, bytes]:
            asked = Question(method="POST", path="/access/ticket", params=login, node=question.node)
            got = door.send(asked, ProxmoxHTTPAuthBase(verify_ssl=door.verify), within=within)
            return got.status, got.body

        ticket = who.ready(post)
        answer = door.send(question, _TicketAuth(ticket, door.verify), within=within)
        if answer.status == requests.codes.unauthorized:
            ticket = who.refused(ticket, post)
            answer = door.send(question, _TicketAuth(ticket, door.verify), within=within)
        return answer

    def hide(self, text: str) -> str:
        """Return a text without any secret that was used so far."""
        return without(text, self._authority.secrets() if self._authority is not None else ())

    def close(self) -> None:
        """Drop the connections."""
        with self._lock:
            doors, self._doors = self._doors, {}
        for door in doors.values():
            door.close()

    def _who(self) -> Authority:
        with self._lock:
            if self._authority is None:
                self._authority = self._ask_who()
            return self._authority

    def _door(self, node: str) -> "_Door":
        name = node if node in self._access.nodes else ""
        with self._lock:
            if name not in self._doors:
                endpoint = self._access.nodes.get(name, self._access.endpoint)
                self._doors[name] = _Door(endpoint, verification(endpoint, self._access.ca))
            return self._doors[name]


class _Door:
    """The sessions to one endpoint."""

    def __init__(self, endpoint: Endpoint, verify: Verify) -> None:
        host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
        self.verify = verify
        self._where = f"{host}:{endpoint.port}"
        self._url = f"https://{self._where}/api2/json"
        self._reading = _session(endpoint, keep=True)
        self._writing = _session(endpoint, keep=False)

    def send(self, question: Question, auth: ProxmoxHTTPAuthBase, *, within: timedelta) -> Answer:
        """Send once."""
        try:
            return self._exchange(question, auth, within.total_seconds())
        except StoppedSending as error:
            failure: ApiError = OutcomeUnknown(f"{question.doing} at {self._where}: {error}")
        except requests.RequestException as error:
            failure = self._translated(error, question)
        except urllib3.exceptions.ReadTimeoutError:
            failure = NoAnswer(f"{question.doing} at {self._where}: the answer did not end in time")
        except urllib3.exceptions.HTTPError as error:
            failure = OutcomeUnknown(f"{question.doing} at {self._where}: the connection broke: {error}")
        raise failure  # outside of `except`: the library's exceptions carry the request with its token

    def close(self) -> None:
        """Drop the connections."""
        for session in (self._reading, self._writing):
            session.close()

    def _exchange(self, question: Question, auth: ProxmoxHTTPAuthBase, within: float) -> Answer:
        session = self._reading if question.method == "GET" else self._writing
        params = {key: int(one) if isinstance(one, bool) else one for key, one in question.params.items()}
        in_body, body = question.method in {"POST", "PUT"}, question.body
        until = time.monotonic() + within
        # proxmoxer's own `request` looks through `data` for files, which it would read whole
        request = session.request if body is None else partial(requests.Session.request, session)
        with request(
            question.method,
            self._url + question.path,
            params=None if in_body else params,
            data=body or (params if in_body else None),
            headers={"Content-Type": body.content_type} if body is not None else None,
            auth=auth,
            verify=self.verify,
            timeout=(within if body is not None else min(CONNECT, within), within),
            allow_redirects=False,
            stream=True,
        ) as response:
            if body is not None:  # the first of these limits was for each piece of it
                until = time.monotonic() + within
            said = bytearray()
            for chunk in _arriving(response):
                said += chunk
                if len(said) > LARGEST:
                    raise Malformed(f"{question.doing}: the answer is larger than {LARGEST} bytes")
                if time.monotonic() > until:
                    raise NoAnswer(f"{question.doing}: the answer did not end within {within:g} s")
            return Answer(status=response.status_code, reason=response.reason or "", body=bytes(said))

    def _translated(self, error: requests.RequestException, question: Question) -> ApiError:
        where = f"{question.doing} at {self._where}"
        cause = _innermost(error)
        if isinstance(error, requests.exceptions.SSLError):
            return NotTrusted(
                f"{where}: the certificate is not the one that is trusted: {cause}",
                hint="compare `fingerprint` with `pvenode cert info` on the node; where Python does not like "
                "the CA, set `fingerprint` instead of `ca`",
            )
        if isinstance(error, requests.exceptions.Timeout) and not isinstance(
            error, requests.exceptions.ConnectTimeout
        ):
            return NoAnswer(f"{where}: no answer in time", hint="is the node, or a storage, stuck?")
        if _was_not_sent(error):
            return NodeUnreachable(
                f"{where}: cannot connect: {cause}", hint="is the node up, and port 8006 reachable from here?"
            )
        return OutcomeUnknown(f"{where}: the connection broke: {cause}")


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes: whole chunks could be waited for endlessly, a byte at a time."""
    read = getattr(response.raw, "read1", None)
    if read is None:  # urllib3 before 2
        yield from response.iter_content(1)
        return
    while chunk := read(CHUNK, decode_content=True):
        yield chunk


def _session(endpoint: Endpoint, *, keep: bool) -> requests.Session:
    session: requests.Session = ProxmoxHttpSession()
    session.trust_env = False  # neither proxies nor CA bundles nor .netrc of the environment
    session.headers["Accept"] = "application/json"
    session.headers["Accept-Encoding"] = "identity"
    session.headers["Connection"] = "keep-alive" if keep else "close"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", PinnedAdapter(endpoint.fingerprint))
    return session


def without(text: str, secrets: Iterable[str]) -> str:
    """Blot out secrets, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _was_not_sent(error: requests.RequestException) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)


def _innermost(error: BaseException) -> str:
    """The system's own words, without addresses of objects and without the request."""
    seen: BaseException = error
    while (deeper := seen.__cause__ or seen.__context__) is not None:
        seen = deeper
    text = getattr(seen, "strerror", None) or getattr(seen, "verify_message", None) or str(seen)
    return " ".join(str(text).split())[:200] or type(seen).__name__


class _TicketAuth(ProxmoxHTTPAuthBase):  # type: ignore[misc]
    """Puts the current ticket on a request."""

    def __init__(self, ticket: Ticket, verify: Verify) -> None:
        super().__init__(verify_ssl=verify)
        self._ticket = ticket

    def __call__(self, request: Any) -> Any:
        request.headers["Cookie"] = f"PVEAuthCookie={self._ticket.text}"
        if request.method != "GET":
            request.headers["CSRFPreventionToken"] = self._ticket.csrf
        return request
