"""Signed claims: the DSSE envelope and the keys that may sign in a role."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Literal, NewType, get_args

KeyId = NewType("KeyId", str)
"""sha256 of the DER SubjectPublicKeyInfo, lower-case hexadecimal: follows from the key material."""
Role = Literal["runner", "log", "provider", "customer", "witness"]
"""Who may sign what: the runner what a drill found, the log that it was logged, provider and customer what
both agreed on, a witness that it saw a checkpoint."""
ROLES: tuple[Role, ...] = get_args(Role)
RecordKind = Literal[
    "register",
    "schedule",
    "drill-started",
    "restore-drill",
    "drill-voided",
    "period-close",
    "archive-refresh",
]
"""What an evidence log holds; a drill that was started and has no result counts as failed."""

TIME_AUTHORITY = "time-authority"
"""The role of whoever signs times; it has a certificate, not a key of ours."""
AUTHORITY_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$", re.ASCII)
"""Of a time authority: part of the names of files."""

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPES: Mapping[RecordKind, str] = MappingProxyType(
    {kind: f"https://drverify.dev/attestation/{kind}/v1" for kind in get_args(RecordKind)}
)
"""What a statement of each kind is called."""
PREDICATE_TYPE = PREDICATE_TYPES["restore-drill"]
STARTED_TYPE = PREDICATE_TYPES["drill-started"]
SIGNED_BY: Mapping[RecordKind, tuple[Role, ...]] = MappingProxyType(
    {
        "register": ("provider", "customer"),
        "schedule": ("provider", "customer"),
        "drill-started": ("runner",),
        "restore-drill": ("runner",),
        "drill-voided": ("provider", "customer"),
        "period-close": ("provider",),
        "archive-refresh": ("provider",),
    }
)
"""Whose signatures a statement of each kind needs: one by a key of every role, and of no other role."""
PAYLOAD_TYPE = "application/vnd.in-toto+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file's content on its way to the evidence."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One raw signature over the pre-authentication encoding of an envelope."""

    keyid: KeyId
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """DSSE v1: exact payload bytes and their signatures."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """From when on a key is believed no more: nothing is that was not shown to be older."""

    at: datetime
    """UTC: the last instant at which it was still in the right hands, or the first at which it was not."""
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key, the one role it may sign in, and when (`sealing.keyring.usable` says what follows)."""

    role: Role
    public_der: bytes
    """SubjectPublicKeyInfo of an Ed25519 or a P-256 key, DER in its one form."""
    name: str = ""
    valid_from: datetime | None = None
    """UTC, inclusive; None: always."""
    valid_until: datetime | None = None
    """UTC, exclusive; None: for ever."""
    revoked: Revocation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedAuthority:
    """A time authority and one root certificate that its tokens are checked with."""

    name: str
    certificate_der: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """What a token that holds says: its content was there at that time at the latest."""

    at: datetime
    """UTC, by the authority's clock."""
    within: timedelta
    """How accurate the authority says that it is; zero when it does not say."""

    @property
    def latest(self) -> datetime:
        """The latest instant that the token allows."""
        return self.at + self.within
