"""Asks an agreement every question of the rulebook. Pure, and always in the same order."""

from collections.abc import Callable, Iterator, Mapping

from drverify.linting import (
    consistency,
    contradictions,
    documents,
    gaps,
    inventory,
    layers,
    vagueness,
)
from drverify.linting.passages import Ground, place, survey
from drverify.model.contract import Contract
from drverify.model.document import DocumentId, Text
from drverify.model.rule import Finding, Rule, Rulebook, SystemFact

Check = Callable[[Rule, Ground], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "C-01": consistency.recovery_point,
    "C-02": consistency.support_hours,
    "C-03": consistency.retention_and_tests,
    "C-04": contradictions.documents_disagree,
    "C-05": consistency.recovery_end,
    "C-06": consistency.availability,
    "C-07": consistency.deletion_and_export,
    "C-08": contradictions.words_and_digits,
    "C-09": contradictions.same_place,
    "G-LAY-10": layers.owners,
    "G-SCOPE-04": inventory.uncovered,
    "I-01": inventory.unknown_systems,
    "I-02": inventory.recovery_points,
    "I-03": inventory.intervals,
    "I-04": inventory.retentions,
    "I-05": inventory.unprotected,
}
"""Rules that no query of provisions can say, by their ids."""
_SEVERITIES = ("critical", "major", "minor")


def lint(
    contract: Contract,
    texts: Mapping[DocumentId, Text],
    rules: Rulebook,
    inventory: tuple[SystemFact, ...] = (),
) -> tuple[Finding, ...]:
    """Every finding, by severity, rule and place.

    `texts` holds the documents that could be read; provisions that a person rejected count for nothing.
    """
    ground = survey(contract, texts, inventory)
    found = dict.fromkeys(_all(rules, ground))
    return tuple(sorted(found, key=lambda one: _order(one, ground)))


def _all(rules: Rulebook, ground: Ground) -> Iterator[Finding]:
    for rule in rules.rules:
        if rule.id in CHECKS:
            yield from CHECKS[rule.id](rule, ground)
        elif rule.family == "gap":
            yield from gaps.findings(rule, ground)
    yield from vagueness.findings({one.id: one for one in rules.rules if one.family == "vagueness"}, ground)
    yield from documents.findings({one.id: one for one in rules.rules if one.family == "document"}, ground)


def _order(one: Finding, ground: Ground) -> tuple[int, str, tuple[int, int, int], str]:
    return (_SEVERITIES.index(one.severity), one.rule, place(ground, one.nearest), one.detail)
