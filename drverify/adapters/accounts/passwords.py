"""Passwords by argon2-cffi, with the second recommendation of RFC 9106 (64 MiB, three passes)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from drverify.errors import InputError

SHORTEST, LONGEST = 12, 256
"""Characters. Length is what counts (NIST SP 800-63B); nothing is asked about their kinds."""
_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_NOBODYS = _HASHER.hash("nobody's")
"""Held against what is said for an account that does not exist: both take as long."""


def digest(password: str) -> str:
    """What is kept of a password. InputError for one that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"a password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}")
    return _HASHER.hash(password)


def right(kept: str, password: str) -> bool:
    """Whether it is the password that `kept` is of; without one it takes as long, and is not."""
    try:
        _HASHER.verify(kept or _NOBODYS, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)
