"""Signed notes: text and who signed it. Pure.

Formats: https://c2sp.org/signed-note (signature type 0x01, Ed25519) and
https://c2sp.org/tlog-cosignature (0x04, Ed25519 with a time). Keys are known by name, type and
material; what an unknown key signed is ignored, as the format asks, and never counted.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from drverify.errors import EvidenceError, InputError

MAX_BYTES = 64 * 1024
MAX_SIGNATURES = 64
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")
_ID, _TIME, _SIGNATURE, _MATERIAL = 4, 8, 64, 32
Sign = Callable[[bytes], bytes]


class KeyType(IntEnum):
    """What a key signs: a log its checkpoints, a cosigner what it has seen of a log."""

    LOG = 0x01
    COSIGNER = 0x04


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A key that notes are checked with."""

    name: str
    type: KeyType
    material: bytes
    """The Ed25519 public key, 32 bytes."""

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no proof of anything."""
        text = self.name.encode() + b"\n" + bytes([self.type]) + self.material
        return hashlib.sha256(text).digest()[:_ID]

    @property
    def vkey(self) -> str:
        """One line as other tools read it: name, id and typed key."""
        typed = base64.b64encode(bytes([self.type]) + self.material).decode()
        return f"{self.name}+{self.id.hex()}+{typed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line, not checked."""

    name: str
    id: bytes
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A text with its final line feed, and the lines below it."""

    text: str
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signature that holds."""

    key: NoteKey
    at: datetime | None
    """When a cosigner says to have signed, UTC; none of a log's own signature."""


def parse_vkey(text: str, *, what: str) -> NoteKey:
    """Read `NoteKey.vkey`; InputError, naming it as `what`, for anything else."""
    name, _, rest = text.strip().partition("+")
    key_id, _, typed = rest.partition("+")
    try:
        content = base64.b64decode(typed, validate=True)
        key = NoteKey(name=named(name), type=KeyType(content[0]), material=content[1:])
    except (binascii.Error, ValueError, IndexError) as error:
        raise InputError(f"{what}: not a key of a log or a cosigner") from error
    if len(key.material) != _MATERIAL or key.id.hex() != key_id:
        raise InputError(f"{what}: the key does not fit its own id")
    return key


def is_name(text: str) -> bool:
    """Whether a key, or a log, may have this name."""
    return _NAME.fullmatch(text) is not None


def named(name: str) -> str:
    """The name, if it may be a key's; else ValueError."""
    if not is_name(name):
        raise ValueError(f"{name!r} cannot be the name of a key")
    return name


def sign(text: str, key: NoteKey, by: Sign, *, at: datetime | None = None) -> NoteSignature:
    """Sign as the key's type asks; a cosigner needs the time `at`."""
    if key.type is KeyType.LOG:
        return NoteSignature(name=key.name, id=key.id, content=by(text.encode()))
    if at is None:
        raise ValueError("a cosigner says when it signs")
    seconds = int(at.timestamp())
    content = seconds.to_bytes(_TIME, "big") + by(_cosigned(text, seconds))
    return NoteSignature(name=key.name, id=key.id, content=content)


def render(note: Note) -> bytes:
    """The note as a file."""
    lines = [
        f"{_DASH}{one.name} {base64.b64encode(one.id + one.content).decode()}" for one in note.signatures
    ]
    return (note.text + "\n" + "\n".join(lines) + "\n").encode()


def parse(content: bytes, *, what: str) -> Note:
    """Read a note; EvidenceError, naming it as `what`, for anything that is none."""
    if len(content) > MAX_BYTES:
        raise EvidenceError(f"{what}: larger than {MAX_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise EvidenceError(f"{what}: not UTF-8") from error
    if any(ord(sign) < ord(" ") and sign != "\n" for sign in text):
        raise EvidenceError(f"{what}: control characters")
    body, gap, below = text.rpartition("\n\n")
    if not gap or not below.endswith("\n"):
        raise EvidenceError(f"{what}: no signed note")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise EvidenceError(f"{what}: more than {MAX_SIGNATURES} signatures")
    return Note(text=body + "\n", signatures=tuple(_line(line, what) for line in lines))


def signers(note: Note, keys: Sequence[NoteKey], *, what: str) -> tuple[Signed, ...]:
    """Check what the keys signed, in the note's order; EvidenceError when one of them did not hold.

    No key is counted twice, whatever its names: keys are told apart by their material.
    """
    known = {(key.name, key.id): key for key in keys}
    found: dict[bytes, Signed] = {}
    for one in note.signatures:
        key = known.get((one.name, one.id))
        if key is None:
            continue
        signed = _checked(note.text, one, key, what)
        found.setdefault(key.material, signed)
    return tuple(found.values())


def _checked(text: str, one: NoteSignature, key: NoteKey, what: str) -> Signed:
    stamped = key.type is KeyType.COSIGNER
    if len(one.content) != _SIGNATURE + (_TIME if stamped else 0):
        raise EvidenceError(f"{what}: the signature of {key.name} has a wrong length")
    seconds = int.from_bytes(one.content[:_TIME], "big") if stamped else 0
    message = _cosigned(text, seconds) if stamped else text.encode()
    try:
        Ed25519PublicKey.from_public_bytes(key.material).verify(one.content[-_SIGNATURE:], message)
    except InvalidSignature as error:
        raise EvidenceError(f"{what}: the signature of {key.name} does not hold") from error
    try:
        at = datetime.fromtimestamp(seconds, UTC) if stamped else None
    except (OverflowError, ValueError, OSError) as error:
        raise EvidenceError(f"{what}: {key.name} signed at no time of this world") from error
    return Signed(key=key, at=at)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _line(line: str, what: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    content = _base64(encoded)
    if not line.startswith(_DASH) or _NAME.fullmatch(name) is None or len(content) <= _ID:
        raise EvidenceError(f"{what}: a line below the text is no signature")
    return NoteSignature(name=name, id=content[:_ID], content=content[_ID:])


def _base64(text: str) -> bytes:
    """Standard base64 in its one form; empty for anything else."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return content if base64.b64encode(content).decode() == text else b""
