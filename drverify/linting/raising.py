"""Findings of the named checks, all made in one place. Pure."""

from collections.abc import Iterable

from drverify.linting.passages import Ground
from drverify.model.contract import Citation, Provision
from drverify.model.rule import Finding, FindingStatus, Rule, Severity


def about(
    rule: Rule,
    ground: Ground,
    provisions: Iterable[Provision],
    detail: str,
    *,
    status: FindingStatus = "inconsistent",
    severity: Severity | None = None,
    considered: int | None = None,
    systems: tuple[str, ...] = (),
    also: tuple[Citation, ...] = (),
) -> Finding:
    """A finding about these provisions, the first of which it points at; `also` are further passages."""
    found = tuple({one.id: one for one in provisions}.values())
    cited = (*dict.fromkeys(one.citation for one in found), *also)
    named = tuple(dict.fromkeys(name for one in found for name in one.scope.systems))
    return Finding(
        rule=rule.id, family=rule.family, group=rule.group, severity=severity or rule.severity, status=status,
        question=rule.question, detail=detail, wording=rule.wording,
        searched=ground.searched(len(found) if considered is None else considered),
        nearest=cited[0] if cited else None, related=cited[1:],
        provisions=tuple(one.id for one in found), systems=systems or named,
    )  # fmt: skip


def clause(provision: Provision) -> str:
    """` (clause 5.1)`, or nothing when the clause has no number."""
    return f" (clause {provision.citation.section})" if provision.citation.section else ""
