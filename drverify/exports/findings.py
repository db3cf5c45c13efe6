"""Findings as the annex shows them."""

from collections.abc import Sequence

from drverify.annex.model import FindingLine
from drverify.model.finding import Finding, FindingState
from drverify.model.records import Period


def finding_lines(findings: Sequence[Finding], period: Period | None = None) -> tuple[FindingLine, ...]:
    """One line for each finding; of a period those that were seen, open or closed in it."""
    chosen = [one for one in findings if period is None or _concerns(one, period)]
    return tuple(finding_line(one) for one in chosen)


def finding_line(finding: Finding) -> FindingLine:
    """What a page shows of it."""
    assigned = finding.assigned
    closed = finding.closed if finding.state is FindingState.CLOSED else None
    return FindingLine(
        id=finding.id,
        opened=finding.first.at,
        obligation=finding.subject.obligation,
        workload=finding.subject.workload,
        what=_what(finding),
        owner=assigned.owner if assigned else "",
        action=assigned.action if assigned else "",
        due=assigned.due if assigned else None,
        closed=closed.at if closed else None,
        retest=(closed.retest.drill or closed.retest.name) if closed else "",
        retest_payload=closed.retest.evidence if closed and closed.retest.drill else None,
    )


def _what(finding: Finding) -> str:
    count = len(finding.sightings)
    again = f" (seen {count} times, last in {_where(finding)})" if count > 1 else ""
    returned = "; seen again after a retest had closed it" if finding.reopened else ""
    return f"{finding.subject.cause.value}: {finding.last.reason}{again}{returned}"


def _where(finding: Finding) -> str:
    last = finding.last
    return last.drill or last.slot or last.at.date().isoformat()


def _concerns(finding: Finding, period: Period) -> bool:
    """Seen by the end of the period, and not closed before it began."""
    if finding.first.at >= period.ends:
        return False
    if finding.state is not FindingState.CLOSED or finding.closed is None:
        return True
    return finding.closed.at >= period.begins
