import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drverify.errors import EvidenceError
from drverify.model.evidence import PAYLOAD_TYPE, TrustedKey
from drverify.model.migration import Decision
from drverify.report.migration import page
from drverify.sealing import envelope as dsse
from drverify.sealing import migration
from drverify.sealing.keys import der_of, keyid_of
from drverify.sealing.strict_json import canonical
from tests.support.migrations import answers, facts, read


class Signer:
    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.der = der_of(self.key.public_key())

    @property
    def keyid(self):
        return keyid_of(self.der)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)

    def trusted(self, role: Any = "runner") -> list[TrustedKey]:
        return [TrustedKey(role=role, public_der=self.der, name="runner")]


def resealed(sealed: bytes, signer: Signer, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The same statement, changed and signed by the same key: a runner that lies."""
    opened = dsse.decode(sealed)
    statement = json.loads(opened.payload)
    change(statement)
    payload = canonical(statement)
    signature = replace(opened.signatures[0], sig=signer.sign(dsse.pae(PAYLOAD_TYPE, payload)))
    return dsse.encode(replace(opened, payload=payload, signatures=(signature,)))


def test_a_signed_decision_is_read_and_decided_again() -> None:
    signer = Signer()
    found = facts()
    read_back, decided = migration.verify(migration.seal(found, signer), signer.trusted())
    assert (read_back, decided.decision) == (found, Decision.GO)
    statement = migration.build(found)
    assert [one["name"] for one in statement["subject"]] == [  # type: ignore[union-attr, index, call-overload]
        "plan.yaml",
        "drills/20261123T120001Z-0a1b2c",
        "drills/20261123T120002Z-0a1b2c",
    ]


def test_nobody_elses_signature_counts() -> None:
    signer, other = Signer(), Signer()
    sealed = migration.seal(facts(), signer)
    for keys in (other.trusted(), signer.trusted("customer"), []):
        with pytest.raises(EvidenceError, match="not trusted as runner"):
            migration.verify(sealed, keys)


def system_of(statement: dict[str, Any]) -> dict[str, Any]:
    (one,) = statement["predicate"]["facts"]["systems"]
    return one  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s["predicate"]["decided"].update(decision="GO"),
        lambda s: s["predicate"]["decided"].update(reasons=[]),
        lambda s: s["subject"].pop(),
        lambda s: s.update(predicateType="https://drverify.dev/attestation/restore-drill/v1"),
        lambda s: s["predicate"].update(version=2),
        lambda s: s["predicate"].update(more=1),
        lambda s: s["predicate"]["facts"].update(more=1),
        lambda s: system_of(s).update(differences=[]),
        lambda s: system_of(s)["differences"][0].update(cause="plan", why="trust me"),
        lambda s: system_of(s)["drills"].pop(),
        lambda s: s["predicate"]["facts"]["plan"]["groups"][0].update(windowMs=1),
    ],
)
def test_what_does_not_follow_from_the_facts_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    signer = Signer()
    target = answers(sata=True)
    target["dpkg-query"] = target["dpkg-query"].replace(b"1.22.1-9", b"1.24")
    sealed = migration.seal(facts(target=read(target)), signer)
    assert migration.verify(sealed, signer.trusted())[1].decision is Decision.NO_GO
    with pytest.raises(EvidenceError):
        migration.verify(resealed(sealed, signer, change), signer.trusted())


def test_a_reason_in_other_words_is_the_same_reason_and_is_shown_in_ours() -> None:
    signer = Signer()
    sealed = migration.seal(found := facts(), signer)

    def reworded(statement: dict[str, Any]) -> None:
        statement["predicate"]["decided"]["reasons"][0]["what"] = "all is well"

    read_back, decided = migration.verify(resealed(sealed, signer, reworded), signer.trusted())
    assert (read_back, decided) == migration.verify(sealed, signer.trusted()) == (found, decided)
    assert "all is well" not in str(decided)


def test_a_changed_byte_is_noticed() -> None:
    signer = Signer()
    content = json.loads(migration.seal(facts(), signer))
    payload = b64decode(content["payload"]).replace(b'"GO"', b'"NO-GO"')
    content["payload"] = b64encode(payload).decode()
    with pytest.raises(EvidenceError):
        migration.verify(canonical(content), signer.trusted())


def test_the_page_says_the_decision_and_runs_nothing_that_a_system_says() -> None:
    target = answers(sata=True)
    target["dpkg-query"] += b"ii \t<script>alert(1)</script>\t1\n"
    found = facts(target=read(target))
    drawn = page.draw(
        found, migration.verify(migration.seal(found, (signer := Signer())), signer.trusted())[1]
    )
    assert "<script" not in drawn
    assert "&lt;script&gt;alert(1)" in drawn
    assert "NO-GO" in drawn
    assert "default-src &#39;none&#39;" in drawn
    for word in ("http://", "https://", "src=", "@import", "url("):
        assert word not in drawn, word
