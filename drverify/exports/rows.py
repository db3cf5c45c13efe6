"""What every export is made of: one row for each promise and drill, and one for everything that is missing.

A promise that no drill was judged by and a scheduled drill without a result have rows, too: what was not
shown must not vanish from a list because there is nothing to list.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drverify.annex.lines import DrillLine, ObligationLine, SlotLine
from drverify.annex.model import Annex, FindingLine
from drverify.model.audit import SlotState
from drverify.model.verdict import Outcome, Verdict

NOT_EVIDENCE = (
    "This file is a copy for other programs, not evidence. The evidence is the signed statement of the "
    "named sha256 at the named index of the log; check it with `drverify verify` or `drverify audit`."
)
"""Stands in every export."""
NAMESPACE = "https://drverify.dev/exports/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise in one drill, or without one."""

    agreement: str
    workload: str
    outcome: Outcome
    reason: str
    obligation: ObligationLine | None
    """None: a scheduled drill that has no result."""
    verdict: Verdict | None = None
    drill: DrillLine | None = None
    """None: no drill was judged by it in this period."""
    slot: SlotLine | None = None
    findings: tuple[FindingLine, ...] = ()
    """What is done about it."""


def rows(annex: Annex) -> Iterator[Row]:
    """Every row: the drills in the annex's order, then what no drill was judged by, then missing drills."""
    promised = {one.obligation: one for one in annex.obligations}
    findings = _findings(annex)
    for drill in annex.drills:
        for verdict in drill.verdicts:
            shown = verdict.outcome is not Outcome.MET
            yield Row(
                agreement=annex.agreement.id,
                workload=drill.workload,
                outcome=verdict.outcome,
                reason=verdict.reason,
                obligation=promised[verdict.obligation],
                verdict=verdict,
                drill=drill,
                findings=findings.get((drill.workload, verdict.obligation), ()) if shown else (),
            )
    judged = {(drill.workload, one.obligation) for drill in annex.drills for one in drill.verdicts}
    for workload in annex.workloads:
        for outcome in workload.outcomes:
            if (workload.name, outcome.obligation) not in judged:
                yield Row(
                    agreement=annex.agreement.id,
                    workload=workload.name,
                    outcome=Outcome.UNPROVEN,
                    reason="no drill of this period was judged by it",
                    obligation=promised[outcome.obligation],
                )
    for slot in annex.slots:
        yield Row(
            agreement=annex.agreement.id,
            workload=slot.workload,
            outcome=Outcome.UNPROVEN,
            reason=_SLOT[slot.state],
            obligation=None,
            slot=slot,
            findings=findings.get((slot.workload, ""), ()),
        )


_SLOT = {
    SlotState.FAILED: "a drill was begun in this slot, and there is no result: it counts as failed",
    SlotState.VOIDED: "both parties agree not to count the drill of this slot",
    SlotState.NOT_STARTED: "no drill was begun in this slot",
    SlotState.DUE: "this slot was not over when the period was looked at",
    SlotState.FINISHED: "there is a result",
}


def excused(row: Row) -> bool:
    """Whether its lack of a result is nobody's failure: voided by both parties, or not due yet."""
    return row.slot is not None and row.slot.state in (SlotState.VOIDED, SlotState.DUE)


def plain(text: str) -> str:
    """Text on one line without control characters: reasons may quote what a hostile guest said."""
    return "".join(char if char.isprintable() else " " for char in text).strip()


def _findings(annex: Annex) -> dict[tuple[str, str], tuple[FindingLine, ...]]:
    found: dict[tuple[str, str], list[FindingLine]] = {}
    for one in annex.findings:
        found.setdefault((one.workload, one.obligation), []).append(one)
    return {about: tuple(lines) for about, lines in found.items()}
