"""From a verified drill to what the pages show of it. Pure; verdicts are the verifier's own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import assert_never

from drverify.judging.aims import aimed, taken_in
from drverify.judging.objectives import recovered
from drverify.model.agreement import Sha256
from drverify.model.board import Agreed, Promise, Quoted
from drverify.model.contract import Contract
from drverify.model.drill import DrillRecord
from drverify.model.duration import exact
from drverify.model.obligation import (
    ApplicationValidation,
    BackupFrequency,
    Obligation,
    Register,
    RestoreTestFrequency,
    Retention,
    Rpo,
    Rto,
)
from drverify.model.result import Asked, Detail, Judged, Result, Screen
from drverify.sealing.keys import keyid_of
from drverify.sealing.verification import Report

_PNG = "image/png"


def result_of(agreement: str, report: Report) -> Result:
    """The drill as lists show it."""
    plan, record = report.plan, report.record
    promised = report.register.obligations
    meant = {one.id for one in promised if aimed(one.objective, plan, record, report.register)}
    return Result(
        agreement=agreement,
        drill=plan.drill_id,
        workload=plan.workload.name,
        state="concluded",
        started_at=record.started_at,
        ended_at=record.ended_at,
        recovered=recovered(plan, record),
        mode=plan.mode,
        verdicts=tuple(
            Judged(
                obligation=one.obligation,
                outcome=one.outcome,
                limit=one.limit,
                achieved=one.achieved,
                allowance=one.allowance,
                aimed=one.obligation in meant,
            )
            for one in report.verdicts
        ),
        taken=taken_in(plan, record),
        slot=plan.slot.slot if plan.slot is not None else "",
    )


def detail_of(
    report: Report, *, envelope: Sha256, payload: Sha256, index: int | None, verified_at: datetime
) -> Detail:
    """Everything else that its page shows; `index` is its entry in the log, if it is in one."""
    plan, record = report.plan, report.record
    made = Detail(
        reasons=tuple((one.obligation, one.reason) for one in report.verdicts),
        phases=record.phases,
        chosen=record.selection.why,
        playbook=plan.playbook.name,
        group=plan.group.group if plan.group is not None else "",
        probes=tuple(
            Asked(probe=one.probe, status=one.status.value, expected=one.expected, observed=one.observed)
            for one in record.probes
        ),
        checks=len(record.isolation.checks),
        checks_closed=sum(one.closed for one in record.isolation.checks),
        faults=tuple(f"{one.attribution}, in phase {one.phase}: {one.what}" for one in record.faults),
        defects=tuple(f"in phase {one.phase}: {one.what}" for one in record.defects),
        gave_up=record.gave_up,
        cleaned_up=record.cleaned_up,
        screens=tuple(_screens(record)),
        envelope=envelope,
        payload=payload,
        index=index,
        signers=tuple(one.name or keyid_of(one.public_der)[:16] for one in report.signers),
        held=report.held,
        notes=report.notes,
        verified_at=verified_at,
        tool=f"{report.tool.name} {report.tool.version}",
    )
    return _restored(made, record)


def _restored(made: Detail, record: DrillRecord) -> Detail:
    point, restore = record.selection.point, record.restore
    if point is not None:
        made = replace(made, point=point.id, point_at=point.consistent_as_of)
    if restore is None:
        return made
    return replace(
        made, restored_bytes=restore.restored_bytes, read_bytes=restore.read_bytes, cache=restore.cache
    )


def _screens(record: DrillRecord) -> Iterator[Screen]:
    for one in record.artefacts:
        if one.media_type == _PNG:
            yield Screen(name=one.name, sha256=one.sha256, media_type=one.media_type)


def agreed_of(register: Register, contract: Contract) -> Agreed:
    """The agreement."""
    agreement = register.agreement
    return Agreed(
        agreement=agreement.id,
        title=agreement.title,
        provider=agreement.provider,
        customer=agreement.customer,
        effective=agreement.effective,
        contract=register.contract,
        accepted_by=contract.accepted.by if contract.accepted else "",
        open_points=len(register.gaps),
    )


def promise_of(agreement: str, one: Obligation) -> Promise:
    """One promise."""
    objective = one.objective
    return Promise(
        agreement=agreement,
        obligation=one.id,
        clause=one.clause,
        metric=objective.kind,
        mode=objective.mode if isinstance(objective, Rto) else "",
        party=one.party,
        limit=_limit(one),
        at_least=isinstance(objective, Retention),
        allowances=tuple(
            f"{granted.name}: {exact(granted.time)}"
            + (f" (clause {granted.clause})" if granted.clause else "")
            for granted in one.allowances
        ),
        conditions=one.conditions,
    )


def _limit(one: Obligation) -> timedelta | None:
    match one.objective:
        case Rpo(limit=limit) | Rto(limit=limit):
            return limit
        case BackupFrequency(every=limit) | RestoreTestFrequency(every=limit) | Retention(at_least=limit):
            return limit
        case ApplicationValidation():
            return None
        case unknown:  # pragma: no cover - a new objective does not type-check here
            assert_never(unknown)


def quotes_of(register: Register) -> Iterator[Quoted]:
    """Every clause that an obligation or an allowance cites, in the agreement's order."""
    cited = {one.clause for one in register.obligations}
    cited |= {granted.clause for one in register.obligations for granted in one.allowances}
    for clause in register.agreement.clauses:
        if clause.number in cited:
            yield Quoted(
                number=clause.number, title=clause.title, document=clause.document, text=clause.quote
            )
