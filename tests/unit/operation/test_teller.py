"""Each target is told by itself, and remembers for itself."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.errors import DrverifyError, HostError
from drverify.model.alarm import Alarm, AlarmKind, Message, NightSum, Wrong
from drverify.operation.teller import Teller
from drverify.settings import Notify

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SUM = NightSum(drills=1, concluded=1, missed=0, given_up=0, promises=1, met=0)
MAIL, CHAT = "env:MAIL", "file:/etc/drverify/chat"


class Person:
    """Somebody who is told, or cannot be reached."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.away = False

    def send(self, message: Message) -> None:
        if self.away:
            raise HostError("nobody takes it")
        self.got.append(message)


def wrong(
    *keys: str, kind: AlarmKind = AlarmKind.PROMISE, unseen: frozenset[AlarmKind] = frozenset()
) -> Wrong:
    alarms = tuple(Alarm(key=key, kind=kind, what=f"what {key}", since=NOW) for key in keys)
    return Wrong(alarms=alarms, unseen=unseen)


def night() -> NightSum:
    return SUM


def unasked() -> NightSum:
    raise HostError("the desk is away")


def teller(place: Path, **targets: Person | DrverifyError) -> Teller:
    named = {"mail": MAIL, "chat": CHAT}
    return Teller(place / "site", Notify(), "UTC", {named[one]: each for one, each in targets.items()})


def test_one_that_cannot_be_reached_gives_the_others_nothing_twice(tmp_path: Path) -> None:
    mail, chat = Person(), Person()
    chat.away = True
    for minute in range(5):
        at = NOW + timedelta(minutes=minute)
        assert len(teller(tmp_path, mail=mail, chat=chat).round(wrong("a"), night, at)) == 1
    assert (len(mail.got), len(chat.got)) == (1, 0)
    chat.away = False
    assert teller(tmp_path, mail=mail, chat=chat).round(wrong("a", "b"), night, NOW + HOUR) == ()
    assert mail.got[-1].title == "drverify: promise missed: what b"
    assert [one.title for one in chat.got] == ["drverify: 2 things wrong"]


def test_one_that_is_new_hears_what_is_wrong_now(tmp_path: Path) -> None:
    mail, chat = Person(), Person()
    late = NOW + 6 * HOUR
    teller(tmp_path, mail=mail).round(wrong("a"), night, NOW)
    teller(tmp_path, mail=mail, chat=chat).round(wrong("a"), night, late)
    assert [one.title for one in chat.got] == ["drverify: promise missed: what a"], "without a digest"
    assert [one.title for one in mail.got[1:]] == ["drverify: 1 thing wrong this morning"]
    teller(tmp_path, mail=mail, chat=chat).round(wrong("a"), night, late + 24 * HOUR)
    assert mail.got[-1] == chat.got[-1]


def test_one_whose_address_cannot_be_read_now_forgets_nothing(tmp_path: Path) -> None:
    mail, chat = Person(), Person()
    lost = HostError("no such file")
    teller(tmp_path, mail=mail, chat=chat).round(wrong("a"), night, NOW)
    assert teller(tmp_path, mail=mail, chat=lost).round(wrong("a"), night, NOW) == (lost,)
    teller(tmp_path, mail=mail, chat=chat).round(wrong("a"), night, NOW)
    assert (len(mail.got), len(chat.got)) == (1, 1)


def test_a_night_that_cannot_be_summed_up_is_summed_up_later(tmp_path: Path) -> None:
    mail, morning = Person(), NOW + 5 * HOUR
    teller(tmp_path, mail=mail).round(wrong("a"), night, NOW)
    assert len(teller(tmp_path, mail=mail).round(wrong("a"), unasked, morning)) == 1
    partly = wrong("a", unseen=frozenset({AlarmKind.BACKUP}))
    assert teller(tmp_path, mail=mail).round(partly, night, morning) == ()
    assert len(mail.got) == 1
    assert teller(tmp_path, mail=mail).round(wrong("a"), night, morning) == ()
    assert "this morning" in mail.got[-1].title


def test_whoever_watches_the_rounds_sees_that_one_was_not_whole(tmp_path: Path) -> None:
    asked: list[None] = []
    watched = Teller(tmp_path, Notify(), "UTC", {}, lambda: asked.append(None))
    watched.round(wrong(unseen=frozenset({AlarmKind.GATE})), night, NOW)
    assert asked == []
    watched.round(wrong("a"), night, NOW)
    assert asked == [None]
