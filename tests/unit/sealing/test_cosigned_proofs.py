"""A witness's cosignature in the proofs beside a drill: said when it holds, refused when it does not."""

from datetime import UTC, datetime

import pytest

from drverify.model.evidence import Revocation, TrustedKey
from drverify.sealing.verification import RefusedError, Report, verify
from drverify.transparency import note, proof
from drverify.transparency.note import KeyType, NoteKey
from tests.support.evidence import LOG_TRUST, RESULT_PROOF, logged, signer, trusted

WITNESS = signer(51)
NAME = "acme.example/witness"
AT = datetime(2026, 9, 14, 12, 5, tzinfo=UTC)
SAID = f"{NAME} cosigned the log with the result in it at 2026-09-14T12:05:00Z, by their own clock"


def verified(*keys: TrustedKey, by=WITNESS) -> Report:
    made = logged()
    found = proof.parse(made.logged[RESULT_PROOF], what="proof")
    own = NoteKey(name=NAME, type=KeyType.COSIGNER, material=WITNESS._key.public_key().public_bytes_raw())
    line = note.sign(found.note.text, own, by.sign, at=AT)
    signed = note.Note(text=found.note.text, signatures=(*found.note.signatures, line))
    made.logged[RESULT_PROOF] = proof.render(proof.LogProof(index=found.index, path=found.path, note=signed))
    return verify(made.envelope, made.load, (trusted(signer()), LOG_TRUST, *keys), made.beside)


def key(role="witness", name: str = NAME, **changes) -> TrustedKey:
    return TrustedKey(role=role, public_der=WITNESS.public_der, name=name, **changes)


@pytest.mark.parametrize("role", ["witness", "customer"])
def test_a_cosignature_of_somebody_who_is_known_is_said(role: str) -> None:
    assert SAID in verified(key(role)).held


@pytest.mark.parametrize(
    "keys",
    [
        (),
        (key("provider"),),
        (key(name="somebody else"),),
        (key(revoked=Revocation(at=AT, why="stolen")),),
    ],
)
def test_a_cosignature_of_nobody_who_is_known_says_nothing(keys: tuple[TrustedKey, ...]) -> None:
    assert not any("cosigned" in one for one in verified(*keys).held)


def test_a_cosignature_that_does_not_hold_is_refused() -> None:
    with pytest.raises(RefusedError, match=f"the signature of {NAME} does not hold"):
        verified(key(), by=signer(52))
