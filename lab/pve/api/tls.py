"""The cluster's own authority and its nodes' certificates, made once and kept in its directory."""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS = 3650
_SKEW = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCertificate:
    """A node's certificate and key on disk, and its SHA-256 fingerprint in the usual colon form."""

    certificate: Path
    key: Path
    fingerprint: str

    def context(self) -> ssl.SSLContext:
        """What a listener is given."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        return context


def authority(folder: Path, cluster: str) -> Path:
    """Return the authority's certificate, made when it is missing."""
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if not certificate.exists():
        folder.mkdir(parents=True, exist_ok=True)
        secret = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"drlab {cluster} authority, a stand-in")
        built = (
            _builder(name, name, secret.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)
            .sign(secret, hashes.SHA256())
        )
        _keep(key, secret)
        certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    return certificate


def node_certificate(folder: Path, cluster: str, node: str, address: str) -> NodeCertificate:
    """Return a node's certificate for its name and address, signed by the authority, made when missing."""
    certificate, key = folder / f"{node}.pem", folder / f"{node}.key"
    if not certificate.exists():
        _issue(folder, cluster, node, address)
    loaded = x509.load_pem_x509_certificate(certificate.read_bytes())
    fingerprint = loaded.fingerprint(hashes.SHA256()).hex(":").upper()
    return NodeCertificate(certificate=certificate, key=key, fingerprint=fingerprint)


def _issue(folder: Path, cluster: str, node: str, address: str) -> None:
    issuer = x509.load_pem_x509_certificate(authority(folder, cluster).read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        msg = "the authority's key is not of the kind that this program makes"
        raise TypeError(msg)
    secret = ec.generate_private_key(ec.SECP256R1())
    names = [x509.DNSName(node), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(address))]
    built = (
        _builder(_name(node), issuer.subject, secret.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    _keep(folder / f"{node}.key", secret)
    (folder / f"{node}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(tz=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=_DAYS))
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _keep(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
