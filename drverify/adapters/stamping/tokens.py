"""Reads and checks RFC 3161 tokens. The only module that knows the library for them.

A token is checked at its own time: a certificate that has expired since does no harm. Revocation is not
looked at. Limits of names (name constraints) in a certificate are refused, and critical extensions that few
programs judge alike. The certificate's mark inside the signature (ESSCertID) is left to other verifiers.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtensionOID
from rfc3161_client import (
    Accuracy,
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from drverify.adapters.stamping.der import ordered
from drverify.errors import EvidenceError
from drverify.model.evidence import TimeStamp

MAX_BYTES = 64 * 1024
"""Of an answer; real ones have a few thousand."""
_HASHES = {
    "2.16.840.1.101.3.4.2.1": hashlib.sha256,
    "2.16.840.1.101.3.4.2.2": hashlib.sha384,
    "2.16.840.1.101.3.4.2.3": hashlib.sha512,
}
_METHODS = {"sha256", "sha384", "sha512"}
_UNREADABLE = (
    VerificationError,
    ValueError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""What the libraries raise over hostile tokens and the certificates in them."""
_OPENSSL = re.compile(r'Verify error: ([^"]+)')
"""What openssl, inside the library, says of a chain of certificates."""
_GRANTED = 0
_UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}
"""Extensions that may be critical; the library would take more, such as constraints of policies."""


def request(message: bytes) -> TimeStampRequest:
    """Ask for a token over the message's SHA-256, with a nonce and the authority's certificate."""
    return TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()


def check_token(
    token: bytes, message: bytes, roots: Sequence[bytes], *, nonce: int | None = None
) -> TimeStamp:
    """Check an answer against root certificates (DER). EvidenceError unless it holds and is over the message.

    `nonce` is the request's, if the answer comes now; who reads a kept token does not know it.
    """
    answer = _decoded(token)
    try:
        info = answer.tst_info
        made, imprint = info.gen_time, info.message_imprint
        digest = _HASHES.get(imprint.hash_algorithm.dotted_string)
        if digest is None:
            raise EvidenceError("its imprint is of a hash that does not count here")
        if not {one.dotted_string for one in answer.signed_data.digest_algorithms} <= _HASHES.keys():
            raise EvidenceError("it is signed over a hash that does not count here")
        if imprint.message != digest(message).digest():
            raise EvidenceError("it is over something else")
        if nonce is not None and info.nonce != nonce:
            raise EvidenceError("it answers another request: the nonce is not ours")
        trusted = _certificates(roots)
        VerifierBuilder(roots=trusted).build().verify(answer, imprint.message)
        _plain([*trusted, *_certificates(sorted(answer.signed_data.certificates))])
        stamp = TimeStamp(at=made.astimezone(UTC), within=_within(info.accuracy))
        latest = stamp.latest
    except _UNREADABLE as error:
        raise EvidenceError(f"it does not hold: {_short(error)}") from error
    if latest < stamp.at:
        raise EvidenceError("it is said to be more accurate than accurate")
    return stamp


def _decoded(token: bytes) -> TimeStampResponse:
    if len(token) > MAX_BYTES:
        raise EvidenceError(f"it is larger than {MAX_BYTES} bytes")
    try:
        answer = decode_timestamp_response(ordered(token))
        status, words = answer.status, answer.status_string
    except ValueError as error:
        raise EvidenceError(f"it is no answer of a time authority: {_short(error)}") from error
    if status != _GRANTED:
        said = f": {_short(', '.join(words))}" if words else ""
        raise EvidenceError(f"the authority refused, status {status}{said}")
    return answer


def _within(accuracy: Accuracy | None) -> timedelta:
    if accuracy is None:
        return timedelta(0)
    return timedelta(
        seconds=accuracy.seconds or 0, milliseconds=accuracy.millis or 0, microseconds=accuracy.micros or 0
    )


def _certificates(found: Sequence[bytes]) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(one) for one in found]


def _plain(certificates: Sequence[x509.Certificate]) -> None:
    """Refuse what programs judge in different ways, needed or not.

    Limits of names, rare critical extensions, keys for RSA-PSS alone, and SHA-1 under what another issued.
    """
    said = [one for each in certificates for one in each.extensions]
    if any(one.oid == ExtensionOID.NAME_CONSTRAINTS for one in said):
        raise EvidenceError("a certificate of it limits names (name constraints), which is not judged here")
    if any(one.critical and one.oid not in _UNDERSTOOD for one in said):
        raise EvidenceError("a certificate of it has a critical extension that is not judged here")
    for one in certificates:
        key = one.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        if key not in one.public_bytes(Encoding.DER):
            raise EvidenceError("a certificate of it has a key in a form that is not judged here")
        method = one.signature_hash_algorithm
        if one.issuer != one.subject and method is not None and method.name not in _METHODS:
            raise EvidenceError("a certificate of it is signed over a hash that does not count here")


def _short(words: object) -> str:
    text = " ".join(str(words).split())
    if found := _OPENSSL.search(text):
        return found[1]
    return text if len(text) <= 160 else f"{text[:157]}..."  # noqa: PLR2004 - enough to recognise it
