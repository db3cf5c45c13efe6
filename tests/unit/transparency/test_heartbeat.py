"""Heartbeats: one byte form, every token checked, the newest one counts."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.errors import EvidenceError
from drverify.transparency import heartbeat, note
from drverify.transparency.heartbeat import Heartbeat
from drverify.transparency.note import KeyType, NoteKey

BEATS, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (21, 22))
AT = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)


def key(of: Ed25519PrivateKey = BEATS, name: str = "acme.example/heartbeat") -> NoteKey:
    return NoteKey(name=name, type=KeyType.LOG, material=of.public_key().public_bytes_raw())


def token(minute: int = 0, workload: str = "shop", by: Ed25519PrivateKey = BEATS) -> bytes:
    at = AT + timedelta(minutes=minute)
    return heartbeat.sign(Heartbeat(workload=workload, at=at), key(by), by.sign)


def newest(content: bytes) -> datetime:
    return heartbeat.newest(content, [key()], "shop", what="it").heartbeat.at


def test_a_token_is_five_lines_that_anybody_can_read() -> None:
    lines = token().decode().split("\n")
    assert lines[:4] == ["drverify-heartbeat/v1", "workload shop", "time 2026-11-23T10:15:00Z", ""]
    assert lines[4].startswith("\u2014 acme.example/heartbeat ")
    assert (lines[5:], len(lines)) == ([""], heartbeat.LINES + 1)


def test_the_newest_counts_wherever_it_stands() -> None:
    assert newest(token(0) + token(2) + token(1)) == AT + timedelta(minutes=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no heartbeat in it"),
        (token()[:-1], "cut off"),
        (token() + token()[:40], "cut off"),
        (b"\n" * 5, "not a file of drverify-heartbeat/v1"),
        (token(0) + token(1, workload="other"), "a heartbeat of other, not of shop"),
        (token(0) + token(1, by=OTHER), "2026-11-23T10:16:00Z is not signed by acme.example/heartbeat"),
        (token().replace(b"10:15", b"10:45"), "does not hold"),
        (token(0).replace(b"10:15", b"10:45") + token(1), "does not hold"),
        (token().replace(b"T10:15:00Z", b"T25:15:00Z"), "not a heartbeat of"),
        (token().replace(b"2026-", b"2999-"), "not a heartbeat of"),
        (token() * 100, "larger than 16384 bytes"),
    ],
)
def test_one_token_that_does_not_hold_spoils_all(content: bytes, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        newest(content)


def test_any_changed_byte_is_refused() -> None:
    good = token()
    for at in range(len(good)):
        with pytest.raises(EvidenceError):
            newest(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])


def test_a_second_signature_is_refused() -> None:
    parsed = note.parse(token(), what="it")
    with pytest.raises(EvidenceError):
        heartbeat.check(
            note.render(note.Note(text=parsed.text, signatures=parsed.signatures * 2)),
            [key()],
            "shop",
            what="it",
        )


def test_a_cosigners_key_and_a_name_with_a_line_feed_sign_nothing() -> None:
    cosigner = NoteKey(name="acme", type=KeyType.COSIGNER, material=key().material)
    for stated, by in (
        (Heartbeat(workload="shop", at=AT), cosigner),
        (Heartbeat(workload="a\nb", at=AT), key()),
    ):
        with pytest.raises(ValueError, match="heartbeat"):
            heartbeat.sign(stated, by, BEATS.sign)
