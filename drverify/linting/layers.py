"""Rule G-LAY-10: every layer has exactly one accountable party. Pure."""

import re
from collections.abc import Iterator

from drverify.linting import gaps, scopes
from drverify.linting.passages import Ground, says
from drverify.linting.raising import about, clause
from drverify.model.contract import Provision
from drverify.model.rule import Finding, Rule

_ALWAYS = ("hardware", "storage", "network", "guest_os", "application")
_VIRTUAL = r"\b(?:hypervisor|virtual(?:i[sz]ation|i[sz]ed)? |vms?|proxmox|vmware|hyper-v|kvm)\b"
_ACCOUNTABLE = re.compile(
    r"\b(?:responsib\w+|accountab\w+|in\s+charge|answers?\s+for)\b|^\s*\|", re.IGNORECASE
)
"""Who merely does something on a layer is not accountable for it; a row of a table of duties says so."""
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
    for one in found:
        if one.party not in {"provider", "customer"} or not _ACCOUNTABLE.search(one.citation.quote):
            continue
        for cell in _cells(one):
            other = first.setdefault(cell, one)
            if other.party == one.party or not scopes.overlap(other, one, ground.contract):
                continue
            layer, task = (part.replace("_", " ") for part in cell)
            what = f"{layer} ({task})" if task else layer
            both = f"{other.party}{clause(other)} and {one.party}{clause(one)}"
            yield about(rule, ground, (other, one), f"Two parties are accountable for {what}: {both}.")


def _cells(one: Provision) -> Iterator[tuple[str, str]]:
    for layer in one.values("layer"):
        for task in one.values("task") or ("",):
            yield layer, task
