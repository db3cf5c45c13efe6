"""Whose key and clock a drill's newest record rests on, by its evidence alone."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drverify.adapters.probes.transcript import Transcript
from drverify.model.agreement import Sha256
from drverify.model.drill import Artefact, DrillPlan, DrillRecord, ProbeStatus
from drverify.model.evidence import Revocation, TrustedKey
from drverify.model.playbook import Access, FreshnessProbe, NewestToken, TokenFile
from drverify.model.recovery import SecretRef
from drverify.sealing.heartbeats import TOLD
from drverify.sealing.verification import RefusedError, Report, verify
from drverify.transparency import heartbeat
from drverify.transparency.heartbeat import Heartbeat
from drverify.transparency.note import KeyType, NoteKey
from tests.support import records
from tests.support.evidence import LOG, sealed, signer, trusted
from tests.support.records import INCIDENT, MIN, SEC

BEATS = signer(31)
NAME = "acme.example/heartbeat"
AT = INCIDENT - 30 * MIN - 10 * SEC
SAID = "the newest record is the heartbeat of 2026-09-14T11:29:50Z that the customer acme signed: RPO rests on the customer's own key and clock (probe fresh)"


def vkey(by=BEATS) -> NoteKey:
    return NoteKey(name=NAME, type=KeyType.LOG, material=by._key.public_key().public_bytes_raw())


def token(at: datetime = AT, workload: str = "shop", by=BEATS) -> bytes:
    return heartbeat.sign(Heartbeat(workload=workload, at=at), vkey(by), by.sign)


def transcript(content: bytes) -> bytes:
    made = Transcript("fresh (freshness)")
    made.hear(content)
    made.say(TOLD)
    made.hear(content.removesuffix(b"\n"))
    made.say("passed: newest")
    return made.render()


def plan(workload: str = "shop") -> DrillPlan:
    access = Access(address="10.20.0.10", key=SecretRef("file:k"))
    newest = NewestToken(
        workload=workload, keys=(vkey().vkey,), tokens=TokenFile(path="/srv/beat", access=access)
    )
    book = records.playbook()
    probes = [FreshnessProbe(id="fresh", newest=newest) if one.id == "fresh" else one for one in book.probes]
    return records.plan(records.agreed().register(INCIDENT), playbook=replace(book, probes=tuple(probes)))


def record(content: bytes, newest: datetime | None = AT, **changes) -> DrillRecord:
    artefact = Artefact(
        name="probes/fresh.txt",
        sha256=records.digest(content),
        size_bytes=len(content),
        media_type="text/plain",
    )
    others = [one for one in records.artefacts() if one.name != artefact.name]
    made = records.with_result(
        records.record(), "fresh", newest=newest, transcript=artefact.sha256, **changes
    )
    return replace(made, artefacts=(*others, artefact))


def verified(
    content: bytes,
    *,
    of: DrillPlan | None = None,
    keys: tuple[TrustedKey, ...] = (),
    newest: datetime | None = AT,
    **changes,
) -> Report:
    body = transcript(content)
    made = sealed(of or plan(), record(body, newest, **changes))
    made.files[Sha256(records.digest(body))] = body
    return verify(made.envelope, made.load, (trusted(signer()), *keys))


def owner(role="customer", by=BEATS, **changes) -> TrustedKey:
    return TrustedKey(role=role, public_der=by.public_der, name="acme", **changes)


def test_a_customers_heartbeat_makes_rpo_rest_on_their_key() -> None:
    report = verified(token(), keys=(owner(),))
    assert SAID in report.held
    assert not any("heartbeat" in one for one in report.notes)


def test_a_witnesss_heartbeat_counts_too() -> None:
    assert SAID.replace("customer", "witness") in verified(token(), keys=(owner("witness"),)).held


@pytest.mark.parametrize("keys", [(), (owner("provider"),), (owner(by=LOG),)])
def test_a_key_that_the_verifier_does_not_know_as_theirs_is_noted(keys: tuple[TrustedKey, ...]) -> None:
    report = verified(token(), keys=keys)
    assert not any("heartbeat" in one for one in report.held)
    (said,) = (one for one in report.notes if "heartbeat" in one)
    assert f"is signed by {NAME}, whom the trust file does not name" in said


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (owner(revoked=Revocation(at=AT, why="stolen")), "was revoked as of 2026-09-14T11:29:50Z"),
        (owner(valid_from=AT + SEC), "is not valid at that time"),
        (owner(valid_until=AT), "is not valid at that time"),
    ],
)
def test_a_key_out_of_its_time_is_noted(key: TrustedKey, said: str) -> None:
    report = verified(token(), keys=(key,))
    assert (any(said in one for one in report.notes), SAID in report.held) == (True, False)


def test_another_workloads_heartbeats_are_noted() -> None:
    report = verified(token(workload="other"), of=plan("other"), keys=(owner(),))
    assert "probe fresh reads heartbeats of other, another workload" in report.notes
    assert not any("heartbeat" in one for one in report.held)


def test_a_heartbeat_from_after_the_incident_is_said_and_is_no_green() -> None:
    at = INCIDENT + timedelta(minutes=5)
    report = verified(token(at), newest=at, keys=(owner(),))
    assert "probe fresh: the heartbeat of 2026-09-14T12:05:00Z is from after the incident" in report.notes
    (rpo,) = (one for one in report.verdicts if "rpo" in one.obligation)
    assert rpo.outcome == "UNPROVEN"


@pytest.mark.parametrize(
    ("content", "newest", "said"),
    [
        (token(), AT + SEC, "recorded is another time than the one that was signed"),
        (token().replace(b"11:29:50", b"11:59:50"), AT + 30 * MIN, "does not hold"),
        (token(by=LOG), AT, f"is not signed by {NAME}"),
        (token(workload="other"), AT, "a heartbeat of other, not of shop"),
        (b"nothing", AT, "cut off"),
    ],
)
def test_a_reading_that_the_customer_did_not_sign_is_refused(
    content: bytes, newest: datetime, said: str
) -> None:
    with pytest.raises(RefusedError, match="heartbeat of probe fresh") as caught:
        verified(content, newest=newest, keys=(owner(),))
    assert said in str(caught.value)


def test_a_transcript_without_a_token_is_refused() -> None:
    body = records.TRANSCRIPTS["fresh"]
    made = sealed(plan(), record(body))
    with pytest.raises(RefusedError, match="the transcript has no token in it"):
        verify(made.envelope, made.load, (trusted(signer()),))


def test_a_guest_cannot_write_our_line_into_a_transcript() -> None:
    made = Transcript("fresh (freshness)")
    made.hear(f"x\n> {TOLD}\n".encode() + token())
    body = made.render()
    evidence = sealed(plan(), record(body))
    evidence.files[Sha256(records.digest(body))] = body
    with pytest.raises(RefusedError, match="the transcript has no token in it"):
        verify(evidence.envelope, evidence.load, (trusted(signer()),))


def test_a_probe_that_failed_rests_on_nothing_and_says_so() -> None:
    report = verified(token(), keys=(owner(),), newest=None, status=ProbeStatus.FAILED, settled=None)
    assert "no heartbeat was read: RPO does not rest on the customer's key" in report.notes
