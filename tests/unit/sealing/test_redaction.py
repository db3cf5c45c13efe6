"""Names, hosts and addresses that evidence hides: what is still checked, and what cannot be hidden."""

import base64
import hashlib
import json
from dataclasses import replace
from itertools import count

import pytest
from jwcrypto.jwk import JWK
from jwcrypto.jws import JWS
from sd_jwt.verifier import SDJWTVerifier

from drverify.errors import EvidenceError
from drverify.model.drill import ProbeStatus, UndeclaredDependency
from drverify.sealing import codec
from drverify.sealing.redaction import Concealer, disclosed, hidden_in
from drverify.sealing.verification import RefusedError, verify
from tests.support import records
from tests.support.evidence import resigned, sealed, signer, trusted

KEYS = (trusted(signer()),)
SECRETS = ("10.20.0.10", "10.20.0.0/24", "shop.example", "vault.acme.example", "updates.vendor.example")


def concealer():
    numbers = count(1)
    return Concealer(lambda: next(numbers).to_bytes(16, "big"))


def facts():
    """A plan and a record with hosts and addresses in many places, and in texts."""
    plan, record = records.plan(), records.record()
    workload = replace(
        plan.workload,
        host="vault.acme.example",
        description="the shop at 10.20.0.10, not 10.20.0.101",
        variables=(("address", "10.20.0.10"), ("rows", "100")),
    )
    probes = tuple(
        replace(one, expected="200 from http://10.20.0.10:80/", observed="shop.example. said 200")
        for one in record.probes
    )
    named = (UndeclaredDependency(name="updates.vendor.example", queries=3),)
    return replace(plan, workload=workload), replace(record, probes=probes, dependencies=named)


def concealed():
    hiding, (plan, record) = concealer(), facts()
    return hiding, sealed(hiding.plan(plan), hiding.record(record))


HIDING, HIDDEN = concealed()
PREDICATE = HIDDEN.statement["predicate"]
PLACES = hidden_in(PREDICATE["plan"], PREDICATE["record"])


def test_what_is_hidden_is_nowhere_in_the_statement_and_everything_else_is_checked():
    text = json.dumps(HIDDEN.statement)
    assert [one for one in SECRETS if one in text.replace("10.20.0.101", "")] == []
    report = verify(HIDDEN.envelope, HIDDEN.load, KEYS)
    plan, record = facts()
    shown = sealed(plan, record)
    open_report = verify(shown.envelope, shown.load, KEYS)
    assert [one.outcome for one in report.verdicts] == [one.outcome for one in open_report.verdicts]
    assert [one.achieved for one in report.verdicts] == [one.achieved for one in open_report.verdicts]
    assert (report.record.started_at, report.plan.workload.name) == (record.started_at, "shop")


def test_texts_name_what_they_quote_by_its_placeholder_and_nothing_else():
    known = disclosed(HIDING.content(), PLACES)
    assert known.strange == 0
    workload = PREDICATE["plan"]["workload"]
    assert "10.20.0.101" in workload["description"], "a longer address is another one"
    assert known.told(workload["description"]) == facts()[0].workload.description
    assert workload["variables"][1] == ["rows", "100"]
    assert known.told(PREDICATE["record"]["probes"][0]["observed"]) == "shop.example. said 200"
    assert known.told(PREDICATE["record"]["probes"][0]["expected"]) == "200 from http://10.20.0.10:80/"


def test_one_value_has_one_placeholder_in_a_drill_and_another_in_the_next():
    digest = next(one for one, places in PLACES.items() if "/plan/playbook/dns/0/address" in places)
    assert "/plan/workload/payload/guest/networks/0/address" in PLACES[digest]
    numbers = count(1000)
    hiding = Concealer(lambda: next(numbers).to_bytes(16, "big"))
    again = codec.to_json(hiding.plan(facts()[0]))
    assert PREDICATE["_sd"] == sorted(PLACES)
    assert not set(hidden_in(again, {})) & set(PLACES)


@pytest.mark.parametrize("quoted", ['say "sd:', "sd:", 'sd:"', "x sd:y"])
def test_a_text_that_is_only_like_a_placeholder_hides_nothing(quoted):
    plan = {**PREDICATE["plan"], "name": quoted}
    assert hidden_in(plan, PREDICATE["record"]) == PLACES
    assert hidden_in({"name": quoted}, {}) == {}


def test_evidence_that_hides_nothing_is_as_it_was():
    plain = sealed()
    assert not {"_sd", "_sd_alg"} & plain.statement["predicate"].keys()


def test_somebody_elses_verifier_finds_the_values():
    """sd-jwt, over a token made of the very predicate: digests, salts and names are as RFC 9901 has them."""
    key = JWK.generate(kty="EC", crv="P-256")
    token = JWS(json.dumps(PREDICATE).encode())
    token.add_signature(key, alg="ES256", protected=json.dumps({"alg": "ES256", "typ": "example+sd-jwt"}))
    presented = "~".join([token.serialize(compact=True), *HIDING.disclosures, ""])
    found = SDJWTVerifier(presented, lambda *_: key).get_verified_payload()
    named = {name: value for name, value in found.items() if name.startswith(("/plan", "/record"))}
    assert len(named) == len(PLACES)
    known = disclosed(HIDING.content(), PLACES).values
    assert set(named.values()) == set(known.values())
    assert set(SECRETS) <= set(named.values())
    assert found["result"] == PREDICATE["result"]


def test_a_hidden_value_that_is_exchanged_is_another_statement():
    def exchange(statement):
        hidden = statement["predicate"]["_sd"][0]
        other = "sd:" + "A" * 43
        for name in ("plan", "record"):
            text = json.dumps(statement["predicate"][name]).replace(f"sd:{hidden}", other)
            statement["predicate"][name] = json.loads(text)

    evidence = resigned(HIDDEN, exchange)
    with pytest.raises(RefusedError, match="manifest"):
        verify(evidence.envelope, evidence.load, KEYS)


@pytest.mark.parametrize(
    "change",
    [
        lambda predicate: predicate["_sd"].pop(),
        lambda predicate: predicate["_sd"].append("A" * 43),
        lambda predicate: predicate.pop("_sd"),
        lambda predicate: predicate.pop("_sd_alg"),
        lambda predicate: predicate.update(_sd_alg="sha-512"),
    ],
    ids=["one less", "a decoy", "none", "no algorithm", "another algorithm"],
)
def test_the_list_of_what_is_hidden_follows_from_the_statement(change):
    evidence = resigned(HIDDEN, lambda statement: change(statement["predicate"]))
    with pytest.raises(RefusedError, match=r"statement\.predicate"):
        verify(evidence.envelope, evidence.load, KEYS)


@pytest.mark.parametrize("place", ["status", "took", "startedAt", "limitMs", "name"])
def test_results_times_limits_and_the_workload_cannot_be_hidden(place):
    """Signed by the runner itself: a placeholder there is no status, no time, no limit."""
    other = "sd:" + "A" * 43

    def hide(statement):
        predicate = statement["predicate"]
        if place == "status":
            predicate["record"]["probes"][0]["status"] = other
        elif place == "took":
            predicate["record"]["phases"][0]["tookMs"] = other
        elif place == "startedAt":
            predicate["record"]["startedAt"] = other
        elif place == "limitMs":
            predicate["obligations"][0]["limitMs"] = other
        else:
            predicate["plan"]["workload"]["name"] = other

    evidence = resigned(HIDDEN, hide)
    with pytest.raises(RefusedError):
        verify(evidence.envelope, evidence.load, KEYS)


def test_a_failed_probe_stays_failed_whatever_it_observed():
    plan, record = facts()
    first = replace(record.probes[1], status=ProbeStatus.FAILED, settled=None, observed="sd:" + "A" * 43)
    hiding = concealer()
    evidence = sealed(
        hiding.plan(plan),
        hiding.record(replace(record, probes=(record.probes[0], first, *record.probes[2:]))),
    )
    predicate = evidence.statement["predicate"]
    assert "A" * 43 not in predicate["_sd"], "a text hides nothing by looking so"
    assert predicate["result"] != "PASSED"


def made(*fields, raw=None):
    content = raw if raw is not None else json.dumps(list(fields)).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


SALT = made(raw=b"s" * 16)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (made(made(raw=b"s" * 15), "/plan/workload/host", "x"), "less than 128 bits"),
        (made("!", "/plan/workload/host", "x"), "not base64url"),
        (made(1, "/plan/workload/host", "x"), "less than 128 bits"),
        (made(SALT, "/record/probes/0/status", "passed"), "nothing is hidden at"),
        (made(SALT, "/plan/workload/host", 1), "nothing is hidden at"),
        (made(SALT, ["/plan/workload/host"], "x"), "nothing is hidden at"),
        (made(SALT, "/plan/workload/host"), "array of salt, name, value"),
        (made(raw=b"{}"), "array of salt, name, value"),
        (made(raw=b"x"), "not strict JSON"),
        (made(SALT, "/plan/workload/host", "x") + "=", "one form|not base64url"),
    ],
)
def test_disclosures_that_are_none(line, why):
    """Somebody committed to it, so its digest is there; it still shows nothing."""
    digest = made(raw=hashlib.sha256(line.encode()).digest())
    with pytest.raises(EvidenceError, match=why):
        disclosed(line.encode(), {digest: ("/plan/workload/host",)})


def test_a_changed_disclosure_belongs_to_nothing():
    salt, name, _ = json.loads(base64.urlsafe_b64decode(HIDING.disclosures[0] + "=="))
    lie = made(salt, name, "another value")
    known = disclosed(f"{lie}\n{HIDING.disclosures[1]}\n".encode(), PLACES)
    assert (len(known.values), known.strange) == (1, 1)
    with pytest.raises(EvidenceError, match="not a file of disclosures"):
        disclosed(b"\xff", PLACES)
