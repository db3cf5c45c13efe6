import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256K1,
    SECP256R1,
    SECP384R1,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.errors import EvidenceError, InputError
from drverify.sealing.keys import (
    check_signature,
    ed25519_key,
    keyid_of,
    parse_trust,
    pem_of,
    public_key,
    trust_file,
)
from tests.support.evidence import signer, trusted
from tests.support.records import digest

ONE, TWO = trusted(signer(1), "one"), trusted(signer(2), "two")
P256_PRIVATE = generate_private_key(SECP256R1())
P256 = P256_PRIVATE.public_key()
P384 = generate_private_key(SECP384R1()).public_key()
RSA = rsa.generate_private_key(65537, 2048).public_key()
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of P-256 (FIPS 186-4, D.1.2.3)."""


def der(key):
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


P256_PEM, P384_PEM = pem(P256), pem(P384)
K256_PEM = pem(generate_private_key(SECP256K1()).public_key())
COMPRESSED = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + P256.public_bytes(
    Encoding.X962, PublicFormat.CompressedPoint
)


def entry(**changes):
    return {"role": "runner", "name": "one", "public": pem_of(ONE.public_der), **changes}


def file(**changes):
    return json.dumps({"version": 1, "keys": [entry()], **changes}).encode()


def test_a_trust_file_comes_back():
    data = json.dumps(trust_file([ONE, TWO]), indent=2).encode()
    assert parse_trust(data, what="it") == (ONE, TWO)


def test_the_id_follows_from_the_key_material():
    assert keyid_of(ONE.public_der) == digest(ONE.public_der) == signer(1).keyid


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not strict JSON"),
        (b"[]", "must be an object of version 1"),
        (file(version=2), "must be an object of version 1"),
        (file(version=True), "must be an object of version 1"),
        (file(extra=1), "must be an object of version 1"),
        (file(keys=[]), "not empty"),
        (file(keys={}), "not empty"),
        (file(keys=["x"]), "exactly name, public, role"),
        (file(keys=[entry(keyid="x")]), "exactly name, public, role"),
        (file(keys=[entry(role="auditor")]), "role must be `runner`"),
        (file(keys=[entry(name=1)]), "role must be `runner`"),
        (file(keys=[entry(public=1)]), "role must be `runner`"),
        (file(keys=[entry(public="x")]), "not a public key in PEM"),
        (file(keys=[entry(public=P384_PEM)]), "neither an Ed25519 nor a P-256 key"),
        (file(keys=[entry(public=K256_PEM)]), "neither an Ed25519 nor a P-256 key"),
        (file(keys=[entry(role="log", public=P256_PEM)]), "of a log is not an Ed25519 key"),
        (file(keys=[entry(role="witness", public=P256_PEM)]), "of a witness is not an Ed25519 key"),
        (file(keys=[entry(), entry(name="other name")]), "same key material"),
        (b'{"version":1,"keys":[],"keys":[]}', "duplicate key"),
    ],
)
def test_every_doubt_about_a_trust_file_is_the_operators_to_mend(data, why):
    with pytest.raises(InputError, match=why):
        parse_trust(data, what="it")


@pytest.mark.parametrize(
    ("der", "why"),
    [
        pytest.param(b"x", "not a public key", id="noise"),
        pytest.param(der(P384), "neither an Ed25519 nor a P-256 key", id="P-384"),
        pytest.param(der(RSA), "neither an Ed25519 nor a P-256 key", id="RSA"),
        pytest.param(COMPRESSED, "not in the one form", id="compressed point"),
    ],
)
def test_other_keys_are_refused(der, why):
    with pytest.raises(InputError, match=why):
        public_key(der)


def test_a_key_of_a_token_signs_as_a_runner_and_in_der_alone():
    assert parse_trust(file(keys=[entry(public=P256_PEM)]), what="it")[0].public_der == der(P256)
    good = P256_PRIVATE.sign(b"message", ECDSA(SHA256()))
    r, s = decode_dss_signature(good)
    for accepted in (good, encode_dss_signature(r, N - s)):
        check_signature(der(P256), accepted, b"message")
    padded = b"\x30" + bytes([good[1] + 1, 2, good[3] + 1]) + b"\x00" + good[4:]
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    other_hash = P256_PRIVATE.sign(b"message", ECDSA(SHA384()))
    for wrong in (raw, padded, good + b"\x00", good[:-1], b"", other_hash, encode_dss_signature(r, s + N)):
        with pytest.raises(EvidenceError, match="does not verify"):
            check_signature(der(P256), wrong, b"message")
    with pytest.raises(InputError, match="not an Ed25519 key"):
        ed25519_key(der(P256))
