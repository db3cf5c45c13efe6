"""An annex as its pages show it: words and lengths only, the same for every form that is drawn from it."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from drverify.adapters.annex import promises, ran, words
from drverify.annex.model import Annex, FindingLine, NotTested, Untested
from drverify.model.audit import AuditFinding, Weight
from drverify.sealing.strict_json import Json

_MOMENT = timedelta(milliseconds=1)
MAX_OPEN = 14
MAX_UNTESTED = 40
MAX_AUDIT = 60
_COMPACT = {NotTested.NO_SLOT, NotTested.NOT_DRILLED}
"""Kinds of which only names are listed when there are many."""
_ONLY_NAMES = 12
_PLACES = 12


def view(annex: Annex, *, signed: str) -> dict[str, Json]:
    """Everything to show; `signed` says in words whether and by whom the page itself is signed."""
    opened = list(_open(annex))
    return {
        "head": _head(annex),
        "verdict": annex.summary.outcome.value,
        "sentence": _sentence(annex),
        "figures": list(_figures(annex)),
        "rows": promises.rows(annex),
        "open": opened[:MAX_OPEN],
        "open_more": max(len(opened) - MAX_OPEN, 0),
        "clauses": promises.clauses(annex),
        "planned": ran.planned(annex),
        "chart": ran.chart(annex),
        "gaps": ran.gaps(annex),
        "quarters": [{"period": words.name(one.period), "annex": one.annex or ""} for one in annex.trend],
        "findings": [_finding(one) for one in annex.findings],
        "untested": list(_untested(annex)),
        "isolation": list(_isolation(annex)),
        "basis": _basis(annex, signed),
        "workloads": ran.workload_rows(annex),
        "drills": ran.drill_rows(annex),
    }


def _head(annex: Annex) -> Json:
    agreement, period = annex.agreement, annex.period
    return {
        "title": words.clean(agreement.title) or words.name(agreement.id),
        "agreement": words.name(agreement.id),
        "provider": words.name(agreement.provider),
        "customer": words.name(agreement.customer),
        "effective": words.day(agreement.effective),
        "period": words.name(period.id),
        "begins": words.day(period.begins),
        "ends": words.day(period.ends - _MOMENT),
        "at": words.instant(annex.basis.at),
        "documents": [{"name": words.name(one.name), "sha256": one.sha256} for one in agreement.documents],
        "contracts": list(agreement.contracts),
        "accepted_by": words.name(agreement.accepted_by),
    }


def _sentence(annex: Annex) -> str:
    summary, total = annex.summary, len(annex.obligations)
    shares = f"{summary.met} of {words.count(total, 'promise')} kept, {summary.missed} missed"
    return f"{shares}, {summary.unproven} not shown either way."


def _figures(annex: Annex) -> Iterator[Json]:
    counts, summary = annex.counts, annex.summary
    failed, missed = counts.open, counts.not_started
    yield _figure("Drills planned", f"{counts.planned:,}", f"{missed:,} of them never begun")
    yield _figure(
        "Drills run",
        f"{counts.started:,}",
        f"{counts.finished:,} with a result, {counts.unplanned:,} unplanned",
    )
    yield _figure("Drills failed", f"{failed:,}", f"begun and without a result; {counts.voided:,} voided")
    yield _figure(
        "Recovered", f"{summary.recovered:,} of {len(annex.drills):,}", "drills brought their workload back"
    )
    share = summary.drilled * 1000 // summary.workloads if summary.workloads else 0
    yield _figure(
        "Coverage",
        f"{summary.drilled:,} of {summary.workloads:,}",
        f"workloads drilled, {words.per_cent(share)}",
    )
    where = f"without a restorable point: {words.name(summary.gap_workload)}" if summary.gap_workload else ""
    yield _figure("Largest gap", words.span(summary.largest_gap), where or "no drill looked")
    closed = sum(one.closed is not None for one in annex.findings)
    yield _figure("Open findings", f"{summary.open_findings:,}", f"{closed:,} closed by a retest")
    contained = annex.isolation
    yield _figure(
        "Isolation",
        f"{contained.booted_closed:,} of {contained.booted:,}",
        "drills that started a machine shown closed",
    )


def _figure(name: str, value: str, note: str) -> Json:
    return {"name": name, "value": value, "note": note}


def _open(annex: Annex) -> Iterator[Json]:
    """What is open, the gravest first."""
    for one in annex.basis.findings:
        if one.weight is Weight.REFUSED:
            yield {"mark": "REFUSED", "lead": "The evidence does not hold", "text": words.clean(one.what)}
    yield from promises.open_promises(annex)
    counts = annex.counts
    if counts.open:
        text = "begun and without a result; each counts as failed"
        yield {"mark": "FAILED", "lead": words.count(counts.open, "drill"), "text": text}
    if counts.not_started:
        text = "scheduled by both parties and never begun"
        yield {"mark": "NOT RUN", "lead": words.count(counts.not_started, "drill"), "text": text}
    for finding in annex.findings:
        if finding.closed is None:
            who = words.name(finding.owner) or "nobody assigned"
            due = f"due {words.day(finding.due)}" if finding.due else "no date set"
            text = f"{words.clean(finding.what, 160)} ({who}, {due})"
            yield {"mark": "FINDING", "lead": words.name(finding.id), "text": text}


def _finding(one: FindingLine) -> Json:
    state = f"closed {words.day(one.closed)}" if one.closed else "open"
    return {
        "id": words.name(one.id),
        "opened": words.day(one.opened),
        "workload": words.name(one.workload),
        "obligation": words.name(one.obligation),
        "what": words.clean(one.what),
        "owner": words.name(one.owner) or "nobody",
        "action": words.clean(one.action) or "none yet",
        "due": words.day(one.due) if one.due else "no date set",
        "state": state,
        "retest": words.name(one.retest),
        "retest_payload": one.retest_payload or "",
    }


def _untested(annex: Annex) -> Iterator[Json]:
    """What was not tested, by kind; of many workloads only the names."""
    for kind, title in words.NOT_TESTED.items():
        found = [one for one in annex.untested if one.kind is kind]
        if not found:
            continue
        names = kind in _COMPACT and len(found) > _ONLY_NAMES
        yield {
            "title": title,
            "count": len(found),
            "names": words.listed([one.subject for one in found], 400) if names else "",
            "rows": [] if names else [_untested_row(one) for one in found[:MAX_UNTESTED]],
            "more": 0 if names else max(len(found) - MAX_UNTESTED, 0),
        }


def _untested_row(one: Untested) -> Json:
    clause = f"clause {words.name(one.clause)}" if one.clause else ""
    return {"subject": words.clean(one.subject, 160), "clause": clause, "why": words.clean(one.why)}


def _isolation(annex: Annex) -> Iterator[str]:
    one = annex.isolation
    if not one.drills:
        yield "No drill has a result, so nothing was started."
        return
    yield (
        f"{one.booted:,} of {words.count(one.drills, 'drill')} started a restored machine, in a sandbox "
        f"without a way out; {one.booted_closed:,} of these were shown closed by every check, before and "
        "during the machine's life."
    )
    yield f"Checks that found the sandbox closed: {one.checks_closed:,} of {one.checks:,}."
    for counter in one.counters:
        yield f"Counted at the sandboxes' edge, in all drills: {words.name(counter.name)}: {counter.value:,}."
    yield (
        f"Everything that a drill had made was verified gone after {one.cleaned_up:,} of "
        f"{words.count(one.drills, 'drill')}."
    )


def _basis(annex: Annex, signed: str) -> Json:
    basis = annex.basis
    how = (
        "The log of all drills was audited whole, and every figure and verdict was computed again from what "
        "was recorded."
        if basis.audited
        else "The results at hand were verified one by one, and every figure and verdict was computed again. "
        "The log was not audited as a whole: this annex alone does not show that no drill was left out."
    )
    findings = list(_grouped(basis.findings))
    return {
        "how": how,
        "signed": signed,
        "origin": words.name(basis.origin),
        "size": f"{basis.size:,}",
        "root": basis.root or "",
        "held": [words.clean(one) for one in basis.held],
        "findings": findings[:MAX_AUDIT],
        "findings_more": max(len(findings) - MAX_AUDIT, 0),
        "signers": [
            {"role": one.role, "name": words.name(one.name), "keyid": one.keyid} for one in basis.signers
        ],
        "commands": [{"what": one.what, "lines": list(one.lines)} for one in basis.commands],
        "tools": words.listed(basis.tools, 6),
    }


def _grouped(findings: Sequence[AuditFinding]) -> Iterator[Json]:
    """Findings of one kind are one row, in the first one's words."""
    kinds: dict[str, list[AuditFinding]] = {}
    for one in findings:
        kinds.setdefault(one.code, []).append(one)
    for same in kinds.values():
        known = [one.where for one in same if one.where]
        yield {
            "weight": same[0].weight.value,
            "what": words.clean(same[0].what),
            "count": len(same),
            "where": words.listed(known, _PLACES),
        }
