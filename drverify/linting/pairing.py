"""Which provision of one register is which of another: by words, place and scope, in a fixed order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby

from drverify.model.contract import Figure, Provision
from drverify.model.quantity import elapsed

ENOUGH = 2.5
"""Two provisions that score less are two different ones."""
_TELLS_APART = ("generation", "grain", "level", "layer", "task", "item", "variant", "mode", "duty", "of")
"""Slots that make two provisions of one kind two different ones (daily and weekly retention)."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def pairs(before: Sequence[Provision], after: Sequence[Provision]) -> dict[int, int]:
    """For the index of each new provision that has one, the index of the old one that it is."""
    found: dict[int, int] = {}
    order = sorted(range(len(after)), key=lambda index: (after[index].kind, index))
    for kind, group in groupby(order, key=lambda index: after[index].kind):
        new = list(group)
        old = [index for index, one in enumerate(before) if one.kind == kind]
        found.update(_unchanged(before, after, old, new))
        taken = set(found.values())
        left_old = [index for index in old if index not in taken]
        left_new = [index for index in new if index not in found]
        found.update(_likeliest(before, after, left_old, left_new))
    return found


def _unchanged(
    before: Sequence[Provision], after: Sequence[Provision], old: Sequence[int], new: Sequence[int]
) -> dict[int, int]:
    """Pair those that say the same in the same words: first at the same place, then anywhere, in order."""
    found: dict[int, int] = {}
    for essence in (_essence_and_place, _essence):
        taken = set(found.values())
        waiting: dict[tuple[object, ...], list[int]] = {}
        for mate in old:
            if mate not in taken:
                waiting.setdefault(essence(before[mate]), []).append(mate)
        for index in new:
            same = waiting.get(essence(after[index])) if index not in found else None
            if same:
                found[index] = same.pop(0)
    return found


def _essence_and_place(one: Provision) -> tuple[object, ...]:
    return (*_essence(one), one.citation.section, folded(one.citation.heading))


def _essence(one: Provision) -> tuple[object, ...]:
    figure = one.figure and _canonical(one.figure.quantity.value, one.figure.quantity.unit)
    return folded(one.citation.quote), figure, folded(one.scope.text), _identity(one)


def _identity(one: Provision) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(values(one, name)) for name in _TELLS_APART)


def _likeliest(
    before: Sequence[Provision], after: Sequence[Provision], old: Sequence[int], new: Sequence[int]
) -> dict[int, int]:
    """Pair the rest, the best fitting first; of equals the earlier ones."""
    alone = 1.5 if len(old) == len(new) == 1 else 0.0
    words = {index: _words(before[index].citation.quote) for index in old}
    scored: list[tuple[float, int, int]] = []
    for index in new:
        said = _words(after[index].citation.quote)
        for mate in old:
            score = alone + _score(before[mate], after[index], _alike(words[mate], said))
            if score >= ENOUGH:
                scored.append((-score, index, mate))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, index, mate in sorted(scored):
        if index not in found and mate not in taken:
            found[index] = mate
            taken.add(mate)
    return found


def _words(text: str) -> Counter[str]:
    return Counter(folded(text).split())


def _alike(one: Mapping[str, int], other: Counter[str]) -> float:
    """Share of words that both have, 0 to 1 (Dice's coefficient on the words)."""
    total = sum(one.values()) + other.total()
    return 2 * sum(min(count, other[word]) for word, count in one.items()) / total if total else 0.0


def _score(old: Provision, new: Provision, alike: float) -> float:
    score = 4 * alike
    score += _same_text(old.scope.text, new.scope.text, same=2, both_empty=0.5, other=-1)
    score += _same_text(old.citation.section, new.citation.section, same=1, both_empty=0, other=0)
    score += _same_text(old.citation.heading, new.citation.heading, same=1, both_empty=0, other=0)
    score += 1 if old.figure is not None and same_figure(old.figure, new.figure) else 0
    for one, other in zip(_identity(old), _identity(new), strict=True):
        if one or other:
            score += 1 if one == other else -1.5
    return score


def _same_text(old: str, new: str, *, same: float, both_empty: float, other: float) -> float:
    one, another = folded(old), folded(new)
    if not one and not another:
        return both_empty
    return same if one == another else other


def values(provision: Provision, slot: str) -> list[str]:
    """The values of a slot, compared without regard to case, space and order."""
    return sorted(folded(value) for value in provision.values(slot))


def folded(text: str) -> str:
    """Text as it is compared: white space and case do not count."""
    return " ".join(text.split()).casefold()


def same_figure(old: Figure | None, new: Figure | None) -> bool:
    """Whether two figures state the same amount, in whatever unit."""
    if old is None or new is None:
        return old is new
    one, other = old.quantity, new.quantity
    uppers = (one.upper is None) == (other.upper is None) and (
        one.upper is None
        or other.upper is None
        or _canonical(one.upper, one.unit) == _canonical(other.upper, other.unit)
    )
    return uppers and _canonical(one.value, one.unit) == _canonical(other.value, other.unit)


def _canonical(value: Decimal, unit: str) -> tuple[object, str]:
    """24 hours are a day and 12 months a year; a month is not 30 days."""
    if unit in _MONTHS:
        return value * _MONTHS[unit], "month"
    exact = elapsed(value, unit)  # type: ignore[arg-type]
    return (exact[0], "elapsed") if exact is not None else (value, unit)
