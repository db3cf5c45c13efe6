"""When a key counts, and a keyring's one form."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from drverify.errors import EvidenceError
from drverify.model.evidence import Envelope, Revocation, Signature
from drverify.sealing.envelope import pae, signers
from drverify.sealing.keyring import Signed, keyring_file, lost, read_keyring, usable
from drverify.sealing.keys import Trust
from tests.support.evidence import LOG_TRUST, signer
from tests.support.trust import RUNNER, key

T = datetime(2026, 10, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
REVOKED = key("runner", RUNNER, revoked=Revocation(at=T, why="disk stolen"))
WINDOW = key("runner", RUNNER, valid_from=T, valid_until=T + 10 * HOUR)


@pytest.mark.parametrize(
    ("who", "earliest", "latest", "answer"),
    [
        (key("runner", RUNNER), None, None, "yes"),
        (REVOKED, None, T - HOUR, "yes"),
        (REVOKED, None, T, "no"),
        (REVOKED, T - HOUR, T + HOUR, "no"),
        (REVOKED, T - HOUR, None, "no"),
        (REVOKED, None, None, "no"),
        (WINDOW, None, T, "yes"),
        (WINDOW, None, T + 9 * HOUR, "yes"),
        (WINDOW, None, T - HOUR, "no"),
        (WINDOW, T + 10 * HOUR, None, "no"),
        (WINDOW, T + 10 * HOUR, T + 11 * HOUR, "no"),
        (WINDOW, None, None, "not shown"),
        (WINDOW, T, None, "not shown"),
        (WINDOW, T, T + 10 * HOUR, "not shown"),
        (key("runner", RUNNER, valid_from=T), None, T + HOUR, "yes"),
        (key("runner", RUNNER, valid_from=T), T, None, "not shown"),
        (key("runner", RUNNER, valid_until=T), None, T - HOUR, "yes"),
    ],
)
def test_a_signature_counts_from_the_latest_instant_that_others_vouch_for(who, earliest, latest, answer):
    use = usable(who, earliest, latest)
    assert use.answer == answer
    assert bool(use.why) == (answer != "yes")


def envelope_by(by):
    payload = b"{}"
    signature = Signature(keyid=by.keyid, sig=by.sign(pae("t", payload)))
    return Envelope(payload_type="t", payload=payload, signatures=(signature,))


def test_an_envelope_by_a_revoked_key_is_refused_unless_it_is_shown_to_be_older():
    sealed = envelope_by(RUNNER)
    with pytest.raises(EvidenceError, match=r"does not count: .*disk stolen.* not shown to be older"):
        signers(sealed, [REVOKED], role="runner")
    with pytest.raises(EvidenceError, match="does not count"):
        signers(sealed, [REVOKED], role="runner", signed=Signed(latest=T + HOUR))
    assert signers(sealed, [REVOKED], role="runner", signed=Signed(latest=T - HOUR)) == (REVOKED,)
    assert signers(sealed, [WINDOW], role="runner") == (WINDOW,)
    with pytest.raises(EvidenceError, match="does not count: the key was valid until"):
        signers(sealed, [WINDOW], role="runner", signed=Signed(earliest=T + 20 * HOUR))
    assert signers(sealed, [REVOKED], role="runner", signed=None) == (REVOKED,)


def test_a_customers_key_is_no_runners():
    with pytest.raises(EvidenceError, match="is not trusted as runner"):
        signers(envelope_by(RUNNER), [key("customer", RUNNER)], role="runner")


def test_a_keyring_comes_back():
    content = keyring_file([REVOKED, LOG_TRUST, key("customer", signer(5), valid_until=T)])
    assert keyring_file(read_keyring(content, what="it").keys) == content
    assert read_keyring(content, what="it").keys[0] == REVOKED


def entry(**changes):
    made = json.loads(keyring_file([REVOKED]))["keys"][0]
    return {**made, **changes}


def ring(*entries, **changes):
    return json.dumps(
        {"keys": list(entries), "version": 1, **changes}, sort_keys=True, separators=(",", ":")
    ).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (ring(entry(), version=2), "must be an object of version 1"),
        (ring(entry(), more=1), "must be an object of version 1"),
        (ring(keys={}), "must be an array"),
        (b" " + ring(entry()), "not in canonical form"),
        (ring(entry(), entry(name="other")), "same key material"),
        (ring(entry(more=1)), "a key must be an object of exactly"),
        (
            ring({"role": "runner", "name": "a", "public": entry()["public"]}),
            "a key must be an object of exactly",
        ),
        (ring(entry(validFrom="2026-01-01")), "not an RFC 3339 instant"),
        (ring(entry(validFrom="2026-01-02T00:00:00Z", validUntil="2026-01-02T00:00:00Z")), "until before"),
        (ring(entry(revoked={"at": "2026-01-02T00:00:00Z"})), "at, why"),
        (ring(entry(revoked={"at": None, "why": "x"})), "when and why"),
        (ring(entry(revoked={"at": "2026-01-02T00:00:00Z", "why": " "})), "when and why"),
        (ring(entry(role="auditor")), "role must be"),
    ],
)
def test_every_doubt_about_a_keyring(content, why):
    with pytest.raises(EvidenceError, match=why):
        read_keyring(content, what="it")


def test_a_keyring_takes_nothing_back():
    def between(before, *after):
        return list(lost(Trust(keys=(before,)), Trust(keys=after)))

    plain = key("runner", RUNNER)
    assert between(plain, REVOKED, LOG_TRUST) == []
    assert between(REVOKED, key("runner", RUNNER, revoked=Revocation(at=T - HOUR, why="earlier"))) == []
    for before, *after in (
        (plain, LOG_TRUST),
        (plain, key("customer", RUNNER)),
        (REVOKED, plain),
        (REVOKED, key("runner", RUNNER, revoked=Revocation(at=T + HOUR, why="later"))),
        (WINDOW, plain),
        (WINDOW, key("runner", RUNNER, valid_until=T + 11 * HOUR)),
    ):
        assert len(between(before, *after)) == 1
