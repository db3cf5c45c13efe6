"""What `drverify finding` prints, as text and as JSON."""

from datetime import date
from textwrap import fill

from drverify.model.finding import Cause, Finding, FindingState, Sighting
from drverify.sealing import codec
from drverify.sealing.strict_json import Json

_WIDTH = 100


def finding_json(finding: Finding) -> Json:
    """One finding for other programs."""
    return codec.to_json(finding)


def shown(finding: Finding, today: date) -> str:
    """One finding in a few lines."""
    subject, last = finding.subject, finding.last
    about = " ".join(filter(None, (subject.workload, subject.obligation))) or "no single workload"
    state = "OVERDUE" if finding.overdue(today) else finding.state.value
    count = len(finding.sightings)
    seen = f"seen {count} times, last" if count > 1 else "seen"
    head = f"{finding.id}  {state:<8}  {subject.cause.value:<13}  {about}; {seen} {_where(last)}"
    lines = [_printable(head), _indented(last.reason)]
    if finding.reopened:
        lines.append(_indented(f"seen again after {finding.reopened} retest(s) had closed it"))
    if finding.closed is not None and finding.state is FindingState.CLOSED:
        lines.append(_indented(f"closed by {finding.closed.retest.name}"))
    if finding.assigned is not None:
        one = finding.assigned
        lines.append(_indented(f"{one.owner}, until {one.due}: {one.action}"))
    if finding.retests:
        lines.append(_indented(f"drill {finding.retests[0]} shows it mended: `finding close` takes it"))
    return "\n".join(lines)


def told(finding: Finding) -> str:
    """One finding with every sighting."""
    lines = [shown(finding, date.min), "", f"  agreement {finding.subject.agreement}"]
    for one in finding.sightings:
        lines.append(_printable(f"  {codec.to_json(one.at)}  {_where(one)}: {one.reason}"))
        lines.append(f"      evidence {_evidence(one)}")
    lines += [_printable(f"  not mended: {one}") for one in finding.unmended]
    return "\n".join(lines)


def _where(sighting: Sighting) -> str:
    if sighting.drill:
        return f"in drill {sighting.drill}"
    if sighting.subject.cause is Cause.NOT_RUN:
        return f"at slot {sighting.slot}"
    return f"on {sighting.at.date()}"


def _evidence(sighting: Sighting) -> str:
    if sighting.evidence is None:
        return "none"
    entry = f"entry {sighting.index} of the log" if sighting.index is not None else "not logged"
    return f"sha256 {sighting.evidence}, {entry}"


def _indented(text: str) -> str:
    return fill(_printable(text), width=_WIDTH, initial_indent=" " * 16, subsequent_indent=" " * 16)


def _printable(text: str) -> str:
    """Reasons quote what a hostile guest said: no control character of it reaches the terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)
