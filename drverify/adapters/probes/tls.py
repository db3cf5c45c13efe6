"""Does the certificate chain hold: authority, name, expiry."""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from drverify.adapters.probes import trust
from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.transcript import one_line
from drverify.model.playbook import TlsProbe

_LONGEST_CHAIN = 10


async def ask(spec: TlsProbe, asking: Asking) -> Finding:
    """Shake hands with verification; when that is refused, once more without, only to see the chain."""
    asking.transcript.say(f"TLS to {spec.address} port {spec.port} for {spec.server_name}")
    try:
        met = await _handshake(spec, trust.context(spec.ca, asking))
    except ssl.SSLCertVerificationError as error:
        why = trust.reason(error)
        asking.transcript.say(f"verification failed: {why}")
        met = await _handshake(spec, _trusting_nobody())
        return failed(f"{why}; {_report(met, asking)}")
    except ssl.SSLError as error:
        return failed(f"no TLS: {trust.reason(error)}")
    chain = _report(met, asking)
    now = datetime.now(UTC)
    soonest = min((c.not_valid_after_utc for c in met.chain), default=now)
    if soonest < now + spec.valid_for:
        return failed(f"ends too soon, on {soonest:%Y-%m-%d %H:%M} UTC; {chain}")
    return passed(f"{met.protocol}, {chain}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Met:
    protocol: str
    chain: tuple[x509.Certificate, ...]


async def _handshake(spec: TlsProbe, context: ssl.SSLContext) -> _Met:
    _, writer = await asyncio.open_connection(
        spec.address, spec.port, ssl=context, server_hostname=spec.server_name, limit=1024
    )
    try:
        session = writer.get_extra_info("ssl_object")
        chain = tuple(x509.load_der_x509_certificate(der) for der in _chain(session)[:_LONGEST_CHAIN])
        return _Met(protocol=session.version(), chain=chain)
    finally:
        writer.transport.abort()


def _chain(session: Any) -> list[bytes]:
    """The chain as the other side sent it: public since Python 3.13, before that on the inner object."""
    if hasattr(session, "get_unverified_chain"):
        return [bytes(der) for der in session.get_unverified_chain()]
    inner = getattr(session, "_sslobj", None)
    if inner is not None and hasattr(inner, "get_unverified_chain"):
        return [ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in inner.get_unverified_chain()]
    return [session.getpeercert(binary_form=True)]


def _trusting_nobody() -> ssl.SSLContext:
    """Only for looking at a chain that was refused already."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _report(met: _Met, asking: Asking) -> str:
    """Write the chain down and put it into one line."""
    steps = [_step(certificate) for certificate in met.chain]
    asking.transcript.say(f"{met.protocol}, chain of {len(steps)}:")
    asking.transcript.hear("\n".join(steps))
    return "chain: " + " < ".join(steps)


def _step(certificate: x509.Certificate) -> str:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternative = ",".join(str(name.value) for name in names)
    except (x509.ExtensionNotFound, ValueError):
        alternative = ""
    try:
        subject = certificate.subject.rfc4514_string()
    except ValueError:
        subject = "unreadable subject"
    ends = f"until {certificate.not_valid_after_utc:%Y-%m-%d}"
    return one_line(f"{subject} [{alternative}] {ends}" if alternative else f"{subject} {ends}", 90)
