"""Records are read in one form only, with the signatures that their kind needs and no other."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drverify.errors import EvidenceError, InputError
from drverify.model.evidence import PAYLOAD_TYPE, PREDICATE_TYPES, Envelope, Role, Signature, TrustedKey
from drverify.model.records import PartyRecord
from drverify.sealing import envelope as dsse
from drverify.sealing.logged import leaf_of
from drverify.sealing.records.building import FORMS, build, kind_of, unsigned
from drverify.sealing.records.reading import cosigned, read_draft, read_record, signed_by
from drverify.sealing.records.wording import title_of, words_of
from drverify.sealing.strict_json import canonical
from tests.support import stated
from tests.support.evidence import signer
from tests.support.stated import CUSTOMER, KEYS, PROVIDER, SIGNERS, every_kind, needs, sealed

EVERY = pytest.mark.parametrize("record", every_kind(), ids=kind_of)
SHARED = pytest.mark.parametrize(
    "record", [one for one in every_kind() if len(needs(kind_of(one))) == 2], ids=kind_of
)


def test_every_kind_that_the_parties_state_is_tried() -> None:
    assert [kind_of(one) for one in every_kind()] == list(FORMS)


@EVERY
def test_a_record_comes_back_with_its_kind_and_its_signers(record: PartyRecord) -> None:
    found = read_record(sealed(record), KEYS)
    assert (found.record, found.kind, found.payload) == (
        record,
        kind_of(record),
        stated.payload_of(sealed(record)),
    )
    assert {key.role for key in found.signers} == needs(found.kind)


@SHARED
def test_the_entry_of_what_both_state_binds_the_customers_signature(record: PartyRecord) -> None:
    assert leaf_of(kind_of(record), sealed(record)).keyid == CUSTOMER.keyid


def order(*roles: Role) -> tuple[Role, ...]:
    return roles


@SHARED
@pytest.mark.parametrize(
    "roles",
    [
        order("provider"),
        order("customer"),
        order("provider", "customer"),
        order("provider", "provider"),
        order("customer", "customer"),
        order("customer", "provider", "runner"),
        order("runner", "provider"),
    ],
    ids=" ".join,
)
def test_other_signatures_than_its_kind_needs_are_refused(
    record: PartyRecord, roles: tuple[Role, ...]
) -> None:
    with pytest.raises(EvidenceError, match="signature"):
        read_record(sealed(record, *roles), KEYS)


@pytest.mark.parametrize(
    "roles", [order("customer"), order("runner"), order("provider", "customer")], ids=" ".join
)
def test_what_the_provider_states_alone_nobody_else_signs(roles: tuple[Role, ...]) -> None:
    with pytest.raises(EvidenceError, match="signature"):
        read_record(sealed(stated.close(), *roles), KEYS)


@EVERY
def test_no_signature_is_none(record: PartyRecord) -> None:
    with pytest.raises(EvidenceError, match="there are 0"):
        read_record(dsse.encode(unsigned(record)), KEYS)


def test_one_key_in_two_roles_does_not_make_two_parties() -> None:
    """The provider puts its own key into the trust file as the customer's, under another name."""
    both = [
        TrustedKey(role=role, public_der=PROVIDER.public_der, name=role) for role in ("provider", "customer")
    ]
    with pytest.raises(EvidenceError, match="one key signed in two roles"):
        read_record(sealed(stated.register(), "provider", "provider"), both)


@EVERY
def test_a_signature_over_something_else_is_refused(record: PartyRecord) -> None:
    good, other = dsse.decode(sealed(record)), dsse.decode(sealed(stated.refresh("other")))
    forged = Envelope(payload_type=PAYLOAD_TYPE, payload=other.payload, signatures=good.signatures)
    with pytest.raises(EvidenceError, match=r"does not verify|there are"):
        read_record(dsse.encode(forged), KEYS)


def resigned(
    record: PartyRecord, change: Callable[[dict[str, Any]], None], kind: str = PAYLOAD_TYPE
) -> bytes:
    """Signed by all that have to, with its statement changed."""
    statement: Any = json.loads(canonical(build(record)))
    change(statement)
    payload = canonical(statement)
    roles = reversed([role for role in ("provider", "customer") if role in needs(kind_of(record))])
    made = [SIGNERS[role] for role in roles]
    signatures = tuple(Signature(keyid=by.keyid, sig=by.sign(dsse.pae(kind, payload))) for by in made)
    return dsse.encode(Envelope(payload_type=kind, payload=payload, signatures=signatures))


def first_subject(statement: dict[str, Any]) -> None:
    statement["subject"][0]["digest"]["sha256"] = "0" * 64


@EVERY
@pytest.mark.parametrize(
    "change",
    [
        first_subject,
        lambda statement: statement["subject"].append({"name": "x", "digest": {"sha256": "0" * 64}}),
        lambda statement: statement.update(_type="https://in-toto.io/Statement/v0.1"),
        lambda statement: statement.update(predicateType=PREDICATE_TYPES["restore-drill"]),
        lambda statement: statement.update(predicateType=PREDICATE_TYPES["archive-refresh"] + "x"),
        lambda statement: statement.update(more=1),
        lambda statement: statement["predicate"].update(version=2),
        lambda statement: statement["predicate"].update(more=None),
        lambda statement: statement["predicate"].pop("agreement"),
        lambda statement: statement["predicate"].update(agreement=7),
    ],
)
def test_a_statement_that_does_not_follow_from_its_predicate_is_refused(
    record: PartyRecord, change: Callable[[dict[str, Any]], None]
) -> None:
    read_record(resigned(record, lambda _: None), KEYS)
    with pytest.raises(EvidenceError):
        read_record(resigned(record, change), KEYS)


def test_one_kind_does_not_pass_for_another() -> None:
    for record in every_kind():
        for kind in FORMS:
            if kind != kind_of(record):
                changed = resigned(
                    record, lambda one, kind=kind: one.update(predicateType=PREDICATE_TYPES[kind])
                )
                with pytest.raises(EvidenceError):
                    read_record(changed, KEYS)


def test_another_payload_type_is_refused() -> None:
    with pytest.raises(EvidenceError, match="the payload is of type"):
        read_record(resigned(stated.register(), lambda _: None, "application/json"), KEYS)


@EVERY
def test_any_other_byte_form_is_refused(record: PartyRecord) -> None:
    data = sealed(record)
    fields = json.loads(data)
    payload = base64.b64decode(fields["payload"])
    for other in (
        json.dumps(json.loads(payload)).encode(),
        payload.replace(b'"version":1', b'"version":1.0'),
    ):
        fields["payload"] = base64.b64encode(other).decode()
        with pytest.raises(EvidenceError):
            read_draft(canonical(fields))


@SHARED
@pytest.mark.parametrize("first", ["provider", "customer"])
def test_each_party_adds_its_signature_and_the_order_does_not_matter(
    record: PartyRecord, first: Role
) -> None:
    draft = read_draft(dsse.encode(unsigned(record)))
    second: Role = "customer" if first == "provider" else "provider"
    once = read_draft(cosigned(draft, SIGNERS[first], first))
    assert [one.role for one in signed_by(once, KEYS)] == [first]
    assert not once.complete
    assert cosigned(once, SIGNERS[second], second) == sealed(record)


def test_nobody_signs_what_is_complete_not_theirs_or_signed_by_them() -> None:
    both = read_draft(sealed(stated.register()))
    with pytest.raises(InputError, match="has all its signatures"):
        cosigned(both, signer(30), "customer")
    with pytest.raises(InputError, match="signed by the provider alone"):
        cosigned(read_draft(dsse.encode(unsigned(stated.close()))), CUSTOMER, "customer")
    once = read_draft(sealed(stated.register(), "provider"))
    with pytest.raises(InputError, match="has signed it already"):
        cosigned(once, PROVIDER, "customer")


def test_a_strangers_signature_is_seen_before_one_adds_his_own() -> None:
    with pytest.raises(EvidenceError, match="is not trusted to sign a register"):
        signed_by(read_draft(sealed(stated.register(), "runner")), KEYS)


@EVERY
def test_what_is_signed_is_said_whole_and_a_terminal_obeys_nothing_in_it(record: PartyRecord) -> None:
    hostile = type(record)(**{**vars_of(record), "agreement": "a\x1b[2J\nb"})
    lines = [title_of(hostile), *words_of(hostile)]
    assert all(line.isprintable() for line in lines)
    said = "\n".join(words_of(record))
    for value in strings(json.loads(canonical(build(record)))["predicate"]):
        # times are said to the minute
        assert value in said or value.endswith("Z"), value


def vars_of(record: PartyRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for below in value.values() for one in strings(below)]
    if isinstance(value, list):
        return [one for below in value for one in strings(below)]
    return [value] if isinstance(value, str) else []


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(every_kind()), st.data())
def test_any_flipped_byte_is_refused(record: PartyRecord, data: st.DataObject) -> None:
    changed = bytearray(sealed(record))
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(EvidenceError):
        read_record(bytes(changed), KEYS)
