"""What people are told, and when: quiet when green, once when red, again when overdue. Pure.

However much happens in one round, it is one message. What has ended is not told by itself; the next digest
says it, if there is one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from drverify.model.alarm import AGAIN, Alarm, Memory, Message, NightSum, Told, Wrong
from drverify.model.duration import human

LINES = 20
"""Of one message; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidings:
    """What is to be told now, and what will have been told then."""

    message: Message | None
    memory: Memory
    """To be kept once the message went out; without a message at once."""
    ended: tuple[Alarm, ...]
    """What was wrong and is not any more."""


def tidings(wrong: Wrong, memory: Memory, now: datetime, again: timedelta) -> Tidings:
    """What of all that is wrong now has not been told yet, or is to be told again.

    What was told and could not be looked at now is neither told again nor over.
    """
    present = {alarm.key: alarm for alarm in wrong.alarms}
    gone = {key for key, told in memory.items() if key not in present and told.alarm.kind not in wrong.unseen}
    fresh = [alarm for key, alarm in present.items() if key not in memory]
    lasting = [
        told
        for key, told in memory.items()
        if key in present and told.alarm.kind in AGAIN and now - told.last >= again
    ]
    after = {key: told for key, told in memory.items() if key not in gone}
    for told in lasting:
        after[told.alarm.key] = Told(alarm=present[told.alarm.key], first=told.first, last=now)
    for alarm in fresh:
        after[alarm.key] = Told(alarm=alarm, first=now, last=now)
    return Tidings(
        message=_message(fresh, lasting, now) if fresh or lasting else None,
        memory=after,
        ended=tuple(told.alarm for key, told in memory.items() if key in gone),
    )


def digest(night: NightSum, alarms: Sequence[Alarm], ended: Sequence[Alarm], now: datetime) -> Message | None:
    """The night summed up; None when all is green and nothing ended: silence is the good news."""
    if not alarms and not ended:
        return None
    drills = f"{night.concluded} of {night.drills} drills concluded"
    lines = [
        f"{drills}, {night.missed} missed, {night.given_up} given up",
        f"{night.met} of {night.promises} promises shown as kept",
        *_block("Wrong", [f"{_line(one)}, for {human(now - one.since)}" for one in alarms]),
        *_block("Over", [_line(one) for one in ended]),
    ]
    return Message(
        title=f"drverify: {_count(len(alarms), 'thing')} wrong this morning", body="\n".join(lines)
    )


def digest_due(at: time, zone: str, last: datetime | None, now: datetime) -> bool:
    """Whether the digest of today is to be sent: after its time by the clock of the place, once a day."""
    place = ZoneInfo(zone)
    here = now.astimezone(place)
    if here.time() < at:
        return False
    return last is None or last.astimezone(place).date() < here.date()


def _message(fresh: Sequence[Alarm], lasting: Sequence[Told], now: datetime) -> Message:
    lines = [
        *(_line(alarm) for alarm in fresh),
        *(f"{_line(told.alarm)}, still: for {human(now - told.alarm.since)}" for told in lasting),
    ]
    first = (*fresh, *(told.alarm for told in lasting))[0]
    title = _line(first) if len(lines) == 1 else _count(len(lines), "thing") + " wrong"
    return Message(title=f"drverify: {title}"[:200], body="\n".join(_bounded(lines)))


def _line(alarm: Alarm) -> str:
    about = "/".join(part for part in (alarm.agreement, alarm.workload) if part)
    return f"{alarm.kind.value}{f' ({about})' if about else ''}: {alarm.what}"


def _block(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}:"
        yield from _bounded(lines)


def _bounded(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"and {len(lines) - LINES} more: see `drverify status`"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
