"""The connection: proxmoxer's https backend, with pinning, bounds and tickets of our own.

The only module that knows proxmoxer and requests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

Method = Literal["GET", "POST", "PUT", "DELETE"]
Value = str | int | bool | Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call of the API."""

    method: Method
    path: str
    """Quoted, from the root of the API: `/nodes/pve1/qemu/9100/config`."""
    params: Mapping[str, Value]
    node: str
    """Whom it is about; empty: the cluster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    reason: str
    body: bytes


class Wire(Protocol):
    """Sends questions. Blocking; called from several threads."""

    def send(self, question: Question, *, within: timedelta) -> Answer:
        """Send once. NodeUnreachable when it was certainly not sent; OutcomeUnknown when it may have been."""

    def close(self) -> None:
        """Drop the connections."""
