"""One drill as an OpenTelemetry trace: a span for the drill, one for each phase, sent over OTLP/HTTP.

Where to is OpenTelemetry's own business: `OTEL_EXPORTER_OTLP_ENDPOINT` and its companions in the
environment, which the exporter reads itself. Times are the drill's own: its zero by the wall clock, the rest
by its monotonic one. Names of workloads and phases are in a trace, and nothing that a guest said.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Span, Status, StatusCode, Tracer, set_span_in_context

from drverify import __version__
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.verdict import Outcome, Verdict

WITHIN_S = 5.0
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MICROSECOND = timedelta(microseconds=1)


def send(plan: DrillPlan, record: DrillRecord, verdicts: Sequence[Verdict], *, agreement: str) -> bool:
    """Send the trace; False when nobody took it within 5 s, which is no failure of the drill."""
    made, exporter = InMemorySpanExporter(), OTLPSpanExporter(timeout=WITHIN_S)
    resource = Resource.create({"service.name": "drverify", "service.version": __version__})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(made))
    try:
        _spans(provider.get_tracer("drverify", __version__), plan, record, verdicts, agreement)
        return exporter.export(made.get_finished_spans()) is SpanExportResult.SUCCESS
    finally:
        provider.shutdown()
        exporter.shutdown()  # type: ignore[no-untyped-call]


def _spans(
    tracer: Tracer, plan: DrillPlan, record: DrillRecord, verdicts: Sequence[Verdict], agreement: str
) -> None:
    outcomes = {one.outcome for one in verdicts}
    root = tracer.start_span(
        "drill",
        start_time=_ns(record.started_at),
        attributes={
            "drverify.drill": plan.drill_id,
            "drverify.agreement": agreement,
            "drverify.workload": plan.workload.name,
            "drverify.mode": plan.mode,
            "drverify.met": sum(one.outcome is Outcome.MET for one in verdicts),
            "drverify.missed": sum(one.outcome is Outcome.MISSED for one in verdicts),
            "drverify.unproven": sum(one.outcome is Outcome.UNPROVEN for one in verdicts),
            "drverify.faults": len(record.faults),
        },
    )
    if outcomes - {Outcome.MET} or not outcomes:
        root.set_status(
            Status(StatusCode.ERROR, ", ".join(sorted(one.value for one in outcomes)) or "no verdict")
        )
    context = set_span_in_context(root)
    for phase in record.phases:
        began = record.started_at + phase.started
        span: Span = tracer.start_span(phase.name.value, context=context, start_time=_ns(began))
        span.end(end_time=_ns(began + phase.took))
    root.end(end_time=_ns(record.ended_at))


def _ns(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND * 1000
