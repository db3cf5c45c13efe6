"""Whether provisions are what a rule wants, and what they lack where they are not. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from drverify.linting.passages import Ground, Passage, pattern, says
from drverify.model.contract import Citation, Provision, Status
from drverify.model.rule import SlotWant, Want

NO_FIGURE = "a figure"
"""What a clause lacks whose status already tells why."""
_FIRM: tuple[Status, ...] = ("defined", "conflicting")
_SPEAKS: tuple[Status, ...] = ("defined", "conflicting", "vague", "needs_review", "delegated")
_DISCLAIMERS = frozenset({"backup_disclaimer", "disclaimer"})
_CLOCK = (
    r"24 ?[x\xd7/] ?7|around the clock|round the clock|at all times|(?:business|working|office|service) "
    r"(?:hours?|days?)|calendar days?|continuously|elapsed|weekends? and (?:public )?holidays|day and night"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """A provision that comes near a want, and what it lacks."""

    provision: Provision
    lacks: tuple[str, ...]
    """In words; empty when only its status is in the way."""
    status: bool = False
    """Whether its status is in the way."""
    stranger: bool = False
    """Whether it is of the kind, and about something else: another layer, another task."""

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Smaller is nearer."""
        return (self.stranger, len(self.lacks), self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found for one want."""

    met: bool
    provisions: tuple[Provision, ...] = ()
    passages: tuple[Passage, ...] = ()
    misses: tuple[Miss, ...] = ()
    lacks: tuple[str, ...] = ()
    """What the provisions together still lack (values of `each`, their number)."""

    def citations(self) -> tuple[Citation, ...]:
        """Where the answer stands."""
        return (
            *(one.citation for one in self.provisions),
            *(one.citation() for one in self.passages),
        )


def answer(want: Want, ground: Ground) -> Answer:
    """Look for what is wanted."""
    if not want.kinds:
        found = tuple(says(ground, want.says, want.never))
        return Answer(met=len(found) >= want.at_least, passages=found)
    misses = [_miss(want, one) for one in ground.provisions(*want.kinds)]
    good = tuple(one.provision for one in misses if not one.lacks and not one.status)
    rest = tuple(sorted((one for one in misses if one.lacks or one.status), key=lambda one: one.rank))
    lacks = tuple(_together(want, good, ground))
    said = tuple(says(ground, want.or_says)) if lacks and want.or_says else ()
    return Answer(met=not lacks or bool(said), provisions=good, passages=said, misses=rest, lacks=lacks)


def unowned(provision: Provision) -> bool:
    """Whether nobody is named."""
    return provision.party == "unknown"


def _miss(want: Want, provision: Provision) -> Miss:
    return Miss(
        provision=provision,
        lacks=tuple(_lacking(want, provision)),
        status=provision.status not in _statuses(want, provision),
        stranger=any(
            slot.values
            and slot.slot in _CHOICES
            and not set(_values(provision, slot.slot)) & set(slot.values)
            for slot in (*want.slots, *((want.each,) if want.each is not None else ()))
        ),
    )


def _statuses(want: Want, provision: Provision) -> tuple[Status, ...]:
    if want.status:
        return want.status
    if want.figure or want.firm:
        return _FIRM
    return (*_SPEAKS, "disclaimed") if provision.kind in _DISCLAIMERS else _SPEAKS


def _lacking(want: Want, provision: Provision) -> Iterator[str]:
    words = provision.citation.quote
    if want.figure and provision.figure is None:
        yield NO_FIGURE
    if want.owned and unowned(provision):
        yield "who does it"
    if want.scoped and not (provision.scope.text or provision.scope.systems):
        yield "what it covers"
    if want.clock and not _says_clock(provision):
        yield "in which time it counts"
    for slot in want.slots:
        values = _values(provision, slot.slot)
        if not values or (slot.values and not set(values) & set(slot.values)):
            yield named(slot)
    if want.each is not None and not set(_values(provision, want.each.slot)) & set(want.each.values):
        yield show(want.each.slot)
    if want.says and not pattern(want.says).search(words):
        yield "the words for it"
    if want.never and pattern(want.never).search(words):
        yield "more than general words"


def _together(want: Want, good: tuple[Provision, ...], ground: Ground) -> Iterator[str]:
    if len(good) < want.at_least and not _named_systems(want, ground):
        yield "it" if want.at_least == 1 else f"{want.at_least - len(good)} more of them"
    elif want.each is not None:
        there = {value for one in good for value in _values(one, want.each.slot)}
        yield from (show(value) for value in want.each.values if value not in there)


def _named_systems(want: Want, ground: Ground) -> bool:
    """Systems of the register count as the clauses that name them, unless more is asked of those."""
    plain = replace(want, kinds=("covered_system",), at_least=1) == Want(kinds=("covered_system",))
    return "covered_system" in want.kinds and plain and len(ground.contract.systems) >= want.at_least


def _says_clock(provision: Provision) -> bool:
    if provision.figure is not None and provision.figure.clock != "elapsed":
        return True
    return any(pattern(_CLOCK).search(words) for words in (provision.citation.quote, *provision.conditions))


def _values(provision: Provision, slots: str) -> tuple[str, ...]:
    return tuple(value for slot in slots.split("|") for value in provision.values(slot))


def named(slot: SlotWant) -> str:
    """What a slot asks for: for a choice its values, else the slot's name in words."""
    if slot.values and set(slot.values) != {"yes"} and slot.slot in _CHOICES:
        return "anything of " + " or ".join(show(value) for value in slot.values)
    return show(slot.slot)


def show(name: str) -> str:
    """A slot or a value of one, in words."""
    return _SHOWN.get(name, name.split("|", maxsplit=1)[0].replace("_", " "))


_CHOICES = frozenset(
    {"layer", "task", "includes|task", "contents", "duty", "item", "of", "system_kind", "stop"}
)
"""Slots of which the values say more than the slot's name."""
_SHOWN = {
    "start": "when the clock starts",
    "stop": "when the clock stops",
    "includes|task": "the steps",
    "at": "the time of day",
    "timezone": "the time zone",
    "grain": "what is restored (file, machine, whole system)",
    "notify": "who is told",
    "within": "how fast",
    "keys": "who holds the keys",
    "means": "what a response is",
    "of": "what it excludes",
    "item": "what is handed over",
    "declares": "who declares it",
    "decides": "who decides",
    "charged": "what it costs",
    "request": "how it is requested",
    "level": "the level",
    "effect": "the effect on the business",
    "os_recovery": "operating system recovery",
    "includes": "the steps",
}


def systems(found: Iterable[Provision]) -> tuple[str, ...]:
    """The systems that provisions name, each once."""
    return tuple(dict.fromkeys(name for one in found for name in one.scope.systems))
