"""Patterns and predicates over what a guest said.

The patterns are ours, the text is hostile: a backtracking pattern on chosen text could stand still
for hours and hold the interpreter's lock. Therefore the `regex` library with its time limit, on a
thread, without the lock. Searching is our work: while it lasts, the guest's time to answer stands still.
"""

import asyncio
import operator
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

import regex

from drverify.errors import HarnessError
from drverify.model.playbook import Expectation

SECONDS = 2.0
"""How long one search may take, in CPU time of this process, which is what `regex` measures."""
_PATIENCE = 4.0
"""Seconds after which a search is given up however little of the CPU it got."""
_answering: ContextVar[asyncio.Timeout | None] = ContextVar("answering", default=None)
"""The limit of the question that is being asked."""
_LONGEST_NUMBER = 100
_ORDER: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}
)


async def search(pattern: str, text: str) -> str | None:
    """Return the first match's text. HarnessError when the pattern takes too long or is none."""
    try:
        compiled = regex.compile(pattern)
        with _standing_still():
            async with asyncio.timeout(_PATIENCE):
                found = await asyncio.to_thread(compiled.search, text, timeout=SECONDS, concurrent=True)
    except regex.error as error:
        raise HarnessError(f"/{pattern}/ is not a regular expression: {error}") from error
    except TimeoutError as error:
        raise HarnessError(
            f"the pattern /{pattern}/ takes more than {SECONDS:g} s on this answer",
            hint="write it without nested repetitions",
        ) from error
    return None if found is None else str(found.group())


@asynccontextmanager
async def answered_within(limit: timedelta) -> AsyncIterator[None]:
    """Raise TimeoutError when the guest takes longer; what `search` takes does not count."""
    async with asyncio.timeout(limit.total_seconds()) as answering:
        token = _answering.set(answering)
        try:
            yield
        finally:
            _answering.reset(token)


@contextmanager
def _standing_still() -> Iterator[None]:
    limit, clock = _answering.get(), asyncio.get_running_loop().time
    when = limit.when() if limit is not None else None
    if limit is None or when is None or limit.expired():
        yield
        return
    left = when - clock()
    limit.reschedule(None)
    try:
        yield
    finally:
        limit.reschedule(clock() + left)


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
