"""What time stamps show of a drill, what they leave open, and when they contradict it."""

from datetime import datetime, timedelta

import pytest

from drverify.errors import EvidenceError
from drverify.model.evidence import TimeStamp, TrustedAuthority
from drverify.sealing.stamps import CLOCKS, MISSING, PLANNING, StampFiles, Token, check_stamps
from tests.support import records

BEGUN, ENDED = b"checkpoint of the start", b"checkpoint of the result"
RECORD = records.record()
RESTORED = RECORD.started_at + timedelta(seconds=1)
ONE, TWO = (TrustedAuthority(name=name, certificate_der=name.encode()) for name in ("one", "two"))
ROOTS = {"one": b"one", "two": b"two"}


def token(at: datetime, over: bytes, by: str = "one") -> Token:
    return Token(authority=by, content=b"|".join([at.isoformat().encode(), over, ROOTS.get(by, b"x")]))


def read(content: bytes, message: bytes, roots) -> TimeStamp:
    """Tokens of these tests say in words what real ones say under a signature."""
    at, over, root = content.split(b"|")
    if over != message:
        raise EvidenceError("it is over something else")
    if root not in roots:
        raise EvidenceError("it does not hold")
    return TimeStamp(at=datetime.fromisoformat(at.decode()), within=timedelta(seconds=1))


def checked(start=(), result=(), authorities=(ONE,), check=read, *, required=False):
    files = StampFiles(
        start=tuple(start), result=tuple(result), authorities=authorities, check=check, required=required
    )
    return check_stamps(RECORD, BEGUN, ENDED, files)


def test_stamps_in_time_show_when_start_and_result_were_in_the_log() -> None:
    held, notes = checked(
        [token(RESTORED, BEGUN), token(RESTORED + timedelta(seconds=3), BEGUN, "two")],
        [token(RECORD.ended_at, ENDED), token(RECORD.ended_at, ENDED, "two")],
        (ONE, TWO),
    )
    assert notes == ()
    assert held == (
        (
            "the start was in the log at 2026-09-14T12:00:03Z at the latest, by the clock of one and two; "
            "the restore began at 2026-09-14T12:00:02Z by the runner's"
        ),
        (
            "the result was in the log at 2026-09-14T12:02:32Z at the latest, by the clock of one and two; "
            "the drill ended at 2026-09-14T12:02:31Z by the runner's"
        ),
    )


@pytest.mark.parametrize(
    ("start", "result", "said"),
    [
        (RESTORED + CLOCKS + timedelta(seconds=5), RECORD.ended_at, "after the restore began by the record"),
        (RESTORED, RECORD.ended_at + timedelta(days=1), "after the drill ended by the record"),
    ],
)
def test_a_late_stamp_contradicts_nothing_and_says_so(start, result, said) -> None:
    """An authority that was down looks the same as times that were moved back: neither is confirmed."""
    held, (note,) = checked([token(start, BEGUN)], [token(result, ENDED)])
    assert len(held) == 1
    assert said in note
    assert "do not confirm that time" in note


@pytest.mark.parametrize(
    ("start", "result", "why"),
    [
        (
            RECORD.started_at - PLANNING - CLOCKS - timedelta(seconds=2),
            None,
            "cannot have been planned before",
        ),
        (None, RECORD.ended_at - CLOCKS - timedelta(seconds=2), "the drill ended at"),
    ],
)
def test_a_stamp_from_before_what_it_is_over_is_refused(start, result, why) -> None:
    starts = [token(start, BEGUN)] if start else []
    results = [token(result, ENDED)] if result else []
    with pytest.raises(EvidenceError, match=f"time stamp of one: .* {why}"):
        checked(starts, results)


def test_clocks_may_lie_apart_by_as_much_as_is_said() -> None:
    at = (
        RECORD.started_at - PLANNING - CLOCKS - timedelta(seconds=1)
    )  # and a second, which the authority allows itself
    assert len(checked([token(at, BEGUN)])[0]) == 1


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (token(RESTORED, ENDED), "over the start: it is over something else"),
        (Token(authority="one", content=token(RESTORED, BEGUN, "two").content), "it does not hold"),
    ],
    ids=["moved", "of another authority"],
)
def test_a_token_that_is_there_and_wrong_is_refused(found, why) -> None:
    with pytest.raises(EvidenceError, match=why):
        checked([found])


def test_what_nobody_can_check_and_what_is_missing_is_noted() -> None:
    held, notes = checked([token(RESTORED, BEGUN, "stranger")], [token(RECORD.ended_at, ENDED)], (ONE, TWO))
    assert len(held) == 1
    assert notes == (
        "no time stamp of one over the start",
        "no time stamp of two over the start",
        "the trust file has no time authority 'stranger': its stamp over the start was not checked",
        "no time stamp of two over the result",
    )


def test_without_the_library_nothing_is_said_to_hold() -> None:
    held, notes = checked([token(RESTORED, BEGUN)], check=None)
    assert held == ()
    assert notes == (
        "no time stamp of one over the result",
        f"1 time stamps lie beside the evidence and were not checked: {MISSING}",
    )
    assert checked(authorities=(), check=None) == ((), ())


IN_TIME = ([token(RESTORED, BEGUN)], [token(RECORD.ended_at, ENDED)])
LATE = timedelta(days=30)


@pytest.mark.parametrize(
    ("start", "result", "check", "why"),
    [
        ([], IN_TIME[1], read, "no time stamp of one over the start"),
        (IN_TIME[0], [], read, "no time stamp of one over the result"),
        ([token(RESTORED + LATE, BEGUN)], IN_TIME[1], read, "do not confirm that time"),
        (IN_TIME[0], [token(RECORD.ended_at + LATE, ENDED)], read, "do not confirm that time"),
        (*IN_TIME, None, "2 time stamps lie beside the evidence and were not checked"),
        ([token(RESTORED, BEGUN, "stranger")], IN_TIME[1], read, "no time authority 'stranger'"),
    ],
    ids=["taken away", "no result's", "dated back", "late result", "no library", "a stranger's"],
)
def test_who_asks_for_stamps_is_shown_nothing_without(start, result, check, why) -> None:
    with pytest.raises(EvidenceError, match=f"time: not confirmed by time stamps: .*{why}"):
        checked(start, result, check=check, required=True)


def test_one_authority_of_two_is_enough_for_who_asks_for_stamps() -> None:
    held, notes = checked(*IN_TIME, (ONE, TWO), required=True)
    assert (len(held), len(notes)) == (2, 2)


def test_the_restore_begins_with_the_first_thing_that_is_made() -> None:
    """Nothing was restored: the start has nothing that it must come before."""
    bare = records.record(phases=records.phases()[:1])
    late = token(RECORD.started_at + timedelta(days=9), BEGUN)
    files = StampFiles(start=(late,), authorities=(ONE,), check=read)
    held, notes = check_stamps(bare, BEGUN, ENDED, files)
    assert held == ("the start was in the log at 2026-09-23T12:00:02Z at the latest, by the clock of one",)
    assert notes == ("no time stamp of one over the result",)
