"""No pattern of the tables goes back over a long line: agreements come from people who may be hostile."""

import re
import signal
from collections.abc import Iterator
from itertools import chain

import pytest

from drverify.reading.tables import core_likely, core_traps
from drverify.reading.tables.all import LEXICONS, SLOT_CUES

NASTY = {
    "rule": "+----------------------------+-----------+-----------+\n" * 3,
    "dashes": "+" + "-" * 70 + "+\n",
    "equals": "=" * 80,
    "underscores": "_" * 300,
    "pipes": "| " * 300,
    "stars": "* " * 400,
    "dots": ". " * 400,
    "numbers": "1.1 " * 300,
    "letters": "a " * 2000,
    "one word": "x" * 3000,
    "blanks": " " * 3000,
    "gaps": ("word" + " " * 40) * 60,
    "back": "back " * 400,
    "capitals": "The Customer Data Backup " * 150,
    "backups": "the daily and weekly backup of the data " * 100,
}
WITHIN = 2.0
"""Seconds for one pattern and one text, on a busy machine; a pattern that goes back takes minutes."""


class SlowError(Exception):
    """A pattern did not end."""


def patterns() -> Iterator[str]:
    for cues, _ in LEXICONS:
        for cue in cues:
            yield from chain(cue.text, cue.context, cue.either, cue.never, cue.never_context)
    yield from (cue.pattern for cue in SLOT_CUES)
    for likely in core_likely.LIKELY:
        yield from chain(likely.text, likely.anywhere)
    yield from core_likely.UNLIKELY
    yield from chain(
        core_traps.NOTHING, [core_traps.DEFINES, core_traps.GLOSSARY], *core_traps.TRAPS.values()
    )


@pytest.mark.parametrize("name", NASTY)
def test_every_pattern_ends_on(name: str) -> None:
    def give_up(_number: int, _frame: object) -> None:
        raise SlowError

    before = signal.signal(signal.SIGALRM, give_up)
    try:
        for pattern in dict.fromkeys(patterns()):
            compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
            signal.setitimer(signal.ITIMER_REAL, WITHIN)
            try:
                compiled.search(NASTY[name])
            except SlowError:
                pytest.fail(f"{pattern[:200]} does not end")
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)
