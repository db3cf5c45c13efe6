"""Time authorities in trust files: root certificates, strictly."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from drverify.errors import InputError
from drverify.model.evidence import TrustedAuthority
from drverify.sealing.authorities import authorities_in
from drverify.sealing.keys import parse_trust, pem_of, read_trust, trust_file
from tests.support.evidence import signer, trusted

KEY = trusted(signer(1), "one")


def certificate(seed: int, name: str) -> str:
    """A certificate in PEM."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(named, named, key.public_key(), seed, now, now + timedelta(days=1))
    return made.sign(key, None).public_bytes(Encoding.PEM).decode()


FIRST, SECOND, RENEWED = certificate(1, "first"), certificate(2, "second"), certificate(1, "first, renewed")


def entry(**changes: object) -> dict[str, object]:
    return {"role": "time-authority", "name": "first", "certificate": FIRST, **changes}


def file(*entries: dict[str, object]) -> bytes:
    key = {"role": "runner", "name": "one", "public": pem_of(KEY.public_der)}
    return json.dumps({"version": 1, "keys": [key, *entries]}).encode()


def test_authorities_come_back_and_are_no_keys() -> None:
    roots = (*authorities_in(FIRST.encode(), "first", what="it"), *_second())
    data = json.dumps(trust_file([KEY], roots)).encode()
    found = read_trust(data, what="it")
    assert (found.keys, found.authorities) == ((KEY,), roots)
    assert parse_trust(data, what="it") == (KEY,)


def _second() -> tuple[TrustedAuthority, ...]:
    return authorities_in((SECOND + RENEWED).encode(), "second", what="it")[:1]


def test_an_authority_may_have_several_roots_and_a_renewed_one() -> None:
    both = read_trust(file(entry(), entry(certificate=RENEWED), entry(certificate=SECOND)), what="it")
    assert [one.name for one in both.authorities] == ["first"] * 3
    assert len(authorities_in((FIRST + SECOND).encode(), "first", what="it")) == 2


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ([entry(public="x")], "a time authority must be an object of certificate, name, role"),
        ([{"role": "time-authority", "name": "first"}], "a time authority must be an object of"),
        ([entry(name=1)], "must be text"),
        ([entry(certificate=None)], "must be text"),
        ([entry(name="First")], "'First' cannot name a time authority"),
        ([entry(name="../first")], "cannot name a time authority"),
        ([entry(name="first\n")], "cannot name a time authority"),
        ([entry(certificate="x")], "has no certificate in PEM"),
        ([entry(certificate=pem_of(KEY.public_der))], "has no certificate in PEM"),
        ([entry(certificate=FIRST + SECOND)], "one certificate in each entry"),
        ([entry(), entry()], "the same time authority stands in it twice"),
        ([entry(), entry(name="again")], "the same time authority stands in it twice"),
        ([entry(), entry(name="again", certificate=RENEWED)], "the same time authority stands in it twice"),
        ([{**entry(), "role": "witness"}], "exactly name, public, role"),
    ],
)
def test_every_doubt_about_an_authority_is_refused(entries, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read_trust(file(*entries), what="it")
