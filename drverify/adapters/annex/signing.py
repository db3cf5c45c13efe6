"""Signs the annex's PDF: PAdES (ETSI EN 319 142-1) by pyHanko, certified so that nothing may be changed.

With a time authority the signature carries its time stamp (B-T), what is needed to check it later goes into
the file as far as it is at hand (B-LT), and a document time stamp closes it (B-LTA). Revocation is not
fetched: nothing here goes anywhere but to the time authority.

The file stays PDF 1.7, of which PDF/A-3 is a part: the library would make it PDF 2.0 for an ECDSA key.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from asn1crypto import keys, pem, tsp, x509  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_private_key,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import ValidationError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from drverify.errors import EvidenceError, HostError, InputError

FIELD = "Annex"
Exchange = Callable[[bytes], Awaitable[bytes]]
"""Sends a time stamp request (DER) and gives the answer. EvidenceError, OSError, TimeoutError without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamping:
    """A time authority to ask."""

    exchange: Exchange
    roots: tuple[bytes, ...]
    """Its root certificates, DER."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Who signs: a certificate, its key, and the certificates above it."""

    certificate: x509.Certificate
    key: keys.PrivateKeyInfo
    above: tuple[x509.Certificate, ...]

    @classmethod
    def read(cls, certificates: bytes, key: bytes) -> "Sealer":
        """Read PEM files: the signer's own certificate first; the key PKCS#8, unencrypted. InputError."""
        try:
            found = [
                x509.Certificate.load(der)
                for kind, _, der in pem.unarmor(certificates, multiple=True)
                if kind == "CERTIFICATE"
            ]
            own = keys.PrivateKeyInfo.load(pem.unarmor(key)[2])
            public = load_der_private_key(own.dump(), password=None).public_key()
            ours = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
            raise InputError(
                "annex: certificate or key cannot be read", hint="PEM; the key PKCS#8 and unencrypted"
            ) from error
        if not found:
            raise InputError("annex.certificate: there is no certificate in it")
        if found[0].public_key.dump() != ours:
            raise InputError("annex: certificate and key do not belong together")
        return cls(certificate=found[0], key=own, above=tuple(found[1:]))

    @property
    def name(self) -> str:
        """Whom the certificate is made out to."""
        text: str = self.certificate.subject.human_friendly
        return text

    @property
    def roots(self) -> tuple[x509.Certificate, ...]:
        """The self-signed certificates that came with it."""
        return tuple(one for one in (self.certificate, *self.above) if one.self_issued)


def sign(pdf: bytes, by: Sealer, stamping: Stamping | None) -> bytes:
    """Sign the file and check what was signed. HostError when the authority fails, or nothing can be signed.

    Not to be called where an event loop runs.
    """
    try:
        with _quiet():
            return asyncio.run(_signed(pdf, by, stamping))
    except (SigningError, ValidationError, TimestampRequestError) as error:
        raise HostError(f"the PDF could not be signed: {error}") from error
    except (EvidenceError, OSError, TimeoutError) as error:
        raise HostError(
            f"no time stamp for the PDF: {error}", hint="try again later, or `--unstamped` to go without"
        ) from error


async def _signed(pdf: bytes, by: Sealer, stamping: Stamping | None) -> bytes:
    trusted = [*by.roots, *(x509.Certificate.load(der) for der in (stamping.roots if stamping else ()))]
    whole = bool(by.roots) and stamping is not None
    stamper = _Authority(stamping) if stamping else None
    signer = _Signer(
        PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            subfilter=SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES,
            embed_validation_info=whole,
            use_pades_lta=whole,
            validation_context=_context(trusted, by.above) if whole else None,
        ),
        signer=_simple(by),
        timestamper=stamper,
    )
    out = BytesIO()
    await signer.async_sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=out)
    signed = out.getvalue()
    await _check(signed, trusted or [by.certificate], by.above)
    return signed


@contextmanager
def _quiet() -> Iterator[None]:
    """The library warns of what is decided here: that nothing is fetched, that no root is known."""
    logger = logging.getLogger("pyhanko")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _simple(by: Sealer) -> SimpleSigner:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple(by.above)
    return SimpleSigner(signing_cert=by.certificate, signing_key=by.key, cert_registry=store)


def _context(trusted: Sequence[x509.Certificate], above: Sequence[x509.Certificate]) -> ValidationContext:
    return ValidationContext(
        trust_roots=list(trusted), other_certs=list(above), allow_fetching=False, revocation_mode="soft-fail"
    )


async def _check(
    signed: bytes, trusted: Sequence[x509.Certificate], above: Sequence[x509.Certificate]
) -> None:
    """What was signed is what is there."""
    embedded = PdfFileReader(BytesIO(signed)).embedded_regular_signatures[0]
    status = await async_validate_pdf_signature(embedded, _context(trusted, above))
    if not (status.intact and status.valid):
        raise HostError("the PDF's own signature does not hold after signing")


class _Signer(PdfSigner):
    """Says of the file that it has a PAdES signature, as PDF 1.7 can; and nothing that only PDF 2.0 knows."""

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:  # noqa: ARG002
        """As pyHanko wants it."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


class _Authority(TimeStamper):
    """Asks through our own client."""

    def __init__(self, stamping: Stamping) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._exchange = stamping.exchange

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """As pyHanko wants it."""
        return tsp.TimeStampResp.load(await self._exchange(req.dump()))
