"""Asks the API: one method per HTTP verb, on threads, with retries for what changes nothing.

A question (GET) that got no answer is asked again with growing pauses. A change is never repeated: when
its answer was lost the error is OutcomeUnknown, and `tasks` finds out by the node's task list.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from drverify.adapters.proxmox.lanes import Lane
from drverify.adapters.proxmox.settings import WITHIN
from drverify.adapters.proxmox.wire import Value, Wire

NONE: Mapping[str, Value] = {}


class Caller:
    """One cluster's API by path. Values of answers are whatever JSON held under `data`."""

    def __init__(
        self, wire: Wire, *, within: timedelta = WITHIN, pauses: Sequence[float] = (0.5, 1, 2)
    ) -> None:
        raise NotImplementedError

    async def get(
        self,
        *path: str | int,
        params: Mapping[str, Value] = NONE,
        lane: Lane = "quick",
        within: timedelta | None = None,
    ) -> Any:
        """Ask; repeated while the node cannot be reached. ApiError as `errors.translate`."""
        raise NotImplementedError

    async def post(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Change something; OutcomeUnknown when the answer was lost after sending."""
        raise NotImplementedError

    async def put(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Change something; as `post`."""
        raise NotImplementedError

    async def delete(
        self, *path: str | int, params: Mapping[str, Value] = NONE, within: timedelta | None = None
    ) -> Any:
        """Remove something; as `post`."""
        raise NotImplementedError
