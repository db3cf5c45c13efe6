"""Root certificates of time authorities, as trust files and settings hold them."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import (
    Certificate,
    InvalidVersion,
    load_der_x509_certificate,
    load_pem_x509_certificates,
)

from drverify.errors import InputError
from drverify.model.evidence import AUTHORITY_NAME, TrustedAuthority


def authorities_in(pem: bytes, name: str, *, what: str) -> tuple[TrustedAuthority, ...]:
    """Every certificate of a PEM file as a root of one authority; InputError, naming `what`, else."""
    if AUTHORITY_NAME.fullmatch(name) is None:
        raise InputError(f"{what}: {name[:50]!r} cannot name a time authority", hint="a-z, 0-9 and dashes")
    try:
        found = load_pem_x509_certificates(pem)
    except (ValueError, InvalidVersion) as error:
        raise InputError(f"{what}: the time authority {name} has no certificate in PEM") from error
    return tuple(TrustedAuthority(name=name, certificate_der=_der(one)) for one in found)


def pem_of_certificate(certificate_der: bytes) -> str:
    """The certificate as PEM, as openssl reads it."""
    return load_der_x509_certificate(certificate_der).public_bytes(Encoding.PEM).decode()


def one_key_two_names(authorities: Sequence[TrustedAuthority]) -> bool:
    """Whether one key would count as two authorities."""
    names: dict[bytes, str] = {}
    return any(names.setdefault(_key(one), one.name) != one.name for one in authorities)


def _key(authority: TrustedAuthority) -> bytes:
    key = load_der_x509_certificate(authority.certificate_der).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _der(certificate: Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)
