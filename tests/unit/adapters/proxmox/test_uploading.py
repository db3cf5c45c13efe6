"""The body of an upload: its form, its length, that it can be stopped and begun again."""

import asyncio
import threading
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from drverify.adapters.proxmox import storages
from drverify.adapters.proxmox.caller import Caller
from drverify.adapters.proxmox.upids import Following
from drverify.adapters.proxmox.uploading import StoppedSending, Upload
from drverify.adapters.proxmox.wire import Answer, Question
from drverify.errors import DeadlineError


class Bytes:
    size = 12

    def __iter__(self):
        yield b"abcdef"
        yield b"\r\n--xy"


def test_fields_stand_before_the_file_and_the_length_is_right():
    body = Upload(Bytes(), "drverify-0-1.qcow2", {"content": "import"})
    for _ in range(2):  # a refused ticket sends it again
        sent = b"".join(body)
        assert len(sent) == len(body)
        assert body.sent == body.size == 12
    parts = message_from_bytes(f"Content-Type: {body.content_type}\r\n\r\n".encode() + sent).get_payload()
    assert [(one.get_param("name", header="content-disposition"), one.get_filename()) for one in parts] == [
        ("content", None),
        ("filename", "drverify-0-1.qcow2"),
    ]
    assert sent.endswith(b"--\r\n")
    assert parts[0].get_payload() == "import"
    assert parts[1].get_payload(decode=True) == b"abcdef\r\n--xy"


def test_it_ends_at_the_next_piece():
    body = Upload(Bytes(), "a.raw", {})
    pieces = iter(body)
    assert not body.begun
    next(pieces)
    assert body.begun
    assert next(pieces) == b"abcdef"
    body.stop()
    with pytest.raises(StoppedSending):
        next(pieces)


class Stuck:
    """A caller that gets its turn when it is let, and then a node that takes nothing."""

    def __init__(self) -> None:
        self.turn = asyncio.Event()

    async def send(self, *path: object, body: Upload, within: timedelta) -> object:
        await self.turn.wait()
        pieces = iter(body)
        next(pieces)
        while not body.stopped:
            await asyncio.sleep(0)
        return next(pieces)


async def test_whoever_waits_for_a_turn_does_not_stall_and_whoever_stands_still_does(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(storages, "LOOK", 0)
    caller: Any = Stuck()
    tasks: Any = None
    body = Upload(Bytes(), "a.raw", {})
    sending = asyncio.create_task(
        storages.Storages(caller, tasks).upload(
            "pve1", "imports", body, stall=timedelta(0), following=Following()
        )
    )
    for _ in range(50):
        await asyncio.sleep(0)
    assert not sending.done()
    caller.turn.set()
    with pytest.raises(DeadlineError, match="no byte of the disk went to the node"):
        await sending
    assert body.stopped


def test_stopped_at_its_last_piece_its_end_is_not_sent():
    body = Upload(Bytes(), "a.raw", {})
    pieces = iter(body)
    assert [next(pieces) for _ in range(3)][-1] == b"\r\n--xy"
    body.stop()
    with pytest.raises(StoppedSending):
        next(pieces)


class DeadLink:
    """A connection that takes the first piece, and nothing more until it is cut."""

    def __init__(self) -> None:
        self.full = threading.Event()
        self.cut = threading.Event()

    def send(self, question: Question, *, within: timedelta) -> Answer:
        assert question.body is not None
        next(iter(question.body))
        self.full.set()
        assert self.cut.wait(60)
        raise OSError("the connection broke")

    def hide(self, text: str) -> str:
        return text

    def close(self) -> None:
        pass


async def test_cancelled_on_a_dead_link_nobody_waits_for_it_to_break(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(storages, "ENDING", 0)
    link = DeadLink()
    caller = Caller(link)
    tasks: Any = None
    body = Upload(Bytes(), "a.raw", {})
    stall = timedelta(minutes=5)
    sending = asyncio.create_task(
        storages.Storages(caller, tasks).upload("pve1", "imports", body, stall=stall, following=Following())
    )
    try:
        await asyncio.to_thread(link.full.wait, 60)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, timeout=30)
        assert body.stopped
        assert not body.over, "the thread still holds the connection"
    finally:
        link.cut.set()
        caller.close()
    await asyncio.to_thread(body.ended.wait, 60)
    assert body.over
