"""What an error says that a dump met on its way into the throw-away server: the dump's defect, or our lack.

Source of the states: PostgreSQL's manual, Appendix A.
"""

import re
from collections.abc import Sequence

from drverify.adapters.probes.transcript import one_line
from drverify.errors import HostError

Error = tuple[str, str]
"""SQLSTATE, text."""
_OURS = ("08", "53", "57", "58", "XX")
"""Classes that speak of the server and its host: connection, resources, operator, system, internal."""
_LACKING = {
    "0A000": re.compile(r'extension "[^"]+" is not available$'),
    "42501": re.compile(r'permission denied to create extension "[^"]+"$'),
    "42704": re.compile(
        r'(?:tablespace "[^"]+" does not exist$|collation "[^"]+" for encoding "[^"]+" does not exist$'
        r'|unrecognized configuration parameter "[^"]+"$)'
    ),
    "22023": re.compile(
        r'(?:could not create locale "|invalid value for parameter "(?:default_tablespace|lc_[a-z]+)": ")'
    ),
}
"""What another host or another release has."""
_FOLLOWS = frozenset({"25P02", "3F000", "42601", "42703", "42704", "42883", "42P01"})
"""What follows where something is missing: what needed it is not there, and rows of a table that was not made
are read as SQL."""
_CUT_OFF = (
    "end of file",
    "could not read",
    "could not find header",
    "could not open input file",
    "could not open file",
    "could not uncompress",
)
_NEWER = "unsupported version"
_NO_ROOM = ("out of memory", "No space left on device", "File too large", "Cannot allocate memory")


def of_load(errors: Sequence[Error]) -> str:
    """The first error, when it is the dump's. HostError when it is ours.

    One error of our server excuses everything, because nobody knows what would have come. Something that
    only this server lacks excuses itself and what follows from it, and no other error.
    """
    _not_ours(errors)
    theirs = _theirs(errors)
    if not theirs:
        raise HostError(
            f"the dump needs what the throw-away PostgreSQL cannot give it: {one_line(errors[0][1], 120)}",
            hint="install it on the restore host, or load the dump in a drill of the machine",
        )
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    return f"the dump does not load: {one_line(theirs[0][1], 120)} (SQLSTATE {theirs[0][0]}){more}"


def of_archive(error: str, errors: Sequence[Error], *, killed: bool) -> str:
    """Why pg_restore could not read it. HostError when that is ours."""
    _not_ours(errors)
    line = one_line(error.strip().splitlines()[-1] if error.strip() else "", 120)
    if killed or any(text in error for text in _NO_ROOM):
        raise HostError(f"unpacking the dump broke off: {line or 'pg_restore was killed'}")
    if _NEWER in error:
        return f"a dump of another version: made by a pg_dump newer than the agreed server's: {line}"
    if any(text in error for text in _CUT_OFF):
        return f"the dump is truncated or damaged: {line}"
    return f"it is no archive that loads: {line}"


def of_query(state: str, error: str) -> str:
    """Why the question has no answer. HostError when that is ours."""
    _not_ours([(state, error)])
    return f"the query fails: {one_line(error, 150)}"


def _not_ours(errors: Sequence[Error]) -> None:
    for state, text in errors:
        if state.startswith(_OURS):
            raise HostError(
                f"the throw-away PostgreSQL could not go on: {one_line(text, 120)} (SQLSTATE {state})",
                hint="see to room and memory on the restore host, and drill again",
            )


def _theirs(errors: Sequence[Error]) -> list[Error]:
    found: list[Error] = []
    lacking = False
    for state, text in errors:
        if state in _LACKING and _LACKING[state].match(text):
            lacking = True
        elif not (lacking and state in _FOLLOWS):
            found.append((state, text))
    return found
