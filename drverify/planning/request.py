"""What `--point` asks for: the latest point, that of a further copy, one by its id, the state at a time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from drverify.errors import InputError
from drverify.model.drill import COPY

LATEST = "latest"
MIN_PREFIX = 6
"""Shorter prefixes of ids are refused: too easily a slip."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest point at or before the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCopy:
    """The newest point of a further copy at or before the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ById:
    """One point by its id or an unambiguous beginning of it."""

    prefix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtTime:
    """The newest point at or before a time; the incident is simulated to be then."""

    at: datetime


Request = Latest | OfCopy | ById | AtTime


def parse(text: str) -> Request:
    """Read a request; a time is RFC 3339 with its offset. InputError when it is none of them."""
    if text == LATEST:
        return Latest()
    if text == COPY:
        return OfCopy()
    if _TIME.fullmatch(text):
        try:
            return AtTime(at=datetime.fromisoformat(text.upper()).astimezone(UTC))
        except (ValueError, OverflowError) as error:
            raise InputError(f"{text!r} is not a time that exists") from error
    if len(text) < MIN_PREFIX:
        raise InputError(
            f"{text!r} is too short for the id of a recovery point",
            hint=f"give `latest`, {MIN_PREFIX} or more characters of an id or a time as 2026-09-14T01:45:00Z",
        )
    return ById(prefix=text)


def check_asked(text: str) -> None:
    """InputError for what nobody may ask for by a word: a further copy is asked for by its source.

    What a drill of a copy lacks breaks no promise: the word alone would soften a drill of the workload's own.
    """
    if isinstance(parse(text), OfCopy):
        raise InputError(f"{text!r} names no recovery point", hint="name the copy's source: --copy SOURCE")


def incident_of(requested: str, now: datetime) -> datetime:
    """The simulated incident instant: the requested time, else now. InputError for a time to come."""
    request = parse(requested)
    if not isinstance(request, AtTime):
        return now
    if request.at > now:
        raise InputError(f"the incident cannot be simulated in the future: {requested}")
    return request.at
