"""A time-stamping authority made with openssl: a root of its own, a signing certificate, a configuration.

Formats: RFC 3161; `openssl ts` and `openssl ca` read the configuration. For the lab and the tests only:
the keys have no passphrase.
"""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

POLICY = "1.3.6.1.4.1.55555.1"
"""Of the lab's authorities, in a range that nobody uses."""
_SECONDS = 60
_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = {name} root
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[stamping]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, {purpose}
[ca]
default_ca = signing_ca
[signing_ca]
database = {directory}/index.txt
new_certs_dir = {directory}
serial = {directory}/issued
default_md = sha256
policy = any
email_in_dn = no
unique_subject = no
[any]
commonName = supplied
[tsa]
default_tsa = authority
[authority]
serial = {directory}/stamped
crypto_device = builtin
signer_cert = {directory}/stamping.pem
signer_key = {directory}/stamping.key
signer_digest = sha256
default_policy = {policy}
digests = sha256, sha384, sha512
accuracy = secs:1
{chain}
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """An authority's files."""

    name: str
    directory: Path

    @property
    def root(self) -> Path:
        """The certificate that others trust, PEM."""
        return self.directory / "root.pem"

    @property
    def config(self) -> Path:
        """What `openssl ts` reads."""
        return self.directory / "openssl.cnf"

    def reply(self, request: bytes, scratch: Path) -> bytes:
        """Answer a request; CalledProcessError when openssl cannot even refuse. One at a time: it counts."""
        asked, answered = scratch / "request.tsq", scratch / "reply.tsr"
        asked.write_bytes(request)
        files = ["-queryfile", str(asked), "-out", str(answered)]
        _openssl("ts", "-reply", "-config", str(self.config), *files)
        return answered.read_bytes()


def opened(directory: Path, name: str, *, whole_chain: bool = False) -> Authority:
    """The authority that is there, or a new one."""
    there = Authority(name=name, directory=directory)
    return there if there.root.exists() else make_authority(directory, name, whole_chain=whole_chain)


def make_authority(
    directory: Path,
    name: str,
    *,
    lasting: timedelta = timedelta(days=3650),
    whole_chain: bool = False,
    purpose: str = "timeStamping",
) -> Authority:
    """Make an authority in a directory that does not exist yet.

    `lasting` is how long its signing certificate is valid, from a minute ago; `whole_chain` puts the root
    into every reply beside the signing certificate.
    """
    directory.mkdir(parents=True)
    made = Authority(name=name, directory=directory)
    chain = f"certs = {made.root}" if whole_chain else ""
    made.config.write_text(
        _CONFIG.format(name=name, directory=directory, policy=POLICY, chain=chain, purpose=purpose)
    )
    (directory / "index.txt").write_text("")
    for counter in ("issued", "stamped"):
        (directory / counter).write_text("01\n")
    config: list[str | Path] = ["-config", made.config]
    root: list[str | Path] = ["-keyout", directory / "root.key"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    _openssl("req", "-x509", *config, *key, *root, "-extensions", "root", "-days", "3650", "-out", made.root)
    asked = directory / "stamping.csr"
    subject = ["-subj", f"/CN={name} time stamping"]
    _openssl("req", "-new", *config, *key, *subject, "-keyout", directory / "stamping.key", "-out", asked)
    _issue(made, asked, lasting)
    return made


def _issue(made: Authority, asked: Path, lasting: timedelta) -> None:
    now = datetime.now(UTC)
    since, until = now - timedelta(seconds=_SECONDS), now + lasting
    when = ["-startdate", f"{since:%Y%m%d%H%M%SZ}", "-enddate", f"{until:%Y%m%d%H%M%SZ}"]
    signing: list[str | Path] = ["-cert", made.root, "-keyfile", made.directory / "root.key"]
    files: list[str | Path] = ["-in", asked, "-out", made.directory / "stamping.pem"]
    extensions = ["-extensions", "stamping", "-notext"]
    _openssl("ca", "-batch", "-config", made.config, *signing, *when, *extensions, *files)


def _openssl(*words: str | Path) -> None:
    command: Sequence[str] = ["openssl", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
