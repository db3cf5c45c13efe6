"""The ports of hosts that keep their guests' disks by themselves, and take those that others restored."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from drverify.engine.ports import DiskSource, Progress, Sandbox


@runtime_checkable
class TakingHost(Protocol):
    """A host that disks can be sent to, if it is set up for that."""

    def takes_disks(self) -> bool:
        """Say whether it is."""


@runtime_checkable
class TakingSandbox(Sandbox, Protocol):
    """A sandbox whose guest runs from disks that were sent there; `load` is given none then."""

    async def check_way_in(self) -> None:
        """HostError when the host would not take disks, before there are any. Changes nothing."""

    async def take(self, disks: Sequence[DiskSource], *, stall: timedelta, progress: Progress) -> None:
        """Copy the raw disks, in the order of the guest's shape, into a guest that `boot` starts.

        Read as a stream, and left as they are. Before it returns what was made is looked at, and what lay
        on the host beside the guest's own disks is gone. Raises HostError on no space, a lock or a lost
        node; IsolationError when the guest's configuration is not what was asked for; DeadlineError when
        nothing moved for `stall`.
        """
