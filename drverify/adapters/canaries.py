"""What every way of tampering shares: how a canary looks, and how an answer is told."""

import hashlib
import secrets
from datetime import UTC, datetime

from drverify.model.agreement import Sha256
from drverify.model.immutability import MARK, Canary, HeldCanary

SIZE = 1024


def new_content(now: datetime) -> bytes:
    """A canary's bytes: they say what it is, and no other has them."""
    head = MARK + b" 1\nplanted " + now.isoformat(timespec="seconds").encode() + b"\n"
    head += b"made by drverify to be attacked instead of a backup; who runs this store may delete it\n"
    return head + secrets.token_hex((SIZE - len(head)) // 2).encode()


def other_content() -> bytes:
    """What an attack writes over a canary."""
    return MARK + b" overwritten\n" + secrets.token_hex(16).encode()


def digest(content: bytes) -> Sha256:
    """Its SHA-256."""
    return Sha256(hashlib.sha256(content).hexdigest())


def now() -> datetime:
    """UTC, in whole milliseconds, as evidence holds it."""
    at = datetime.now(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def name_of(at: datetime) -> str:
    """A file's name, which no reader of backups takes for one."""
    return f"{MARK.decode()}-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}.txt"


def held(
    canary: Canary, content: bytes | None, *, until: datetime | None = None, mode: str = ""
) -> HeldCanary:
    """How it is found; `content` None: it is gone."""
    whole = content is not None and digest(content) == canary.sha256
    return HeldCanary(canary=canary, whole=whole, retain_until=until, mode=mode)


def cleared(earlier: HeldCanary, found: HeldCanary, at: datetime) -> bool:
    """Whether an earlier canary is gone and may be: no lock that its store stated still held it."""
    return found.whole is False and (earlier.retain_until is None or earlier.retain_until <= at)
