"""The port of who tries to delete what must not be deleted."""

from collections.abc import Sequence
from typing import Protocol

from drverify.engine.ports import Progress
from drverify.model.immutability import HeldCanary, Tampering


class Tamperer(Protocol):
    """Gets to where backups lie as their writer does."""

    async def tamper(self, known: Sequence[HeldCanary], progress: Progress) -> Tampering:
        """Plant a canary, then try to delete and change it, and those of `known` that are still there.

        One of `known` that is gone is left out when no lock that its store stated would still hold it.
        Nothing but canaries is touched. Planting shows that these credentials can write: a refusal of ones
        that can do nothing at all shows nothing. What cannot be asked is `Tampering.problem`, not an error;
        InputError for settings that do not fit.
        """
