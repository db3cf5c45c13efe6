"""The figures that begin with a number: with a unit, several at once, "five nines", "zero RPO"."""

from decimal import Decimal

from drverify.reading.draft import Draft
from drverify.reading.exclusions import is_label, is_no_figure, past_period
from drverify.reading.joined import ranged, shared, summed
from drverify.reading.measure import draft_of, single
from drverify.reading.numbers import DASHES, Number
from drverify.reading.tokens import WORD, Tokens, words

_FEWEST_NINES, _MOST_NINES = 2, 9
_OBJECTIVES = words("rpo rto rpos rtos")
_OBJECTIVES_SPELT = frozenset((("recovery", "point"), ("recovery", "time"), ("data", "loss")))
_NEARLY = words("near to almost nearly - approaching")
_BETWEEN_OBJECTIVE = words("of : = is be shall will equal ) | a (")
_OBJECTIVE_REACH = 6
_BEHIND_ZERO = words("for and in with on")


def figures(row: Tokens, at: int, read: Number) -> tuple[Draft, ...]:
    """The figures that begin with a number; none when it is no number of an agreement.

    A draft of the role `unknown` without a problem only says how far something that is no figure reaches.
    """
    one = single(row, at, read)
    if one is None or is_label(row, at, read, one.named):
        return ()
    if one.named is None:
        return shared(row, one) or _nines(row, at, read) or _nothing(row, at, read)
    if is_no_figure(row, at, one.named, one.stop):
        return (Draft(first=one.first, stop=one.stop, role="unknown", after=past_period(row, one.stop)),)
    return ranged(row, one, one.named) or summed(row, one, one.named) or (draft_of(one, one.named),)


def _nines(row: Tokens, at: int, read: Number) -> tuple[Draft, ...]:
    """Read "five nines", also as "five nines (99.999%)"; "four nines five" is something else."""
    here = read.stop + 1 if row.word(read.stop) in DASHES else read.stop
    if row.word(here) not in ("nines", "9s") or row.word(here + 1) == "five":
        return ()
    if not _FEWEST_NINES <= read.value <= _MOST_NINES:
        return ()
    value, stop = Decimal(100) - Decimal(10) ** (2 - int(read.value)), here + 1
    again = single(row, stop + 1) if row.word(stop) == "(" else None
    if again is not None and again.value == value and row.word(again.stop) == ")":
        stop = again.stop + 1
    return (
        Draft(
            first=at, stop=stop, role="percent", unit="percent", unit_first=here, unit_stop=here + 1,
            value=value,
        ),
    )  # fmt: skip


def _nothing(row: Tokens, at: int, read: Number) -> tuple[Draft, ...]:
    """Read "zero RPO", "RPO of zero", "RTO = 0": no time at all, in whatever unit."""
    if read.value != 0 or row.word(at - 1) in _NEARLY:
        return ()
    here = read.stop + 1 if row.word(read.stop) in DASHES else read.stop
    ahead = row.word(here) in _OBJECTIVES or (row.word(here), row.word(here + 1)) in _OBJECTIVES_SPELT
    if not ahead and not _objective_before(row, at):
        return ()
    if not ahead and row.sort(read.stop) == WORD and row.word(read.stop) not in _BEHIND_ZERO:
        return ()
    return (
        Draft(
            first=at, stop=read.stop, role="duration", unit="second", unit_first=at, unit_stop=read.stop,
            value=Decimal(0),
        ),
    )  # fmt: skip


def _objective_before(row: Tokens, at: int) -> bool:
    back = at - 1
    while back >= at - _OBJECTIVE_REACH and row.word(back) in _BETWEEN_OBJECTIVE:
        back -= 1
    return row.word(back) in _OBJECTIVES or (
        row.word(back) == "objective" and row.word(back - 2) == "recovery"
    )
