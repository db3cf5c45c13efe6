"""The nights after the one that is booked, as they were planned last: no promise, and planned anew."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.operation.naming import plan_file

_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One drill that is planned, and not booked yet."""

    agreement: str
    workload: str
    evening: date
    begins: datetime
    host: str
    takes: timedelta
    why: str
    too_late: bool
    """Whether a promise is broken by then."""
    members: tuple[str, ...]
    """Of the dependency group that is drilled as one; `workload` is its name then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """One drill that is owed, and for which there is no night."""

    agreement: str
    workload: str
    due: datetime
    because: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Untried:
    """What is there of a workload, and no drill has brought back yet."""

    agreement: str
    workload: str
    what: str
    remedy: str
    """What will change that, or would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What was planned last."""

    foreseen: tuple[Foreseen, ...]
    """In the order of their times."""
    uncovered: tuple[Uncovered, ...]
    untried: tuple[Untried, ...]
    """By agreement and workload."""


def forecast(state_dir: Path, agreements: Iterable[str], begins: date, ends: date) -> Forecast:
    """The plans of these agreements, for the evenings of [begins, ends); without a plan there is nothing."""
    foreseen: list[Foreseen] = []
    uncovered: list[Uncovered] = []
    untried: list[Untried] = []
    for name in agreements:
        plan = _read(plan_file(state_dir, name))
        for one in plan.get("planned", ()):
            evening = date.fromisoformat(one["night"])
            if begins <= evening < ends:
                foreseen.append(
                    Foreseen(
                        agreement=name,
                        workload=one["workload"],
                        evening=evening,
                        begins=datetime.fromisoformat(one["begins"]),
                        host=one["host"],
                        takes=timedelta(seconds=round(one["takes"])),
                        why=one["why"],
                        too_late=one["too_late"],
                        members=tuple(one.get("members", ())),
                    )
                )
        uncovered += [
            Uncovered(
                agreement=name,
                workload=one["workload"],
                due=datetime.fromisoformat(one["closes"]),
                because=one["because"],
                remedy=one["remedy"],
            )
            for one in plan.get("unplanned", ())
        ]
        untried += [
            Untried(agreement=name, workload=one["workload"], what=one["what"], remedy=one["remedy"])
            for one in plan.get("never", ())
        ]
    return Forecast(
        foreseen=tuple(sorted(foreseen, key=lambda one: (one.begins, one.agreement, one.workload))),
        uncovered=tuple(sorted(uncovered, key=lambda one: (one.due, one.agreement, one.workload))),
        untried=tuple(sorted(untried, key=lambda one: (one.agreement, one.workload))),
    )


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        with path.open("rb") as file:
            found: dict[str, list[dict[str, Any]]] = json.loads(file.read(_LARGEST))
    except FileNotFoundError:
        return {}
    return found
