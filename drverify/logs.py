"""structlog, set up once by the command line. Evidence is never built from logs."""

import logging
import sys
from typing import Any, TextIO

import structlog

EVENTS = frozenset(
    {
        "phase.started",
        "phase.ended",
        "restore.progress",
        "drill.note",
        "web.request",
        "web.refused",
        "web.failed",
    }
)
"""Every event that drverify logs; a house test holds the code to this list."""


def configure(*, json: bool, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send events to standard error or to `stream`: for people on a terminal, as JSON lines otherwise.

    Standard error is what it is when something is logged: a server outlives whoever had replaced it.
    """
    renderer: Any = (
        structlog.processors.JSONRenderer(sort_keys=True) if json else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(file=stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
