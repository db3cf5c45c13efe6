"""Keys with a time, or revoked, under one drill's evidence: what stamps show of it, and what they do not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drverify.model.evidence import Revocation, TimeStamp, TrustedAuthority
from drverify.sealing.stamps import StampFiles, Token
from drverify.sealing.verification import RefusedError, verify
from tests.support import records
from tests.support.evidence import LOG_TRUST, logged, sealed, signer, trusted

LOGGED, BARE = logged(), sealed()
RUNNER = trusted(signer())
ENDED = records.record().ended_at
HOUR = timedelta(hours=1)
AUTHORITY = TrustedAuthority(name="first", certificate_der=b"certificate")


def stamped(at):
    """Files of the logged drill with stamps over both checkpoints, whose reader says `at`."""
    tokens = (Token(authority="first", content=b"token"),)
    check = lambda *_: TimeStamp(at=at, within=timedelta())  # noqa: E731
    files = StampFiles(start=tokens, result=tokens, authorities=(AUTHORITY,), check=check)
    return replace(LOGGED.beside, stamps=files)


def notes(*keys, beside=LOGGED.beside, evidence=LOGGED):
    report = verify(evidence.envelope, evidence.load, keys, beside)
    assert report.signers[0].public_der == signer().public_der
    return [note for note in report.notes if "'s key" in note]


def refused(why, *keys, **more):
    with pytest.raises(RefusedError, match=why):
        notes(*keys, **more)


def revoked(key, at):
    return replace(key, revoked=Revocation(at=at, why="disk stolen"))


def test_a_key_that_was_revoked_later_is_believed_only_by_a_stamp_from_before():
    later = revoked(RUNNER, ENDED + 2 * HOUR)
    assert notes(later, LOG_TRUST, beside=stamped(ENDED + HOUR)) == []
    refused("disk stolen.*not shown to be older", later, LOG_TRUST)
    refused("disk stolen.*not shown to be older", later, LOG_TRUST, beside=stamped(ENDED + 3 * HOUR))
    refused("disk stolen.*not shown to be older", later, evidence=BARE, beside=BARE.beside)


def test_a_log_key_is_asked_as_well():
    later = revoked(LOG_TRUST, ENDED + 2 * HOUR)
    assert notes(RUNNER, later, beside=stamped(ENDED + HOUR)) == []
    refused(f"the log's key {LOG_TRUST.name}.*disk stolen", RUNNER, later)
    refused(f"the log's key {LOG_TRUST.name}.*disk stolen", RUNNER, later, beside=stamped(ENDED + 3 * HOUR))


def test_a_keys_time_is_noted_where_nothing_shows_it():
    windowed = replace(RUNNER, valid_from=ENDED - 24 * HOUR, valid_until=ENDED + 24 * HOUR)
    assert notes(windowed, LOG_TRUST, beside=stamped(ENDED + HOUR)) == []
    (note, *more) = notes(windowed, LOG_TRUST)
    assert "under the result: nothing shows that it was signed in the key's time" in note
    assert len(more) == 1
    assert "under the start" in more[0]


def test_what_was_stamped_before_a_key_was_valid_is_refused():
    refused(
        "is valid from .* only",
        replace(RUNNER, valid_from=ENDED + 24 * HOUR),
        LOG_TRUST,
        beside=stamped(ENDED),
    )


def test_keys_without_a_time_are_not_asked():
    assert notes(RUNNER, LOG_TRUST) == []
    other = revoked(trusted(signer(44)), datetime(2020, 1, 1, tzinfo=UTC))
    assert notes(RUNNER, other, LOG_TRUST) == []
