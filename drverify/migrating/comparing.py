"""In what the target's inventory differs from the source's; each difference explained, or flagged. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from drverify.migrating.explaining import Hardware, explained
from drverify.model.migration import Expected
from drverify.model.system import Cause, Difference, Inventory, Item, Part

_NAMED_BY_HARDWARE = {Part.DISKS: "identity", Part.CARDS: "address"}
"""Parts whose items may be known by another name on the other hardware: what is left over is paired in the
order of the keys, one sort with the same sort, and the name becomes a fact."""


def differences(
    source: Inventory, target: Inventory, expected: Sequence[Expected], hardware: Hardware
) -> tuple[Difference, ...]:
    """Compare every part that was read on both sides; a part that was not is nobody's difference."""
    return tuple(
        _caused(one, expected, hardware)
        for part in Part
        if not source.of(part).not_read and not target.of(part).not_read
        for one in _of_part(part, source.of(part).items, target.of(part).items)
    )


def unmet(expected: Iterable[Expected], found: Sequence[Difference]) -> tuple[Expected, ...]:
    """What the plan announces and nobody saw."""
    return tuple(one for one in expected if not any(_announces(one, other) for other in found))


def _of_part(part: Part, source: Sequence[Item], target: Sequence[Item]) -> Iterator[Difference]:
    ours, theirs = {one.key: one for one in source}, {one.key: one for one in target}
    for key in sorted(ours.keys() & theirs.keys()):
        yield from _facts(part, ours[key], theirs[key])
    missing = [one for one in source if one.key not in theirs]
    more = [one for one in target if one.key not in ours]
    if part in _NAMED_BY_HARDWARE:
        for one, other in list(_pairs(missing, more)):
            missing.remove(one)
            more.remove(other)
            fact = _NAMED_BY_HARDWARE[part]
            if not (_bare(one) and _bare(other)):
                yield Difference(part=part, item=one.key, fact=fact, source=_name(one), target=_name(other))
            yield from _facts(part, one, other)
    yield from (Difference(part=part, item=one.key, source=_said(one)) for one in missing)
    yield from (Difference(part=part, item=one.key, target=_said(one)) for one in more)


def _pairs(missing: Sequence[Item], more: Sequence[Item]) -> Iterator[tuple[Item, Item]]:
    for sort in sorted({_sort(one) for one in missing}):
        some = [one for one in missing if _sort(one) == sort]
        others = [one for one in more if _sort(one) == sort]
        if len(some) == len(others):  # with one less on a side nobody can say which is the one that is gone
            yield from zip(some, others, strict=True)


def _sort(one: Item) -> str:
    return one.key.partition(" ")[0]


def _name(one: Item) -> str:
    return one.key.partition(" ")[2]


def _bare(one: Item) -> bool:
    """Whether the item has no name but that of its device: nothing is on it that could have another."""
    return _name(one) == dict(one.facts).get("name")


def _facts(part: Part, source: Item, target: Item) -> Iterator[Difference]:
    ours, theirs = dict(source.facts), dict(target.facts)
    for name in sorted(ours.keys() | theirs.keys()):
        before, after = ours.get(name, ""), theirs.get(name, "")
        if before != after:
            yield Difference(part=part, item=source.key, fact=name, source=before, target=after)


def _said(one: Item) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.facts) or "there"


def _caused(found: Difference, expected: Sequence[Expected], hardware: Hardware) -> Difference:
    announced = next((one for one in expected if _announces(one, found)), None)
    if announced is not None:
        return replace(found, cause=Cause.PLAN, why=announced.why)
    why = explained(found, hardware)
    return replace(found, cause=Cause.HARDWARE, why=why) if why else found


def _announces(one: Expected, found: Difference) -> bool:
    return (
        one.part is found.part
        and fnmatchcase(found.item, one.item)
        and (not one.fact or one.fact == found.fact)
    )
