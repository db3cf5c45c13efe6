"""The port of sandboxes that start one guest on two machines, one after the other, from the same disks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from drverify.engine.ports import DiskSource, Sandbox
from drverify.model.recovery import GuestShape


@runtime_checkable
class StagingSandbox(Sandbox, Protocol):
    """A sandbox that has a first boot: `stage`, `boot`, `switch_off`, and then `load` and `boot`."""

    async def stage(self, guest: GuestShape, disks: Sequence[DiskSource]) -> None:
        """As `load`, for a machine of this shape, whose networks and firmware are the spec's.

        `disks` are in the order of its shape. What the guest writes to them is there when they are loaded.
        """

    async def switch_off(self, *, within: timedelta) -> None:
        """Ask the guest to switch itself off, in order, and wait until it has; its console begins anew.

        HostError when it has not `within` that time: it is left running.
        """
