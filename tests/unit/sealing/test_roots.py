"""The root of trust: what follows from a pinned root, and every way to pass something else off as that."""

import hashlib
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from drverify.errors import EvidenceError, InputError
from drverify.sealing.keyring import keyring_file, read_keyring
from drverify.sealing.keys import der_of, keyid_of
from drverify.sealing.rooting import add_signature, new_root
from drverify.sealing.roots import Signatory, read_root, resolve, resolved, signed_bytes
from drverify.sealing.strict_json import MAX_BYTES
from tests.support.evidence import LOG_TRUST, signer, trusted
from tests.support.trust import (
    BOTH,
    CUSTOMER,
    CUSTOMER_NEXT,
    EXPIRES,
    KEYRING,
    NEXT,
    NOW,
    PROVIDER,
    ROOT,
    ROOT_2,
    RUNNER,
    SPARE,
    TARGETS,
    TARGETS_2,
    key,
    root,
    signatory,
    signed,
    targets,
)

STRANGER = signer(66)


def edited(content, change):
    """A file in which something was changed after it was signed."""
    value = json.loads(content)
    change(value)
    return json.dumps(value).encode()


def refused(why, chain=(ROOT,), pinned=ROOT, listed=TARGETS, keyring=KEYRING, at=NOW):
    with pytest.raises(EvidenceError, match=why):
        resolve(chain, pinned, listed, keyring, at)


def test_a_pinned_root_leads_to_the_keyring():
    trust = resolve([ROOT], ROOT, TARGETS, KEYRING, NOW)
    assert trust.keys == (trusted(RUNNER), LOG_TRUST)
    assert resolve([ROOT], hashlib.sha256(ROOT).hexdigest(), TARGETS, KEYRING, NOW) == trust


def test_a_later_root_follows_from_the_pinned_one_and_an_earlier_one_is_not_asked():
    assert resolved([ROOT, ROOT_2], ROOT, TARGETS_2, KEYRING, NOW).root.version == 2
    assert resolved([ROOT, ROOT_2], ROOT_2, TARGETS_2, KEYRING, NOW).root.version == 2
    assert resolved([b"junk", ROOT_2], ROOT_2, TARGETS_2, KEYRING, NOW).targets.version == 2


def test_old_roots_may_have_expired_and_the_newest_may_not():
    old = root(PROVIDER, CUSTOMER, expires=NOW - timedelta(days=1))
    assert resolve([old, ROOT_2], old, TARGETS_2, KEYRING, NOW)
    refused("root 1 expired", [old], old)
    refused("targets expired", listed=targets(PROVIDER, CUSTOMER, expires=NOW))
    refused("root 1 expired", at=EXPIRES)
    assert resolve([ROOT], ROOT, TARGETS, KEYRING, EXPIRES - timedelta(seconds=1))


def test_another_root_than_the_pinned_one():
    refused(
        "pinned root .* is not among",
        [root(STRANGER, CUSTOMER, keys=[signatory("provider", STRANGER), BOTH[1]])],
    )
    refused("is not among the roots", [])
    refused("more than 1000 roots", [ROOT] * 1001)
    refused("no root 1|does not come after", [ROOT, ROOT])


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ((PROVIDER, CUSTOMER_NEXT), "root 2 lacks a signature of the customer"),
        ((PROVIDER, CUSTOMER), "root 2 lacks a signature of the customer"),
        ((CUSTOMER, CUSTOMER_NEXT), "root 2 lacks a signature of the provider"),
        ((), "root 2 lacks a signature of the provider and of the customer"),
    ],
    ids=["not by the old customer", "not by the new one", "not by the provider", "by nobody"],
)
def test_a_next_root_needs_what_the_one_before_asks_and_what_it_asks_itself(by, why):
    refused(why, [ROOT, root(*by, keys=NEXT, version=2)], listed=TARGETS_2)


def test_a_version_is_not_passed_over():
    third = root(PROVIDER, CUSTOMER, CUSTOMER_NEXT, keys=NEXT, version=3)
    refused("root 3 does not come after root 1", [ROOT, third], listed=TARGETS_2)


def test_the_pinned_root_itself_is_signed_by_both():
    half = root(PROVIDER)
    refused("root 1 lacks a signature of the customer", [half], half)


def test_targets_of_one_party_or_of_keys_that_were_rotated_out():
    refused("targets lacks a signature of the customer", listed=targets(PROVIDER))
    refused("signed with .* no root key", [ROOT, ROOT_2], listed=TARGETS)
    refused("signed with .* no root key", listed=targets(PROVIDER, CUSTOMER, STRANGER))


def test_two_keys_of_one_side_do_not_turn_the_other_out():
    """TUF counts signatures alone: with a threshold of two, a customer and its spare would reach it."""
    three = (*BOTH, signatory("customer", SPARE))
    first = root(PROVIDER, CUSTOMER, keys=three)
    assert resolve([first], first, targets(PROVIDER, SPARE), KEYRING, NOW)
    refused("lacks a signature of the provider", [first], first, targets(CUSTOMER, SPARE))
    stolen = root(CUSTOMER, SPARE, STRANGER, keys=(signatory("provider", STRANGER), BOTH[1]), version=2)
    refused("root 2 lacks a signature of the provider", [first, stolen], first)


def test_one_key_under_two_ids_counts_once():
    """securesystemslib and python-tuf count ids: this file reaches a threshold of two with one private key."""

    def doubled(value):
        keys = value["signed"]["keys"]
        keys["ab" * 32] = {**keys[PROVIDER.keyid], "x-drverify-party": "customer"}
        del keys[CUSTOMER.keyid]
        for role in value["signed"]["roles"].values():
            role["keyids"] = [PROVIDER.keyid, "ab" * 32]

    bare = edited(root(), doubled)
    both = add_signature(signed(bare, PROVIDER), "ab" * 32, PROVIDER, what="root")
    refused("one key stands in it under two ids", [both], both)
    with pytest.raises(InputError, match="the same key cannot stand in a root twice"):
        new_root((BOTH[0], signatory("customer", PROVIDER)), version=1, expires=EXPIRES)
    with pytest.raises(InputError, match="a key of each party"):
        new_root((BOTH[0],), version=1, expires=EXPIRES)


def no_party(value):
    del value["signed"]["keys"][CUSTOMER.keyid]["x-drverify-party"]


def threshold_of_one(value):
    value["signed"]["roles"]["root"]["threshold"] = 1


def threshold_of_nine(value):
    value["signed"]["roles"]["targets"]["threshold"] = 9


def key_of_nobody(value):
    value["signed"]["roles"]["root"]["keyids"].append("00")


def only_provider(value):
    value["signed"]["roles"]["root"]["keyids"] = [PROVIDER.keyid]


def other_scheme(value):
    value["signed"]["keys"][CUSTOMER.keyid]["scheme"] = "rsassa-pss-sha256"


def other_curve(value):
    pem = (
        generate_private_key(SECP384R1())
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    made = {"keytype": "ecdsa", "scheme": "ecdsa-sha2-nistp384", "keyval": {"public": pem.decode()}}
    value["signed"]["keys"][CUSTOMER.keyid] |= made


def other_hex(value):
    value["signed"]["keys"][CUSTOMER.keyid]["keyval"]["public"] = "zz"


def no_snapshot(value):
    del value["signed"]["roles"]["snapshot"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (no_party, "does not say whose it is"),
        (threshold_of_one, "one party could act alone"),
        (threshold_of_nine, "can never be signed"),
        (key_of_nobody, "which is not in it"),
        (only_provider, "can never be signed: it lacks a signature of the customer"),
        (other_scheme, "Unsupported public key"),
        (other_curve, "neither an Ed25519 nor a P-256 key"),
        (other_hex, "cannot be read"),
        (no_snapshot, "not metadata of TUF"),
    ],
)
def test_roots_that_both_could_sign_and_we_do_not_read(change, why):
    strange = signed(edited(root(), change), PROVIDER, CUSTOMER)
    refused(why, [strange], strange)


def later(value):
    value["signed"]["expires"] = "2099-01-01T00:00:00Z"


def damaged(value):
    value["signatures"][0]["sig"] = "00" * 64


def no_hex(value):
    value["signatures"][0]["sig"] = "xy"


def twice(value):
    value["signatures"].append(value["signatures"][0])


def more(value):
    value["signatures"][0]["extra"] = 1


def beside(value):
    value["beside"] = 1


@pytest.mark.parametrize("content", [ROOT, TARGETS], ids=["root", "targets"])
@pytest.mark.parametrize(
    ("change", "why"),
    [
        (later, "does not verify"),
        (damaged, "does not verify"),
        (no_hex, "not in hexadecimal"),
        (twice, "two signatures under one key id|not metadata"),
        (more, "object of keyid, sig|not metadata"),
        (beside, "object of signatures, signed"),
    ],
)
def test_whatever_was_changed_after_signing(content, change, why):
    changed = edited(content, change)
    if content is ROOT:
        refused(why, [changed], changed)
    else:
        refused(why, listed=changed)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not strict JSON"),
        (b"{}", "object of signatures, signed"),
        (b'{"signatures":[],"signatures":[],"signed":{}}', "duplicate key"),
        (b'{"signatures":[],"signed":{"_type":"root"}}', "not metadata of TUF"),
        (b'{"signatures":[],"signed":[]}', "not metadata of TUF"),
        (b'{"signatures":[],"signed":1.5}', "not an integer"),
        (TARGETS, "not a Root of TUF"),
        (b" " * (MAX_BYTES + 1), "larger than"),
    ],
    ids=["nothing", "no fields", "duplicates", "empty", "array", "float", "targets", "huge"],
)
def test_what_is_no_root(content, why):
    with pytest.raises(EvidenceError, match=why):
        read_root(content)


def test_targets_that_name_something_else():
    def another(value):
        value["signed"]["targets"]["more.json"] = value["signed"]["targets"]["keyring.json"]

    def other_hash(value):
        value["signed"]["targets"]["keyring.json"]["hashes"]["sha512"] = "00"

    refused("and nothing else", listed=signed(edited(targets(), another), PROVIDER, CUSTOMER))
    refused("by its sha256 alone", listed=signed(edited(targets(), other_hash), PROVIDER, CUSTOMER))
    refused("not a Targets of TUF", listed=ROOT)


def test_another_keyring_than_the_signed_one():
    refused("keyring is not the one", keyring=keyring_file([trusted(STRANGER), LOG_TRUST]))
    refused("keyring is not the one", keyring=KEYRING + b" ")
    refused("keyring is not the one", keyring=b"")


@pytest.mark.parametrize("by", [PROVIDER, CUSTOMER], ids=["provider", "customer"])
def test_a_root_key_signs_as_its_party_and_as_nobody_else(by):
    for role in ("runner", "witness", "customer" if by is PROVIDER else "provider"):
        keyring = keyring_file([key(role, by)])
        refused("a root key of the", listed=targets(PROVIDER, CUSTOMER, keyring=keyring), keyring=keyring)
    keyring = keyring_file([key("provider", PROVIDER), key("customer", CUSTOMER)])
    trust = resolve([ROOT], ROOT, targets(PROVIDER, CUSTOMER, keyring=keyring), keyring, NOW)
    assert trust == read_keyring(keyring, what="it")


def test_a_root_key_of_a_token():
    private = generate_private_key(SECP256R1())

    class Token:
        keyid = keyid_of(der_of(private.public_key()))

        def sign(self, message):
            return private.sign(message, ECDSA(SHA256()))

    token = Token()
    first = root(
        PROVIDER, token, keys=(BOTH[0], Signatory(party="customer", public_der=der_of(private.public_key())))
    )
    assert resolve([first], first, targets(PROVIDER, token), KEYRING, NOW)
    refused("does not verify", [edited(first, later)], edited(first, later))


def test_what_is_signed_is_what_stands_there():
    assert signed_bytes(ROOT, what="root") == signed_bytes(root(), what="root")
    assert json.loads(signed_bytes(ROOT, what="root")) == json.loads(ROOT)["signed"]
