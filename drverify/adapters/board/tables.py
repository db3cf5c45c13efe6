"""The tables of the read model. They hold nothing that is not made again from what it follows from.

What is asked for stands in columns, everything else in `body`: the value of `model.board` or `model.result`
as the codec writes it. Instants are microseconds since 1970, UTC; days are ISO 8601. Tables of the version
before are brought up (`upgrading`); those of any other are dropped and made anew, by `VERSION`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

VERSION = 5
METADATA = MetaData()
WORD = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by its bytes everywhere, as lists are read on from where they ended."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = timedelta(microseconds=1)


def _key(name: str) -> Column[str]:
    return Column(name, WORD, primary_key=True)


def _word(name: str) -> Column[str]:
    return Column(name, WORD, nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _instant(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    """A table of what belongs to an agreement, with the whole value in `body`."""
    return Table(name, METADATA, _key("agreement"), *columns, _text("body"))


MARKS = Table("board_marks", METADATA, _key("agreement"), _key("name"), _text("value"))
"""How far was read, and the version of the tables (of no agreement)."""

AGREEMENTS = _table("board_agreements", _number("position"))

QUOTES = _table("board_quotes", Column("position", Integer, primary_key=True))

PROMISES = _table("board_promises", _key("obligation"), _number("position"))

WORKLOADS = _table(
    "board_workloads",
    _key("workload"),
    _word("host"),
    Index("board_workloads_by_host", "host"),
)

DRILLS = _table(
    "board_drills",
    _key("drill"),
    _word("workload"),
    _word("state"),
    _word("day"),
    _number("recovered"),
    _word("stands"),
    _number("changed"),
    Index("board_drills_by_workload", "agreement", "workload", "drill"),
    Index("board_drills_by_time", "drill", "agreement"),
    Index("board_drills_by_day", "agreement", "day", "recovered", "stands"),
    Index("board_drills_by_state", "state", "agreement", "drill"),
    Index("board_drills_by_outcome", "stands", "drill", "agreement"),
    Index("board_drills_of_outcome", "agreement", "stands", "drill"),
    Index("board_drills_by_change", "changed", "drill", "agreement"),
)

DETAILS = _table("board_details", _key("drill"), _text("examined"))
"""`examined`: what it leaves to be mended, as the journal of findings would have it; empty: nothing."""

COURSES = _table(
    "board_courses",
    _key("workload"),
    _key("obligation"),
    _word("shown"),
    _instant("lapses_at"),
    _number("promised"),
    _number("flipping"),
    Index(
        "board_courses_standing",
        "agreement",
        "obligation",
        "shown",
        "lapses_at",
        "promised",
        "flipping",
        "workload",
    ),
)
"""`shown` is empty where no drill judged the promise."""

DAYS = _table("board_days", _key("day"))

MENDS = _table(
    "board_mends",
    _key("id"),
    _word("workload"),
    _word("state"),
    _word("due"),
    _instant("last_at"),
    Index("board_mends_by_state", "state", "last_at", "id"),
    Index("board_mends_by_workload", "agreement", "workload"),
)
"""`due` is empty where nobody was given a date."""

BACKUPS = _table("board_backups", _key("workload"), _number("late"))

STRAYS = _table("board_strays", Column("position", Integer, primary_key=True))

TRIALS = _table(
    "board_trials",
    _key("name"),
    _word("kind"),
    _instant("at"),
    _word("caught"),
    _word("workload"),
    _word("harm"),
    Index("board_trials_by_time", "kind", "at"),
    Index("board_trials_by_harm", "kind", "agreement", "workload", "harm", "caught", "at"),
)
"""`caught` is `yes`, `no`, or empty where nothing was shown."""

UNSEEN = _table("board_unseen", Column("position", Integer, primary_key=True))


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // _STEP
