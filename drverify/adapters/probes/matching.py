"""Patterns and predicates over what a guest said.

The patterns are ours, the text is hostile: a backtracking pattern on chosen text could stand still
for hours and hold the interpreter's lock. Therefore the `regex` library with its time limit, on a
thread, without the lock.
"""

import asyncio
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

import regex

from drverify.errors import HarnessError
from drverify.model.playbook import Expectation

SECONDS = 2.0
"""How long one search may take."""
_LONGEST_NUMBER = 100
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
)


async def search(pattern: str, text: str) -> str | None:
    """Return the first match's text. HarnessError when the pattern takes too long or is none."""
    try:
        compiled = regex.compile(pattern)
        found = await asyncio.to_thread(compiled.search, text, timeout=SECONDS, concurrent=True)
    except regex.error as error:
        raise HarnessError(f"/{pattern}/ is not a regular expression: {error}") from error
    except TimeoutError as error:
        raise HarnessError(
            f"the pattern /{pattern}/ takes more than {SECONDS:g} s on this answer",
            hint="write it without nested repetitions",
        ) from error
    return None if found is None else str(found.group())


async def meets(value: str | None, expect: Expectation) -> bool:
    """Whether a value meets an expectation. Numbers compare as numbers; no value meets nothing.

    An order against a number is only met by a number: text never counts as greater than 1.
    """
    if value is None:
        return False
    if expect.op == "matches":
        return await search(expect.value, value) is not None
    left, right = number(value), number(expect.value)
    if expect.op in {"eq", "ne"}:
        same = left == right if left is not None and right is not None else value == expect.value
        return same is (expect.op == "eq")
    if (left is None) != (right is None):
        return False
    compare = _ORDER[expect.op]
    return compare(left, right) if left is not None else compare(value, expect.value)


def number(text: str) -> Decimal | None:
    """Read a finite number, or none."""
    if len(text) > _LONGEST_NUMBER:
        return None
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
