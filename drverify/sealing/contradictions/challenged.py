"""Whether a drill's challenge is what it says it is made of, and what the guest's answer shows. Pure.

The challenge is the digest of its basis, which names files by their digests: so the time stamps in it were
there before the plan, and the plan before the start that was logged. What nobody can check from outside is
whether the guest said what the record says: a provider who lies about that lies about every probe.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.challenge import (
    ChallengeAnswer,
    ChallengeBasis,
    ChallengeStatus,
    FreshToken,
    basis_in_words,
    in_words,
)
from drverify.model.drill import DrillPlan, DrillRecord, PhaseName
from drverify.model.duration import human
from drverify.model.evidence import TimeStamp, TrustedKey
from drverify.model.recovery import boots
from drverify.sealing import codec
from drverify.sealing import envelope as dsse
from drverify.sealing.logged import note_key
from drverify.sealing.stamps import CLOCKS, StampFiles
from drverify.transparency import checkpoint, note

FRESH = timedelta(minutes=5)
"""A stamp in a challenge that is older than that when the drill is declared left time to rehearse."""
NO_CHALLENGE = "no challenge: nothing shows that the restore was not done before"
FORESEEABLE = "the runner may have known it before, so a restore may have been rehearsed"
_CHANCE = 64
_ANSWERED = frozenset({ChallengeStatus.RETURNED, ChallengeStatus.WRONG})
Load = Callable[[Sha256, str], bytes]
"""(digest, what it is) -> the file, checked against its digest. EvidenceError when it is not there."""


def challenge_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything about the challenge that cannot be, one sentence each."""
    basis, answer = plan.challenge_basis, record.challenge
    if len({bool(plan.challenge), basis is not None, answer is not None}) != 1:
        yield "challenge, what it is made of and what became of it do not belong together"
    if basis is not None:
        yield from _basis(plan, basis)
    if answer is not None:
        yield from _answer(plan, record, answer)


def _basis(plan: DrillPlan, basis: ChallengeBasis) -> Iterator[str]:
    if plan.challenge != codec.digest(basis):
        yield "the challenge is not the digest of what it is made of"
    if basis.drill != plan.drill_id:
        yield "the challenge was made for another drill"
    if len(basis.chance) != _CHANCE:
        yield "the challenge is not made of 32 random bytes"
    if basis.checkpoint is not None and not basis.origin:
        yield "the challenge is made of a checkpoint of no log"
    names = [token.authority for token in basis.tokens]
    if names != sorted(set(names)):
        yield "the challenge has two time stamps of one authority"


def _answer(plan: DrillPlan, record: DrillRecord, answer: ChallengeAnswer) -> Iterator[str]:
    machine, status = boots(plan.workload.payload), answer.status
    if not machine and status is not ChallengeStatus.NOT_APPLICABLE:
        yield "files were given a challenge"
    if (status is ChallengeStatus.RETURNED) != (answer.observed == plan.challenge):
        yield "the guest is said to have given back the challenge, and not to have"
    if answer.observed and status not in _ANSWERED:
        yield "a challenge came back from nobody"
    asked = status in _ANSWERED or status is ChallengeStatus.UNANSWERED
    if {bool(answer.channel), answer.asked is not None, answer.transcript is not None} != {asked}:
        yield "the challenge is said to have been asked for, and not to have been"
    if asked and not answer.medium:
        yield "a guest was asked for a challenge that it was not given"
    boot = next((phase for phase in record.phases if phase.name is PhaseName.BOOT), None)
    if answer.asked is not None and (boot is None or answer.asked < boot.started):
        yield "a guest was asked for the challenge before it was booted"
    known = {artefact.sha256 for artefact in record.artefacts}
    if answer.transcript is not None and answer.transcript not in known:
        yield "the transcript of the challenge is not among the artefacts"


def has_stamps(data: bytes) -> bool:
    """Whether an envelope's challenge has time stamps, by its bytes alone: what reads them is loaded late."""
    try:
        return b'"tokens":[{"authority":' in dsse.decode(data).payload
    except EvidenceError:
        return False


def check_challenge(
    plan: DrillPlan, record: DrillRecord, load: Load, keys: Sequence[TrustedKey], stamps: StampFiles
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Check what the challenge is made of: what held, and what is to be noted.

    EvidenceError when a file of it is not there, its checkpoint is not of the log, or a time stamp in it
    does not hold or is younger than the declaration.
    """
    basis = plan.challenge_basis
    if basis is None or record.challenge is None:
        return (), (NO_CHALLENGE,)
    if basis.checkpoint is not None:
        _own(load(basis.checkpoint, "the checkpoint in the challenge"), basis.origin, record, keys)
    tokens = [(one, load(one.sha256, "a time stamp in the challenge")) for one in basis.tokens]
    seed = codec.encode(replace(basis, tokens=()))
    held, notes = _stamped(record.started_at, seed, tokens, stamps)
    made = f"the challenge is made of {basis_in_words(basis)}"
    answer = record.challenge
    came_back = answer.status is ChallengeStatus.RETURNED
    if came_back and not basis.tokens and not basis.nonce:
        notes.append(f"{made}: {FORESEEABLE}")
    elif basis.nonce:
        held.append(made)
    (held if came_back else notes).append(f"challenge: {in_words(answer)}")
    return tuple(held), tuple(notes)


def _own(content: bytes, origin: str, record: DrillRecord, keys: Sequence[TrustedKey]) -> None:
    """EvidenceError unless the checkpoint is one of the drill's log, and from before its start."""
    what = "the checkpoint in the challenge"
    signed = note.parse(content, what=what)
    stated = checkpoint.parse(signed.text, what=what)
    start = record.start
    if stated.origin != origin or start is None or start.origin != origin:
        raise EvidenceError(f"{what}: of another log than the drill's")
    if stated.size > start.index:
        raise EvidenceError(f"{what}: it has {stated.size} entries, and the start is entry {start.index}")
    known = [note_key(key) for key in keys if key.role == "log" and key.name == origin]
    if known and not note.signers(signed, known, what=what):
        raise EvidenceError(f"{what}: the log {origin} did not sign it")


def _stamped(
    declared: datetime, seed: bytes, tokens: Sequence[tuple[FreshToken, bytes]], files: StampFiles
) -> tuple[list[str], list[str]]:
    """What the time stamps say of when the drill can have been planned at the earliest."""
    held: list[str] = []
    notes: list[str] = []
    for fresh, token in tokens:
        name = fresh.authority
        roots = [one.certificate_der for one in files.authorities if one.name == name]
        if not roots or files.check is None:
            notes.append(f"the time stamp of {name} in the challenge was not checked")
            continue
        try:
            stamp = files.check(token, seed, roots)
        except EvidenceError as error:
            raise EvidenceError(f"time stamp of {name} in the challenge: {error}") from error
        said, left = _earliest(name, stamp, declared)
        (notes if left else held).append(said)
    return held, notes


def _earliest(name: str, stamp: TimeStamp, declared: datetime) -> tuple[str, bool]:
    """What one stamp shows, and whether that is to be noted only."""
    earliest = stamp.at - stamp.within
    if earliest > declared + CLOCKS:
        raise EvidenceError(
            f"time stamp of {name} in the challenge: it is of {codec.to_json(stamp.at)}, "
            f"and the drill was declared at {codec.to_json(declared)} by the record"
        )
    said = f"nobody can have known the challenge before {codec.to_json(earliest)}, by the clock of {name}"
    if declared - earliest > FRESH:
        ago = human(declared - earliest)
        return f"{said}: {ago} before the declaration, in which a restore may have been rehearsed", True
    return said, False
