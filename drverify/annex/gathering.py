"""Folds the verified results of a period, and what an audit of it found, into its annex. Pure.

Whoever audits or verifies calls `take` for each result in the log's order, and `finish` at the end. Works
the same on a bundle, where every figure was computed by an auditor, and on the provider's own state.
"""

from collections import Counter as Count
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from drverify.annex.commands import commands
from drverify.annex.judged import obligation_line, summary
from drverify.annex.lines import ObligationLine, SlotLine, WorkloadLine
from drverify.annex.model import (
    Annex,
    Basis,
    FindingLine,
    Promised,
    Quarter,
    Quote,
    SignerLine,
    TrendLine,
    Untested,
)
from drverify.annex.taking import Taken
from drverify.annex.tally import Promise
from drverify.annex.untested import beyond, of_contract, of_promises, of_register, of_workloads
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, SlotState
from drverify.model.contract import Contract
from drverify.model.obligation import Register
from drverify.planning.obligations import register_of
from drverify.sealing import codec

_INSTANT, _NOTHING = timedelta(milliseconds=1), timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The annex of an earlier period, as it was handed over."""

    annex: Annex
    sha256: Sha256
    """Digest of its JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What belongs into an annex besides the drills and the audit of a period."""

    contract: Contract
    """The accepted one in force at the period's end."""
    audited: bool
    """Whether the log was audited whole."""
    findings: tuple[FindingLine, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    signers: tuple[SignerLine, ...] = ()
    """Further keys that a reader checks with: the log's, the parties'."""
    held: tuple[str, ...] = ()
    """What held besides what the audit looked at."""
    untested: tuple[Untested, ...] = ()
    """What was not shown besides."""


class Gathering(Taken):
    """What was read of a period so far."""

    def finish(self, audit: Audit, beside: Beside) -> Annex:
        """Make the annex. ValueError for a contract that nobody accepted, or a wrong earlier annex."""
        register = self._promised(audit, beside.contract)
        promises = self._promises(register)
        lines = tuple(obligation_line(one, audit.slots) for one in promises)
        workloads = tuple(self._workloads(promises, audit))
        untested = (
            *self._untested(promises, workloads, audit, beside.contract, register),
            *beside.untested,
        )
        counted = summary(
            lines,
            workloads,
            audit.findings,
            counts=audit.counts,
            open_findings=sum(one.closed is None for one in beside.findings),
        )
        return Annex(
            agreement=_agreement(register, beside.contract, self.contracts),
            period=audit.period,
            basis=self._basis(audit, beside),
            summary=counted,
            counts=audit.counts,
            quotes=tuple(_quotes(register, lines, untested)),
            obligations=lines,
            workloads=workloads,
            drills=tuple(self.drills),
            slots=tuple(_slots(audit)),
            trend=(*_trend(beside.earlier, audit, register), _quarter(audit, lines)),
            findings=beside.findings,
            untested=untested,
            isolation=self.isolation,
        )

    def _promised(self, audit: Audit, contract: Contract) -> Register:
        """What the agreement promises at the period's end, or at the time of the audit before that."""
        at = min(audit.at, audit.period.ends - _INSTANT)
        return register_of(contract, digest=codec.digest(contract), at=at)

    def _promises(self, register: Register) -> tuple[Promise, ...]:
        """Every promise of the agreement, and every further one that a drill was judged by."""
        known = {
            one.id: replace(self.promises.get(one.id, Promise(obligation=one)), obligation=one)
            for one in register.obligations
        }
        return tuple({**self.promises, **known}[name] for name in {**known, **self.promises})

    def _workloads(self, promises: Sequence[Promise], audit: Audit) -> Iterator[WorkloadLine]:
        planned = Count(one.slot.workload for one in audit.slots)
        drilled = Count(one.workload for one in self.drills)
        recovered = Count(one.workload for one in self.drills if one.recovered)
        covering: dict[str, list[Promise]] = {}
        for one in promises:
            for name in {*one.obligation.scope, *one.workloads}:
                covering.setdefault(name, []).append(one)
        for name in sorted({*covering, *planned, *drilled}):
            seen = self.points.get(name)
            gap = seen.largest(audit.period.begins) if seen else None
            yield WorkloadLine(
                name=name,
                planned=planned[name],
                drills=drilled[name],
                recovered=recovered[name],
                outcomes=tuple(one.of_workload(name) for one in covering.get(name, ())),
                largest_gap=gap.length if gap else None,
                gap_began=gap.began if gap else None,
                gap_looked=gap.looked if gap else _NOTHING,
            )

    def _untested(
        self,
        promises: Sequence[Promise],
        workloads: Sequence[WorkloadLine],
        audit: Audit,
        contract: Contract,
        register: Register,
    ) -> Iterator[Untested]:
        drilled = {one.workload for one in self.drills}
        yield from of_promises([one.obligation for one in promises], set(self.promises))
        planned = Count(one.slot.workload for one in audit.slots)
        yield from of_workloads([one.name for one in workloads], planned, drilled)
        yield from self.probes.lines()
        yield from of_contract(contract, min(audit.at, audit.period.ends - _INSTANT))
        yield from of_register(register)
        yield from beyond()

    def _basis(self, audit: Audit, beside: Beside) -> Basis:
        signers = {*self.signers, *beside.signers}
        return Basis(
            audited=beside.audited,
            at=audit.at,
            origin=audit.origin,
            size=audit.size,
            root=audit.root or None,
            held=(*audit.held, *beside.held),
            findings=audit.findings,
            signers=tuple(sorted(signers, key=lambda one: (one.role, one.name, one.keyid))),
            commands=commands(logged=bool(audit.origin)),
            tools=tuple(sorted(self.tools)),
        )


def _agreement(register: Register, contract: Contract, contracts: Sequence[Sha256]) -> Promised:
    agreement = register.agreement
    known = (*contracts, *(() if register.contract in contracts else (register.contract,)))
    return Promised(
        id=agreement.id,
        title=agreement.title,
        provider=agreement.provider,
        customer=agreement.customer,
        effective=agreement.effective,
        documents=agreement.documents,
        contracts=known,
        accepted_by=contract.accepted.by if contract.accepted else "",
    )


def _quotes(
    register: Register, lines: Sequence[ObligationLine], untested: Sequence[Untested]
) -> Iterator[Quote]:
    """The cited clauses in the agreement's order, each once."""
    cited = {one.clause for one in lines}
    cited |= {granted.clause for one in lines for granted in one.allowances}
    cited |= {one.clause for one in untested}
    for clause in register.agreement.clauses:
        if clause.number in cited:
            yield Quote(number=clause.number, title=clause.title, document=clause.document, text=clause.quote)


def _slots(audit: Audit) -> Iterator[SlotLine]:
    for one in audit.slots:
        if one.state is not SlotState.FINISHED:
            slot = one.slot
            yield SlotLine(
                slot=slot.id,
                workload=slot.workload,
                opens=slot.opens,
                closes=slot.closes,
                state=one.state,
                drills=one.drills,
            )


def _trend(earlier: Sequence[Earlier], audit: Audit, register: Register) -> Iterator[Quarter]:
    """The earlier periods as their own annexes say, oldest first."""
    seen = {audit.period.id}
    for one in sorted(earlier, key=lambda one: one.annex.period.begins):
        annex = one.annex
        if annex.agreement.id != register.agreement.id:
            raise ValueError(f"the annex of {annex.period.id} is of agreement {annex.agreement.id}")
        if annex.period.begins >= audit.period.begins or annex.period.id in seen:
            raise ValueError(f"the annex of {annex.period.id} is not of an earlier period, each once")
        seen.add(annex.period.id)
        last = annex.trend[-1]
        yield Quarter(
            period=last.period,
            begins=last.begins,
            annex=one.sha256,
            planned=last.planned,
            finished=last.finished,
            failed=last.failed,
            lines=last.lines,
        )


def _quarter(audit: Audit, lines: Sequence[ObligationLine]) -> Quarter:
    counts = audit.counts
    return Quarter(
        period=audit.period.id,
        begins=audit.period.begins,
        annex=None,
        planned=counts.planned,
        finished=counts.finished,
        failed=counts.open,
        lines=tuple(
            TrendLine(
                obligation=one.obligation,
                outcome=one.outcome,
                limit=one.limit,
                worst=one.figures.worst if one.figures else None,
                median=one.figures.median if one.figures else None,
            )
            for one in lines
        ),
    )
