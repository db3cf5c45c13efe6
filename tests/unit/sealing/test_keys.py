import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.errors import InputError
from drverify.sealing.keys import keyid_of, parse_trust, pem_of, public_key, trust_file
from tests.support.evidence import signer, trusted
from tests.support.records import digest

ONE, TWO = trusted(signer(1), "one"), trusted(signer(2), "two")
P256 = generate_private_key(SECP256R1()).public_key()
P256_DER = P256.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
P256_PEM = P256.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


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
        (file(keys=[entry(public=P256_PEM)]), "not an Ed25519 key"),
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
        pytest.param(P256_DER, "not an Ed25519 key", id="P-256"),
    ],
)
def test_other_keys_are_refused(der, why):
    with pytest.raises(InputError, match=why):
        public_key(der)
