"""Whom a TLS connection into the sandbox trusts."""

import ssl

from drverify.adapters.probes.asking import Asking
from drverify.errors import HarnessError
from drverify.model.recovery import SecretRef


def context(ca: SecretRef | None, asking: Asking) -> ssl.SSLContext:
    """Verify against `ca`, or the system's authorities. HarnessError when `ca` holds no certificate."""
    if ca is None:
        return ssl.create_default_context()
    try:
        # Never empty: with no authorities given, OpenSSL would trust the system's.
        pem = asking.public(ca).decode("ascii") or "nothing"
        return ssl.create_default_context(cadata=pem)
    except (ValueError, ssl.SSLError) as error:
        raise HarnessError(f"{ca} holds no usable certificates in PEM: {error}") from error


def reason(error: BaseException) -> str:
    """What OpenSSL has against the other side, in its own words but without its file and line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return str(getattr(error, "reason", None) or error).replace("_", " ").lower()
