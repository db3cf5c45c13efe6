"""Where a witness is asked."""

from dataclasses import dataclass
from datetime import timedelta

from drverify.transparency.note import NoteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessEndpoint:
    """One witness: its address, and the key that its cosignatures are checked with."""

    name: str
    """For people, and in the settings."""
    url: str
    """The submission prefix: `add-checkpoint` is asked below it."""
    key: NoteKey
    within: timedelta
    """For the whole exchange, a second question included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessOptions:
    """What the settings say of one witness; `key` is the content of its key file."""

    name: str
    url: str
    key: bytes
    within_s: int
