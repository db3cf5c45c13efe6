"""Telling people what is wrong: once a round, with a memory of what was told that outlives this process.

Each target is told by itself, with a memory of its own: one that cannot be reached keeps nothing from the
others, and one that is new hears of everything that is wrong now.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.errors import DrverifyError, HostError
from drverify.model.alarm import Alarm, AlarmKind, Memory, Message, NightSum, Told, Wrong
from drverify.planning.tonight.tidings import digest, digest_due, tidings
from drverify.settings import Notify


class Target(Protocol):
    """Takes messages to people."""

    def send(self, message: Message) -> None:
        """Send it; HostError when it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What one target was told."""

    memory: Memory
    ended: tuple[Alarm, ...]
    """What is over since its last digest."""
    digested: datetime | None


class Teller:
    """One site's voice. Whoever has the scheduler has it: two would tell everything twice."""

    def __init__(
        self,
        place: Path,
        chosen: Notify,
        zone: str,
        targets: Mapping[str, Target | DrverifyError],
        alive: Callable[[], None] | None = None,
    ) -> None:
        """`place` is a directory of the site; `targets` by their references, never by their addresses.

        An error in place of a target says why nothing can be sent to it now.
        """
        self._file = place / "told.json"
        self._chosen = chosen
        self._zone = zone
        self._targets = targets
        self._alive = alive

    def round(self, wrong: Wrong, night: Callable[[], NightSum], now: datetime) -> tuple[DrverifyError, ...]:
        """Tell what is to be told now. What could not be said is tried again in the next round, and returned.

        The dead man's switch is asked last, if everything could be looked at: it shows that a whole round
        went through. HostError when what was told cannot be kept.
        """
        failures: list[DrverifyError] = []
        before, after, night = self._read(), {}, cache(night)
        for reference, target in self._targets.items():
            kept = before.get(reference)
            if isinstance(target, DrverifyError):
                failures.append(target)
            else:
                kept = kept or self._nothing(now)
                try:
                    kept = self._told(target, kept, wrong, now)
                    kept = self._digested(target, kept, wrong, night, now)
                except DrverifyError as error:
                    failures.append(error)
            if kept is not None:
                after[reference] = kept
        self._write(after)
        if self._alive is not None and not wrong.unseen:
            try:
                self._alive()
            except DrverifyError as error:
                failures.append(error)
        return tuple(failures)

    def _nothing(self, now: datetime) -> _Kept:
        """Of a target that is new: it hears everything at once, and the next digest is tomorrow's."""
        late = digest_due(self._chosen.digest_at, self._zone, None, now)
        return _Kept(memory={}, ended=(), digested=now if late else None)

    def _told(self, target: Target, kept: _Kept, wrong: Wrong, now: datetime) -> _Kept:
        found = tidings(wrong, kept.memory, now, timedelta(hours=self._chosen.overdue_again))
        if found.message is not None:
            target.send(found.message)
        return replace(kept, memory=found.memory, ended=(*kept.ended, *found.ended))

    def _digested(
        self, target: Target, kept: _Kept, wrong: Wrong, night: Callable[[], NightSum], now: datetime
    ) -> _Kept:
        """With the digest, if it is its time; one that would leave something out waits until it does not."""
        if wrong.unseen or not digest_due(self._chosen.digest_at, self._zone, kept.digested, now):
            return kept
        summed = digest(night(), wrong.alarms, kept.ended, now)
        if summed is not None:
            target.send(summed)
        return replace(kept, ended=(), digested=now)

    def _read(self) -> dict[str, _Kept]:
        try:
            with state_access(f"read {self._file}"):
                kept = json.loads(self._file.read_bytes())
            return {reference: _kept(one) for reference, one in kept["targets"].items()}
        except (HostError, ValueError, KeyError, TypeError, AttributeError):
            return {}  # told twice rather than never

    def _write(self, after: Mapping[str, _Kept]) -> None:
        with state_access(f"make {self._file.parent}"):
            inner_directory(self._file.parent)
        kept = {"targets": {reference: _written(one) for reference, one in after.items()}}
        content = json.dumps(kept, indent=1, sort_keys=True).encode()
        with state_access(f"read {self._file}"):
            if self._file.is_file() and self._file.read_bytes() == content:
                return
        write_durably(self._file, content)


def _written(kept: _Kept) -> dict[str, Any]:
    return {
        "told": [
            {"alarm": _plain(one.alarm), "first": one.first.isoformat(), "last": one.last.isoformat()}
            for one in kept.memory.values()
        ],
        "ended": [_plain(one) for one in kept.ended],
        "digested": kept.digested.isoformat() if kept.digested else None,
    }


def _kept(written: dict[str, Any]) -> _Kept:
    digested = written["digested"]
    return _Kept(
        memory={one["alarm"]["key"]: _told(one) for one in written["told"]},
        ended=tuple(map(_alarm, written["ended"])),
        digested=datetime.fromisoformat(digested) if digested else None,
    )


def _plain(alarm: Alarm) -> dict[str, str]:
    return {
        "key": alarm.key,
        "kind": alarm.kind.value,
        "what": alarm.what,
        "since": alarm.since.isoformat(),
        "agreement": alarm.agreement,
        "workload": alarm.workload,
    }


def _alarm(kept: dict[str, str]) -> Alarm:
    return Alarm(
        key=kept["key"],
        kind=AlarmKind(kept["kind"]),
        what=kept["what"],
        since=datetime.fromisoformat(kept["since"]),
        agreement=kept["agreement"],
        workload=kept["workload"],
    )


def _told(kept: dict[str, Any]) -> Told:
    return Told(
        alarm=_alarm(kept["alarm"]),
        first=datetime.fromisoformat(kept["first"]),
        last=datetime.fromisoformat(kept["last"]),
    )
