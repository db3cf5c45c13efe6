"""What a renewal changed: the provisions of two registers, matched and compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from drverify.linting.pairing import folded, pairs, same_figure, values
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
_MORE_IS_BETTER: tuple[Kind, ...] = ("retention", "immutability", "uptime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One provision of the old register, the new one, or both."""

    kind: ChangeKind
    old: Provision | None = None
    new: Provision | None = None
    fields: tuple[str, ...] = ()
    """What differs when both are there: `figure`, `comparator`, `clock`, `status`, `party`, `modality`,
    `scope`, `systems`, `conditions`, `slot.NAME`; `words`, `section`, `heading` beside them."""
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
    changes: list[tuple[tuple[int, int, int], Change]] = []
    for index, one in enumerate(after):
        mate = partner.get(index)
        change = Change(kind="added", new=one) if mate is None else compare(before[mate], one)
        changes.append(((index, 1, 0), change))
    place = {mate: index for index, mate in partner.items()}
    for index in gone:
        follows = max((place[mate] for mate in place if mate < index), default=-1)
        changes.append(((follows, 2, index), Change(kind="removed", old=before[index])))
    changes.sort(key=lambda pair: pair[0])
    return Difference(changes=tuple(change for _, change in changes), facts=tuple(_facts(old, new)))


def compare(old: Provision, new: Provision) -> Change:
    """Compare two provisions that are the same one."""
    fields = tuple(_changed(old, new))
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


def _changed(old: Provision, new: Provision) -> Iterator[str]:
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
    names = dict.fromkeys(slot.name for slot in (*old.slots, *new.slots))
    for name in names:
        if values(old, name) != values(new, name):
            yield f"slot.{name}"


def _differs(old: object, new: object, name: str) -> bool:
    return bool(getattr(old, name) != getattr(new, name))


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
