"""The newest results as OpenMetrics 1.0 text, for a node exporter's textfile directory or any scraper.

Gauges of what the newest drill with a figure showed, their limits, and the outcome of each promise as a state
set: a promise that is UNPROVEN has no achieved figure and the state UNPROVEN, never a zero. Digest and index
of the drill stand in `drverify_result_info`, so that the other series stay the same from drill to drill.
Source of the format: OpenMetrics 1.0.0 (prometheus.io/docs/specs/om).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from drverify.annex.model import Annex
from drverify.exports.rows import NOT_EVIDENCE, Row, plain, rows
from drverify.model.verdict import Outcome

_METRICS = {
    "rpo": "data that would have been lost",
    "rto": "time from the declaration to the recovered application",
    "backup-frequency": "longest time between two recovery points",
    "restore-test-frequency": "time since the restore test before",
    "retention": "age of the oldest point that was restored",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One line."""

    labels: Labels
    value: str
    suffix: str = ""


def openmetrics_text(annex: Annex) -> str:
    """The whole file."""
    newest = tuple(_newest(annex))
    lines = [
        *_family("drverify_export", "info", "What this was exported from", _export(annex)),
        *_results(newest),
        *_figures(newest),
        *_drills(annex),
        "# EOF",
    ]
    return "\n".join(lines) + "\n"


def _newest(annex: Annex) -> Iterator[Row]:
    """The newest row of each promise and workload; the annex's drills stand in the log's order."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows(annex):
        if row.obligation is not None:
            found[row.workload, row.obligation.obligation] = row
    yield from (found[about] for about in sorted(found))


def _results(newest: tuple[Row, ...]) -> Iterator[str]:
    yield from _family(
        "drverify_outcome",
        "stateset",
        "What the newest drill showed of a promise; UNPROVEN too when there was no drill",
        (
            Sample(labels=(*_about(row), ("drverify_outcome", one)), value=str(int(row.outcome is one)))
            for row in newest
            for one in Outcome
        ),
    )
    yield from _family(
        "drverify_result",
        "info",
        "The signed statement that a promise's outcome and figure come from",
        (
            Sample(labels=(*_about(row), *_evidence(row)), value="1", suffix="_info")
            for row in newest
            if row.drill is not None
        ),
    )


def _figures(newest: tuple[Row, ...]) -> Iterator[str]:
    for metric, words in _METRICS.items():
        ours = [row for row in newest if row.obligation is not None and row.obligation.metric == metric]
        name = f"drverify_{metric.replace('-', '_')}"
        limits = [
            (row, row.verdict.limit if row.verdict else row.obligation.limit if row.obligation else None)
            for row in ours
        ]
        figures = [(row, row.verdict.achieved if row.verdict else None) for row in ours]
        granted = [(row, row.verdict.allowance if row.verdict else None) for row in ours]
        yield from _seconds(f"{name}_achieved_seconds", f"Measured by the newest drill: {words}", figures)
        if metric == "rto":
            yield from _seconds(f"{name}_allowance_seconds", "Stated time that counts besides", granted)
        yield from _seconds(f"{name}_limit_seconds", f"Promised: {words}", limits)


def _seconds(name: str, words: str, found: list[tuple[Row, timedelta | None]]) -> Iterator[str]:
    samples = (Sample(labels=_about(row), value=_decimal(span)) for row, span in found if span is not None)
    yield from _family(name, "gauge", words, samples, unit="seconds")


def _drills(annex: Annex) -> Iterator[str]:
    here: Labels = (("agreement", annex.agreement.id),)
    last = {drill.workload: drill for drill in annex.drills}
    yield from _family(
        "drverify_last_drill_timestamp_seconds",
        "gauge",
        "When the newest drill with a result ended",
        (
            Sample(labels=(*here, ("workload", name)), value=_decimal(last[name].ended_at - _EPOCH))
            for name in sorted(last)
        ),
        unit="seconds",
    )
    counts = annex.counts
    states = {
        "planned": counts.planned, "started": counts.started, "finished": counts.finished,
        "without_result": counts.open, "voided": counts.voided, "not_started": counts.not_started,
        "unplanned": counts.unplanned,
    }  # fmt: skip
    yield from _family(
        "drverify_drills",
        "gauge",
        "Drills of the period by what became of them",
        (Sample(labels=(*here, ("state", name)), value=str(count)) for name, count in states.items()),
    )
    yield from _one("drverify_open_starts", "Drills that were begun and have no result", here, counts.open)
    open_findings = sum(1 for one in annex.findings if one.closed is None)
    yield from _one("drverify_open_findings", "Findings that no retest has closed", here, open_findings)
    yield from _family(
        "drverify_counted_timestamp_seconds",
        "gauge",
        "The time that the period was looked at",
        (Sample(labels=here, value=_decimal(annex.basis.at - _EPOCH)),),
        unit="seconds",
    )


def _one(name: str, words: str, labels: Labels, value: int) -> Iterator[str]:
    yield from _family(name, "gauge", words, (Sample(labels=labels, value=str(value)),))


def _family(name: str, kind: str, words: str, samples: Iterable[Sample], *, unit: str = "") -> Iterator[str]:
    """A metric family; one without samples is left out."""
    lines = [f"{name}{one.suffix}{_labels(one.labels)} {one.value}" for one in samples]
    if lines:
        yield f"# TYPE {name} {kind}"
        if unit:
            yield f"# UNIT {name} {unit}"
        yield f"# HELP {name} {_escaped(words)}"
        yield from lines


def _export(annex: Annex) -> tuple[Sample, ...]:
    labels = (
        ("agreement", annex.agreement.id),
        ("period", annex.period.id),
        ("log_origin", annex.basis.origin),
        ("log_size", str(annex.basis.size)),
        ("log_root", annex.basis.root or ""),
        ("audited", str(annex.basis.audited).lower()),
        ("remark", NOT_EVIDENCE),
    )
    return (Sample(labels=labels, value="1", suffix="_info"),)


def _about(row: Row) -> Labels:
    promise = row.obligation
    clause, obligation = (promise.clause, promise.obligation) if promise else ("", "")
    return (
        ("agreement", row.agreement),
        ("workload", row.workload),
        ("obligation", obligation),
        ("clause", clause),
    )


def _evidence(row: Row) -> Labels:
    drill = row.drill
    if drill is None:
        return ()
    index = "" if drill.index is None else str(drill.index)
    return (("drill", drill.drill), ("evidence_sha256", drill.payload), ("log_index", index))


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(plain(value))}"' for name, value in labels) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _decimal(span: timedelta) -> str:
    """Seconds, exact to the millisecond, without a float on the way."""
    whole, rest = divmod(abs(span) // _MS, 1000)
    sign = "-" if span < timedelta(0) else ""
    return f"{sign}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")
