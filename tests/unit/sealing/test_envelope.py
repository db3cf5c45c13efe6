import base64
import json
from dataclasses import replace
from itertools import product

import pytest

from drverify.errors import EvidenceError
from drverify.model.evidence import Envelope, Signature, TrustedKey
from drverify.sealing import envelope
from drverify.sealing.envelope import decode, encode, pae, signers
from tests.support.evidence import signer, trusted

ONE, TWO = signer(1), signer(2)


def signed(*by, payload=b'{"a":1}', kind="application/vnd.in-toto+json"):
    message = pae(kind, payload)
    return Envelope(
        payload_type=kind,
        payload=payload,
        signatures=tuple(Signature(keyid=one.keyid, sig=one.sign(message)) for one in by),
    )


def test_pae_as_in_the_specification():
    # https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, test vector
    expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("http://example.com/HelloWorld", b"hello world") == expected
    assert pae("\u00e4", b"") == b"DSSEv1 2 \xc3\xa4 0 "


def test_an_envelope_comes_back_from_its_one_form():
    envelope = signed(ONE, TWO)
    assert decode(encode(envelope)) == envelope
    assert set(json.loads(encode(envelope))) == {"payload", "payloadType", "signatures"}


def test_signers_are_the_trusted_keys_that_signed():
    assert signers(signed(ONE), [trusted(ONE), trusted(TWO)], role="runner") == (trusted(ONE),)
    assert signers(signed(TWO, ONE), [trusted(ONE), trusted(TWO)], role="runner") == (
        trusted(TWO),
        trusted(ONE),
    )


@pytest.mark.parametrize(
    ("envelope", "keys", "why"),
    [
        (signed(), [trusted(ONE)], "there is none"),
        (signed(TWO), [trusted(ONE)], "not trusted as runner"),
        (signed(ONE, TWO), [trusted(ONE)], "not trusted as runner"),
        (signed(ONE, ONE), [trusted(ONE)], "signed twice"),
        (signed(ONE), [], "not trusted"),
        (replace(signed(ONE), payload=b'{"a":2}'), [trusted(ONE)], "does not verify"),
        (replace(signed(ONE), payload_type="text/plain"), [trusted(ONE)], "does not verify"),
        (
            replace(signed(ONE), signatures=(replace(signed(ONE).signatures[0], sig=b"\0" * 63),)),
            [trusted(ONE)],
            "does not verify",
        ),
        (
            replace(signed(TWO), signatures=(replace(signed(TWO).signatures[0], keyid=ONE.keyid),)),
            [trusted(ONE), trusted(TWO)],
            "does not verify",
        ),
        (
            signed(ONE),
            [TrustedKey(role="customer", public_der=ONE.public_der)],  # type: ignore[arg-type]
            "not trusted as runner",
        ),
    ],
)
def test_signatures_that_do_not_count(envelope, keys, why):
    with pytest.raises(EvidenceError, match=why):
        signers(envelope, keys, role="runner")


def test_one_key_under_two_names_is_one_signer():
    found = signers(signed(ONE), [trusted(ONE, "a"), trusted(ONE, "b")], role="runner")
    assert len(found) == 1


def changed(**fields):
    return json.dumps(
        {**json.loads(encode(signed(ONE))), **fields}, sort_keys=True, separators=(",", ":")
    ).encode()


STANDARD = base64.b64encode(b"\xff\xfe\xfd\xfc").decode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"[]", "must be an object of exactly payload, payloadType, signatures"),
        (b"{}", "must be an object of exactly"),
        (changed(extra=1), "must be an object of exactly"),
        (changed(payloadType=1), "payloadType is not a string"),
        (changed(payload=1), "payload is not a string"),
        (changed(payload="@@@@"), "payload is not base64"),
        (changed(payload="\u00e4".encode().decode("latin-1")), "canonical|base64"),
        (changed(payload=STANDARD.replace("/", "_").replace("+", "-")), "not base64"),
        (changed(payload="YQ"), "not base64"),
        (changed(payload="YR=="), "standard base64 in its one form"),
        (changed(payload="YQ==\n"), "not base64"),
        (changed(signatures={}), "signatures is not an array"),
        (changed(signatures=["x"]), "exactly keyid, sig"),
        (changed(signatures=[{"sig": "YQ=="}]), "exactly keyid, sig"),
        (changed(signatures=[{"keyid": 1, "sig": "YQ=="}]), "keyid is not a string"),
        (changed(signatures=[{"keyid": "a", "sig": 1}]), "sig is not a string"),
        (encode(signed(ONE)) + b"\n", "canonical"),
    ],
)
def test_only_one_form_of_the_file_is_read(data, why):
    with pytest.raises(EvidenceError, match=why):
        decode(data)


@pytest.mark.parametrize("length", range(5))
def test_every_short_text_of_base64_is_taken_in_its_one_form_alone(length):
    for chosen in product(b"AB/=-Q", repeat=length):
        text = bytes(chosen)
        try:
            found = base64.b64decode(text, validate=True)
            own = base64.b64encode(found) == text
        except ValueError:
            found, own = b"", False
        assert envelope._own_base64(text) == (found if own else None), text
