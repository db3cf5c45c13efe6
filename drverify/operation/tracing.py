"""Sends a concluded drill to an OpenTelemetry collector, where the environment names one."""

import os
from collections.abc import Callable
from importlib import import_module

from drverify.engine.drills.drill import Concluded

WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def trace(concluded: Concluded, agreement: str, note: Callable[[str], None]) -> None:
    """Send it, or say why not. Nothing that goes wrong here touches the drill, which is concluded."""
    if not any(os.environ.get(name) for name in WHERE):
        return
    try:
        otlp = import_module("drverify.adapters.traces.otlp")
    except ModuleNotFoundError as error:
        note(f"no trace is sent: {error.name} is not installed; pip install 'drverify[traces]'")
        return
    sent = otlp.send(concluded.plan, concluded.record, concluded.verdicts, agreement=agreement)
    if not sent:
        note("the trace was not taken by the collector that the environment names")
