"""What is asked of evidence once a log is trusted, and what two proofs of one log can show."""

from dataclasses import replace

import pytest

from drverify.model.evidence import TrustedKey
from drverify.sealing.verification import RefusedError, verify
from tests.support.evidence import (
    LOG,
    LOG_TRUST,
    ORIGIN,
    START,
    START_PROOF,
    MemoryLog,
    Sealed,
    logged,
    sealed,
    signer,
    trusted,
)

RUNNER = trusted(signer())
OTHER_LOG = TrustedKey(role="log", public_der=signer(7).public_der, name="another.example/log")
LOGGED = logged()


def verified(evidence: Sealed, *keys: TrustedKey):
    return verify(evidence.envelope, evidence.load, keys, evidence.beside)


def test_evidence_of_a_trusted_log_holds() -> None:
    report = verified(LOGGED, RUNNER, LOG_TRUST, OTHER_LOG)
    assert report.notes == ()
    assert report.held[-4:-2] == (
        "the runner signed that this drill begins",
        f"the log {ORIGIN} holds the start as entry 0, the result as 1",
    )


def test_whoever_trusts_a_log_is_shown_no_drill_outside_of_it() -> None:
    """The runner's key alone: drill until it comes out right, and show that one without a log."""
    assert verified(sealed(), RUNNER).notes[0] == (
        "no log: nothing shows that other drills were not left out"
    )
    with pytest.raises(RefusedError, match=f"was not logged, and the trust file asks for the log {ORIGIN}"):
        verified(sealed(), RUNNER, LOG_TRUST)


def test_a_log_that_nobody_knows_does_not_stand_in_for_the_trusted_one() -> None:
    """The runner's key and a log of its own."""
    with pytest.raises(RefusedError, match=f"the drill is in {ORIGIN}, the trust file asks for"):
        verified(LOGGED, RUNNER, OTHER_LOG)


def test_without_the_key_of_any_log_it_is_noted_that_none_was_looked_at() -> None:
    report = verified(LOGGED, RUNNER)
    assert report.notes[0] == f"the trust file has no key of the log {ORIGIN}: not checked against it"
    assert report.held[-3] == "the runner signed that this drill begins"


def test_a_log_that_signed_two_trees_of_one_size_shows_nothing() -> None:
    """Start and result each in a history of its own."""
    fork = MemoryLog()
    fork.add("drill-started", LOGGED.logged[START])
    fork.add("drill-started", LOGGED.logged[START])
    split = replace(LOGGED, logged={**LOGGED.logged, START_PROOF: fork.prove(0)})
    with pytest.raises(RefusedError, match=f"{ORIGIN} signed two trees of 2 entries"):
        verified(split, RUNNER, LOG_TRUST)


def test_the_log_cannot_speak_for_the_runner() -> None:
    with pytest.raises(RefusedError, match="not trusted as runner"):
        verified(LOGGED, TrustedKey(role="log", public_der=LOG.public_der, name=ORIGIN), OTHER_LOG)
