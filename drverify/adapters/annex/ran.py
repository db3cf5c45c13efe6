"""The drills on an annex's pages: what was planned and what came of it, how long it took, what was seen."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from statistics import median_high

from drverify.adapters.annex import words
from drverify.adapters.annex.promises import FULL
from drverify.annex.lines import DrillLine, Metric, Picture, WorkloadLine
from drverify.annex.model import Annex
from drverify.model.agreement import Sha256
from drverify.model.audit import SlotState
from drverify.model.drill import PhaseName
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from drverify.sealing.strict_json import Json

MAX_BARS = 24
MAX_SLOTS = 60
MAX_GAPS = 12
MAX_PICTURES = 6
MAX_DRILLS = 2000
"""Rows of the appendix; of more drills only those that did not keep everything are listed."""
_PNG = b"\x89PNG\r\n\x1a\n"
_MAX_PICTURE = 4 * 1024 * 1024

LoadPicture = Callable[[Sha256], bytes | None]
"""Gives the file of that digest; None when it is not at hand."""


def planned(annex: Annex) -> Json:
    """The scheduled drills as parts of one bar, and the ones without a result."""
    counts, states = annex.counts, [one.state for one in annex.slots]
    due = states.count(SlotState.DUE)
    kept = max(counts.planned - len(states), 0)
    parts = [
        ("with a result", kept, "solid"),
        ("voided", states.count(SlotState.VOIDED), "grid"),
        ("failed: begun, no result", states.count(SlotState.FAILED), "hatch"),
        ("missed: never begun", states.count(SlotState.NOT_STARTED), "dots"),
        ("not due yet", due, "empty"),
    ]
    total = sum(number for _, number, _ in parts)
    return {
        "parts": [
            {"name": name, "count": number, "fill": fill, "share": number * FULL // total}
            for name, number, fill in parts
            if number
        ],
        "slots": [
            {
                "slot": words.name(one.slot),
                "workload": words.name(one.workload),
                "window": f"{words.instant(one.opens)} to {words.instant(one.closes)}",
                "state": words.SLOTS[one.state],
            }
            for one in annex.slots[:MAX_SLOTS]
            if one.state is not SlotState.DUE
        ],
        "more": max(len(annex.slots) - MAX_SLOTS, 0),
    }


def recovery(one: DrillLine) -> timedelta:
    """What the phases of the recovery took together."""
    return sum((phase.took for phase in one.phases if phase.name in words.PHASES), timedelta(0))


def chart(annex: Annex) -> Json:
    """Phases of the drills that missed something and of the longest ones, each as a bar of parts.

    Only phases that some drill of the period went through: a workload that is never rebuilt has no such row.
    """
    chosen = _chosen(annex.drills)
    longest = max(map(recovery, chosen), default=timedelta(0))
    seen = {phase.name for line in annex.drills for phase in line.phases}
    phases = [phase for phase in words.PHASES if phase in seen]
    bars: list[Json] = []
    for one in chosen if longest else ():
        took = {phase.name: phase.took for phase in one.phases}
        bars.append(
            {
                "name": words.clean(f"{one.workload} in {one.group}" if one.group else one.workload, 28),
                "day": f"{one.started_at:%Y-%m-%d}",
                "total": words.span(recovery(one)),
                "verdict": worst(one).value,
                "parts": [
                    {"phase": words.PHASES[phase], "length": took[phase] * FULL // longest}
                    for phase in phases
                    if took.get(phase)
                ],
            }
        )
    return {
        "bars": bars,
        "all": len(bars) == len(annex.drills),
        "phases": [words.PHASES[phase] for phase in phases],
        "sums": [_phase_sums(annex.drills, phase) for phase in phases],
    }


def worst(one: DrillLine) -> Outcome:
    """The worst verdict of a drill; UNPROVEN when it has none."""
    outcomes = {verdict.outcome for verdict in one.verdicts}
    for outcome in (Outcome.MISSED, Outcome.UNPROVEN):
        if outcome in outcomes:
            return outcome
    return Outcome.MET if outcomes else Outcome.UNPROVEN


def gaps(annex: Annex) -> list[Json]:
    """The workloads with the largest gaps between restorable points."""
    found = [one for one in annex.workloads if one.largest_gap is not None]
    found.sort(key=lambda one: (one.largest_gap, one.name), reverse=True)
    return [
        {
            "workload": words.name(one.name),
            "gap": words.span(one.largest_gap),
            "began": words.instant(one.gap_began),
            "looked": words.span(one.gap_looked),
        }
        for one in found[:MAX_GAPS]
    ]


def pictures(annex: Annex, load: LoadPicture) -> Iterator[tuple[dict[str, Json], bytes]]:
    """Screens to show, of different workloads, those of missed drills first; each with its file.

    What is no PNG of a bearable size, or not at hand, is left out.
    """
    seen: set[str] = set()
    ranked = sorted(annex.drills, key=lambda one: (worst(one) is not Outcome.MISSED, one.index or 0))
    for one in ranked:
        for picture in one.pictures[:1]:
            content = None if one.workload in seen else load(picture.sha256)
            if content is not None and _is_the_picture(content, picture):
                seen.add(one.workload)
                yield _picture(one, picture), content
        if len(seen) == MAX_PICTURES:
            return


def workload_rows(annex: Annex) -> Json:
    """Every workload with the worst outcome of each kind of promise; one column for each kind."""
    metrics = list(dict.fromkeys(one.metric for one in annex.obligations))
    kinds = {one.obligation: one.metric for one in annex.obligations}
    return {
        "columns": [words.COLUMNS[metric] for metric in metrics],
        "rows": [
            {
                "name": words.name(one.name),
                "planned": one.planned,
                "drills": one.drills,
                "recovered": one.recovered,
                "gap": words.span(one.largest_gap),
                "cells": [_cell(one, kinds, metric) for metric in metrics],
            }
            for one in annex.workloads
        ],
    }


def drill_rows(annex: Annex) -> Json:
    """Every drill with its digest and its place in the log."""
    shown = annex.drills
    if len(shown) > MAX_DRILLS:
        shown = tuple(one for one in shown if worst(one) is not Outcome.MET)[:MAX_DRILLS]
    return {
        "rows": [
            {
                "drill": words.name(one.drill),
                "workload": words.name(one.workload),
                "took": words.span(recovery(one)),
                "verdict": worst(one).value,
                "recovered": "yes" if one.recovered else "no",
                "index": NO_LOG if one.index is None else str(one.index),
                "payload": one.payload,
                "by": words.instant(one.not_after) if one.not_after else words.NONE,
            }
            for one in shown
        ],
        "left_out": len(annex.drills) - len(shown),
    }


NO_LOG = words.NONE


def _chosen(drills: Sequence[DrillLine]) -> list[DrillLine]:
    """All of a few; of many the missed ones for a half at most, and the longest."""
    ranked = sorted(drills, key=recovery, reverse=True)
    missed = [one for one in ranked if worst(one) is Outcome.MISSED][: MAX_BARS // 2]
    others = [one for one in ranked if one not in missed][: MAX_BARS - len(missed)]
    return sorted((*missed, *others), key=recovery, reverse=True)


def _phase_sums(drills: Sequence[DrillLine], phase: PhaseName) -> Json:
    took = [one.took for line in drills for one in line.phases if one.name is phase]
    return {
        "phase": words.PHASES[phase],
        "drills": len(took),
        "median": words.span(median_high(took)) if took else words.NONE,
        "longest": words.span(max(took)) if took else words.NONE,
    }


def _picture(one: DrillLine, picture: Picture) -> dict[str, Json]:
    return {
        "workload": words.name(one.workload),
        "drill": words.name(one.drill),
        "verdict": worst(one).value,
        "sha256": picture.sha256,
        "file": f"{picture.sha256}.png",
    }


def _is_the_picture(content: bytes, picture: Picture) -> bool:
    small = content.startswith(_PNG) and len(content) <= _MAX_PICTURE
    return small and hashlib.sha256(content).hexdigest() == picture.sha256


def _cell(one: WorkloadLine, kinds: Mapping[ObligationId, Metric], metric: Metric) -> str:
    outcomes = {mine.outcome for mine in one.outcomes if kinds.get(mine.obligation) == metric}
    for outcome in (Outcome.MISSED, Outcome.UNPROVEN, Outcome.MET):
        if outcome in outcomes:
            return outcome.value
    return ""
