"""Who we are to the API."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from drverify.adapters.proxmox.authority import RENEW, ApiToken, Tickets, authority
from drverify.adapters.proxmox.errors import AuthenticationFailed, Malformed, NodeUnreachable
from drverify.adapters.proxmox.settings import Access, endpoint
from drverify.errors import InputError
from drverify.model.recovery import SecretRef

ACCESS = Access(endpoint=endpoint("pve1"), token="drill@pve!one", token_secret=SecretRef("env:SECRET"))
HOUR = RENEW.total_seconds()


class Server:
    """Gives tickets for the password and for its own last ticket."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.renews = True

    def post(self, login: Mapping[str, str]) -> tuple[int, bytes]:
        self.asked.append(login["password"])
        good = login["password"] == "right" or (self.renews and login["password"] == self.ticket(-1))
        assert login["username"] == "drill@pve"
        if not good:
            return 401, b""
        data = {"ticket": self.ticket(0), "CSRFPreventionToken": f"csrf{len(self.asked)}"}
        return 200, json.dumps({"data": data}).encode()

    def ticket(self, offset: int) -> str:
        return f"PVE:drill@pve:{len(self.asked) + offset:08X}::sig"

    def tickets(self, password: str = "right") -> Tickets:
        return Tickets("drill@pve", lambda: password, lambda: self.now)


def test_a_ticket_is_kept_for_an_hour_and_then_renewed_by_itself() -> None:
    server = Server()
    tickets = server.tickets()
    first = tickets.ready(server.post)
    server.now = HOUR
    assert tickets.ready(server.post) is first
    server.now = HOUR + 1
    second = tickets.ready(server.post)
    assert second.text != first.text
    assert server.asked == ["right", first.text]
    server.now += HOUR
    assert tickets.ready(server.post) is second


def test_the_password_is_fetched_again_when_a_ticket_is_not_renewed() -> None:
    server = Server()
    tickets = server.tickets()
    first = tickets.ready(server.post)
    server.renews, server.now = False, HOUR + 1
    tickets.ready(server.post)
    assert server.asked == ["right", first.text, "right"]


def test_a_refused_ticket_is_replaced_once_for_everybody() -> None:
    server = Server()
    tickets = server.tickets()
    first = tickets.ready(server.post)
    second = tickets.refused(first, server.post)
    assert tickets.refused(first, server.post) is second
    assert server.asked == ["right", "right"]


def test_every_secret_is_known_and_none_is_shown() -> None:
    server = Server()
    tickets = server.tickets()
    ticket = tickets.ready(server.post)
    assert set(tickets.secrets()) == {"right", ticket.text, ticket.csrf}
    assert ticket.text not in repr(ticket)
    assert ticket.csrf not in repr(ticket)
    token = ApiToken(user="a@pve", name="t", secret="hidden")
    assert "hidden" not in repr(token)


def test_a_wrong_password_is_not_tried_twice() -> None:
    server = Server()
    with pytest.raises(AuthenticationFailed, match="not accepted") as caught:
        server.tickets("wrong").ready(server.post)
    assert server.asked == ["wrong"]
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, b"", NodeUnreachable),
        (200, b"", Malformed),
        (200, b"[]", Malformed),
        (200, b'{"data": null}', Malformed),
        (200, b'{"data": {"ticket": "x"}}', Malformed),
        (200, b'{"data": {"ticket": "x", "CSRFPreventionToken": "y", "NeedTFA": 1}}', AuthenticationFailed),
    ],
)
def test_logins_that_give_no_ticket(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Server().tickets().ready(lambda _: (status, body))


def test_the_settings_say_who_we_are() -> None:
    made = authority(ACCESS, lambda ref: b"5f1c\n" if ref == "env:SECRET" else b"")
    assert made == ApiToken(user="drill@pve", name="one", secret="5f1c")
    user = replace(ACCESS, token="", token_secret=None, user="drill@pve", password=SecretRef("env:P"))
    assert isinstance(authority(user, lambda _: b"x"), Tickets)


@pytest.mark.parametrize("value", [b"", b"\n", b"two\nlines", b"\xff", b"x" * 5000])
def test_a_secret_that_cannot_be_one(value: bytes) -> None:
    with pytest.raises(InputError, match="env:SECRET") as caught:
        authority(ACCESS, lambda _: value)
    assert "two" not in str(caught.value)
