"""Brings tables of an earlier version up, where making them anew would read every drill again.

What was not kept then is unknown of the rows that are there, and counts as it did before. Whoever wants it
known deletes the database, and everything is read again.
"""

from collections.abc import Callable, Mapping

from sqlalchemy import Column, Connection, Table, func, update

from drverify.adapters.board.tables import COURSES, DETAILS, DRILLS


def _from_4(connection: Connection) -> None:
    """Version 5 keeps what a drill took (of which copy, which generation, restored how), and allowances."""
    _add(connection, DRILLS, DRILLS.c.body, '"taken":null')
    _add(connection, DETAILS, DETAILS.c.examined, '"taken":null')
    _add(connection, COURSES, COURSES.c.body, '"allowanceMs":0,"taken":null,"copies":[]')


def _add(connection: Connection, table: Table, column: Column[str], fields: str) -> None:
    """Write fields into every body, which ends in `}` on any database; what is empty stays so."""
    opened = func.substr(column, 1, func.length(column) - 1)
    added = opened.concat(f",{fields}}}")
    connection.execute(update(table).where(column != "").values({column: added}))


UPGRADES: Mapping[str, Callable[[Connection], None]] = {"4": _from_4}
"""By the version that is found; each ends at the newest."""
