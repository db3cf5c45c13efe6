"""Answers to an inventory's questions -> the inventory. What was not answered is not read, never the same."""

from collections import Counter
from collections.abc import Mapping, Sequence

from drverify.migrating.parsing import MAX_ITEMS, PARSERS, Unreadable, plain
from drverify.migrating.questions import NOT_THERE, QUESTIONS, Answer
from drverify.model.system import Inventory, Item, Part, PartReading


def inventory(answers: Mapping[str, Answer]) -> Inventory:
    """Read the answers, by tool. Never raises for what a system said."""
    return Inventory(parts=tuple(_part(part, answers) for part in Part))


def unread(why: str) -> Inventory:
    """The inventory of a system that could not be asked at all."""
    return Inventory(parts=tuple(PartReading(part=part, not_read=plain(why)) for part in Part))


def answered(answer: Answer) -> bool:
    """Whether the program was there, so that no other one is asked instead."""
    return answer.exit_code != NOT_THERE


def _part(part: Part, answers: Mapping[str, Answer]) -> PartReading:
    tools: list[str] = []
    problems: list[str] = []
    found: dict[str, Item] = {}
    for group in _groups(part):
        given = [answers[tool] for tool in group if tool in answers]
        chosen = next((one for one in given if answered(one)), None)
        if chosen is None:
            missing = " or ".join(group)
            problems.append(f"{missing} is not there" if given else f"{missing} was not asked")
            continue
        try:
            _take(_items(chosen), found)
        except Unreadable as error:
            problems.append(f"{chosen.tool}: {error}")
        else:
            tools.append(chosen.tool)
    return PartReading(
        part=part,
        tools=tuple(tools),
        items=tuple(found[key] for key in sorted(found)),
        not_read=plain("; ".join(problems)),
    )


def _groups(part: Part) -> Sequence[Sequence[str]]:
    """The tools of a part: each group stands for one question."""
    groups: dict[str, list[str]] = {}
    for one in QUESTIONS:
        if one.part is part:
            groups.setdefault(one.either or one.tool, []).append(one.tool)
    return list(groups.values())


def _items(answer: Answer) -> list[Item]:
    if answer.exit_code is None:
        raise Unreadable(answer.why or "no answer")
    if answer.exit_code != 0:
        raise Unreadable(f"it ended with {answer.exit_code}")
    items: list[Item] = []
    for one in PARSERS[answer.tool](answer.output):
        items.append(one)
        if len(items) > MAX_ITEMS:
            raise Unreadable(f"more than {MAX_ITEMS} items")
    return items


def _take(items: Sequence[Item], found: dict[str, Item]) -> None:
    """Add items; other ones of the same key (a mount over a mount) get a number."""
    times = Counter[str]()
    for one in items:
        times[one.key] += 1
        if one.key in found and found[one.key].facts == one.facts:
            continue
        key = one.key if one.key not in found else f"{one.key} ({times[one.key]})"
        found[key] = Item(key=key, facts=one.facts)
