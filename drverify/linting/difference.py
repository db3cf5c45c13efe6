"""What a renewal changed: the provisions of two registers, matched and compared."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.linting.pairing import folded, pairs, same_figure, values
from drverify.model.agreement import Span
from drverify.model.contract import Contract, Kind, Provision
from drverify.model.quantity import Quantity, shorter

ChangeKind = Literal["added", "removed", "changed", "reworded", "moved", "same"]
"""`reworded`: other words, the same promise. `moved`: the same words under another number or heading."""
Sense = Literal["weaker", "stronger", ""]
"""Seen from the customer; empty when that cannot be said for certain."""

_SHORTER_IS_BETTER: tuple[Kind, ...] = (
    "rpo",
    "rto",
    "restore_time",
    "backup_frequency",
    "restore_test",
    "dr_test",
    "response_time",
    "exit_data_return",
    "recovery_allowance",
    "reporting",
)
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand "
    "twice once daily hourly weekly monthly quarterly yearly annually"
)
_NUMBER = re.compile(
    r"^[\W_]*(?:(?:clause|section|article)\s+)?\(?\d+(?:\.\d+)*[.)]?\s"
    r"|\b(?:clauses?|sections?|articles?|paragraphs?|schedules?|annex(?:es)?|appendix|exhibits?|parts?|pages?|items?)"
    r"\s+[\da-z]+(?:\.\d+)*(?:\s*(?:,|and|or|to)\s*\d+(?:\.\d+)*)*"
    rf"|\b(?P<number>\d+(?:[.,:]\d+)*|{'|'.join(_WORDS.split())})\b"
)
"""A number, or first what only looks like one: the clause's own number, and numbers of clauses."""
_MORE_IS_BETTER: tuple[Kind, ...] = ("retention", "immutability", "uptime")


_Read = tuple[Sequence[Span], Sequence[Span]]
_Near = Mapping[str, Sequence[Provision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One provision of the old register, the new one, or both."""

    kind: ChangeKind
    old: Provision | None = None
    new: Provision | None = None
    fields: tuple[str, ...] = ()
    """What differs when both are there: `figure`, `comparator`, `clock`, `status`, `party`, `modality`,
    `scope`, `systems`, `conditions`, `slot.NAME`, `numbers` (numbers in the words that are no figure of
    the provision: somebody has to look); `words`, `section`, `heading` beside them."""
    sense: Sense = ""

    def either(self) -> Provision:
        """The new one, or the old one when it is gone."""
        one = self.new or self.old
        if one is None:
            raise ValueError("a change of nothing")
        return one


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something of the register itself that differs: parties, dates, calendars, documents."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs, in the order of the new register; what is gone where it stood."""

    changes: tuple[Change, ...]
    facts: tuple[Fact, ...] = ()

    def of(self, *kinds: ChangeKind) -> tuple[Change, ...]:
        """The changes of these kinds."""
        return tuple(one for one in self.changes if one.kind in kinds)

    @property
    def is_promise_changed(self) -> bool:
        """Whether anything that is promised differs, not only its words or place."""
        return bool(self.facts) or bool(self.of("added", "removed", "changed"))


def difference(old: Contract, new: Contract) -> Difference:
    """Compare two registers; what a person rejected counts as not there."""
    before = [one for one in old.provisions if one.review != "rejected"]
    after = [one for one in new.provisions if one.review != "rejected"]
    partner = pairs(before, after)
    taken = set(partner.values())
    gone = [index for index in range(len(before)) if index not in taken]
    near_before, near_after = _by_document(before), _by_document(after)
    changes: list[tuple[tuple[int, int, int], Change]] = []
    for index, one in enumerate(after):
        mate = partner.get(index)
        change = (
            Change(kind="added", new=one)
            if mate is None
            else _compared(before[mate], one, near_before, near_after)
        )
        changes.append(((index, 1, 0), change))
    place = {mate: index for index, mate in partner.items()}
    for index in gone:
        follows = max((place[mate] for mate in place if mate < index), default=-1)
        changes.append(((follows, 2, index), Change(kind="removed", old=before[index])))
    changes.sort(key=lambda pair: pair[0])
    return Difference(changes=tuple(change for _, change in changes), facts=tuple(_facts(old, new)))


def _compared(old: Provision, new: Provision, before: _Near, after: _Near) -> Change:
    if old.citation.quote == new.citation.quote:
        return compare(old, new)
    return compare(old, new, (_reading_of(old, before), _reading_of(new, after)))


def _by_document(provisions: Sequence[Provision]) -> _Near:
    found: dict[str, list[Provision]] = {}
    for one in provisions:
        found.setdefault(one.citation.document, []).append(one)
    return found


def _reading_of(one: Provision, near: _Near) -> list[Span]:
    """What provisions that overlap this one's quote read there."""
    span = one.citation.span
    return _spans_read(
        *(
            other
            for other in near[one.citation.document]
            if other.citation.span.start < span.end and span.start < other.citation.span.end
        )
    )


def compare(old: Provision, new: Provision, read: _Read = ((), ())) -> Change:
    """Compare two provisions that are the same one; `read` as for `numbers`, of the old and the new."""
    fields = tuple(_changed(old, new, read))
    moved = tuple(
        name
        for name, one, other in (
            ("section", old.citation.section, new.citation.section),
            ("heading", folded(old.citation.heading), folded(new.citation.heading)),
        )
        if one != other
    )
    reworded = ("words",) if folded(old.citation.quote) != folded(new.citation.quote) else ()
    kind: ChangeKind = "same"
    if fields:
        kind = "changed"
    elif reworded:
        kind = "reworded"
    elif moved:
        kind = "moved"
    return Change(
        kind=kind, old=old, new=new, fields=(*fields, *reworded, *moved), sense=_sense(old, new, fields)
    )


def _changed(old: Provision, new: Provision, read: _Read) -> Iterator[str]:
    if not same_figure(old.figure, new.figure):
        yield "figure"
    if old.figure is not None and new.figure is not None:
        yield from (name for name in ("comparator", "clock") if _differs(old.figure, new.figure, name))
    yield from (name for name in ("status", "party", "modality") if _differs(old, new, name))
    if folded(old.scope.text) != folded(new.scope.text):
        yield "scope"
    if sorted(old.scope.systems) != sorted(new.scope.systems):
        yield "systems"
    if [folded(one) for one in old.conditions] != [folded(one) for one in new.conditions]:
        yield "conditions"
    if _differs_in_numbers(old, new, read):
        yield "numbers"
    names = dict.fromkeys(slot.name for slot in (*old.slots, *new.slots))
    for name in names:
        if values(old, name) != values(new, name):
            yield f"slot.{name}"


def _differs(old: object, new: object, name: str) -> bool:
    return bool(getattr(old, name) != getattr(new, name))


def _differs_in_numbers(old: Provision, new: Provision, read: _Read) -> bool:
    """Whether the words hold other numbers although the figures agree; numbers of clauses do not count."""
    if not same_figure(old.figure, new.figure) or old.citation.quote == new.citation.quote:
        return False
    return numbers(old, read[0]) != numbers(new, read[1])


def _spans_read(*provisions: Provision) -> list[Span]:
    figures = [one.figure.span for one in provisions if one.figure is not None]
    return figures + [slot.span for one in provisions for slot in one.slots if slot.span is not None]


def numbers(one: Provision, read: Sequence[Span] = ()) -> tuple[str, ...]:
    """The numbers in a provision's words that nobody read, in their order.

    Those of clauses and lists do not count, nor does what stands in the spans of `read` (figures and slots
    of all provisions of the same document, the provision's own when none are given).
    """
    quote, start = one.citation.quote, one.citation.span.start
    for span in read or _spans_read(one):
        first, last = max(0, span.start - start), max(0, span.end - start)
        quote = quote[:first] + " " * len(quote[first:last]) + quote[last:]
    found = (match["number"] for match in _NUMBER.finditer(quote.casefold()))
    return tuple(number for number in found if number is not None)


def _sense(old: Provision, new: Provision, fields: Sequence[str]) -> Sense:
    """Whether the customer got less or more, from the figure and the status alone."""
    senses = {_status_sense(old, new), _figure_sense(old, new) if "figure" in fields else ""}
    certain = senses - {""}
    if len(certain) != 1 or {"party", "scope", "systems", "conditions", "clock"} & set(fields):
        return ""
    return "weaker" if "weaker" in certain else "stronger"


def _status_sense(old: Provision, new: Provision) -> Sense:
    if (old.status == "defined") == (new.status == "defined") or new.party == "customer":
        return ""
    return "weaker" if old.status == "defined" else "stronger"


def _figure_sense(old: Provision, new: Provision) -> Sense:
    if old.figure is None or new.figure is None or new.party == "customer":
        return ""
    before, after = old.figure.quantity, new.figure.quantity
    if before.upper is not None or after.upper is not None:
        return ""
    less = _less(after, before)
    if less is None or old.kind not in (*_SHORTER_IS_BETTER, *_MORE_IS_BETTER):
        return ""
    return "stronger" if less == (old.kind in _SHORTER_IS_BETTER) else "weaker"


def _less(one: Quantity, other: Quantity) -> bool | None:
    """Whether the first is certainly less; None when it is equal or cannot be told."""
    if shorter(one, other):
        return True
    return False if shorter(other, one) else None


def _facts(old: Contract, new: Contract) -> Iterator[Fact]:
    for name, before, after in (
        ("provider", old.parties.provider, new.parties.provider),
        ("customer", old.parties.customer, new.parties.customer),
        ("time zone", old.timezone, new.timezone),
        ("calendars", _calendars(old), _calendars(new)),
        ("not supplied", _missing(old), _missing(new)),
    ):
        if folded(before) != folded(after):
            yield Fact(name=name, old=before, new=after)


def _calendars(contract: Contract) -> str:
    return "; ".join(
        f"{one.id}: {' '.join(one.days)} {one.start}-{one.end} {one.timezone}"
        + (f", {len(one.holidays)} holidays" if one.holidays else "")
        for one in contract.calendars
    )


def _missing(contract: Contract) -> str:
    return ", ".join(source.name for source in contract.documents if not source.supplied)
