"""On which line of a TOML file a key stands, for messages: tomllib does not tell."""

import re
from collections.abc import Sequence

_TABLE = re.compile(r"^\s*\[(\[)?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


def line_of(content: str, place: Sequence[str | int]) -> int:
    """Line, from 1, of the key at `place`, or of the nearest table around it; 1 when not even that is there.

    A number in `place` counts the tables of an array (`[[log.authorities]]`), from 0.
    """
    wanted = [str(part) for part in place]
    best, line = 0, 1
    table: list[str] = []
    arrays: dict[str, int] = {}
    for number, text in enumerate(content.splitlines(), 1):
        if found := _TABLE.match(text):
            table = _parts(found.group(2))
            if found.group(1):
                name = ".".join(table)
                arrays[name] = arrays.get(name, -1) + 1
                table.append(str(arrays[name]))
            here = table
        elif key := _KEY.match(text):
            here = table + _parts(key.group(1))
        else:
            continue
        common = _common(here, wanted)
        if common == len(here) and common > best:
            best, line = common, number
    return line


def _parts(dotted: str) -> list[str]:
    return [part.strip("\"'") for part in _PART.findall(dotted)]


def _common(first: Sequence[str], second: Sequence[str]) -> int:
    found = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        found += 1
    return found
