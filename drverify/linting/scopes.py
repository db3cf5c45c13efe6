"""Whether a provision covers a system, and whether two provisions speak of the same thing.

Answers are yes, no or unknown (`None`): the agreement's own words name what a clause covers until a
person maps them to workloads, and "production databases" may or may not be the system `shop`. What each
provision reaches is worked out once, so that pairs of them can be compared quickly.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from drverify.model.contract import Contract, Provision, ProvisionId, System
from drverify.model.document import DocumentId
from drverify.model.rule import SystemFact

_EVERYTHING = re.compile(
    r"\b(?:all|each|every|any|the|such)\b[^.;]{0,40}\b(?:covered|protected|managed|in-scope)?\s*"
    r"(?:systems?|servers?|services?|environments?|workloads?|hosts?|machines?|virtual\s+machines?|vms?)\b"
    r"|\b(?:covered|protected|managed)\s+(?:systems?|servers?|services?|workloads?)\b",
    re.IGNORECASE,
)
_Index = Mapping[str, list[tuple[tuple[str, ...], str]]]
"""First word of a name -> the words of names that begin with it, and their keys."""
_FILLING = frozenset(
    {
        "the", "a", "an", "of", "and", "or", "for", "all", "each", "any", "its", "such", "these", "system",
        "systems", "backup", "backups", "copy", "copies", "snapshot", "snapshots", "restore", "recovery",
        "point", "points", "data", "daily", "nightly", "hourly", "weekly", "monthly", "yearly", "full",
        "incremental", "differential", "generation",
    }
)  # fmt: skip
"""Words that name no system."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a provision covers."""

    keys: frozenset[str] = frozenset()
    """The known systems that it names."""
    worded: bool = False
    """Whether it names anything at all."""
    everything: bool = False
    """Whether its words take in every system."""
    meaning: frozenset[str] = frozenset()
    """The words that matter."""

    def covers(self, key: str) -> bool | None:
        """Whether it takes in the system; naming others and not this one it does not."""
        if self.keys:
            return key in self.keys
        return True if not self.worded or self.everything else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """All known systems under all their names, and what each provision reaches."""

    keys: Mapping[str, str]
    """Name -> key: one key for one system, however the agreement and the inventory call it."""
    reaches: Mapping[tuple[DocumentId, ProvisionId], Reach]

    def of(self, provision: Provision) -> Reach:
        """What a provision of the contract reaches."""
        return self.reaches[provision.citation.document, provision.id]

    def key(self, name: str) -> str:
        """The key of a name; a name that nobody knows is its own."""
        return self.keys.get(name, name)


def atlas(contract: Contract, inventory: Iterable[SystemFact] = ()) -> Atlas:
    """Look up every known name in every provision."""
    keys = _keys(contract, tuple(inventory))
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for name, key in keys.items():
        if words := _words(name):
            index.setdefault(words[0], []).append((words, key))
    described = {
        keys[one.name]: frozenset(map(_singular, _words(one.description)))
        for one in contract.systems
        if one.description
    }
    reaches = {
        (one.citation.document, one.id): _reach(one, keys, index, described) for one in contract.provisions
    }
    return Atlas(keys=keys, reaches=reaches)


def _keys(contract: Contract, inventory: tuple[SystemFact, ...]) -> dict[str, str]:
    keys: dict[str, str] = {}
    for fact in inventory:
        for name in (fact.name, *fact.aliases):
            keys.setdefault(name, fact.name)
    folded = {name.casefold(): key for name, key in keys.items()}
    for system in contract.systems:
        mine = known_as(system)
        key = next((folded[name.casefold()] for name in mine if name.casefold() in folded), "")
        if not key and not system.workload:  # "the shop server" may be the system `shop`
            key = next((fact.name for fact in inventory if names(system.name, fact.name)), "")
        for name in mine:
            keys.setdefault(name, key or system.workload or system.name)
    return keys


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word  # noqa: PLR2004 - dns, os


def _reach(
    one: Provision, keys: Mapping[str, str], index: _Index, described: Mapping[str, frozenset[str]]
) -> Reach:
    scope = one.scope
    if scope.systems:
        mapped = frozenset(keys.get(name, name) for name in scope.systems)
        return Reach(keys=mapped, worded=True, meaning=frozenset(mapped))
    if scope.text:
        found = frozenset(_found(_words(scope.text), index))
        everything = _EVERYTHING.search(scope.text) is not None
        meaning = frozenset(_words(scope.text)) - _FILLING
        if meaning and not found and not everything:  # "Gold", "virtual machines": as they are described
            wanted = frozenset(map(_singular, meaning))
            found = frozenset(key for key, words in described.items() if wanted <= words)
        return Reach(keys=found, worded=bool(meaning), everything=everything, meaning=meaning)
    found = frozenset(_found(_words(one.citation.quote), index))  # without words of its own: whom it names
    return Reach(keys=found, worded=bool(found), meaning=found)


def _found(there: tuple[str, ...], index: _Index) -> Iterator[str]:
    for at, word in enumerate(there):
        for words, key in index.get(word, ()):
            if there[at : at + len(words)] == words:
                yield key


def apart(a: Reach, b: Reach) -> bool:
    """Whether each names known systems and they share none."""
    return bool(a.keys) and bool(b.keys) and not a.keys & b.keys


def overlap(a: Reach, b: Reach) -> bool | None:
    """Whether two provisions have a system in common."""
    if apart(a, b):
        return False
    if a.keys & b.keys or not a.worded or not b.worded or a.everything or b.everything:
        return True
    return True if a.meaning <= b.meaning or b.meaning <= a.meaning else None


def same(a: Reach, b: Reach) -> bool:
    """Whether two provisions certainly cover the same: the same systems, or the same words."""
    return a.keys == b.keys if a.keys or b.keys else a.meaning == b.meaning


def covering(reaches: Iterable[Reach], key: str) -> bool | None:
    """Whether any of them covers the system; unknown when only unmapped words might."""
    answers = [one.covers(key) for one in reaches]
    if True in answers:
        return True
    return None if None in answers else False
