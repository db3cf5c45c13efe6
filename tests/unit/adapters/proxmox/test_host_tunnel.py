"""One coupling of the tunnel: frames as a switch carries them. A pair of sockets stands for the tap."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from drverify.adapters.proxmox.tunnel import BURST, Coupling, Door, _trusted
from drverify.adapters.proxmox.tunnel_watch import FrameWatch
from drverify.errors import InputError

FRAME = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x00" + b"payload"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHgfF9Y2wVqV1mVYc3kzYzIxYjVqV3V5ZGVmZ2hpamts"


def door(host_key: str = KEY, port: int = 22) -> Door:
    return Door(
        bridge="drill0",
        unit=0,
        address="10.0.0.1",
        port=port,
        user="drverify",
        key=b"secret",
        host_key=host_key,
    )


@dataclass
class Channel:
    """The node's end."""

    sent: list[bytes] = field(default_factory=list)
    aborted: bool = False

    def write(self, frame: bytes) -> None:
        self.sent.append(frame)

    def abort(self) -> None:
        self.aborted = True


@dataclass
class Pair:
    coupling: Coupling
    channel: Channel
    watch: FrameWatch
    sandbox: socket.socket


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    sandbox, tap = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (sandbox, tap):
        end.setblocking(False)
    watch, channel = FrameWatch(), Channel()
    coupling = Coupling(door(), tap.detach(), watch)
    made: Any = channel
    coupling.connection_made(made)
    coupling.session_started()
    yield Pair(coupling, channel, watch, sandbox)
    coupling.end()
    sandbox.close()


async def turn() -> None:
    """Let the loop look at its sockets."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_frames_go_both_ways_and_are_counted(pair: Pair):
    pair.sandbox.send(FRAME)
    await turn()
    assert pair.channel.sent == [FRAME]
    pair.coupling.data_received(FRAME, None)
    assert pair.sandbox.recv(2048) == FRAME
    assert (pair.watch.went, pair.watch.received, pair.watch.dropped) == (1, 1, 0)


async def test_while_the_node_takes_nothing_frames_are_dropped_and_none_is_sent_late(pair: Pair):
    pair.coupling.pause_writing()
    for _ in range(3):
        pair.sandbox.send(FRAME)
    await turn()
    assert pair.channel.sent == []
    assert pair.watch.dropped == 3
    pair.coupling.resume_writing()
    pair.sandbox.send(FRAME + b"later")
    await turn()
    assert pair.channel.sent == [FRAME + b"later"]


async def test_a_flood_leaves_the_loop_its_turn(pair: Pair):
    for _ in range(BURST + 10):
        pair.sandbox.send(FRAME)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(pair.channel.sent) == BURST
    await turn()
    assert len(pair.channel.sent) == BURST + 10


async def test_a_tap_that_takes_nothing_loses_the_frame_and_nothing_else(pair: Pair):
    sent = 0
    while pair.watch.dropped == 0:
        pair.coupling.data_received(FRAME, None)
        sent += 1
        assert sent < 100_000
    assert pair.coupling.lost == ""


async def test_a_broken_way_says_where_and_why_and_carries_nothing_more(pair: Pair):
    pair.coupling.connection_lost(ConnectionResetError("reset by the node"))
    assert pair.coupling.lost.startswith("the tunnel to tap0 on drill0, as drverify@10.0.0.1:22 broke: reset")
    pair.sandbox.send(FRAME)
    await turn()
    assert pair.channel.sent == []


async def test_an_end_that_we_made_is_no_loss_and_closes_the_tap_once(pair: Pair):
    descriptor = pair.coupling._tap
    pair.coupling.end()
    pair.coupling.end()
    pair.coupling.connection_lost(None)
    pair.coupling.data_received(FRAME, None)
    pair.coupling.session_started()
    assert pair.channel.aborted
    assert pair.coupling.lost == ""
    assert pair.watch.received == 0
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(descriptor)


def test_no_key_is_shown():
    assert "secret" not in repr(door())


@pytest.mark.parametrize("written", [KEY, f"pve1 {KEY}", f"{KEY} root@pve1", f"pve1.example {KEY} root@pve1"])
def test_a_host_key_is_taken_as_it_is_found(written: str):
    """From known_hosts (with a name in front), from a public key's file (with a comment), or bare."""
    known, pinned = _trusted(door(written))
    assert pinned == ""
    assert not isinstance(known, bytes)
    trusted = {key.export_public_key() for key in known.match("10.0.0.1", "10.0.0.1", 22)[0]}
    assert trusted == {f"{KEY}\n".encode()}


def test_a_fingerprint_is_taken_and_nonsense_is_not():
    assert _trusted(door("SHA256:" + "A" * 43)) == (b"", "SHA256:" + "A" * 43)
    for nonsense in ("nonsense", "", "ssh-ed25519", "ssh-ed25519 not-base64!"):
        with pytest.raises(InputError, match=r"host key of 10\.0\.0\.1"):
            _trusted(door(nonsense))
