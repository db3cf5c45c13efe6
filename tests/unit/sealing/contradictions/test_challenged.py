"""Whether a challenge is what it says it is made of, and what is said of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeAnswer, ChallengeBasis, ChallengeStatus, FreshToken
from drverify.model.drill import LoggedStart
from drverify.model.evidence import TimeStamp, TrustedAuthority
from drverify.model.recovery import FileSet
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.contradictions.challenged import (
    FORESEEABLE,
    FRESH,
    NO_CHALLENGE,
    challenge_contradictions,
    check_challenge,
)
from drverify.sealing.stamps import CLOCKS, StampFiles
from drverify.sealing.verification import verify
from drverify.transparency import proof
from drverify.transparency.stamping import stamped_bytes
from tests.support import records
from tests.support.evidence import LOG_TRUST, ORIGIN, MemoryLog, note_key, sealed, signer, trusted

RECORD = records.record()
TRANSCRIPT = RECORD.artefacts[0].sha256
ONE = TrustedAuthority(name="one", certificate_der=b"one")
EARLY = records.STARTED - timedelta(seconds=20)


def checkpoint_of(entries: int) -> bytes:
    """What a log with so many entries signed last."""
    log = MemoryLog()
    for _ in range(entries):
        shown = log.add("restore-drill", sealed().envelope)
    return stamped_bytes(proof.parse(shown, what="proof").note, note_key(LOG_TRUST))


CHECKPOINT = checkpoint_of(3)


def token(at: datetime, over: bytes) -> bytes:
    return b"|".join([at.isoformat().encode(), over])


def read(content: bytes, message: bytes, roots) -> TimeStamp:
    """Tokens of these tests say in words what real ones say under a signature."""
    at, _, over = content.partition(b"|")
    if over != message or b"one" not in roots:
        raise EvidenceError("it is over something else")
    return TimeStamp(at=datetime.fromisoformat(at.decode()), within=timedelta(seconds=1))


def made(*, at: datetime | None = EARLY, over: bytes | None = None, **changes):
    """A plan with its challenge, and the files of it."""
    plan = records.plan()
    seed = ChallengeBasis(
        drill=plan.drill_id, origin=ORIGIN, checkpoint=sha256_of(CHECKPOINT), chance="0" * 64
    )
    seed = replace(seed, **changes)
    files = {sha256_of(CHECKPOINT): CHECKPOINT}
    basis = seed
    if at is not None:
        stamp = token(at, codec.encode(seed) if over is None else over)
        files[sha256_of(stamp)] = stamp
        basis = replace(seed, tokens=(FreshToken(authority="one", sha256=sha256_of(stamp)),))
    return replace(plan, challenge=codec.digest(basis), challenge_basis=basis), files


PLAN, FILES = made()
RETURNED = ChallengeAnswer(
    status=ChallengeStatus.RETURNED,
    medium="SMBIOS OEM string",
    channel="agent",
    observed=PLAN.challenge,
    asked=timedelta(seconds=100),
    transcript=TRANSCRIPT,
)
SILENT = replace(RETURNED, status=ChallengeStatus.UNANSWERED, observed="", why="no answer")
UNASKED = ChallengeAnswer(status=ChallengeStatus.NOT_ASKED, why="no guest")
START = LoggedStart(origin=ORIGIN, index=3, payload=Sha256("0" * 64))


def ran(answer: ChallengeAnswer = RETURNED, **changes):
    return replace(RECORD, start=START, challenge=answer, **changes)


def checked(plan=PLAN, files=FILES, answer=RETURNED, *, start=START, check=read, authorities=(ONE,)):
    def load(digest: Sha256, what: str) -> bytes:
        if digest not in files:
            raise EvidenceError(f"{what}: is not there")
        return files[digest]

    stamps = StampFiles(authorities=authorities, check=check)
    record = replace(ran(replace(answer, observed=answer.observed and plan.challenge)), start=start)
    return check_challenge(plan, record, load, [LOG_TRUST], stamps)


@pytest.mark.parametrize("answer", [RETURNED, SILENT, UNASKED])
def test_what_belongs_together_contradicts_nothing(answer: ChallengeAnswer) -> None:
    assert list(challenge_contradictions(PLAN, ran(answer))) == []
    assert list(challenge_contradictions(records.plan(), RECORD)) == []


OTHER = "f" * 64


@pytest.mark.parametrize(
    ("plan", "record", "why"),
    [
        (PLAN, RECORD, "do not belong together"),
        (replace(PLAN, challenge=""), ran(), "do not belong together"),
        (replace(PLAN, challenge_basis=None), ran(), "do not belong together"),
        (records.plan(), ran(), "do not belong together"),
        (replace(PLAN, challenge=OTHER), ran(replace(RETURNED, observed=OTHER)), "not the digest of what"),
        (made(drill="20260101T000000Z-aaaaaa")[0], ran(UNASKED), "made for another drill"),
        (made(chance="00")[0], ran(UNASKED), "32 random bytes"),
        (made(origin="", at=None)[0], ran(UNASKED), "a checkpoint of no log"),
        (PLAN, ran(replace(RETURNED, observed=OTHER)), "given back the challenge, and not to have"),
        (PLAN, ran(replace(RETURNED, status=ChallengeStatus.WRONG)), "given back the challenge, and not to"),
        (PLAN, ran(replace(SILENT, observed=OTHER)), "came back from nobody"),
        (PLAN, ran(replace(RETURNED, channel="")), "asked for, and not to have been"),
        (PLAN, ran(replace(RETURNED, asked=None)), "asked for, and not to have been"),
        (PLAN, ran(replace(RETURNED, transcript=None)), "asked for, and not to have been"),
        (PLAN, ran(replace(UNASKED, channel="agent")), "asked for, and not to have been"),
        (PLAN, ran(replace(RETURNED, medium="")), "that it was not given"),
        (PLAN, ran(replace(RETURNED, asked=timedelta(milliseconds=1))), "before it was booted"),
        (PLAN, ran(replace(RETURNED, transcript=Sha256("e" * 64))), "not among the artefacts"),
        (
            replace(PLAN, workload=records.workload(payload=FileSet(path="/srv"))),
            ran(),
            "files were given a challenge",
        ),
    ],
)
def test_what_cannot_be_is_said(plan, record, why) -> None:
    assert any(why in found for found in challenge_contradictions(plan, record))


def test_two_stamps_of_one_authority_are_one_too_many() -> None:
    basis = PLAN.challenge_basis
    assert basis is not None
    twice = replace(basis, tokens=basis.tokens * 2)
    plan = replace(PLAN, challenge=codec.digest(twice), challenge_basis=twice)
    assert "the challenge has two time stamps of one authority" in list(
        challenge_contradictions(plan, ran(UNASKED))
    )


def test_a_fresh_stamp_shows_when_it_can_have_been_known_at_the_earliest() -> None:
    held, notes = checked()
    assert notes == ()
    assert held == (
        "nobody can have known the challenge before 2026-09-14T11:59:40Z, by the clock of one",
        "challenge: returned (SMBIOS OEM string, agent)",
    )


def test_what_did_not_come_back_is_noted_and_nothing_green() -> None:
    held, notes = checked(answer=SILENT)
    assert notes == ("challenge: unanswered (SMBIOS OEM string, agent): no answer",)
    assert not any(line.startswith("challenge:") for line in held)


def test_a_stamp_from_long_before_leaves_time_to_rehearse() -> None:
    plan, files = made(at=records.STARTED - FRESH - timedelta(hours=1))
    held, (note,) = checked(plan, files)
    assert len(held) == 1
    assert note.endswith("before the declaration, in which a restore may have been rehearsed")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"at": records.STARTED + CLOCKS + timedelta(seconds=5)}, "and the drill was declared at"),
        ({"over": b"something else"}, "time stamp of one in the challenge: it is over something else"),
    ],
    ids=["younger than the drill", "moved from elsewhere"],
)
def test_a_stamp_that_contradicts_the_drill_is_refused(change, why) -> None:
    with pytest.raises(EvidenceError, match=why):
        checked(*made(**change))


@pytest.mark.parametrize("digest", [sha256_of(CHECKPOINT), *(set(FILES) - {sha256_of(CHECKPOINT)})])
def test_a_file_that_was_taken_away_is_missed(digest: Sha256) -> None:
    with pytest.raises(EvidenceError, match="in the challenge: is not there"):
        checked(files={name: content for name, content in FILES.items() if name != digest})


@pytest.mark.parametrize(
    ("start", "why"),
    [
        (None, "of another log than the drill's"),
        (replace(START, origin="other.example/log"), "of another log than the drill's"),
        (replace(START, index=2), "it has 3 entries, and the start is entry 2"),
    ],
)
def test_a_checkpoint_that_is_not_from_before_the_start_is_refused(start, why) -> None:
    with pytest.raises(EvidenceError, match=why):
        checked(start=start)


def test_a_checkpoint_that_the_log_did_not_sign_is_refused() -> None:
    forged = CHECKPOINT.replace(CHECKPOINT.split(b"\n")[2], b"A" * 43 + b"=")
    plan, files = made(checkpoint=sha256_of(forged))
    with pytest.raises(EvidenceError):
        checked(plan, files | {sha256_of(forged): forged})


def test_stamps_that_nobody_can_check_show_nothing() -> None:
    expected = ("the time stamp of one in the challenge was not checked",)
    assert checked(check=None)[1] == expected
    assert checked(authorities=())[1] == expected


def test_without_a_stamp_or_a_nonce_the_runner_may_have_known_it() -> None:
    _, (note,) = checked(*made(at=None))
    assert note.endswith(FORESEEABLE)
    held, notes = checked(*made(at=None, nonce="of-the-customer"))
    assert notes == ()
    assert "the customer's nonce of-the-customer" in held[0]


def test_evidence_without_a_challenge_says_so() -> None:
    record = replace(RECORD, start=START)
    assert check_challenge(records.plan(), record, lambda *_: b"", [], StampFiles()) == ((), (NO_CHALLENGE,))


def test_sealed_evidence_is_verified_with_its_challenge() -> None:
    plan, _ = made(at=None, checkpoint=None, origin="", nonce="of-the-customer")
    evidence = sealed(plan, replace(RECORD, challenge=replace(RETURNED, observed=plan.challenge)))
    report = verify(evidence.envelope, evidence.load, [trusted(signer())])
    assert report.held[-1] == "challenge: returned (SMBIOS OEM string, agent)"
