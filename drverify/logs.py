"""structlog, set up once by the command line. Evidence is never built from logs."""

import logging
import sys
from typing import Any

import structlog

EVENTS = frozenset({"phase.started", "phase.ended", "restore.progress", "drill.note"})
"""Every event that drverify logs; a house test holds the code to this list."""


def configure(*, json: bool, level: int = logging.INFO) -> None:
    """Send events to standard error: for people on a terminal, as JSON lines otherwise."""
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
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
