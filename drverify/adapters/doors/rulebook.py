"""The rules that ship with the package: YAML files -> Rulebook, checked against the table of slots."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import drverify
from drverify.adapters.doors.shape import shape_of
from drverify.adapters.doors.yaml import Document, Loc, load, refuse
from drverify.model.agreement import Sha256
from drverify.model.rule import Family, Rule, Rulebook, SlotWant, Want
from drverify.model.slots import SLOTS

FOLDER = Path(drverify.__file__).parent / "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """Rules of one family and group."""

    version: Literal[1] = 1
    family: Family
    group: str
    rules: tuple[Rule, ...]


@cache
def load_rules(folder: Path = FOLDER) -> Rulebook:
    """Read every `*.yaml` of a folder. InputError names file and line of everything wrong.

    The digest is over the names and bytes of the files, in the order of their names.
    """
    digest = hashlib.sha256()
    found: dict[str, Rule] = {}
    complaints: list[str] = []
    for path in sorted(folder.glob("*.yaml")):
        document = load(path)
        digest.update(f"{path.name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        book = shape_of(RuleFile).read(document)
        complaints += [document.complaint(loc, text) for loc, text in _findings(book)]
        for at, rule in enumerate(book.rules):
            if rule.id in found:
                complaints.append(_twice(document, at, rule.id))
            found[rule.id] = replace(rule, family=book.family, group=book.group)
    refuse(complaints)
    if not found:
        refuse([f"{folder}: expected rules in files *.yaml, found none"])
    rules = tuple(found[name] for name in sorted(found))
    return Rulebook(rules=rules, digest=Sha256(digest.hexdigest()))


def _twice(document: Document, at: int, name: str) -> str:
    return document.complaint(("rules", at, "id"), f"expected each id once, found {name} again")


def _findings(book: RuleFile) -> Iterator[tuple[Loc, str]]:
    for at, rule in enumerate(book.rules):
        here: Loc = ("rules", at)
        for key in ("question", "asks", "wording"):
            if not getattr(rule, key).strip():
                yield (*here, key), "expected some text"
        yield from _expressions(here, rule)
        for key in ("any_of", "all_of", "against"):
            for number, want in enumerate(getattr(rule, key)):
                yield from (((*here, key, number, *loc), text) for loc, text in _of_want(want))


def _expressions(here: Loc, rule: Rule) -> Iterator[tuple[Loc, str]]:
    for loc, expression in (
        ((*here, "near"), rule.near),
        ((*here, "when", "mentions"), rule.when.mentions),
        ((*here, "when", "never"), rule.when.never),
        *(((*here, "words", number), word) for number, word in enumerate(rule.words)),
    ):
        yield from _expression(loc, expression)


def _expression(loc: Loc, expression: str) -> Iterator[tuple[Loc, str]]:
    try:
        re.compile(expression)
    except re.error as error:
        yield loc, f"expected a regular expression: {error} in {expression!r}"


def _of_want(want: Want) -> Iterator[tuple[Loc, str]]:
    if not want.kinds and not want.says:
        yield (), "expected kinds of provisions, or words to look for in `says`"
    yield from _expression(("says",), want.says)
    yield from _expression(("never",), want.never)
    yield from _expression(("or_says",), want.or_says)
    for number, slot in enumerate(want.slots):
        yield from (((("slots", number, *loc)), text) for loc, text in _of_slot(want, slot))
    if want.each is not None:
        yield from ((("each", *loc), text) for loc, text in _of_slot(want, want.each))


def _of_slot(want: Want, wanted: SlotWant) -> Iterator[tuple[Loc, str]]:
    """Some kind must have the slot, and the slot must take the values."""
    tables = [
        SLOTS[kind][name] for kind in want.kinds for name in wanted.slot.split("|") if name in SLOTS[kind]
    ]
    if not tables:
        yield ("slot",), f"expected a slot of {', '.join(want.kinds)}, found {wanted.slot!r}"
        return
    known = {value for values in tables for value in values}
    for number, value in enumerate(wanted.values):
        if value not in known:
            one_of = f"one of {', '.join(sorted(known))}" if known else "no value: the slot is free text"
            yield ("values", number), f"expected {one_of}; found {value!r}"
