"""Which function answers which endpoint."""

from collections.abc import Awaitable, Callable
from typing import Any

from lab.pve.api.world import Call

Handler = Callable[[Call], Awaitable[Any]]
HANDLERS: dict[str, Handler] = {}


def answers(*keys: str) -> Callable[[Handler], Handler]:
    """Let a function answer endpoints, each named `METHOD /path/{template}`."""

    def take(handler: Handler) -> Handler:
        for key in keys:
            if key in HANDLERS:
                msg = f"two handlers for {key}"
                raise ValueError(msg)
            HANDLERS[key] = handler
        return handler

    return take
