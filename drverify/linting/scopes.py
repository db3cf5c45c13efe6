"""Whether a provision covers a system, and whether two provisions speak of the same thing.

Answers are yes, no or unknown (`None`): the agreement's own words name what a clause covers until a
person maps them to workloads, and "production databases" may or may not be the system `shop`.
"""

import re
from collections.abc import Iterable
from functools import cache

from drverify.model.contract import Contract, Provision, Scope, System
from drverify.model.rule import SystemFact

_EVERYTHING = re.compile(
    r"\b(?:all|each|every|any|the|such)\b[^.;]{0,40}\b(?:covered|protected|managed|in-scope)?\s*"
    r"(?:systems?|servers?|services?|environments?|workloads?|hosts?|machines?|virtual\s+machines?|vms?)\b"
    r"|\b(?:covered|protected|managed)\s+(?:systems?|servers?|services?|workloads?)\b",
    re.IGNORECASE,
)
_FILLING = frozenset({"the", "a", "an", "of", "and", "for", "all", "each", "its", "system", "systems"})


@cache
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*", text.casefold()))


def names(words: str, name: str) -> bool:
    """Whether the words name it: its words in a row, none glued to others (`shop` is not `shop-files`)."""
    wanted, there = _words(name), _words(words)
    width = len(wanted)
    return bool(wanted) and any(there[at : at + width] == wanted for at in range(len(there) - width + 1))


def known_as(system: System) -> tuple[str, ...]:
    """The names under which a clause may speak of a system."""
    return tuple(dict.fromkeys(name for name in (system.name, system.workload) if name))


def scope_of(provision: Provision, known: Iterable[str]) -> Scope:
    """What a provision covers; without words of its own the known systems that its clause names."""
    scope = provision.scope
    if scope.text or scope.systems:
        return scope
    named = [name for name in known if names(provision.citation.quote, name)]
    return Scope(text=", ".join(named)) if named else scope


def all_known(contract: Contract) -> tuple[str, ...]:
    """Every name under which the agreement's systems are known."""
    return tuple(dict.fromkeys(name for one in contract.systems for name in known_as(one)))


def covers(scope: Scope, system: tuple[str, ...], others: Iterable[tuple[str, ...]] = ()) -> bool | None:
    """Whether a scope takes in the system known under these names.

    `others` are the names of the other known systems: words that name one of them and not this one
    do not cover this one.
    """
    if scope.systems:
        return any(name in scope.systems for name in system)
    if not scope.text or any(names(scope.text, name) for name in system):
        return True
    if any(names(scope.text, name) for other in others for name in other):
        return False
    return True if _EVERYTHING.search(scope.text) else None


def overlap(one: Provision, other: Provision, contract: Contract) -> bool | None:
    """Whether two provisions have a system in common."""
    a, b = (scope_of(each, all_known(contract)) for each in (one, other))
    if apart(one, other, contract):
        return False
    if a.systems and b.systems:
        return bool(set(a.systems) & set(b.systems))
    if not (a.text or a.systems) or not (b.text or b.systems):
        return True
    first, second = (_meaning(one) for one in (a, b))
    if first == second:
        return True
    if any(_EVERYTHING.search(one.text) for one in (a, b)):
        return True
    return True if first <= second or second <= first else None


def apart(one: Provision, other: Provision, contract: Contract) -> bool:
    """Whether each names known systems and they share none."""
    first, second = (_systems(scope_of(each, all_known(contract)), contract) for each in (one, other))
    return bool(first) and bool(second) and not set(first) & set(second)


def same(one: Provision, other: Provision, contract: Contract) -> bool:
    """Whether two scopes are certainly the same: the same systems, or the same words."""
    a, b = (scope_of(each, all_known(contract)) for each in (one, other))
    if a.systems or b.systems:
        return set(a.systems) == set(b.systems)
    return _meaning(a) == _meaning(b)


def covering(provisions: Iterable[Provision], system: System, contract: Contract) -> bool | None:
    """Whether any of the provisions covers the system; unknown when only unmapped words might."""
    others = tuple(known_as(one) for one in contract.systems if one.name != system.name)
    known = all_known(contract)
    answers = [covers(scope_of(one, known), known_as(system), others) for one in provisions]
    if True in answers:
        return True
    return None if None in answers else False


def is_fact(system: System, fact: SystemFact) -> bool:
    """Whether a system of the agreement is that system of the inventory."""
    wanted = {name.casefold() for name in (fact.name, *fact.aliases)}
    return any(name.casefold() in wanted for name in known_as(system))


def _meaning(scope: Scope) -> frozenset[str]:
    return frozenset((*_words(scope.text), *scope.systems)) - _FILLING


def _systems(scope: Scope, contract: Contract) -> tuple[str, ...]:
    if scope.systems:
        return scope.systems
    return tuple(
        one.workload or one.name
        for one in contract.systems
        if any(names(scope.text, name) for name in known_as(one))
    )
