"""Where events go."""

import io
from collections.abc import Iterator

import pytest
import structlog

from drverify import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_event_goes_to_the_standard_error_of_its_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    log = structlog.get_logger()
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    logs.configure(json=True)
    log.info("drill.note", text="one")
    first.close()
    monkeypatch.setattr("sys.stderr", second)
    log.info("drill.note", text="two")
    assert '"text": "two"' in second.getvalue()


def test_events_go_to_the_stream_that_was_named() -> None:
    stream = io.StringIO()
    logs.configure(json=True, stream=stream)
    structlog.get_logger().info("drill.note", text="one")
    assert '"text": "one"' in stream.getvalue()
