"""Rule G-LAY-10: every layer has exactly one accountable party. Pure."""

import re
from collections.abc import Iterator

from drverify.linting import gaps, scopes
from drverify.linting.passages import Ground, says
from drverify.linting.raising import about, clause
from drverify.model.contract import Provision, Slot
from drverify.model.rule import Finding, Rule

_ALWAYS = ("hardware", "storage", "network", "guest_os", "application")
_VIRTUAL = r"\b(?:hypervisor|virtual(?:i[sz]ation|i[sz]ed)? |vms?|proxmox|vmware|hyper-v|kvm)\b"
_ACCOUNTABLE = re.compile(r"\b(?:responsib\w+|accountab\w+|in\s+charge|answers?\s+for)\b", re.IGNORECASE)
"""Who merely does something on a layer is not accountable for it."""
_ROW = re.compile(r"\s*\|")
_NEAR = 30
_DATABASE = r"\bdatabases?\b"


def owners(rule: Rule, ground: Ground) -> Iterator[Finding]:
    """Layers without a party, and layers with two."""
    if not gaps.applies(rule.when, ground):
        return
    found = ground.provisions("layer_responsibility")
    yield from _unowned(rule, ground, found)
    yield from _twice(rule, ground, found)


def _unowned(rule: Rule, ground: Ground, found: tuple[Provision, ...]) -> Iterator[Finding]:
    needed = list(_ALWAYS)
    for layer, words in (("hypervisor", _VIRTUAL), ("database", _DATABASE)):
        if next(says(ground, words), None) is not None:
            needed.append(layer)
    owned = {layer for one in found if one.party != "unknown" for layer in one.values("layer")}
    left = [layer.replace("_", " ") for layer in needed if layer not in owned]
    if left:
        status, doubt = gaps.missing(ground)
        told = f"No clause says who is accountable for: {', '.join(left)}.{doubt}"
        yield about(rule, ground, found[:1], told, status=status, considered=len(found))


def _twice(rule: Rule, ground: Ground, found: tuple[Provision, ...]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Provision] = {}
    told: set[tuple[str, str]] = set()
    for one in found:
        if one.party not in {"provider", "customer"}:
            continue
        for cell in _cells(one):
            other = first.setdefault(cell, one)
            same = other.party == one.party or not scopes.overlap(ground.reach(other), ground.reach(one))
            if same or cell in told:
                continue
            told.add(cell)
            layer, task = (part.replace("_", " ") for part in cell)
            what = f"{layer} ({task})" if task else layer
            both = f"{other.party}{clause(other)} and {one.party}{clause(one)}"
            yield about(rule, ground, (other, one), f"Two parties are accountable for {what}: {both}.")


def _cells(one: Provision) -> Iterator[tuple[str, str]]:
    """Layer and task that the clause makes its party accountable for."""
    for slot in one.slots:
        if slot.name == "layer" and _is_accountable(one, slot):
            for task in one.values("task") or ("",):
                yield slot.value, task


def _is_accountable(one: Provision, slot: Slot) -> bool:
    """Whether the layer stands right beside the word for it, or in a row of a table of duties."""
    quote, base = one.citation.quote, one.citation.span.start
    if _ROW.match(quote) or slot.span is None:
        return True
    start, end = slot.span.start - base, slot.span.end - base
    return any(
        0 <= start - match.end() <= _NEAR or 0 <= match.start() - end <= _NEAR
        for match in _ACCOUNTABLE.finditer(quote)
    )
