"""Quiet when green, once when red, again when overdue."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from drverify.model.alarm import AGAIN, Alarm, AlarmKind, NightSum, Wrong
from drverify.planning.tonight.tidings import LINES, digest, digest_due, tidings

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AGAIN_AFTER = timedelta(hours=24)
GREEN = NightSum(drills=3, concluded=3, missed=0, given_up=0, promises=9, met=9)


def alarm(key: str, kind: AlarmKind = AlarmKind.PROMISE) -> Alarm:
    return Alarm(key=key, kind=kind, what=f"what {key}", since=NOW, agreement="acme", workload="shop")


def wrong(*alarms: Alarm, unseen: frozenset[AlarmKind] = frozenset()) -> Wrong:
    return Wrong(alarms=alarms, unseen=unseen)


def test_green_is_quiet() -> None:
    assert tidings(wrong(), {}, NOW, AGAIN_AFTER).message is None
    assert digest(GREEN, [], [], NOW) is None


def test_red_is_told_once() -> None:
    first = tidings(wrong(alarm("a")), {}, NOW, AGAIN_AFTER)
    assert first.message is not None
    assert first.message.title == "drverify: promise missed (acme/shop): what a"
    later = tidings(wrong(alarm("a")), first.memory, NOW + timedelta(days=30), AGAIN_AFTER)
    assert later.message is None


def test_overdue_is_told_again() -> None:
    overdue = alarm("o", AlarmKind.OVERDUE)
    first = tidings(wrong(overdue), {}, NOW, AGAIN_AFTER)
    assert tidings(wrong(overdue), first.memory, NOW + timedelta(hours=23), AGAIN_AFTER).message is None
    second = tidings(wrong(overdue), first.memory, NOW + timedelta(hours=24), AGAIN_AFTER)
    assert second.message is not None
    assert "still: for 24 h" in second.message.body or "still: for 1 d" in second.message.body
    third = tidings(wrong(overdue), second.memory, NOW + timedelta(hours=25), AGAIN_AFTER)
    assert third.message is None


def test_the_next_time_is_another_thing() -> None:
    first = tidings(wrong(alarm("a")), {}, NOW, AGAIN_AFTER)
    over = tidings(wrong(), first.memory, NOW, AGAIN_AFTER)
    assert [one.key for one in over.ended] == ["a"]
    assert over.message is None
    assert tidings(wrong(alarm("a")), over.memory, NOW, AGAIN_AFTER).message is not None


def test_what_could_not_be_looked_at_is_neither_over_nor_told_again() -> None:
    overdue, late = alarm("o", AlarmKind.OVERDUE), alarm("b", AlarmKind.BACKUP)
    first = tidings(wrong(overdue, late), {}, NOW, AGAIN_AFTER)
    blind = wrong(unseen=frozenset({AlarmKind.OVERDUE}))
    found = tidings(blind, first.memory, NOW + 2 * AGAIN_AFTER, AGAIN_AFTER)
    assert (found.message, found.ended) == (None, (late,))
    assert set(found.memory) == {"o"}
    assert tidings(wrong(), found.memory, NOW, AGAIN_AFTER).ended == (overdue,)


def test_a_bad_night_is_one_message() -> None:
    found = tidings(wrong(*(alarm(f"{number:03}") for number in range(50))), {}, NOW, AGAIN_AFTER)
    assert found.message is not None
    assert found.message.title == "drverify: 50 things wrong"
    assert len(found.message.body.splitlines()) == LINES + 1
    assert found.message.body.endswith("and 30 more: see `drverify status`")


def test_a_digest_says_what_ended_even_when_all_is_green_now() -> None:
    message = digest(GREEN, [], [alarm("a")], NOW)
    assert message is not None
    assert "Over:" in message.body
    assert "9 of 9 promises" in message.body


def test_a_digest_comes_once_a_day_by_the_clock_of_the_place() -> None:
    at, zone = time(7), "Europe/Berlin"  # 6:00 UTC in November
    assert not digest_due(at, zone, None, datetime(2026, 11, 23, 5, 59, tzinfo=UTC))
    sent = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert digest_due(at, zone, None, sent)
    assert not digest_due(at, zone, sent, datetime(2026, 11, 23, 22, 30, tzinfo=UTC))
    assert not digest_due(at, zone, sent, datetime(2026, 11, 24, 5, 59, tzinfo=UTC))
    assert digest_due(at, zone, sent, datetime(2026, 11, 24, 6, 0, tzinfo=UTC))


ALARMS = st.lists(
    st.builds(alarm, st.sampled_from("abcde"), st.sampled_from(AlarmKind)),
    max_size=5,
    unique_by=lambda a: a.key,
)


@given(st.lists(ALARMS, max_size=12))
def test_whatever_happens_everything_is_told_and_only_what_lasts_is_told_twice(
    rounds: list[list[Alarm]],
) -> None:
    memory, at = {}, NOW
    for present in rounds:
        before = dict(memory)
        found = tidings(wrong(*present), memory, at, AGAIN_AFTER)
        memory = dict(found.memory)
        assert set(memory) == {one.key for one in present}
        fresh = [one for one in present if one.key not in before]
        again = [
            one
            for one in before.values()
            if one.alarm.key in memory and one.alarm.kind in AGAIN and at - one.last >= AGAIN_AFTER
        ]
        assert (found.message is not None) == bool(fresh or again)
        at += timedelta(hours=13)
