"""Messages by real HTTP to a webhook and to ntfy, by mail, and a dead man's switch, on loopback."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar

import pytest

from drverify.adapters.messages.sending import AppriseTarget, still_alive
from drverify.errors import HostError, InputError
from drverify.model.alarm import Alarm, AlarmKind, Message, NightSum, Wrong
from drverify.operation.teller import Teller
from drverify.settings import Notify

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SUM = NightSum(drills=1, concluded=1, missed=0, given_up=0, promises=1, met=0)


@dataclass
class Hook:
    """What came in, and what is answered."""

    port: int = 0
    posted: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    status: int = 200

    @property
    def webhook(self) -> str:
        return f"json://user:sesame@127.0.0.1:{self.port}/hook"


@pytest.fixture
def hook() -> Iterator[Hook]:
    state = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer()

        def do_GET(self) -> None:
            state.asked += 1
            self.answer()

        def answer(self) -> None:
            self.send_response(state.status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_message_arrives(hook: Hook) -> None:
    AppriseTarget("operation.notify.to[0]", hook.webhook).send(Message(title="title", body="line\nline"))
    (got,) = hook.posted
    assert (got["title"], got["message"]) == ("title", "line\nline")


def test_who_does_not_take_it_is_named_and_never_its_address(hook: Hook) -> None:
    hook.status = 500
    with pytest.raises(HostError) as refused:
        AppriseTarget("operation.notify.to[0]", hook.webhook).send(Message(title="t", body="b"))
    assert "operation.notify.to[0]" in str(refused.value)
    assert "sesame" not in str(refused.value)
    with pytest.raises(InputError) as wrong:
        AppriseTarget("operation.notify.to[0]", "nonsense sesame")
    assert "sesame" not in str(wrong.value)


def test_a_round_is_told_once_and_again_where_it_did_not_arrive(hook: Hook, tmp_path: Path) -> None:
    targets = {"file:hook": AppriseTarget("x", hook.webhook)}
    alarm = Alarm(key="k", kind=AlarmKind.PROMISE, what="rpo-2.1: 2 h of 1 h", since=NOW)

    def one_round(at: datetime, alarms: list[Alarm]) -> int:
        teller = Teller(  # a new one each time: what was told outlives the process
            tmp_path / "site",
            Notify(),
            "UTC",
            targets,
            lambda: still_alive(f"http://127.0.0.1:{hook.port}/alive"),
        )
        return len(teller.round(Wrong(alarms=tuple(alarms)), lambda: SUM, at))

    hook.status = 503
    assert one_round(NOW, [alarm]) == 2  # neither the message nor the switch
    hook.status = 200
    assert one_round(NOW, [alarm]) == 0
    told = len(hook.posted)
    assert one_round(NOW, [alarm]) == 0
    assert len(hook.posted) == told
    assert hook.asked == 3
    assert one_round(NOW + timedelta(hours=5), [alarm]) == 0  # 8:00: the digest
    assert "Wrong" in hook.posted[-1]["message"]
    assert one_round(NOW + timedelta(hours=6), []) == 0
    before = len(hook.posted)
    assert one_round(NOW + timedelta(hours=29), []) == 0  # the next morning says that it is over
    assert "Over:" in hook.posted[-1]["message"]
    assert one_round(NOW + timedelta(hours=53), []) == 0  # green: silence
    assert len(hook.posted) == before + 1


def test_a_memory_that_cannot_be_read_tells_twice(hook: Hook, tmp_path: Path) -> None:
    (tmp_path / "told.json").write_text("{half")
    teller = Teller(tmp_path, Notify(), "UTC", {"file:hook": AppriseTarget("x", hook.webhook)})
    wrong = Wrong(alarms=(Alarm(key="k", kind=AlarmKind.DRILL, what="w", since=NOW),))
    assert teller.round(wrong, lambda: SUM, NOW) == ()
    assert len(hook.posted) == 1


def test_ntfy_takes_it_as_a_push(hook: Hook) -> None:
    """A server of one's own, by its address, topic and user."""
    target = AppriseTarget("operation.notify.to[0]", f"ntfy://user:sesame@127.0.0.1:{hook.port}/nights")
    target.send(Message(title="1 promise broken", body="rpo-2.1: 2 h of 1 h"))
    (got,) = hook.posted
    assert (got["topic"], got["title"], got["message"]) == (
        "nights", "1 promise broken", "rpo-2.1: 2 h of 1 h"
    )  # fmt: skip
    hook.status = 507
    with pytest.raises(HostError) as refused:
        target.send(Message(title="t", body="b"))
    assert "sesame" not in str(refused.value)


class Post(StreamRequestHandler):
    """As much of a mail server as takes one mail (RFC 5321)."""

    mails: ClassVar[list[EmailMessage]] = []
    refuses: ClassVar[bool] = False

    def handle(self) -> None:
        self.say("220 post.example")
        while line := self.rfile.readline().strip().upper():
            if line.startswith(b"DATA"):
                self.say("354 go on")
                self.take()
                self.say("250 taken")
            elif line.startswith(b"QUIT"):
                self.say("221 bye")
                return
            else:
                self.say("550 nobody here" if self.refuses and line.startswith(b"RCPT") else "250 well")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def take(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        content = b"".join(line.removeprefix(b".") for line in lines)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)


@pytest.fixture
def post() -> Iterator[int]:
    """Its port on loopback."""
    Post.mails, Post.refuses = [], False
    server = ThreadingTCPServer(("127.0.0.1", 0), Post)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_mail_arrives_and_one_that_is_refused_is_told(post: int) -> None:
    address = f"mailto://127.0.0.1:{post}?from=drills@example.org&to=ops@example.org&format=text"
    target = AppriseTarget("operation.notify.to[0]", address)
    target.send(Message(title="1 promise broken", body="rpo-2.1: 2 h of 1 h\n.\nshop"))
    (mail,) = Post.mails
    assert (mail["to"], mail["subject"]) == ("ops@example.org", "1 promise broken")
    assert "drills@example.org" in mail["from"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["rpo-2.1: 2 h of 1 h", ".", "shop"]
    Post.refuses = True
    with pytest.raises(HostError, match=r"not taken by operation.notify.to\[0\]"):
        target.send(Message(title="t", body="b"))
