"""Time authorities for tests: real ones made with openssl, and what a dishonest one could send."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from drverify.adapters.stamping.client import HttpAuthorities
from drverify.adapters.stamping.endpoint import Endpoint
from drverify.adapters.stamping.tokens import request
from drverify.model.evidence import TrustedAuthority
from drverify.sealing.authorities import authorities_in
from lab.authority.making import Authority

TST_INFO = "1.2.840.113549.1.9.16.1.4"
_TIME = re.compile(rb"\x18\x0f\d{14}Z")
"""The one GeneralizedTime in it: when."""


def trusted_root(authority: Authority) -> TrustedAuthority:
    """The authority's root as a trust file has it."""
    (root,) = authorities_in(authority.root.read_bytes(), authority.name, what="test")
    return root


def asking(address: str, *made: Authority, within: float = 5) -> HttpAuthorities:
    """Ask the authorities that are served below the address."""
    return HttpAuthorities(
        [
            Endpoint(
                name=one.name,
                url=f"{address}/{one.name}",
                roots=(trusted_root(one),),
                within=timedelta(seconds=within),
            )
            for one in made
        ]
    )


def token_of(authority: Authority, message: bytes, scratch: Path) -> bytes:
    """A token over a message, not asked by us but as we would."""
    return authority.reply(request(message).as_bytes(), scratch)


def openssl(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run openssl; what it says is in the result."""
    return subprocess.run(
        ["openssl", *map(str, words)], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def accepted_by_openssl(data: Path, token: Path, root: Path, *more: object) -> bool:
    """Whether somebody else's verifier accepts the token over the file."""
    done = openssl("ts", "-verify", "-data", data, "-in", token, "-CAfile", root, *more)
    return done.returncode == 0 and "Verification: OK" in done.stdout


def forged(real: bytes, certificate: Path, key: Path, scratch: Path) -> bytes:
    """What a real token says, signed by somebody else with a certificate of another purpose."""
    return _signed(_said(real, scratch), certificate, key, scratch)


def resigned(real: bytes, by: tuple[Path, Path], scratch: Path, *more: object) -> bytes:
    """What a real token says, signed with another certificate and its key, as an authority signs it."""
    return _signed(_said(real, scratch), *by, scratch, "-cades", *more)


def dated(authority: Authority, message: bytes, at: datetime, scratch: Path) -> bytes:
    """The authority's own token over a message, of another time than now: its clock is wrong, or it lies."""
    said = _said(token_of(authority, message, scratch), scratch)
    moved = _TIME.sub(b"\x18\x0f" + f"{at:%Y%m%d%H%M%SZ}".encode(), said)
    assert len(moved) == len(said)
    directory = authority.directory
    return _signed(moved, directory / "stamping.pem", directory / "stamping.key", scratch, "-cades")


def _said(real: bytes, scratch: Path) -> bytes:
    """What is signed in a token (TSTInfo of RFC 3161)."""
    (scratch / "real.tsr").write_bytes(real)
    _run("ts", "-reply", "-in", "real.tsr", "-token_out", "-out", "real.token", cwd=scratch)
    _run("cms", "-verify", "-inform", "DER", "-in", "real.token", "-noverify", "-out", "said", cwd=scratch)
    return (scratch / "said").read_bytes()


def _signed(said: bytes, certificate: Path, key: Path, scratch: Path, *more: object) -> bytes:
    """A reply of which the token is signed with that key."""
    (scratch / "said").write_bytes(said)
    words = ("cms", "-sign", *more, "-in", "said", "-binary", "-nodetach", "-econtent_type", TST_INFO)
    signer = ("-signer", certificate, "-inkey", key, "-outform", "DER", "-out", "forged.token")
    _run(*words, *signer, cwd=scratch)
    body = bytes.fromhex("3003020100") + (scratch / "forged.token").read_bytes()
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def _run(*words: object, cwd: Path) -> None:
    done = openssl(*words, cwd=cwd)
    assert done.returncode == 0, done.stderr


def pem(root: TrustedAuthority) -> bytes:
    """A root certificate as PEM."""
    return x509.load_der_x509_certificate(root.certificate_der).public_bytes(Encoding.PEM)


@dataclass
class Changing:
    """An authority whose answers are changed on their way, and can be mended."""

    authority: Authority
    change: Callable[[bytes, bytes], bytes] | None = None
    """(request, honest answer) -> what is sent."""
    asked: int = 0

    def __call__(self, query: bytes, scratch: Path) -> bytes:
        self.asked += 1
        honest = self.authority.reply(query, scratch)
        return self.change(query, honest) if self.change else honest
