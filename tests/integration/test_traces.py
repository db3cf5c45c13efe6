"""A drill's trace over real OTLP/HTTP to a receiver on loopback, read with OpenTelemetry's own messages."""

import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from drverify.judging.objectives import judge_all
from drverify.operation import tracing
from tests.support import records, series


class Receiver(ThreadingHTTPServer):
    got: list[ExportTraceServiceRequest]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.got.append(ExportTraceServiceRequest.FromString(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    server = Receiver(("127.0.0.1", 0), Handler)
    server.got = []
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Ended:
    """A concluded drill."""

    plan = series.planned(0)
    record = series.recorded(0)
    verdicts = judge_all(records.agreed().register(plan.incident_at), plan, record)


def test_a_span_for_the_drill_and_one_for_each_phase(receiver: Receiver) -> None:
    notes: list[str] = []
    tracing.trace(Ended, "acme", notes.append)
    assert notes == []
    spans = [
        span
        for request in receiver.got
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    (root,) = [span for span in spans if not span.parent_span_id]
    phases = {span.name: span for span in spans if span.parent_span_id == root.span_id}
    assert root.name == "drill"
    assert set(phases) == {phase.name.value for phase in Ended.record.phases}
    for phase in Ended.record.phases:
        span = phases[phase.name.value]
        took = timedelta(microseconds=(span.end_time_unix_nano - span.start_time_unix_nano) / 1000)
        assert took == phase.took


def test_without_a_collector_nothing_is_sent(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT")
    tracing.trace(Ended, "acme", pytest.fail)
    assert receiver.got == []


def test_a_collector_that_is_not_there_is_said_and_harms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    notes: list[str] = []
    tracing.trace(Ended, "acme", notes.append)
    assert notes == ["the trace was not taken by the collector that the environment names"]
