"""DSSE v1 envelopes: the bytes that are signed, and who signed them.

Format: https://github.com/secure-systems-lab/dsse, protocol and envelope v1.0.2. Stricter than it, so
that any changed byte of the file is refused: exactly the fields that are named there, `keyid` required,
standard base64 that encodes back to itself, canonical JSON.
"""

import base64
import binascii
import re
from collections.abc import Sequence

from drverify.errors import EvidenceError
from drverify.model.evidence import Envelope, KeyId, Role, Signature, TrustedKey
from drverify.sealing.keyring import UNDATED, Signed, usable
from drverify.sealing.keys import check_signature, keyid_of
from drverify.sealing.strict_json import MAX_BYTES, Json, canonical, parse_canonical

_ENVELOPE = {"payload", "payloadType", "signatures"}
_SIGNATURE = {"keyid", "sig"}
_HEAD = b'{"payload":"'
_TAIL = re.compile(
    rb'","payloadType":"([a-z./+-]+)","signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]+=*)"\}\]\}'
)
"""What surrounds the payload when one key has signed, as almost always."""


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def encode(envelope: Envelope) -> bytes:
    """The envelope file's one byte form."""
    return canonical(
        {
            "payloadType": envelope.payload_type,
            "payload": base64.b64encode(envelope.payload).decode(),
            "signatures": [
                {"keyid": signature.keyid, "sig": base64.b64encode(signature.sig).decode()}
                for signature in envelope.signatures
            ],
        }
    )


def decode(data: bytes) -> Envelope:
    """Read an envelope file; EvidenceError for every form but the one that `encode` writes."""
    if (found := _signed_once(data)) is not None:
        return found
    fields = _fields(parse_canonical(data, what="envelope"), _ENVELOPE, "envelope")
    entries = fields["signatures"]
    if not isinstance(entries, list):
        raise EvidenceError("envelope: signatures is not an array")
    return Envelope(
        payload_type=_text(fields["payloadType"], "envelope: payloadType"),
        payload=_base64(fields["payload"], "envelope: payload"),
        signatures=tuple(_signature(entry) for entry in entries),
    )


def _signed_once(data: bytes) -> Envelope | None:
    """Read what has exactly the bytes of an envelope with one signature; None for anything else."""
    place = data.rfind(b'","payloadType":"')
    tail = _TAIL.fullmatch(data, place) if 0 <= place <= len(data) <= MAX_BYTES else None
    if tail is None or not data.startswith(_HEAD):
        return None
    payload, sig = _own_base64(memoryview(data)[len(_HEAD) : place]), _own_base64(memoryview(tail[3]))
    if payload is None or sig is None:
        return None
    signature = Signature(keyid=KeyId(tail[2].decode()), sig=sig)
    return Envelope(payload_type=tail[1].decode(), payload=payload, signatures=(signature,))


def _own_base64(text: memoryview) -> bytes | None:
    """The content of a base64 text that is what its content is written as; None for any other.

    What is no character of base64 is passed over when it is read, and so is padding before the end. Content
    that is as long as a text of this length can give was made of all of it; then nothing but the bits behind
    the content's last could be another form, which its last three bytes show when they are written.
    """
    try:
        content = binascii.a2b_base64(text)
    except binascii.Error:
        return None
    end = bytes(text[-4:])
    padding = len(end) - len(end.rstrip(b"="))
    if len(text) % 4 or padding > 2 or len(content) != len(text) // 4 * 3 - padding:  # noqa: PLR2004
        return None
    last = content[len(content) - (len(content) % 3 or 3) :] if content else b""
    return content if end == binascii.b2a_base64(last, newline=False) else None


def signers(
    envelope: Envelope, keys: Sequence[TrustedKey], *, role: Role, signed: Signed | None = UNDATED
) -> tuple[TrustedKey, ...]:
    """Check every signature against the keys of the role and return who signed, at least one.

    `signed` is when, as far as others vouch for it; None: the caller asks `keyring.usable` itself. Raises
    EvidenceError for no signature, a signature by a key that is not trusted in the role, one that does not
    verify, two by the same key material, and one out of the key's time or by a revoked key; one that is
    only not shown to be in the key's time is let pass, and the caller's to note.
    """
    known = {keyid_of(key.public_der): key for key in keys if key.role == role}
    message = pae(envelope.payload_type, envelope.payload)
    seen: dict[KeyId, TrustedKey] = {}
    for signature in envelope.signatures:
        key = known.get(signature.keyid)
        if key is None:
            raise EvidenceError(f"signature: key {signature.keyid[:16]} is not trusted as {role}")
        if signature.keyid in seen:
            raise EvidenceError(f"signature: key {signature.keyid[:16]} signed twice")
        check_signature(key.public_der, signature.sig, message)
        if signed is not None and (use := usable(key, signed.earliest, signed.latest)).answer == "no":
            raise EvidenceError(f"signature: key {signature.keyid[:16]} does not count: {use.why}")
        seen[signature.keyid] = key
    if not seen:
        raise EvidenceError("signature: there is none")
    return tuple(seen.values())


def _signature(entry: Json) -> Signature:
    fields = _fields(entry, _SIGNATURE, "envelope: signature")
    return Signature(
        keyid=KeyId(_text(fields["keyid"], "envelope: keyid")), sig=_base64(fields["sig"], "envelope: sig")
    )


def _fields(value: Json, names: set[str], what: str) -> dict[str, Json]:
    if not isinstance(value, dict) or value.keys() != names:
        raise EvidenceError(f"{what}: must be an object of exactly {', '.join(sorted(names))}")
    return value


def _text(value: Json, what: str) -> str:
    if not isinstance(value, str):
        raise EvidenceError(f"{what} is not a string")
    return value


def _base64(value: Json, what: str) -> bytes:
    text = _text(value, what)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError(f"{what} is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise EvidenceError(f"{what} is not standard base64 in its one form")
    return data
