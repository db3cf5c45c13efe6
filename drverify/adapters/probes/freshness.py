"""How new is the newest record inside the restored system. Any reading passes; limits are judged later."""

import asyncio
import os
import stat
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import assert_never

import regex

from drverify.adapters.probes import heartbeat
from drverify.adapters.probes.asking import Asking, Finding, failed, passed
from drverify.adapters.probes.remote import run
from drverify.adapters.probes.transcript import one_line
from drverify.errors import HarnessError
from drverify.model.playbook import Database, FreshnessProbe, NewestFile, NewestLine, NewestRow, NewestToken

_TIME = regex.compile(
    r"(?<![0-9])(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?P<part>[.,][0-9]{1,9})?(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})|(?<![0-9.:-])(?P<epoch>[0-9]{9,11})(?P<fine>\.[0-9]{1,9})?(?![0-9:-])"
)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LINES = 1000
"""Lines that are looked at, from the last one back: a stack trace has no stamps."""
_STAMP = 1024
"""Characters of a line within which its stamp stands."""
_ENDLESS = (datetime.max, datetime.min)  # noqa: DTZ901 - how asyncpg reads infinity


async def ask(spec: FreshnessProbe, asking: Asking) -> Finding:
    """Read the newest record's time the way that the playbook names."""
    match spec.newest:
        case NewestRow(database=database, query=query):
            return await _row(database, query, asking)
        case NewestLine() as line:
            ran = await run(line.access, line.command, asking, within=spec.within)
            if isinstance(ran, Finding):
                return ran
            if ran.result.exit_code != 0:
                said = ran.result.stderr.decode(errors="replace")
                return failed(ran.told(f"exit {ran.result.exit_code}: {one_line(said, 100)}"))
            newest = last_time(ran.text)
            return failed(f"no time in: {one_line(ran.text, 100)}") if newest is None else _reading(newest)
        case NewestFile(pattern=pattern):
            return await _file(pattern, asking)
        case NewestToken() as token:
            return await heartbeat.newest(token, asking, within=spec.within)
        case _:
            assert_never(spec.newest)


async def _row(database: Database, query: str, asking: Asking) -> Finding:
    # Imported here: a playbook without a database must not need its driver.
    from drverify.adapters.probes.postgres import only_value  # noqa: PLC0415

    value = await only_value(database, query, asking)
    match value:
        case Finding():
            return value
        case None:
            return failed("no record (NULL)")
        case datetime() if value.replace(tzinfo=None) in _ENDLESS:
            return failed("the newest record claims to be of infinity")
        case datetime(tzinfo=None):
            raise HarnessError(
                "the query gives a timestamp without time zone", hint="cast it: at time zone 'UTC'"
            )
        case datetime():
            return _reading(value)
        case _:
            raise HarnessError(f"the query gives {type(value).__name__}, not a timestamp with time zone")


def _reading(newest: datetime, what: str = "") -> Finding:
    if not _EPOCH <= newest < _LATEST:
        return failed(f"the newest record claims to be of {newest.isoformat()}")
    newest = newest.astimezone(UTC)
    return passed(f"newest {newest:%Y-%m-%d %H:%M:%S} UTC{what}", newest=newest)


def last_time(text: str) -> datetime | None:
    """The first RFC 3339 time (with a zone) or Unix epoch of the last line that has one.

    A log's line begins with its stamp; whatever else looks like a time in it is part of a message.
    """
    for line in reversed(text.split("\n")[-_LINES:]):
        for match in _TIME.finditer(line[:_STAMP]):
            if (instant := _instant(match)) is not None:
                return instant
    return None


def _instant(match: regex.Match[str]) -> datetime | None:
    try:
        if match["epoch"]:
            return _EPOCH + timedelta(seconds=float(match["epoch"] + (match["fine"] or "")))
        part = (match["part"] or "").replace(",", ".")[:7]
        return datetime.fromisoformat(
            f"{match['day']}T{match['time']}{part}{match['zone'].upper()}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None  # 2025-13-45 and the like are no times


async def _file(pattern: str, asking: Asking) -> Finding:
    root = asking.scope.files
    if root is None:
        raise HarnessError("this probe looks at restored files, and this drill restores a machine")
    stop = threading.Event()
    try:
        youngest, count = await asyncio.to_thread(_youngest, root, pattern, stop)
    finally:
        stop.set()
    asking.transcript.say(f"{count} files match {pattern}")
    if youngest is None:
        return failed(f"no file matches {pattern}")
    modified, path = youngest
    return _reading(modified, f": {one_line(path, 80)}, of {count} files")


def _youngest(root: Path, pattern: str, stop: threading.Event) -> tuple[tuple[datetime, str] | None, int]:
    wanted = glob_pattern(pattern)
    count, best, name = 0, -1, ""
    for path in _files(root, stop):
        relative = os.fsdecode(os.path.relpath(path, os.fsencode(root)))
        if wanted.fullmatch(relative) is None:
            continue
        facts = os.lstat(path)
        if stat.S_ISREG(facts.st_mode):
            count += 1
            if facts.st_mtime_ns > best:
                best, name = facts.st_mtime_ns, relative
    if count == 0:
        return None, 0
    try:
        return (_EPOCH + timedelta(microseconds=best // 1000), name), count
    except OverflowError:
        return (_LATEST, name), count


def _files(root: Path, stop: threading.Event) -> Iterator[bytes]:
    """Every non-directory below the root; links are not followed. Bytes: names need not be UTF-8."""
    for folder, _, names in os.walk(os.fsencode(root), followlinks=False):
        for name in names:
            if stop.is_set():
                return
            yield os.path.join(folder, name)  # noqa: PTH118 - bytes


def glob_pattern(pattern: str) -> regex.Pattern[str]:
    """A glob as an expression: `**/` any folders, `*` and `?` within one name."""
    made = "".join(
        _GLOB.get(part, regex.escape(part)) for part in regex.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    )
    return regex.compile(made, regex.DOTALL)


_GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "": ""}
