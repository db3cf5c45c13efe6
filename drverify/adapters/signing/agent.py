"""Ed25519 keys that an SSH agent holds: it signs, and shows the key to nobody.

Protocol: https://datatracker.ietf.org/doc/draft-ietf-sshm-ssh-agent/, the two requests for the list of keys
and for a signature. An agent's signature by an ssh-ed25519 key is the raw Ed25519 one over the bytes that
were asked for, so the evidence is the same as with a key file. Hardware keys of SSH (sk-...) sign other
bytes than these, and cannot be used.
"""

import base64
import hashlib
import os
import socket
import struct
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.evidence import KeyId
from drverify.sealing.keys import check_signature, der_of, keyid_of

SCHEME = "ssh-agent"
_LIST, _LISTED, _SIGN, _SIGNED = 11, 12, 13, 14
_ED25519 = b"ssh-ed25519"
_MAX_ANSWER = 256 * 1024
_ENVIRONMENT = "SSH_AUTH_SOCK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A key that the agent holds."""

    blob: bytes
    comment: str

    @property
    def fingerprint(self) -> str:
        """As `ssh-add -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")

    def matches(self, wanted: str) -> bool:
        """Whether the reference names it, by fingerprint or by comment."""
        return wanted in {self.fingerprint, self.comment}


class AgentSigner:
    """Implements `Signer` with a key of the agent. Each call asks the agent, for a limited time."""

    def __init__(self, path: Path, identity: Identity, public_der: bytes, within: timedelta) -> None:
        self._path = path
        self._identity = identity
        self._within = within
        self.public_der = public_der
        """SubjectPublicKeyInfo of the key, DER."""

    def __repr__(self) -> str:
        return f"AgentSigner({self.keyid[:16]})"

    @classmethod
    def find(cls, wanted: str, within: timedelta) -> "AgentSigner":
        """The key of that fingerprint or comment in the agent of $SSH_AUTH_SOCK.

        InputError when there is no agent, no such key, several, or one that is not Ed25519; HostError when
        the agent does not answer within the time.
        """
        if not os.environ.get(_ENVIRONMENT):
            raise InputError(
                f"no SSH agent: ${_ENVIRONMENT} is not set", hint="eval $(ssh-agent); ssh-add KEY"
            )
        path = Path(os.environ[_ENVIRONMENT])
        held = _identities(_ask(path, bytes([_LIST]), _LISTED, within))
        found = [one for one in held if one.matches(wanted)]
        if len(found) != 1:
            known = ", ".join(f"{one.fingerprint} ({one.comment})" for one in held) or "none"
            count = "no key" if not found else f"{len(found)} keys"
            raise InputError(f"the SSH agent has {count} {wanted!r}", hint=f"it holds: {known}")
        return cls(path, found[0], _public(found[0]), within)

    @property
    def keyid(self) -> KeyId:
        """Id that follows from the public key."""
        return keyid_of(self.public_der)

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature, 64 bytes; HostError when the agent refuses, or takes too long."""
        request = bytes([_SIGN]) + _string(self._identity.blob) + _string(message) + struct.pack(">I", 0)
        answer = _Reader(_ask(self._path, request, _SIGNED, self._within))
        signature = _Reader(answer.string())
        kind, raw = signature.string(), signature.string()
        try:
            check_signature(self.public_der, raw, message)
        except EvidenceError as error:
            raise HostError(
                f"the SSH agent's signature ({kind.decode(errors='replace')}) is wrong"
            ) from error
        return raw


class _Reader:
    """Reads an answer's fields; HostError when it ends too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        return int.from_bytes(self._take(4), "big")

    def string(self) -> bytes:
        return self._take(self.number())

    def _take(self, size: int) -> bytes:
        taken = self._data[self._at : self._at + size]
        if len(taken) != size:
            raise HostError("the SSH agent's answer is cut off")
        self._at += size
        return taken


def _public(identity: Identity) -> bytes:
    fields = _Reader(identity.blob)
    kind = fields.string()
    if kind != _ED25519:
        found = kind.decode(errors="replace")
        raise InputError(f"the SSH agent's key {identity.comment} is of type {found}, not ssh-ed25519")
    return der_of(Ed25519PublicKey.from_public_bytes(fields.string()))


def _identities(answer: bytes) -> tuple[Identity, ...]:
    fields = _Reader(answer)
    return tuple(
        Identity(blob=fields.string(), comment=fields.string().decode(errors="replace"))
        for _ in range(fields.number())
    )


def _ask(path: Path, request: bytes, expected: int, within: timedelta) -> bytes:
    """Ask and return the answer's fields; `within` is for the whole of it."""
    deadline = time.monotonic() + within.total_seconds()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as agent:
            agent.settimeout(within.total_seconds())
            agent.connect(os.fspath(path))
            agent.sendall(_string(request))
            answer = _received(agent, int.from_bytes(_received(agent, 4, deadline), "big"), deadline)
    except TimeoutError as error:
        limit = f"{within.total_seconds():g} seconds"
        raise HostError(
            f"the SSH agent did not answer within {limit}", hint="does it wait for a touch?"
        ) from error
    except OSError as error:
        raise HostError(f"the SSH agent at {path} cannot be asked: {error.strerror or error}") from error
    if not answer or answer[0] != expected:
        raise HostError("the SSH agent refused", hint="is it locked, or does it ask before it signs?")
    return answer[1:]


def _received(agent: socket.socket, size: int, deadline: float) -> bytes:
    if size > _MAX_ANSWER:
        raise HostError("the SSH agent's answer is too long")
    content = b""
    while len(content) < size:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        agent.settimeout(left)
        some = agent.recv(size - len(content))
        if not some:
            raise HostError("the SSH agent closed the connection")
        content += some
    return content


def _string(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content
